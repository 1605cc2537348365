"""Grader of the exercise to chapter 4 about generalised advantage estimation, where episodes end."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, as_tensor, ask, compare


class Recording(NamedTuple):
    """What N environments have told in T steps, and what the critic says."""

    rewards: Tensor  # (T, N)
    values: Tensor  # (T, N), of what was observed before the step
    last_value: Tensor  # (N,), of what was observed after the last step
    terminated: Tensor  # (T, N)
    truncated: Tensor  # (T, N)

    @property
    def over(self) -> Tensor:
        """Where an episode ends, in whatever way, (T, N)."""
        return self.terminated | self.truncated

    @property
    def following(self) -> Tensor:
        """V(s_t+1), (T, N)."""
        return torch.cat((self.values[1:], self.last_value[None]))


Answer = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, float, float], Tensor]


def generalised_advantages(answer: Answer, seed: int) -> None:
    """Grades `gae(rewards, values, last_value, terminated, truncated, gamma, lam)`."""
    generator = torch.Generator().manual_seed(seed)
    for steps, count, ends, gamma, lam, about in (
        (5, 5, False, 0.9, 0.6, " for 5 steps without an end"),  # a square: a wrong axis raises no error
        (9, 3, True, 0.8, 0.5, " for 9 steps, where episodes terminate and are truncated"),
        (20, 4, True, 0.9, 0.7, " for 20 steps, where episodes terminate and are truncated"),
        (9, 3, True, 0.8, 0.0, " for lambda = 0"),
        (9, 3, True, 0.8, 1.0, " for lambda = 1"),
        (1, 3, False, 0.9, 0.6, " for a single step"),
    ):
        recording = _recording(generator, steps, count, ends)
        got = as_tensor(numeric(ask(answer, *recording, gamma, lam)), (steps, count))
        # The step after an end only resets. What stands there is thrown away, and is not judged.
        judged = torch.ones(steps, count, dtype=torch.bool)
        judged[1:] = ~recording.over[:-1]
        mistakes = _mistakes(recording, gamma, lam, judged)
        known = [Mistake(m.value[judged], m.misconception, m.hint) for m in mistakes]
        compare(got[judged], _advantages(recording, gamma, lam)[judged], known, about)


def _recording(generator: torch.Generator, steps: int, count: int, ends: bool) -> Recording:
    """Random numbers; where an episode ends, the next step only resets and brings no reward."""
    draws = torch.randn(2, steps, count, generator=generator, dtype=torch.float64)
    rewards, values = 1 + draws[0], 4 + draws[1]
    terminated, truncated = (torch.zeros(steps, count, dtype=torch.bool) for _ in range(2))
    for n in range(count if ends else 0):
        # an end in the middle, and in the first two environments another one at the very end
        times = {1 + n, 11 + n, steps - 1} if n < 2 else {1 + n, 11 + n}
        for number, t in enumerate(sorted(time for time in times if time < steps)):
            (terminated, truncated)[(number + n) % 2][t, n] = True
    rewards[1:] *= ~(terminated | truncated)[:-1]
    last_value = 6 + torch.randn(count, generator=generator, dtype=torch.float64)
    return Recording(rewards, values, last_value, terminated, truncated)


def _advantages(
    b: Recording,
    gamma: float,
    lam: float,
    over: Tensor | None = None,
    cut: Tensor | None = None,
    following: Tensor | None = None,
    fade: float | None = None,
    after: Tensor | None = None,
) -> Tensor:
    """The advantages (T, N); every option is a misconception.

    `over`: where nothing is bootstrapped; `cut`: where the recursion stops; `following`: V(s_t+1);
    `fade`: what stands for gamma lambda; `after`: what the recursion begins with.
    """
    over = b.terminated if over is None else over
    cut = b.over if cut is None else cut
    following = b.following if following is None else following
    fade = gamma * lam if fade is None else fade
    carried = torch.zeros_like(b.last_value) if after is None else after
    errors = b.rewards + gamma * following * ~over - b.values
    advantages = torch.empty_like(b.rewards)
    for t in reversed(range(len(b.rewards))):
        carried = errors[t] + fade * torch.where(cut[t], 0.0, carried)
        advantages[t] = carried
    return advantages


def _mistakes(b: Recording, gamma: float, lam: float, judged: Tensor) -> list[Mistake]:
    right = _advantages(b, gamma, lam)
    nowhere = torch.zeros_like(b.terminated)
    errors = _advantages(b, gamma, 0.0)
    shown = right[judged]
    end = "Where the task is over, nothing follows: delta = r - V(s_t)."
    clock = "Where the time runs out, V(s_t+1) still counts: `values[t + 1]`, or `last_value` at the end."
    cut = "Behind any end stands another episode: there A_t is delta_t alone."
    two = "delta_t = r_t + gamma V(s_t+1) - V(s_t), and A_t = delta_t + gamma lambda A_t+1."
    rest = "After the last step, `last_value` is V(s_T)."

    def estimates(**options: Tensor | float) -> Tensor:
        return _advantages(b, gamma, lam, **options)  # type: ignore[arg-type]

    behind = torch.cat((right[1:], torch.zeros_like(b.last_value)[None]))  # A_t+1
    before = torch.cat((b.values[:1], b.values[:-1]))  # V(s_t-1)
    mistakes = [
        Mistake(estimates(over=b.over), "You take a truncated episode for a terminated one.", clock),
        Mistake(estimates(over=nowhere), "You bootstrap where the task is over.", end),
        Mistake(
            estimates(over=b.truncated & ~b.terminated), "You have exchanged terminated and truncated.", end
        ),
        Mistake(
            estimates(cut=b.terminated),
            "Your recursion runs on where the time has run out: advantages of the next episode flow back.",
            cut,
        ),
        Mistake(
            estimates(cut=b.truncated),
            "Your recursion runs on where the task is over: advantages of the next episode flow back.",
            cut,
        ),
        Mistake(
            estimates(cut=nowhere),
            "Your recursion runs through every end: advantages of the next episode flow back.",
            cut,
        ),
        Mistake(estimates(cut=nowhere, over=nowhere), "You do not look at the ends of episodes at all.", cut),
        Mistake(
            estimates(following=torch.where(b.truncated, b.values, b.following)),
            "Where the time runs out you take V(s_t), the value before the step. Asked is that after it.",
            clock,
        ),
        Mistake(
            estimates(following=torch.where(b.truncated, b.last_value.expand_as(b.values), b.following)),
            "Where the time runs out you take `last_value`. That belongs to another episode.",
            clock,
        ),
        Mistake(estimates(following=b.values), "You take V(s_t) for V(s_t+1): one step off.", two),
        Mistake(
            b.rewards + gamma * b.values * ~b.terminated - before,
            "Your values are one step late: that of step t is V(s_t).",
            two,
        ),
        Mistake(
            estimates(following=torch.cat((b.values[1:], torch.zeros_like(b.last_value)[None]))),
            "The future after the last step is missing.",
            rest,
        ),
        Mistake(
            estimates(after=b.last_value),
            "Your recursion begins with `last_value`. That is a value; the advantage after the end is zero.",
            rest,
        ),
        Mistake(right + b.values, "These are returns: the advantage plus V(s_t).", "Do not add the values."),
        Mistake(right - b.values, "You subtract V(s_t) twice.", two),
        Mistake(-right, "The sign is the wrong way round: what went better than expected is positive.", two),
        Mistake(
            estimates(fade=gamma),
            "There is no lambda in your recursion: you sum all errors as if it were 1.",
            two,
        ),
        Mistake(errors, "That is the error of one step. Lambda mixes in those that come after.", two),
        Mistake(estimates(fade=lam), "There is no gamma in your recursion.", two),
        Mistake(_advantages(b, 1.0, lam, fade=gamma * lam), "There is no gamma in your delta.", two),
        Mistake(_advantages(b, 1.0, lam), "There is no gamma in your estimates.", two),
        Mistake(_advantages(b, lam, gamma), "You have exchanged gamma and lambda.", two),
        Mistake(
            (1 - lam) * right,
            "You multiply by 1 - lambda. In the sum over deltas that factor is already used up.",
            two,
        ),
        Mistake(behind, "Your rows are one step off: row t holds the advantage of step t + 1.", two),
        Mistake(
            (right - shown.mean()) / (shown.std() + 1e-8),
            "You normalise the advantages. That comes later, minibatch by minibatch.",
            two,
        ),
        Mistake(
            (right - right.mean()) / (right.std() + 1e-8),
            "You normalise the advantages. That comes later, minibatch by minibatch.",
            two,
        ),
        Mistake(
            _forward(errors, b.over, gamma * lam), "Your sum runs the wrong way: it holds the past.", two
        ),
    ]
    if len(right) == right.shape[1]:
        turned = Recording(*(field.T if field.ndim == 2 else field for field in b))
        axis = "You go along the environments. Time is the first axis: `rewards[t]` has one reward for each."
        mistakes.append(Mistake(_advantages(turned, gamma, lam).T, axis))
    return mistakes


def _forward(errors: Tensor, over: Tensor, fade: float) -> Tensor:
    """The recursion from the first step to the last."""
    sums, carried = torch.empty_like(errors), torch.zeros_like(errors[0])
    for t in range(len(errors)):
        carried = errors[t] + fade * torch.where(over[t], 0.0, carried)
        sums[t] = carried
    return sums
