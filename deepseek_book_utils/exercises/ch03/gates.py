"""Grader of the exercise to chapter 3 about a step of an LSTM, and how long it remembers."""

import math
import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare, own_dtype
from ..parts import judge_parts

Step = Callable[..., tuple[Tensor, Tensor]]
Bias = Callable[[float, int], float]


def lstm_step(answer: tuple[Step, Bias], seed: int) -> None:
    """Grades `lstm_step(x, h, c, weight_ih, weight_hh, bias)` and `bias_for(share, steps)`."""
    step, bias_for = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`lstm_step`": lambda: _compare_steps(step, generator),
            "`bias_for`": lambda: _compare_biases(bias_for, random.Random(seed)),
        }
    )


def _compare_steps(answer: Step, generator: torch.Generator) -> None:
    for B, N, H in ((3, 2, 4), (1, 5, 3), (4, 3, 3), (2, 1, 6)):
        shapes = ((B, N), (B, H), (B, H), (4 * H, N), (4 * H, H), (4 * H,))
        given = [torch.randn(shape, generator=generator).to(own_dtype()) for shape in shapes]
        exact = [part.double() for part in given]
        about = f" for {B} texts, I = {N} and H = {H}"
        got: Any = ask(answer, *given)
        got = numeric(got) if isinstance(got, list) else got
        if not isinstance(got, tuple | list | Tensor) or len(got) != 2:
            raise Wrong("Return two tensors: the new h, and the new c.")
        new_h, new_c = (as_tensor(part, (B, H)) for part in got)
        h, c = _step(exact)
        if torch.allclose(new_h, c, rtol=1e-4) and torch.allclose(new_c, h, rtol=1e-4):
            raise Wrong("Your two states have changed places.", "h comes first, then c.")
        faults = [_step(exact, **options) for options, _, _ in STEPS]
        for which, got_part, right, name in ((1, new_c, c, "c"), (0, new_h, h, "h")):
            mistakes = [
                Mistake(one[which], said, hint) for one, (_, said, hint) in zip(faults, STEPS, strict=True)
            ]
            compare(got_part, right, mistakes, f" in the new {name}{about}")


def _step(
    given: list[Tensor],
    order: str = "ifgo",
    gates: Callable[..., Tensor] = lambda x, h, c, W, U, b: x @ W.T + h @ U.T + b,
    cut: Callable[[Tensor], tuple[Tensor, ...]] = lambda a: a.chunk(4, dim=1),
    candidate: Callable[[Tensor], Tensor] = torch.tanh,
    new_c: Callable[..., Tensor] = lambda i, f, g, o, c, h: f * c + i * g,
    new_h: Callable[..., Tensor] = lambda o, new, old: o * new.tanh(),
) -> tuple[Tensor, Tensor]:
    """The new h and c; each option is there for a misconception."""
    parts = dict(zip(order, cut(gates(*given)), strict=True))
    i, f, o = (parts[name].sigmoid() for name in "ifo")
    c = new_c(i, f, candidate(parts["g"]), o, given[2], given[1])
    return new_h(o, c, given[2]), c


