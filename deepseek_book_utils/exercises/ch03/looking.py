"""Grader of the exercise to chapter 3 about masks: padding, the future, and a query that looks nowhere."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare, own_dtype
from ..parts import judge_parts

MayLook = Callable[[Tensor, int], Tensor]
Attend = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def hidden_words(answer: tuple[MayLook, Attend], seed: int) -> None:
    """Grades `may_look(tokens, padding)` and `attend(q, k, v, mask)`."""
    may_look, attend = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`may_look`": lambda: _compare_masks(may_look, generator),
            "`attend`": lambda: _compare_looks(attend, generator),
        }
    )


def _compare_masks(answer: MayLook, generator: torch.Generator) -> None:
    for B, T, padding in ((3, 5, 0), (2, 6, 7), (4, 4, 50), (1, 1, 3)):
        tokens = torch.randint(1, 7, (B, T), generator=generator)  # none of them is padding
        tokens[tokens == padding] = 9
        if B > 1:
            tokens[0, -2:], tokens[1, :2] = padding, padding  # behind, and in front
            tokens[-1, -1] = 0 if padding else 8  # 0 is a word like any other, if it is no padding
        got = as_tensor(ask(answer, tokens, padding), (B, T, T))
        if not ((got == 0) | (got == 1)).all():
            raise Wrong("Your mask holds other values than `True` and `False`.", "It is no score yet.")
        later = torch.ones(T, T, dtype=torch.bool).triu(1)
        right = ~later & (tokens != padding)[:, None]
        mistakes = list(_mask_mistakes(tokens, padding, later, right)) if B > 1 else []
        compare(got, right, mistakes, f" for padding {padding} and the tokens {tokens.tolist()}")


def _mask_mistakes(tokens: Tensor, padding: int, later: Tensor, right: Tensor) -> Iterator[Mistake]:
    real = tokens != padding
    rule = "s is not later than t, and place s holds no padding."
    wrong = [
        (~right, "Your mask is turned round: `True` is where a word may look.", ""),
        (~later & torch.ones_like(right), "Padding is seen.", rule),
        (real[:, None] & torch.ones_like(right), "Later words are seen.", rule),
        (right & real[..., None], "You hide everything from padding. Place t makes no difference.", rule),
        (
            ~later & real[..., None],
            "You look for padding at place t. It is place s that must hold a word.",
            rule,
        ),
        (
            ~later.T & real[:, None],
            "A word sees what comes after it, and nothing before.",
            "Row t, column s.",
        ),
        (right.mT, "Rows and columns have changed places: row t says where word t looks.", rule),
        (right & ~torch.eye(len(later), dtype=torch.bool), "A word may look at itself.", "s ≤ t"),
        (~later | real[:, None], "One of two conditions is enough in yours. Both must hold.", "`&`"),
        (~later & (tokens != 0)[:, None], "Your padding is always token 0.", "`padding` is an argument."),
        (~later & (tokens == padding)[:, None], "You see padding, and nothing else.", rule),
    ]
    for value, said, hint in wrong:
        yield Mistake(value, said, hint)


def _compare_looks(answer: Attend, generator: torch.Generator) -> None:
    # heads of one channel would hide a wrong root
    for B, H, T, S, D, size in (
        (2, 3, 4, 4, 4, 1),
        (3, 2, 5, 3, 6, 1),
        (2, 2, 3, 6, 2, 1),
        (2, 1, 4, 4, 4, 100),
    ):
        q, k, v = (torch.randn(B, H, n, D, generator=generator).to(own_dtype()) for n in (T, S, S))
        if size > 1:  # all scores are far below zero, and exact in float32
            q, k = size * (8 * q.abs()).round() / 8, -(8 * k.abs()).round() / 8
        mask = torch.rand(B, T, S, generator=generator) < 0.6
        mask[..., 0], mask[:, :, 1] = True, False
        mask[0, 1:3] = False  # nowhere
        exact = (q.double(), k.double(), v.double())
        scores = exact[0] @ exact[1].mT / D**0.5
        hidden = ~mask[:, None]
        right = scores.masked_fill(hidden, -torch.inf).softmax(dim=-1).masked_fill(hidden, 0) @ exact[2]
        about = f" for {H} heads of {D} channels, {T} queries and {S} keys"
        got = as_tensor(ask(answer, q, k, v, mask), right.shape)
        if got[0, :, 1:3].isnan().any():
            raise Wrong(
                "A query that may look nowhere gets nan: the softmax of minus infinity alone.",
                "Fill the *weights* with 0 where the mask is `False`, behind the softmax too.",
            )
        low = [
            scores.masked_fill(hidden, fill).softmax(dim=-1).masked_fill(hidden, 0)
            for fill in (-10, -20, -50, -100)
        ]
        mistakes = [
            Mistake(
                w @ exact[2],
                "Your score for hidden places is too high: a seen one may be lower.",
                "-math.inf",
            )
            for w in low
        ]
        mistakes += _look_mistakes(scores, hidden, exact[2], D) if size == 1 else []
        compare(got, right, mistakes, f"{about}, with scores of about {size}")


def _look_mistakes(scores: Tensor, hidden: Tensor, v: Tensor, D: int) -> Iterator[Mistake]:
    H, S = scores.shape[1], scores.shape[3]

    def look(scores: Tensor, hidden: Tensor = hidden, dim: int = -1) -> Tensor:
        return scores.masked_fill(hidden, -torch.inf).softmax(dim=dim).nan_to_num().masked_fill(hidden, 0) @ v

    before = scores.masked_fill(hidden, -1e9).softmax(dim=-1)
    yield Mistake(
        before @ v,
        "A query that may look nowhere gets the mean of all values: equal scores, equal weights.",
        "Asked are zeros. Fill the *weights* with 0 where the mask is `False`.",
    )
    yield Mistake(scores.softmax(dim=-1) @ v, "The mask changes nothing.", "Scores of minus infinity.")
    yield Mistake(
        scores.softmax(dim=-1).masked_fill(hidden, 0) @ v,
        "The mask comes behind the softmax alone, so the weights add up to less than 1.",
        "Hide the scores before it.",
    )
    yield Mistake(
        scores.masked_fill(hidden, 0).softmax(dim=-1) @ v,
        "A score of 0 hides nothing: exp(0) = 1.",
        "-math.inf",
    )
    yield Mistake(
        scores.masked_fill(hidden, 0).softmax(dim=-1).masked_fill(hidden, 0) @ v,
        "A score of 0 takes weight away from the others: exp(0) = 1.",
        "-math.inf",
    )
    yield Mistake(look(scores, ~hidden), "Your mask is turned round: `True` is where a query may look.")
    yield Mistake(look(scores * D**0.5), "The scores are not divided by the root of D.")
    yield Mistake(look(scores / D**0.5), "You divide by D. Asked is its root.")
    yield Mistake(look(scores * D**0.5 / S**0.5), "You divide by the root of S, the number of keys.", "D")
    yield Mistake(look(scores / H**0.5), "You divide by the root of all channels, H D.", "Those of one head.")
    yield Mistake(look(scores, dim=-2), "Your columns add up to 1. A row is a query.", "`dim=-1`")
    yield Mistake(
        scores.masked_fill(hidden, -torch.inf).mean(dim=1, keepdim=True).softmax(dim=-1).nan_to_num() @ v,
        "All heads look at the same places. Each has weights of its own.",
    )
    yield Mistake((scores.masked_fill(hidden, 0)) @ v, "The softmax is missing.")
    seen = (~hidden).double()
    yield Mistake(
        seen / seen.sum(dim=-1, keepdim=True).clamp(min=1) @ v,
        "Your weights are equal: they do not depend on q and k.",
    )
    raised = scores.masked_fill(hidden, -torch.inf).sigmoid()
    yield Mistake(raised @ v, "You weigh each key by itself. The softmax weighs them against each other.")
