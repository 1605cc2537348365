"""Grader of the exercise to chapter 3 about greedy search and beam search."""

import math
import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ..checking import own_dtype
from ..parts import judge_parts
from .exact import Fault, judge_exactly

Words = tuple[int, ...]
Text = tuple[Words, float]
Case = tuple["Model", int, int, float, int]  # model, end, width, alpha, longest
CLEAR = 1e-3  # by so much one text is better than another, wherever one is chosen


class Model:
    """Log-probabilities that depend on all words so far."""

    def __init__(self, seed: str, size: int) -> None:
        self.seed, self.size = seed, size
        self.known: dict[Words, list[float]] = {}

    def __call__(self, words: Iterable[Any]) -> Tensor:
        """The words so far -> log-probabilities (V,) of the next one."""
        return torch.tensor(self.row(tuple(int(word) for word in words)), dtype=own_dtype())

    def row(self, words: Words) -> list[float]:
        """The same as a list."""
        if words not in self.known:
            rng = random.Random(f"{self.seed} {words}")
            logits = [rng.gauss(0, 1.2) for _ in range(self.size)]
            whole = math.log(sum(map(math.exp, logits)))
            self.known[words] = [z - whole for z in logits]
        return self.known[words]

    def __repr__(self) -> str:
        return "next_word"


def beam_search(answer: tuple[Callable, Callable], seed: int) -> None:
    """Grades `greedy(next_word, end, longest)` and `beam_search(next_word, end, width, alpha, longest)`."""
    greedy, search = answer
    beams = _telling(seed, [_search, *(way for way, _, _ in BEAMS)])
    few = _telling(seed, [_greedily, *(partial(_greedily, way=way) for way, _, _ in GREEDY)])
    firsts = [(model, end, longest) for model, end, _, _, longest in few]
    judge_parts(
        {
            "`greedy`": lambda: judge_exactly(greedy, _greedy, firsts, GREEDY),
            "`beam_search`": lambda: judge_exactly(search, _search, beams, BEAMS),
        }
    )


def _telling(seed: int, ways: list[Callable[..., list[int]]]) -> list[Case]:
    """Models and settings on which all ways, right and wrong ones, find different texts."""
    rng = random.Random(seed)
    cases: list[Case] = []
    found: list[list[list[int]]] = [[] for _ in ways]
    for here, way in enumerate(ways):
        for other in range(here):
            while found[here] == found[other]:
                case = _drawn(rng)
                if way(*case) != ways[other](*case) and _closest(*case) > CLEAR:
                    cases.append(case)
                    for texts, every in zip(found, ways, strict=True):
                        texts.append(every(*case))
    return cases


def _drawn(rng: random.Random) -> Case:
    size = rng.randint(3, 4)
    model, end = Model(str(rng.random()), size), rng.randrange(size)
    return model, end, rng.randint(1, 4), rng.choice((0.0, 0.6, 1.0, 1.5, 2.0)), rng.randint(1, 4)


# --- the best word ---


def _greedy(model: Model, end: int, longest: int, sign: int = 1, last: int = 0) -> list[int]:
    words: list[int] = []
    while len(words) < longest and end not in words:
        row = model.row(tuple(words[-last:]))
        words.append(max(range(len(row)), key=lambda word: sign * row[word]))
    return words


def _greedily(
    model: Model,
    end: int,
    width: int,
    alpha: float,
    longest: int,
    way: Callable[[Model, int, int], list[int]] = _greedy,
) -> list[int]:
    """A way of greedy search, on a case of beam search."""
    return way(model, end, longest)


GREEDY: list[Fault] = [
    (lambda m, e, n: _greedy(m, -1, n), "You go on behind `end`.", "A text ends with it."),
    (lambda m, e, n: [w for w in _greedy(m, e, n) if w != e], "The word `end` is missing in your text.", ""),
    (lambda m, e, n: _greedy(m, e, n)[:1], "You return one word. Asked is the text.", ""),
    (
        lambda m, e, n: _greedy(m, e, n - 1),
        "Your text may have `longest` words, one more than you allow.",
        "`<`",
    ),
    (lambda m, e, n: _greedy(m, e, n + 1), "Your text has more than `longest` words.", "`<`"),
    (lambda m, e, n: _greedy(m, e, 99), "You do not look at `longest`.", ""),
    (lambda m, e, n: _greedy(m, 0, n), "Your `end` is always word 0.", "`end` is an argument."),
    (lambda m, e, n: _greedy(m, e, n, sign=-1), "You take the least probable word.", "`argmax`"),
    (
        lambda m, e, n: _greedy(m, e, n, last=1),
        "The model sees the last word alone.",
        "Hand it all words so far.",
    ),
    (lambda m, e, n: _greedy(m, -1, 1) * n, "You ask the model once. Ask it again after every word.", ""),
]


# --- the best text ---


def _longer(model: Model, running: list[Text], fault: str = "") -> list[Text]:
    """Every word behind every beginning, the most probable text first."""
    found = []
    for words, log_p in running:
        for word, more in enumerate(model.row(words)):
            total = {"last": more, "chances": log_p + math.exp(more)}.get(fault, log_p + more)
            found.append(((*words, word), total))
    return sorted(found, key=lambda text: text[1] if fault == "worst" else -text[1])


