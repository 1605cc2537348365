"""The miniature's own task: chains of arithmetic in two languages, judged by rules and
written by a pen that slips.

Two rules of decoding stand beside it: check every value, and write each operation in
the language whose pen slips less. They give without any training much of what
reinforcement learning brings. A rule looks at what the policy drew and at the two words
before, and says what is written instead. The policy did not choose that word, so it
carries no loss.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from .evaluation import summarise
from .language import (
    BOOK,
    ENGLISH,
    EOS,
    OPERATIONS,
    PAD,
    TO_CHINESE,
    TO_ENGLISH,
    TOKEN_ID,
    VOCABULARY,
    Problem,
    decode,
    encode,
    sample_problem,
)
from .pen import FIRST_DIGIT, IS_DIGIT, IS_OPERATION, Pen, look_up, slip_of_the_pen
from .rewards import RewardWeights, accuracy_reward, reward
from .tasks import Task


def arithmetic(
    rewards: RewardWeights = RewardWeights(),
    pen: Pen = Pen(),
    forbidden: tuple[str, ...] = (),
    textbook: bool = False,
) -> Task:
    """Problems of 3 to 7 steps, paid by these `rewards` and written by this `pen`,
    without the `forbidden` words.

    `textbook` opens the prompt with `<book>`: prompting instead of training.
    """

    def prompt(problem: Problem) -> list[int]:
        ids = encode(problem.prompt)
        return [TOKEN_ID[BOOK], *ids[1:]] if textbook else ids

    return Task(
        name=f"arithmetic {rewards} {pen} {forbidden=} {textbook=}",
        sample=sample_problem,
        encode=prompt,
        decode=decode,
        right=lambda text, problem: accuracy_reward(text, problem.answer) == 1,
        reward=lambda text, problem: reward(text, problem, rewards),
        measure=summarise,
        end=TOKEN_ID[EOS],
        pad=TOKEN_ID[PAD],
        alter=partial(slip_of_the_pen, pen=pen),
        forbidden=tuple(encode(forbidden)),
    )


# --- decoding rules -----------------------------------------------------------------

# rule(tokens, before, previous), all (B,): the tokens to write. `previous` was written
# last, and `before` before that.
Rule = Callable[[Tensor, Tensor, Tensor], Tensor]


def in_better_language(word: str) -> str:
    """An operation in the language that serves it: products in Chinese, the rest in
    English. Other words stay.
    """
    english = TO_ENGLISH.get(word, word)
    if english not in OPERATIONS:
        return word
    return TO_CHINESE[english] if english[0] == "*" else english


BETTER = torch.tensor([TOKEN_ID[in_better_language(word)] for word in VOCABULARY])


def better_language(tokens: Tensor, before: Tensor, previous: Tensor) -> Tensor:
    """Every operation in its better language."""
    return look_up(BETTER, tokens)


def check_every_value(tokens: Tensor, before: Tensor, previous: Tensor) -> Tensor:
    """After every value `check`, in the language of the value, whatever was drawn."""
    value = look_up(IS_OPERATION, before) & look_up(IS_DIGIT, previous)
    english = look_up(FIRST_DIGIT, previous) == TOKEN_ID[ENGLISH[0]]
    words = [TOKEN_ID["check"], TOKEN_ID[TO_CHINESE["check"]]]
    return torch.where(value, torch.where(english, words[0], words[1]), tokens)


def decoded_by(task: Task, *rules: Rule) -> Task:
    """The task, its responses written by these rules, before the pen slips."""
    slip = task.alter

    def write(
        tokens: Tensor, before: Tensor, previous: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        ruled = tokens
        for rule in rules:
            ruled = rule(ruled, before, previous)
        changed = ruled != tokens
        if slip is None:
            return ruled, changed
        written, slipped = slip(ruled, before, previous, generator)
        return written, slipped | changed

    name = " ".join([task.name, *(rule.__name__ for rule in rules)])
    return replace(task, name=name, alter=write)
