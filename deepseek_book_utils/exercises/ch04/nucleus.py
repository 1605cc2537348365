"""Grader of the exercise to chapter 4 about cutting off unlikely tokens: the nucleus, and min-p."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, close, compare
from ..parts import judge_parts

Filter = Callable[[Tensor, float], Tensor]


class Case(NamedTuple):
    """One call: what it returned, what is right, and what known misconceptions return; each (B, V)."""

    got: Tensor
    right: Tensor
    mistakes: list[Mistake]
    about: str


def nucleus_and_min_p(answer: tuple[Filter, Filter], seed: int) -> None:
    """Grades `top_p_probs(logits, p)` and `min_p_probs(logits, p)`."""
    top_p, min_p = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`top_p_probs`": lambda: _compare_nucleus(top_p, generator),
            "`min_p_probs`": lambda: _compare_min_p(min_p, generator),
        }
    )


def _compare_nucleus(top_p: Filter, generator: torch.Generator) -> None:
    cases = []
    for rows, tokens, p in ((6, 6, 0.7), (4, 12, 0.9), (3, 8, 0.5), (3, 8, 0.05)):
        logits = _logits(generator, rows, tokens, p)
        got = as_tensor(numeric(ask(top_p, logits, p)), logits.shape)
        about = f" in the nucleus of {p:g}"
        cases.append(Case(got, _nucleus(logits, p), _nucleus_mistakes(logits, p), about))
    _compare_cases(cases)
    _check_ties(top_p, generator)


def _compare_min_p(min_p: Filter, generator: torch.Generator) -> None:
    cases = []
    for rows, tokens, p in ((6, 6, 0.2), (4, 12, 0.05), (3, 8, 0.5), (3, 8, 1.0)):
        logits = _spread_logits(generator, rows, tokens, p)
        got = as_tensor(numeric(ask(min_p, logits, p)), logits.shape)
        right = _kept(logits, _likely(logits, p))
        cases.append(Case(got, right, _min_p_mistakes(logits, p), f" for min-p {p:g}"))
    _compare_cases(cases)


def _compare_cases(cases: list[Case]) -> None:
    """Name the mistake that explains all cases together, if there is one: a single case may fit several."""
    got = torch.cat([case.got.flatten() for case in cases])
    right = torch.cat([case.right.flatten() for case in cases])
    for same in zip(*(case.mistakes for case in cases), strict=True):
        value = torch.cat([mistake.value.flatten() for mistake in same])
        if close(got, value, 1e-4) and not close(got, right, 1e-4):
            raise Wrong(same[0].misconception, same[0].hint)
    for case in cases:
        if case.got.isnan().any():
            hint = "The most likely token always stays."
            raise Wrong(f"The result is not a number{case.about}: a row has no token left.", hint)
        compare(case.got, case.right, case.mistakes, case.about)


def _logits(generator: torch.Generator, rows: int, tokens: int, p: float) -> Tensor:
    """Logits whose running sums of probabilities, and probabilities, all stay away from p."""
    logits = torch.empty(rows, tokens, dtype=torch.float64)
    for row in range(rows):
        while True:
            draw = 1.6 * torch.randn(tokens, generator=generator, dtype=torch.float64) + 0.5
            ordered = draw.softmax(0).sort(descending=True)
            sums = ordered.values.cumsum(0)
            apart = min(float((sums - p).abs().min()), float((draw.softmax(0) - p).abs().min()))
            if apart > 1e-3 and not torch.equal(ordered.indices, torch.arange(tokens)):
                break
        # Sums of logits are above p at once, or never.
        logits[row] = draw - draw.max() + (0.2 * p if row % 2 else 3.0)
    return logits


def _spread_logits(generator: torch.Generator, rows: int, tokens: int, p: float) -> Tensor:
    """Logits whose probabilities stay away from p times the largest, and one exact tie at the top."""
    logits = torch.empty(rows, tokens, dtype=torch.float64)
    for row in range(rows):
        while True:
            draw = 1.6 * torch.randn(tokens, generator=generator, dtype=torch.float64) + 0.5
            ratio = (draw - draw.max()).exp()
            if (ratio[ratio < 1] - p).abs().min() > 1e-3 and (draw.softmax(0) - p).abs().min() > 1e-3:
                break
        logits[row] = draw
    best = int(logits[0].argmax())
    logits[0, (best + 1) % tokens] = logits[0, best]
    return logits


def _kept(logits: Tensor, keep: Tensor) -> Tensor:
    """The probabilities of what is kept, renormalised; NaN in a row without any."""
    probs = logits.softmax(dim=1) * keep
    return probs / probs.sum(dim=1, keepdim=True)


def _sums_before(logits: Tensor) -> tuple[Tensor, Tensor]:
    """For each token, in the order of the vocabulary: the probability of all that are likelier; its rank."""
    ordered = logits.softmax(dim=1).sort(dim=1, descending=True)
    before = ordered.values.cumsum(dim=1) - ordered.values
    ranks = ordered.indices.argsort(dim=1)
    return before.gather(1, ranks), ranks


def _nucleus(logits: Tensor, p: float) -> Tensor:
    return _kept(logits, _sums_before(logits)[0] < p)


def _nucleus_mistakes(logits: Tensor, p: float) -> list[Mistake]:
    probs = logits.softmax(dim=1)
    before, ranks = _sums_before(logits)
    keep = before < p
    ordered = probs.sort(dim=1, descending=True)
    lone = before + probs <= p
    count = keep.sum(dim=1, keepdim=True)
    rows = _kept(logits, keep)
    ascending = probs.sort(dim=1)
    upward = ascending.values.cumsum(dim=1).gather(1, ascending.indices.argsort(dim=1))
    crossing = "The token with which the sum reaches p belongs to the nucleus."
    back = "`indices` says where each sorted place came from: `scatter(1, indices, values)` puts it back."
    few = "The fewest tokens, from the most likely on, whose probabilities sum to at least p."
    flat = _sums_before(logits.flatten()[None])[0].view_as(logits)
    found = [
        (_kept(logits, lone), "You drop the token with which the sum reaches p.", crossing),
        (
            _kept(logits, lone | (ranks == 0)),
            "You drop the token with which the sum reaches p.",
            crossing,
        ),
        (_kept(logits, ranks <= count), "You keep one token too many behind the one that reaches p.", few),
        (rows.sort(dim=1, descending=True).values, "Your result is still sorted.", back),
        (
            ordered.values.where(ordered.values.cumsum(1) - ordered.values < p, 0.0).gather(
                1, ordered.indices
            )
            / (probs * keep).sum(dim=1, keepdim=True),
            "You put the sorted values back with `gather(1, indices)`. That sorts them once more.",
            back,
        ),
        (
            _kept(logits, ordered.values.cumsum(1) - ordered.values < p),
            "Your mask is in the order of the sorted tokens, and you lay it over the unsorted ones.",
            back,
        ),
        (
            _kept(logits, (ordered.values.cumsum(1) - ordered.values < p).gather(1, ordered.indices)),
            "You put the mask back with `gather(1, indices)`. That sorts it once more.",
            back,
        ),
        (probs * keep, "What is left does not sum to one.", "Divide each row by its sum."),
        (_kept(logits, ~keep), "You keep the tail, and cut the nucleus off.", few),
        (_kept(logits, upward <= p), "You sort upward, and keep the least likely tokens.", few),
        (_kept(logits, upward <= 1 - p), "You keep tokens whose tail is lighter than 1 - p.", few),
        (
            _kept(logits, ranks < count[0]),
            "All rows keep as many tokens as the first. Each row has a nucleus of its own.",
            few,
        ),
        (
            _kept(logits, probs >= p),
            "You keep tokens whose own probability is at least p. Their sum counts.",
            few,
        ),
        (
            _kept(logits, probs >= 1 - p),
            "You compare single probabilities with 1 - p. Their sum counts.",
            few,
        ),
        (_kept(logits, ranks < max(1, int(p * len(logits[0])))), "You keep a share of the tokens.", few),
        (
            _kept(logits, probs >= p * probs.amax(1, keepdim=True)),
            "That is min-p: you compare with the largest probability.",
            few,
        ),
        (
            (logits * keep).softmax(dim=1),
            "You set logits to 0. A logit of 0 is not unlikely: e^0 = 1.",
            "-inf",
        ),
        (logits.where(keep, -torch.inf), "These are logits. Asked are probabilities.", "`softmax`"),
        (_kept(logits, flat < p), "You sum over all rows together. Each row has a nucleus of its own.", few),
        (probs, "Nothing is cut off.", few),
        (
            torch.nn.functional.one_hot(probs.argmax(1), len(probs[0])),
            "That is greedy: only the best stays.",
            few,
        ),
    ]
    mistakes = [Mistake(value.double(), said, hint) for value, said, hint in found]
    sums = logits.sort(dim=1, descending=True).values.cumsum(dim=1)
    mistakes.append(
        Mistake(
            _kept(logits, (sums - logits.sort(dim=1, descending=True).values < p).gather(1, ranks)),
            "You sum logits. What sums to one are probabilities.",
            "`softmax` first.",
        )
    )
    axis = "You work down the columns. The tokens are along the last axis."
    mistakes.append(Mistake(_nucleus(logits.T, p).T, axis, "`dim=-1`"))
    return mistakes


def _check_ties(top_p: Filter, generator: torch.Generator) -> None:
    """Of tokens that are equally likely, only so many are kept as are needed; which of them is free."""
    logits = torch.zeros(2, 8, dtype=torch.float64)
    logits[1, torch.randperm(8, generator=generator)[:5]] = 1.0
    probs = logits.softmax(dim=1)
    got = as_tensor(numeric(ask(top_p, logits, 0.55)), logits.shape)
    right, rows = _nucleus(logits, 0.55), got.sort(dim=1, descending=True).values
    every = _kept(logits, probs >= probs.amax(dim=1, keepdim=True))
    hint = "The fewest tokens: which of those that are equally likely is up to you."
    mistakes = [Mistake(every, "Of equally likely tokens you keep all. Only some of them are needed.", hint)]
    wanted = right.sort(dim=1, descending=True).values
    known = [Mistake(m.value.sort(dim=1, descending=True).values, m.misconception, m.hint) for m in mistakes]
    compare(rows, wanted, known, " where tokens are equally likely")


def _likely(logits: Tensor, p: float) -> Tensor:
    probs = logits.softmax(dim=1)
    return probs >= p * probs.amax(dim=1, keepdim=True)


def _min_p_mistakes(logits: Tensor, p: float) -> list[Mistake]:
    probs = logits.softmax(dim=1)
    most = probs.amax(dim=1, keepdim=True)
    keep = probs >= p * most
    best = torch.nn.functional.one_hot(probs.argmax(1), len(probs[0])).bool()
    relative = "Keep a token if its probability is at least p times that of the likeliest token of its row."
    edge = "p = 1 keeps the likeliest token: at least, not more than."
    found = [
        (
            _kept(logits, probs >= p),
            "You compare with p itself. The threshold is p times the largest probability.",
            relative,
        ),
        (
            _kept(logits, (probs >= p) | best),
            "You compare with p itself. The threshold is p times the largest probability.",
            relative,
        ),
        (_kept(logits, probs > p * most), "For p = 1 you keep no token at all.", edge),
        (
            _kept(logits, (probs > p * most) | best),
            "Of two tokens that are likeliest together you drop one.",
            edge,
        ),
        (_kept(logits, logits >= p * logits.amax(1, keepdim=True)), "You compare logits.", relative),
        (_kept(logits, probs >= p * probs.max()), "You take the largest of the whole batch.", relative),
        (_kept(logits, probs >= p * probs.mean(1, keepdim=True)), "You compare with the mean.", relative),
        (_kept(logits, probs >= most - p), "You subtract p from the largest. It is a factor.", relative),
        (
            _kept(logits, probs >= (1 - p) * most),
            "You take 1 - p. The threshold is p times the largest.",
            relative,
        ),
        (_kept(logits, ~keep), "You keep what should go.", relative),
        (probs * keep, "What is left does not sum to one.", "Divide each row by its sum."),
        (logits.where(keep, -torch.inf), "These are logits. Asked are probabilities.", "`softmax`"),
        (
            (logits * keep).softmax(dim=1),
            "You set logits to 0. A logit of 0 is not unlikely: e^0 = 1.",
            "-inf",
        ),
        (_nucleus(logits, p), "That is the nucleus again.", relative),
        (probs, "Nothing is cut off.", relative),
    ]
    mistakes = [Mistake(value, f"In min-p: {said}", hint) for value, said, hint in found]
    down = _kept(logits, probs >= p * probs.amax(dim=0, keepdim=True))
    mistakes.append(Mistake(down, "In min-p: you take the largest of each column.", "`dim=1, keepdim=True`"))
    return mistakes