SUM = "c' = σ(f) c + σ(i) tanh(g)"
STEPS: list[tuple[dict[str, Any], str, str]] = [
    ({"order": "figo"}, "Input gate and forget gate have changed places.", "i, f, g, o"),
    (
        {"order": "ifog"},
        "Candidate and output gate have changed places.",
        "The rows are those of i, f, g, o.",
    ),
    ({"order": "fiog"}, "The rows are those of i, f, g, o, and you read f, i, o, g.", ""),
    (
        {"cut": lambda a: a.unflatten(1, (-1, 4)).unbind(2)},
        "You read four rows of each number together.",
        "The first H rows are all those of i.",
    ),
    ({"candidate": torch.sigmoid}, "The candidate g goes through tanh, not through a sigmoid.", SUM),
    ({"candidate": lambda g: g}, "The candidate's tanh is missing.", SUM),
    (
        {"new_c": lambda i, f, g, o, c, h: f * c + (1 - f) * g},
        "You write 1 - σ(f) of the candidate. Input and forget gate are two.",
        SUM,
    ),
    (
        {"new_c": lambda i, f, g, o, c, h: (1 - f) * c + i * g},
        "You keep 1 - σ(f). The gate says what is kept, in spite of its name.",
        SUM,
    ),
    ({"new_c": lambda i, f, g, o, c, h: f * h + i * g}, "The forget gate keeps h in yours. It keeps c.", SUM),
    ({"new_c": lambda i, f, g, o, c, h: i * g}, "The old c is missing: nothing is remembered.", SUM),
    ({"new_c": lambda i, f, g, o, c, h: c + i * g}, "The forget gate is missing. Everything is kept.", SUM),
    ({"new_c": lambda i, f, g, o, c, h: f * c + g}, "The input gate is missing. Everything is written.", SUM),
    ({"new_c": lambda i, f, g, o, c, h: f * c}, "Nothing new is written.", SUM),
    ({"gates": lambda x, h, c, W, U, b: x @ W.T + h @ U.T}, "The bias is missing.", ""),
    (
        {"gates": lambda x, h, c, W, U, b: x @ W.T + h @ U.T + 2 * b},
        "You add the bias twice.",
        "PyTorch has two of them. Here it is one.",
    ),
    ({"gates": lambda x, h, c, W, U, b: x @ W.T + b}, "The gates do not read the old h.", "W_hh h"),
    ({"gates": lambda x, h, c, W, U, b: h @ U.T + b}, "The gates do not read the word x.", "W_ih x"),
    (
        {"gates": lambda x, h, c, W, U, b: x @ W.T + c @ U.T + b},
        "The gates read c. They read the old h.",
        "W_hh h",
    ),
    ({"new_h": lambda o, new, old: o * new}, "c is shown without its tanh.", "h' = σ(o) tanh(c')"),
    ({"new_h": lambda o, new, old: new.tanh()}, "The output gate is missing.", "h' = σ(o) tanh(c')"),
    ({"new_h": lambda o, new, old: o * old.tanh()}, "You show the old c.", "h' = σ(o) tanh(c')"),
    ({"new_h": lambda o, new, old: o}, "You return the output gate alone.", "h' = σ(o) tanh(c')"),
]


def _compare_biases(answer: Bias, rng: random.Random) -> None:
    cases = [(0.5, 59), (0.9, rng.randint(100, 400)), (rng.uniform(0.05, 0.4), 7), (rng.uniform(0.6, 0.9), 1)]
    got = torch.stack([as_tensor(ask(answer, *case), ()) for case in cases])
    found: list[tuple[Callable[[float, int], float], str, str]] = [
        (
            lambda p, n: p ** (1 / n),
            "This is the gate's value. Asked is the bias before the sigmoid.",
            "log(s / (1 - s))",
        ),
        (
            lambda p, n: _logit(p),
            "This bias leaves the share after one step.",
            "The gate is the n-th root of the share.",
        ),
        (
            lambda p, n: -_logit(p ** (1 / n)),
            "Your sign is turned round: a larger bias keeps more.",
            "log(s / (1 - s))",
        ),
        (
            lambda p, n: _logit(p**n),
            "You take the share to the power of n. Which number, n times a factor, gives it?",
            "Its n-th root.",
        ),
        (
            lambda p, n: _logit(1 - (1 - p) / n),
            "You lose the same part of the first number in every step. Here factors multiply.",
            "The n-th root of the share.",
        ),
        (
            lambda p, n: math.log(p) / n,
            "You take the logarithm of the gate. The sigmoid has another inverse.",
            "log(s / (1 - s))",
        ),
        (
            lambda p, n: math.atanh(p ** (1 / n)),
            "You turn a tanh round. A gate is a sigmoid.",
            "log(s / (1 - s))",
        ),
        (lambda p, n: _logit(p) / n, "You divide the bias by n. The gate is the n-th root of the share.", ""),
        (lambda p, n: _logit(p ** (1 / n)) / math.log(2), "Take the natural logarithm.", ""),
    ]
    mistakes = [
        Mistake(torch.tensor([f(*case) for case in cases], dtype=torch.float64), said, hint)
        for f, said, hint in found
    ]
    right = torch.tensor([_logit(p ** (1 / n)) for p, n in cases], dtype=torch.float64)
    shown = ", ".join(f"({p:.3g}, {n})" for p, n in cases)
    compare(got, right, mistakes, f" for (share, steps) of {shown}")


def _logit(s: float) -> float:
    return math.log(s / (1 - s))
