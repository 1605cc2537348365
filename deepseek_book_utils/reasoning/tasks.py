"""A task as functions and plain data, and the two things that every loop does with one:
let a policy answer, and measure the answers.

The loops of this package know no language, no verifier and no pen; whatever a `Task`
says is all that they know. `arithmetic` makes the one of the miniature.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..lm.policy import Policy
from ..lm.sampling import Alter, Rollouts, generate, pad_left


@dataclass(frozen=True)
class Task:
    """What is asked, and what an answer is worth.

    A problem is whatever `sample` returns: only the task looks inside.
    """

    name: str  # tells the runs of one task from those of another
    sample: Callable[[random.Random], Any]  # a problem for training
    encode: Callable[[Any], list[int]]  # its prompt, as token ids
    decode: Callable[[list[int]], str]  # a response, from token ids to text
    right: Callable[[str, Any], bool]  # whether a response solves its problem
    reward: Callable[[str, Any], float]  # what a response earns
    measure: Callable[
        [Sequence[str], Sequence[Any]], dict[str, float]
    ]  # groups of them
    end: int  # the token that ends a response
    pad: int  # the token that fills prompts and responses
    alter: Alter | None = None  # what befalls a token on its way to the paper
    forbidden: tuple[int, ...] = ()  # tokens that may not be drawn


def sample_responses(
    policy: Policy,
    task: Task,
    problems: Sequence[Any],
    group_size: int,
    generator: torch.Generator,
    max_new_tokens: int = 90,
) -> tuple[Rollouts, list[str]]:
    """`group_size` responses to each problem, in order: as tokens, and as B texts.

    Raises ValueError if there is no problem, or if one exceeds the policy's context.
    """
    rollouts = generate(
        policy,
        pad_left([task.encode(problem) for problem in problems], task.pad),
        group_size,
        generator,
        max_new_tokens,
        end=task.end,
        pad=task.pad,
        alter=task.alter,
        forbidden=task.forbidden,
    )
    rows = zip(rollouts.responses.tolist(), rollouts.lengths.tolist(), strict=True)
    return rollouts, [task.decode(row[:length]) for row, length in rows]


def evaluate(
    policy: Policy,
    task: Task,
    problems: Sequence[Any],
    samples: int = 16,
    seed: int = 0,
    max_new_tokens: int = 90,
) -> dict[str, float]:
    """What the task measures of `samples` responses to every problem.

    Raises ValueError if there is no problem.
    """
    if not problems:
        raise ValueError("Nothing to evaluate: give at least one problem.")
    device = next(policy.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    texts: list[str] = []
    for start in range(0, len(problems), 32):  # few at a time keep the cache small
        asked = problems[start : start + 32]
        texts += sample_responses(
            policy, task, asked, samples, generator, max_new_tokens
        )[1]
    return task.measure(texts, problems)
