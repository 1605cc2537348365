"""Graders of the exercises to chapter 1 about what is inside a GPT: attention, first weights, experts."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ..checking import Mistake, as_tensor, ask, compare
from ..parts import judge_parts
from . import each

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]
Route = Callable[[Tensor, int], Tensor]
Favour = Callable[[Tensor, Tensor], Tensor]


def causal_attention(answer: Attention, seed: int) -> None:
    """Grades `causal_attention(q, k, v)` for the last T of S tokens."""
    generator = torch.Generator().manual_seed(seed)
    for T, S, D in ((5, 5, 4), (2, 6, 3), (1, 4, 5), (6, 6, 6)):
        q, k, v = (torch.randn(rows, D, generator=generator).double() for rows in (T, S, S))
        later = torch.ones(T, S, dtype=torch.bool).triu(S - T + 1)
        scores = q @ k.T / D**0.5
        expected = scores.masked_fill(later, -torch.inf).softmax(dim=1) @ v
        about = f" for {T} queries and {S} keys"
        got = as_tensor(ask(answer, q, k, v), expected.shape)
        compare(got, expected, list(_attention_mistakes(scores, v, later)), about)


def _attention_mistakes(scores: Tensor, v: Tensor, later: Tensor) -> Iterator[Mistake]:
    T, S = scores.shape
    D = v.shape[1]
    seen = scores.masked_fill(later, -torch.inf)
    yield Mistake(
        scores.softmax(dim=1) @ v,
        "Every token looks at those after it.",
        "Set their scores to minus infinity.",
    )
    yield Mistake(
        (seen * D**0.5).softmax(dim=1) @ v,
        "The scores are not divided by the root of D.",
        "They grow with the number of channels.",
    )
    yield Mistake((seen / D**0.5).softmax(dim=1) @ v, "You divide by D. Asked is its root.")
    for count in (T, S):
        yield Mistake(
            (seen * (D / count) ** 0.5).softmax(dim=1) @ v,
            "You divide by the root of a number of tokens. D is the length of a key.",
            "`q.shape[1]`",
        )
    yield Mistake(
        scores.softmax(dim=1).masked_fill(later, 0) @ v,
        "You hide the later tokens after the softmax, so the weights add up to less than 1.",
        "Hide them before it.",
    )
    yield Mistake(
        scores.masked_fill(later, 0).softmax(dim=1) @ v,
        "A score of 0 hides nothing: its weight is exp(0) = 1.",
        "`-math.inf` gets the weight 0.",
    )
    corner = torch.ones(T, S, dtype=torch.bool).triu(1)
    yield Mistake(
        scores.masked_fill(corner, -torch.inf).softmax(dim=1) @ v,
        "Your first query sees one key. The queries are the last T of S tokens.",
        "The diagonal ends in the last column: `triu(S - T + 1)`.",
    )
    yield Mistake(
        scores.masked_fill(torch.ones(T, S, dtype=torch.bool).triu(S - T), -torch.inf).softmax(dim=1) @ v,
        "A token cannot see itself.",
        "`triu(1)` leaves the diagonal alone, where T = S.",
    )
    if T == S:
        yield Mistake(
            scores.masked_fill(later.T, -torch.inf).softmax(dim=1) @ v,
            "Tokens see those after them, and none before.",
            "`triu` marks what comes later.",
        )
    yield Mistake(seen.softmax(dim=0) @ v, "Your columns add up to 1. A row is a query.", "`dim=1`")


def first_weights(answer: tuple[Callable, Callable], seed: int) -> None:
    """Grades `weight_std(inputs, passed)` and `adding_std(std, layers)`."""
    weight_std, adding_std = answer
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(3, 2000, (4,), generator=generator).tolist()
    judge_parts(
        {
            "`weight_std`": lambda: _compare_stds(
                weight_std, [(n, p) for n in drawn for p in (1.0, 0.5, 0.3)]
            ),
            "`adding_std`": lambda: _compare_adding(adding_std, drawn),
        }
    )


def _compare_stds(answer: Callable, cases: list[tuple[int, float]]) -> None:
    for inputs, passed in cases:
        n, p = float(inputs), passed
        right = torch.tensor((n * p) ** -0.5, dtype=torch.float64)
        mistakes = [
            Mistake(
                n**-0.5, "You forget the share that passes the activation.", "Less passes, so draw larger."
            ),
            Mistake((p / n) ** 0.5, "You multiply by the share. Weights must make up for what is lost."),
            Mistake(1 / (n * p), "This is the variance. Asked is the standard deviation.", "Its root."),
            Mistake(
                (n * p) ** 0.5,
                "Your weights grow with the number of inputs. A sum of more numbers is larger.",
            ),
        ]
        compare(
            ask(answer, inputs, passed), right, mistakes, f" for {inputs} inputs, of which {passed:g} passes"
        )


def _compare_adding(answer: Callable, drawn: list[int]) -> None:
    for number, layers in enumerate(drawn):
        std = 0.02 * (number + 1)
        right = torch.tensor(std / (2 * layers) ** 0.5, dtype=torch.float64)
        mistakes = [
            Mistake(
                std / layers**0.5, "A layer adds twice to the stream.", "Attention and network: 2 L sums."
            ),
            Mistake(std / (2 * layers), "Variances add up, not standard deviations.", "Take the root."),
            Mistake(std * (2 * layers) ** 0.5, "More layers must add less each, not more.", "Divide."),
            Mistake(std, "The number of layers changes nothing in yours."),
        ]
        compare(ask(answer, std, layers), right, mistakes, f" for {layers} layers")


def expert_routing(answer: tuple[Route, Favour], seed: int) -> None:
    """Grades `routing(logits, k)` and `unevenness(weights, logits)`."""
    routing, unevenness = answer
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for rows, experts, k in ((7, 5, 2), (6, 6, 1), (9, 4, 3)):
        logits = torch.randn(rows, experts, generator=generator).double()
        best, chosen = logits.topk(k, dim=1)
        cases.append((logits, k, torch.zeros_like(logits).scatter(1, chosen, best.softmax(dim=1))))
    judge_parts(
        {
            "`routing`": lambda: each(_compare_routing, routing, cases),
            "`unevenness`": lambda: each(_compare_favour, unevenness, cases),
        }
    )


def _compare_routing(answer: Route, logits: Tensor, k: int, right: Tensor) -> None:
    all_of_them = logits.softmax(dim=1)
    kept = right > 0
    least = logits.topk(k, dim=1, largest=False).indices
    worst = torch.zeros_like(logits).scatter(1, least, logits.gather(1, least).softmax(dim=1))
    mistakes = [
        Mistake(all_of_them, "Every expert has a weight.", "Only the k best may work."),
        Mistake(
            all_of_them * kept,
            "The weights of the chosen ones add up to less than 1.",
            "Take the softmax over the chosen ones alone.",
        ),
        Mistake(kept.double(), "You return who was chosen. Asked is each one's weight."),
        Mistake(
            kept.double() / k, "All chosen experts weigh the same in yours.", "A higher score weighs more."
        ),
        Mistake(logits * kept, "You return scores. The softmax is missing."),
        Mistake(worst, "You take the k lowest scores.", "`topk` takes the highest."),
    ]
    compare(ask(answer, logits, k), right, mistakes, f" for k = {k}")


def _compare_favour(answer: Favour, logits: Tensor, k: int, weights: Tensor) -> None:
    experts = logits.shape[1]
    shares, wanted = (weights > 0).double().mean(dim=0), logits.softmax(dim=1).mean(dim=0)
    right = experts * (shares * wanted).sum()
    mistakes = [
        Mistake(right / experts, "The factor E is missing.", "An even router would get k / E."),
        Mistake(
            experts * (weights.mean(dim=0) * wanted).sum(),
            "f counts tokens. You add up their weights.",
            "`weights > 0` says who works.",
        ),
        Mistake(experts * shares.square().sum(), "P is missing: counts alone give no gradient."),
        Mistake(experts * wanted.square().sum(), "f is missing: how many tokens an expert got."),
        Mistake(right * len(logits), "f is a share of the tokens, not a number of them.", "Divide by M."),
        Mistake(right / k, "A token counts for each of its k experts.", "Divide by M alone."),
    ]
    compare(ask(answer, weights, logits), right, mistakes, f" for k = {k}")
