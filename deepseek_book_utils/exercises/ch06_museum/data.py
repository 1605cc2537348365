"""Grader of the bug museum's exhibit of a data set and its loader."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset

from ..checking import Mistake, Wrong, ask, compare
from ..museum import UNCHANGED, Answer, Defect, Exhibit, visit

DATA_SET = Exhibit(
    lines=15,
    letters="ABCDEFG",
    defects={
        2: Defect(
            "A",
            "Read the names that come from libraries letter by letter.",
            {
                "D": "`Dataset` has no state of its own, so nothing needs to be called.",
                "G": "A method sees the names of the function around its class. This line stops before.",
            },
        ),
        5: Defect(
            "B",
            "Write down the labels of five texts and two names by hand.",
            {"E": "Class numbers are what cross-entropy takes. Count them: how many are there?"},
        ),
        10: Defect(
            "C",
            "Line 15 calls a function of the class. With which arguments does it arrive?",
            {"F": "The width is right. But what is `samples` when line 15 calls this function?"},
        ),
    },
    innocent={
        3: "`Dataset` has no state of its own, so its `__init__` need not be called.",
        4: "A method sees the names of the function around its class.",
        7: "There is one sample for each text.",
        9: "It is right once there is a label for every place.",
        11: "The batch's longest text sets the width. Another batch may be narrower.",
        12: "Shorter texts are filled with 0 on the right, as asked.",
        13: "It makes tensors (B, T) and (B,), as asked.",
    },
    also={15: "C"},
)


def data_set(answer: Answer, seed: int) -> None:
    """Grades `(found, loader)`, where `loader(texts, kinds, names, batch_size)` is a DataLoader."""
    visit(DATA_SET, answer, mended_loader, seed)


def mended_loader(loader: Callable[..., Any], seed: int) -> None:
    """Grades `loader` on texts of unequal lengths and batches of unequal sizes."""
    generator = torch.Generator().manual_seed(seed)
    names = ["verse", "news", "letter", "fiction"]
    for samples, batch_size in ((11, 4), (6, 6), (9, 2)):
        lengths = torch.randint(1, 9, (samples,), generator=generator).tolist()
        texts = [torch.randint(1, 500, (n,), generator=generator).tolist() for n in lengths]
        names = [*names[1:-1], names[0], names[-1]]
        places = torch.randint(3, (samples,), generator=generator)  # no text is fiction
        places[:3] = torch.tensor([1, 0, 2])
        kinds = [names[place] for place in places]
        try:
            batches = ask(loader, texts, kinds, names, batch_size)
        except Wrong as told:
            if "Datset" in str(told):
                raise Wrong(f"{UNCHANGED} torch still knows no `Datset`.", "It is spelt `Dataset`.") from None
            raise
        batches = batches_of(batches, samples, len(names))
        if len(batches) != -(-samples // batch_size):
            raise Wrong(f"{samples} texts in batches of {batch_size} give {len(batches)} batches.")
        firsts = range(0, samples, batch_size)
        for first, batch in zip(firsts, batches, strict=True):
            compare_batch(batch, texts, names, kinds, slice(first, first + batch_size))


def batches_of(loader: Any, samples: int, classes: int) -> list[Any]:
    """All batches of a loader of that many samples."""
    if not isinstance(loader, DataLoader):
        raise Wrong(f"Your function returns a {type(loader).__name__}, and a DataLoader is asked for.")
    if not isinstance(loader.dataset, Dataset):
        raise Wrong(
            "What your loader reads no longer derives from torch's Dataset.",
            "Without the base class the line runs, but nobody can tell any more what it is meant to be.",
        )
    streams = isinstance(loader.dataset, IterableDataset)  # has no length
    length = samples if streams else ask(lambda: len(loader.dataset))  # type: ignore[arg-type]
    if length != samples:
        raise Wrong(f"The data set says that it has {length} samples, and there are {samples} texts.")
    try:
        batches: list[Any] = ask(lambda: list(loader))
    except Wrong as told:
        if isinstance(told.__cause__, TypeError) and "positional argument" in str(told.__cause__):
            raise Wrong(
                "`collate` still gets one argument too many: the instance comes first.",
                "A function that needs no instance is a `@staticmethod`.",
            ) from None
        if isinstance(told.__cause__, IndexError):
            raise Wrong(
                f"There are {samples} texts, and not every one has a label: you hold one for each class.",
                "The label of a text is the place of its kind among the names.",
            ) from None
        raise
    return batches


def compare_batch(
    batch: Any, texts: list[list[int]], names: list[str], kinds: list[str], part: slice
) -> None:
    """Compare one batch with the texts and labels of that part."""
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise Wrong("A batch is a pair, texts and labels.")
    for value, what in zip(batch, ("texts", "labels"), strict=True):
        if isinstance(value, Tensor) and value.dtype != torch.long:
            raise Wrong(
                f"The {what} of a batch are {value.dtype}, and whole numbers (torch.long) are asked for."
            )
    own = texts[part]
    width = max(map(len, own))
    left = torch.tensor([[0] * (width - len(text)) + text for text in own])
    right = torch.tensor([text + [0] * (width - len(text)) for text in own])
    padding = Mistake(left, "You fill up on the left, and the zeros are asked for on the right.")
    compare(batch[0], right, [padding], f" in the texts {part.start} and following")
    everywhere = {
        "The labels still count through the classes; the kinds of the texts are not looked at.": [
            place % len(names) for place in range(len(kinds))
        ],
        "Each text has a label of its own. A label is the number of a class.": list(range(len(kinds))),
        "Your numbers follow the alphabet. Asked is the place in `names`.": [
            sorted(set(kinds)).index(kind) for kind in kinds
        ],
        "Your numbers follow the order in which kinds turn up. Asked is the place in `names`.": [
            list(dict.fromkeys(kinds)).index(kind) for kind in kinds
        ],
    }
    mistakes = [Mistake(torch.tensor(labels[part]), says) for says, labels in everywhere.items()]
    expected = torch.tensor([names.index(kind) for kind in kinds[part]])
    compare(batch[1], expected, mistakes, f" in the labels {part.start} and following")