def _closest(model: Model, end: int, width: int, alpha: float, longest: int) -> float:
    """The smallest difference by which one text is better than another, where a choice is made."""
    running: list[Text] = [((), 0.0)]
    finished: list[Text] = []
    gaps, words = [1.0], list[int]()
    while running:
        found = _longer(model, running)
        gaps += [a[1] - b[1] for a, b in zip(found[width - 1 :], found[width : width + 1], strict=False)]
        over = [text[0][-1] == end or len(text[0]) == longest for text in found[:width]]
        finished += [text for text, done in zip(found, over, strict=False) if done]
        running = [text for text, done in zip(found, over, strict=False) if not done]
    scores = sorted(p / len(words) ** alpha for words, p in finished)
    gaps += [b - a for a, b in zip(scores[-2:], scores[-1:], strict=False)] if len(scores) > 1 else []
    for n in range(longest):
        row = sorted(model.row(tuple(words[:n])))
        gaps.append(row[-1] - row[-2])
        words.append(model.row(tuple(words)).index(row[-1]))
    return min(gaps)


def _search(
    model: Model,
    end: int,
    width: int,
    alpha: float,
    longest: int,
    fault: str = "",
    score: Callable[[float, int, float], float] = lambda log_p, n, alpha: log_p / n**alpha,
) -> list[int]:
    """The best text; `fault` and `score` are there for misconceptions."""
    running: list[Text] = [((), 0.0)]
    finished: list[Text] = []
    size = longest + (fault == "long") - (fault == "short" and longest > 1)

    def over(text: Text) -> bool:
        return text[0][-1] == end or len(text[0]) == size

    while running:
        found = _longer(model, running, fault)
        kept = found[:width]
        if fault == "each":
            kept = [text for one in running for text in _longer(model, [one])[:width]]
        elif fault == "all":
            kept = found
        elif fault == "refill":
            kept = [text for text in kept if over(text)] + [text for text in found if not over(text)][:width]
        elif fault == "compete":
            pool = sorted(found + finished, key=lambda text: -text[1])[:width]
            kept, finished = (
                [text for text in pool if text in found],
                [text for text in pool if text in finished],
            )
        finished += [text for text in kept if over(text)]
        running = [text for text in kept if not over(text)]
        if fault == "first" and finished:
            break
    if fault == "ended":
        finished = [text for text in finished if text[0][-1] == end] or finished
    if fault == "whole":
        finished = finished[-1:]
    return list(max(finished, key=lambda text: score(text[1], len(text[0]), alpha))[0])


BEAMS: list[Fault] = [
    (
        lambda m, e, w, a, n: _greedy(m, e, n),
        "That is greedy search: one beginning.",
        "Keep `width` of them.",
    ),
    (partial(_search, score=lambda p, n, a: p), "`alpha` changes nothing: short texts win.", "log P / |y|^α"),
    (
        partial(_search, score=lambda p, n, a: p / n),
        "You divide by |y|, whatever `alpha` is.",
        "log P / |y|^α",
    ),
    (
        partial(_search, score=lambda p, n, a: p * n**a),
        "You multiply by |y|^α: long texts lose twice.",
        "Divide.",
    ),
    (
        partial(_search, score=lambda p, n, a: p / max(n - 1, 0.1) ** a),
        "You do not count `end` among the words of a text.",
        "|y| is the number of all words.",
    ),
    (
        partial(_search, score=lambda p, n, a: p / ((5 + n) / 6) ** a),
        "That is the penalty of GNMT. Asked is a simpler one.",
        "log P / |y|^α",
    ),
    (partial(_search, score=lambda p, n, a: p / (n * a) if a else p), "You divide by α |y|.", "|y|^α"),
    (
        partial(_search, fault="each"),
        "You keep `width` texts of every beginning.",
        "`width` of all together.",
    ),
    (partial(_search, fault="all"), "You keep all texts. Only the `width` best of a step go on.", ""),
    (
        partial(_search, fault="refill"),
        "A finished text leaves its place to the next best one in yours.",
        "Cut behind `width` first. Then look which texts are finished.",
    ),
    (
        partial(_search, fault="compete"),
        "Finished texts take the places of beginnings in later steps.",
        "Put them aside. They compete at the very end.",
    ),
    (
        partial(_search, fault="first"),
        "You stop at the first finished text.",
        "Stop when no beginning is left.",
    ),
    (partial(_search, fault="whole"), "You return the text that was finished last.", "The best of all."),
    (partial(_search, fault="ended"), "A text of `longest` words is finished too, without `end`.", ""),
    (partial(_search, fault="long"), "Your texts may have one word more than `longest`.", ""),
    (partial(_search, fault="short"), "Your texts may have one word less than `longest`.", ""),
    (partial(_search, fault="last"), "You compare the last words alone.", "log P is a sum over all words."),
    (
        partial(_search, fault="chances"),
        "You add up probabilities. They multiply; their logarithms add up.",
        "",
    ),
    (partial(_search, fault="worst"), "You keep the least probable texts.", "The largest first."),
    (
        lambda m, e, w, a, n: [x for x in _search(m, e, w, a, n) if x != e],
        "The word `end` is missing in your text.",
        "",
    ),
    (lambda m, e, w, a, n: _search(m, e, 2, a, n), "Your width is always 2.", "`width`"),
    (lambda m, e, w, a, n: _search(m, e, w + 1, a, n), "You keep one text more than `width`.", ""),
    (lambda m, e, w, a, n: _search(m, 0, w, a, n), "Your `end` is always word 0.", "`end` is an argument."),
]
