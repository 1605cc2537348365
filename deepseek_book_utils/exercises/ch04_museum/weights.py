"""The bug museum, first wing: a program that loads pretrained weights, and says so."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ..checking import Wrong, ask
from ..museum import Answer, Defect, Exhibit, visit

LOADING = Exhibit(
    lines=10,
    letters="ABCDEFG",
    defects={
        3: Defect(
            "F",
            "Where does this number come from? Which argument knows a better one?",
            {"B": "The names come later. What does the number say?"},
        ),
        6: Defect(
            "B",
            "Print the names in the checkpoint, those in `weights`, and those of the model. Do they meet?",
            {"E": "Without a word, yes: but that is the next line. What goes wrong here?"},
        ),
        7: Defect(
            "E",
            "How would this program tell you that no tensor found its place?",
            {"B": "The names are what they are by then. Who should have noticed?"},
        ),
    },
    innocent={
        4: "It begins with an empty dictionary.",
        5: "It goes through all tensors of the checkpoint.",
        8: "A model that is to be used is put into evaluation mode; gradients still flow.",
        10: "`load_state_dict` writes into the model itself, so it is the model that must be returned.",
    },
    also={9: "C"},
)


class TinyLanguageModel(nn.Module):
    """A model just large enough to have names, and dropout."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.embed, self.norm = nn.Embedding(vocabulary, 3), nn.LayerNorm(3)
        self.dropout, self.head = nn.Dropout(0.5), nn.Linear(3, vocabulary)


def loading(answer: Answer, seed: int) -> None:
    """Grades `found_loading` and `mended_loading(checkpoint, tokenizer, make_model)`."""
    visit(LOADING, answer, mended_loading, seed)


def mended_loading(mended: Callable[..., Any], seed: int) -> None:
    """Grades the mended loading: two sound checkpoints, and three that must not load."""
    generator = torch.Generator().manual_seed(seed)
    for size in (11, 24):
        names = TinyLanguageModel(size).state_dict()
        sound = {f"module.{n}": torch.randn(t.shape, generator=generator) for n, t in names.items()}
        load_sound(mended, sound, size)
        smaller = dict(list(sound.items())[1:])
        for what, checkpoint, vocabulary in (
            ("in which `module.embed.weight` is missing", smaller, size),
            ("in which `head.weight` is called `lm_head.weight`", renamed(sound), size),
            ("made with another tokenizer", sound, size + 5),
        ):
            try:
                ask(mended, checkpoint, [f"token {i}" for i in range(vocabulary)], TinyLanguageModel)
            except Wrong:  # it stops, with any error: that is what is asked for
                continue
            raise Wrong(
                f"A checkpoint {what} loads without a complaint.",
                "`load_state_dict` complains by itself, unless it is told not to.",
            )


def renamed(checkpoint: dict[str, Tensor]) -> dict[str, Tensor]:
    """The checkpoint with one name that the model does not have."""
    return {name.replace("module.head.weight", "module.lm_head.weight"): t for name, t in checkpoint.items()}


def load_sound(mended: Callable[..., Any], checkpoint: dict[str, Tensor], size: int) -> None:
    """Raises Wrong unless this checkpoint is loaded, whole, into a model of this many tokens."""
    asked: list[int] = []

    def make_model(vocabulary: int) -> TinyLanguageModel:
        asked.append(vocabulary if type(vocabulary) is int else -1)
        return TinyLanguageModel(vocabulary)

    try:
        model = ask(lambda: mended(dict(checkpoint), [f"token {i}" for i in range(size)], make_model))
    except Wrong:
        if asked and asked[-1] != size:
            raise other_size(asked[-1], size) from None
        raise
    if not isinstance(model, nn.Module):
        raise Wrong(
            f"The model must be returned, and this is a {type(model).__name__}.",
            "`load_state_dict` writes into the model, and returns only a report.",
        )
    loaded = model.state_dict()
    right = {name.removeprefix("module."): tensor for name, tensor in checkpoint.items()}
    hits = sum(n in loaded and torch.equal(loaded[n], t) for n, t in right.items())
    if hits == 0 and asked[-1:] != [size]:
        raise Wrong(
            f"The program does what it did before: a model for {asked[-1] if asked else 'no'} tokens, and no "
            "weight in it.",
            "Print the names on both sides, and let `load_state_dict` be strict.",
        )
    if asked[-1:] != [size]:
        raise other_size(asked[-1] if asked else 0, size)
    if hits < len(right):
        raise Wrong(
            f"The model has the right size, but {hits} of {len(right)} weights of the checkpoint are in it.",
            "The checkpoint says `module.embed.weight`, the model `embed.weight`.",
        )
    if model.training:
        raise Wrong("The weights are in the model, but it was left in training mode.", "`model.eval()`")


def other_size(got: int, size: int) -> Wrong:
    """What a vocabulary of another tokenizer is told."""
    return Wrong(
        f"The model is made for {got} tokens, and this tokenizer has {size}.",
        "`len(tokenizer)` is the number of its tokens.",
    )
