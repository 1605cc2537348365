"""The bug museum: a short broken program is to be found out, explained and mended.

An answer is a pair of functions: `found()` returns `{line: letter}`, the lines with a defect and for each the
letter of the explanation that fits; `mended` is the program as it should be, judged by what it does.

    RATIO = Exhibit(lines=12, letters="ABCDE", defects={3: Defect("C", "Look at ...")}, innocent={})


    def ratio(answer: Answer, seed: int) -> None:
        visit(RATIO, answer, mended_ratio, seed)  # mended_ratio(mended, seed) is a grader of its own
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from .checking import Grader, Mistake, Wrong, as_tensor, ask
from .parts import judge_parts

UNCHANGED = "The program still does what it did before."
FORM = 'It looks like `{3: "B", 7: "E"}`: line 3 because of (B), line 7 because of (E).'
Answer = tuple[Callable[[], dict[int, str]], Callable[..., Any]]


@dataclass(frozen=True)
class Defect:
    """What is wrong with one line of a program."""

    letter: str  # of the explanation that fits
    clue: str  # for those who have not found the line: where to look, not what is there to be seen
    others: Mapping[str, str] = field(default_factory=dict)  # another letter -> why it does not fit


@dataclass(frozen=True)
class Exhibit:
    """What is to be seen in a program of `lines` lines, for which `letters` stand before explanations."""

    lines: int
    letters: str
    defects: Mapping[int, Defect]  # line -> its defect; all of them must be found
    innocent: Mapping[int, str]  # line -> a sentence why nothing is wrong with it; others get a general one
    also: Mapping[int, str] = field(default_factory=dict)  # line -> letter: may be accused so, need not be


def visit(exhibit: Exhibit, answer: Answer, mend: Grader, seed: int) -> None:
    """Grades the three parts of an answer, each for a third of the points.

    `mend(mended, seed)` grades the mended program by its behaviour, and raises Wrong as every grader does.
    """
    lines, mended = answer
    accused: dict[int, str] = {}

    def found() -> None:
        accused.update(accusations(lines, exhibit))
        judge_lines(exhibit, accused)

    judge_parts(
        {
            "found": found,
            "explained": lambda: judge_letters(exhibit, accused),
            "mended": lambda: mend(mended, seed),
        },
        after={"explained": "found"},  # explanations of the wrong lines are not looked at
    )


def accusations(found: Callable[[], Any], exhibit: Exhibit) -> dict[int, str]:
    """What `found` returns, as {line: capital letter}. Raises Wrong for whatever is not of this form."""
    returned = ask(found)
    if returned is None:
        raise Wrong("Your function returns nothing.", "Does it end in `return`?")
    if not isinstance(returned, dict):
        raise Wrong(f"A dictionary is asked for, and this is a {type(returned).__name__}.", FORM)
    if not returned:
        raise Wrong("There is no answer yet.", FORM)
    accused = {}
    for line, letter in returned.items():
        if not isinstance(line, int) or isinstance(line, bool):
            raise Wrong(f"The keys are numbers of lines, and {line!r:.20} is none.", FORM)
        if not 1 <= line <= exhibit.lines:
            raise Wrong(f"The program has no line {line}; its last one is {exhibit.lines}.")
        if not isinstance(letter, str) or len(letter.strip(" ()")) != 1:
            raise Wrong(f"Line {line} needs one letter, and {letter!r:.20} is none.", FORM)
        accused[line] = letter.strip(" ()").upper()
        if accused[line] not in exhibit.letters:
            raise Wrong(
                f"There is no explanation ({accused[line]}); the last one is ({exhibit.letters[-1]})."
            )
    return accused


def judge_lines(exhibit: Exhibit, accused: Mapping[int, str]) -> None:
    """Raises Wrong if an innocent line is accused, or a defect is missing."""
    for line, letter in accused.items():
        if line not in exhibit.defects and exhibit.also.get(line) != letter:
            why = exhibit.innocent.get(line, "It does what it should.")
            raise Wrong(f"Line {line} is innocent. {why}")
    missing = [line for line in exhibit.defects if line not in accused]
    if missing:
        known, every = len(exhibit.defects) - len(missing), len(exhibit.defects)
        raise Wrong(f"You found {known} of {every} faulty lines.", exhibit.defects[missing[0]].clue)


def judge_letters(exhibit: Exhibit, accused: Mapping[int, str]) -> None:
    """Raises Wrong for the first rightly accused line whose explanation does not fit."""
    right = {line: defect.letter for line, defect in exhibit.defects.items()}
    for line, letter in accused.items():
        if line not in right or letter == right[line]:
            continue
        others = exhibit.defects[line].others
        elsewhere = " It belongs to another line." if letter in right.values() else ""
        why = others.get(letter, f"What it describes is not what happens there.{elsewhere}")
        raise Wrong(f"Line {line} is faulty, but not for reason ({letter}). {why}")


def gradients(loss: Any, inputs: list[Tensor]) -> list[Tensor]:
    """The gradients of a student's loss () with respect to the inputs; zeros where it does not depend on one.

    Raises Wrong if the loss is no scalar tensor, or if nothing flows back through it.
    """
    as_tensor(loss, ())
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        raise Wrong(
            "No gradient flows back through your loss.",
            "`item`, `detach` or `no_grad` on the way cut it off.",
        )
    found = ask(lambda: torch.autograd.grad(loss, inputs, allow_unused=True))
    return [torch.zeros_like(x) if g is None else g for x, g in zip(inputs, found, strict=True)]


def apart(right: Tensor, mistakes: list[Mistake]) -> bool:
    """Whether the values () of these mistakes, and the right one, differ from each other by a thousandth."""
    said = [("", right), *((mistake.misconception, mistake.value) for mistake in mistakes)]
    values = [(words, torch.as_tensor(value).detach().item()) for words, value in said]
    return all(
        abs(a - b) > 1e-3 * max(abs(a), abs(b))
        for i, (words, a) in enumerate(values)
        for others, b in values[:i]
        if words != others
    )
