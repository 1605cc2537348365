"""Grader of the exercise to chapter 2 about n-step returns where episodes end, run out of time, and reset."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, as_tensor, ask, compare


class Rollout(NamedTuple):
    """What N environments have told in T steps, and what the critic says."""

    rewards: Tensor  # (T, N)
    values: Tensor  # (T, N), of what was observed before the action
    last_value: Tensor  # (N,), of what was observed after the last step
    terminated: Tensor  # (T, N)
    truncated: Tensor  # (T, N)
    real: Tensor  # (T, N), false where the environment only reset


Answer = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, float], Tensor]


def n_step_returns(answer: Answer, seed: int) -> None:
    """Grades `n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma)`."""
    generator = torch.Generator().manual_seed(seed)
    for steps, count, ends, gamma, about in (
        (5, 5, False, 0.8, " for 5 steps without an end"),  # a square: a wrong axis raises no error
        (8, 3, True, 0.7, " for 8 steps, where episodes terminate and are truncated"),
        (20, 4, True, 0.9, " for 20 steps, where episodes terminate and are truncated"),
        (1, 3, False, 0.6, " for a single step"),
    ):
        rollout = _rollout(generator, steps, count, ends)
        got = as_tensor(numeric(ask(answer, *rollout, gamma)), (steps, count))
        right, real = _returns(rollout, gamma), rollout.real
        mistakes = _mistakes(rollout, gamma)
        known = [Mistake(m.value[real], m.misconception, m.hint) for m in mistakes]
        compare(got[real], right[real], known, about)
        if not real.all():
            _compare_resets(got[~real], rollout, gamma)


def _rollout(generator: torch.Generator, steps: int, count: int, ends: bool) -> Rollout:
    """Random numbers; where an episode ends, the next step only resets and brings no reward."""
    rewards, values = (1 + torch.randn(steps, count, generator=generator) for _ in range(2))
    values += 3  # far from the rewards
    terminated, truncated, resets = (torch.zeros(steps, count, dtype=torch.bool) for _ in range(3))
    for n in range(count if ends else 0):
        # an end in the middle, and in the first two environments another one at the very end
        times = {1 + n, 10 + n, steps - 1} if n < 2 else {1 + n, 10 + n}
        for number, t in enumerate(sorted(time for time in times if time < steps)):
            (terminated, truncated)[(number + n) % 2][t, n] = True
            if t + 1 < steps:
                resets[t + 1, n] = True
    last_value = 5 + torch.randn(count, generator=generator)
    return Rollout(rewards * ~resets, values, last_value, terminated, truncated, ~resets)


def _returns(
    b: Rollout,
    gamma: float,
    after: Tensor | None = None,
    over: Tensor | None = None,
    clock: Tensor | None = None,
    stop: bool = True,
    rewards: float = 1.0,
    one_step: bool = False,
) -> Tensor:
    """The returns (T, N); every option is a misconception.

    `after`: what the recursion begins with; `over`: where nothing follows; `clock`: what a truncated step
    bootstraps from; `stop` False: the recursion runs through resets into the next episode.
    """
    after = b.last_value if after is None else after
    over = b.terminated if over is None else over
    following = torch.cat((b.values[1:], b.last_value[None]))  # V(s_t+1), (T, N)
    returns = torch.empty_like(b.rewards)
    for t in reversed(range(len(b.rewards))):
        if stop:
            after = torch.where(b.truncated[t], following[t] if clock is None else clock[t], after)
        future = following[t] if one_step else after
        total = rewards * b.rewards[t] + gamma * torch.where(over[t], 0.0, future)
        # what the reset step holds is V of the observation that ended the episode
        returns[t] = torch.where(b.real[t], total, b.values[t])
        after = returns[t] if stop else total
    return returns


def _mistakes(b: Rollout, gamma: float) -> list[Mistake]:
    right = _returns(b, gamma)
    nowhere, zero = torch.zeros_like(b.terminated), torch.zeros_like(b.last_value)
    either = b.terminated | b.truncated
    up = "Go from the last step to the first: R_t = r_t + gamma R_t+1."
    over = "Where the task is over nothing follows, and the return is the reward alone."
    clock = "Where the time runs out, V(s_t+1) is the future: `values[t + 1]`, or `last_value` at the end."
    rest = "After the last step, `last_value` stands for all that was not seen."
    reset = "A reset is no step of the task, and nothing may flow through it from the next episode."
    mistakes = [
        Mistake(_returns(b, gamma, over=nowhere), "You bootstrap where the task is over.", over),
        Mistake(_returns(b, gamma, over=either), "You take a truncated episode for a terminated one.", clock),
        Mistake(
            _returns(b, gamma, over=b.truncated & ~b.terminated),
            "You have exchanged terminated and truncated.",
            over,
        ),
        Mistake(
            _returns(b, gamma, clock=b.values),
            "Where the time runs out you take V(s_t), the value before the step. Asked is that after it.",
            clock,
        ),
        Mistake(
            _returns(b, gamma, clock=b.last_value.expand_as(b.values)),
            "Where the time runs out you take `last_value`. That belongs to another episode.",
            clock,
        ),
        Mistake(
            _returns(b, gamma, stop=False), "Rewards of the next episode flow back over the reset.", reset
        ),
        Mistake(
            _returns(b, gamma, stop=False, over=nowhere),
            "Rewards of the next episode flow back over the end.",
            reset,
        ),
        Mistake(_returns(b, gamma, after=zero), "The future after the last step is missing.", rest),
        Mistake(
            _returns(b, gamma, one_step=True),
            "That is the one-step return: you bootstrap at every step.",
            "Bootstrap only where the rewards that were seen come to an end.",
        ),
        Mistake(_returns(b, 1.0), "There is no gamma in your returns.", up),
        Mistake(_returns(b, gamma, rewards=gamma), "You discount the reward of the step itself too.", up),
        Mistake(
            _returns(b, gamma, after=b.last_value / gamma),
            "You do not discount the value after the last step.",
            up,
        ),
        Mistake(right - b.values, "That is the advantage. Asked is the return.", "Do not subtract V."),
        Mistake(_forward(b, gamma), "Your sum runs the wrong way: it holds the past.", up),
    ]
    if len(b.rewards) == b.rewards.shape[1]:
        turned = Rollout(*(field.T if field.ndim == 2 else field for field in b))
        axis = "You go along the environments. Time is the first axis: `rewards[t]` has one reward for each."
        mistakes.append(Mistake(_returns(turned, gamma).T, axis))
    return mistakes


def _forward(b: Rollout, gamma: float) -> Tensor:
    """The recursion from the first step to the last."""
    flipped = Rollout(*(field.flip(0) if field.ndim == 2 else field for field in b))
    return _returns(flipped, gamma).flip(0)


def _compare_resets(got: Tensor, b: Rollout, gamma: float) -> None:
    resets = ~b.real
    hint = "There the return is V(s_t) itself, `values[t]`: its advantage is then zero."
    after = torch.cat((_returns(b, gamma)[1:], b.last_value[None]))
    plain = "The real steps are right. On steps that only reset, you "
    mistakes = [
        Mistake(torch.zeros(int(resets.sum())), f"{plain}return zero, as if that were an advantage.", hint),
        Mistake(
            (b.rewards + gamma * after)[resets],
            f"{plain}go on as if an action had been carried out.",
            hint,
        ),
        Mistake(after[resets], f"{plain}return the return of the next step.", hint),
    ]
    compare(got, b.values[resets], mistakes, " on the steps that only reset")
