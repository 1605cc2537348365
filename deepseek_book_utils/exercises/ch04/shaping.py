"""Grader of the exercise to chapter 4 about shaping by a potential, and what it leaves as it was."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, as_tensor, ask, compare, seed_of
from ..parts import judge_parts


class Steps(NamedTuple):
    """What N environments have told in T steps, and the potential of what was observed."""

    rewards: Tensor  # (T, N)
    potentials: Tensor  # (T, N), of what was observed before the step
    last_potential: Tensor  # (N,), of what was observed after the last step
    terminated: Tensor  # (T, N)
    truncated: Tensor  # (T, N)

    @property
    def following(self) -> Tensor:
        """Phi(s_t+1), (T, N)."""
        return torch.cat((self.potentials[1:], self.last_potential[None]))


Shape = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, float], Tensor]
Solve = Callable[[Tensor, Tensor, float], Tensor]
Answer = tuple[Shape, Solve]


def shaped_rewards(answer: Answer, seed: int) -> None:
    """Grades `shape_rewards(...)` and `optimal_q(transitions, rewards, gamma)`."""
    shape, solve = answer
    generator = torch.Generator().manual_seed(seed)
    judge_parts(
        {
            "`shape_rewards`": lambda: _compare_shaped(shape, generator),
            "`optimal_q`": lambda: _compare_values(solve, generator),
        }
    )


def _compare_shaped(shape: Shape, generator: torch.Generator) -> None:
    for steps, count, ends, gamma, about in (
        (5, 5, False, 0.8, " for 5 steps without an end"),  # a square: a wrong axis raises no error
        (9, 3, True, 0.7, " for 9 steps, where episodes terminate and are truncated"),
        (16, 4, True, 0.9, " for 16 steps, where episodes terminate and are truncated"),
        (1, 3, False, 0.6, " for a single step"),
    ):
        batch = _steps(generator, steps, count, ends)
        got = as_tensor(numeric(ask(shape, *batch, gamma)), (steps, count))
        # The step after an end only resets. What stands there is thrown away, and is not judged.
        judged = torch.ones(steps, count, dtype=torch.bool)
        judged[1:] = ~(batch.terminated | batch.truncated)[:-1]
        mistakes = _mistakes(batch, gamma)
        known = [Mistake(m.value[judged], m.misconception, m.hint) for m in mistakes]
        compare(got[judged], _shaped(batch, gamma)[judged], known, about)


def _compare_values(solve: Solve, generator: torch.Generator) -> None:
    for actions, gamma in ((3, 0.6), (2, 0.9)):
        transitions, rewards, _ = _task(generator, actions)
        got = numeric(ask(solve, transitions, rewards, gamma))
        right, known = _values(transitions, rewards, gamma), _value_mistakes(transitions, rewards, gamma)
        compare(got, right, known, f" in the values for gamma {gamma:g}", rtol=1e-3)


def table(answer: Answer, student: str) -> str:
    """The optimal values of a student's own small task, as it is and shaped, and how far they are apart."""
    shape, solve = answer
    generator, gamma = torch.Generator().manual_seed(seed_of(student)), 0.9
    transitions, rewards, potentials = _task(generator, 2)
    shaped = torch.empty_like(rewards)
    for state in range(3):
        for following in range(3):
            over = torch.full((1, 2), following == 2 and state != 2)
            before, after = potentials[state].expand(1, 2), potentials[following].expand(2)
            pair = shape(
                rewards[None, state, :, following], before, after, over, torch.zeros_like(over), gamma
            )
            shaped[state, :, following] = torch.as_tensor(pair)[0]
    shaped[2] = 0.0  # the end is no step
    plain, other = (torch.as_tensor(solve(transitions, r, gamma)) for r in (rewards, shaped))
    lines = ["state  potential   Q* of both actions   Q* shaped          difference         best action"]
    for state in range(2):
        cells = [f"{a:7.3f} {b:7.3f}" for a, b in (plain[state], other[state], plain[state] - other[state])]
        best = f"{int(plain[state].argmax())} and {int(other[state].argmax())}"
        lines.append(f"{state:5}  {potentials[state]:9.3f}   " + "    ".join(cells) + f"    {best}")
    return "\n".join(lines)


def _steps(generator: torch.Generator, steps: int, count: int, ends: bool) -> Steps:
    draws = torch.randn(2, steps, count, generator=generator, dtype=torch.float64)
    rewards, potentials = draws[0], 3 + draws[1]
    terminated, truncated = (torch.zeros(steps, count, dtype=torch.bool) for _ in range(2))
    for n in range(count if ends else 0):
        times = {1 + n, 11 + n, steps - 1} if n < 2 else {1 + n, 11 + n}
        for number, t in enumerate(sorted(time for time in times if time < steps)):
            (terminated, truncated)[(number + n) % 2][t, n] = True
    rewards[1:] *= ~(terminated | truncated)[:-1]
    last = 5 + torch.randn(count, generator=generator, dtype=torch.float64)
    return Steps(rewards, potentials, last, terminated, truncated)


def _shaped(b: Steps, gamma: float, over: Tensor | None = None, following: Tensor | None = None) -> Tensor:
    """r + gamma Phi(s') - Phi(s), with nothing behind `over`."""
    over = b.terminated if over is None else over
    following = b.following if following is None else following
    return b.rewards + gamma * following * ~over - b.potentials


def _mistakes(b: Steps, gamma: float) -> list[Mistake]:
    right = _shaped(b, gamma)
    after = b.following * ~b.terminated
    either = b.terminated | b.truncated
    nowhere = torch.zeros_like(either)
    scheme = "r + gamma Phi(s_t+1) - Phi(s_t)."
    end = "The potential of an end is zero, whatever the table says."
    clock = "Where the time runs out, the task would have gone on: Phi(s_t+1) counts."
    before = torch.cat((b.potentials[:1], b.potentials[:-1]))
    found = [
        (_shaped(b, gamma, over=nowhere), "You keep the potential of the state in which the task ends.", end),
        (_shaped(b, gamma, over=either), "You take a truncated episode for a terminated one.", clock),
        (_shaped(b, gamma, over=b.truncated), "You have exchanged terminated and truncated.", end),
        (_shaped(b, 1.0), "There is no gamma in your shaping: a circle would pay or cost something.", scheme),
        (
            b.rewards - (gamma * after - b.potentials),
            "Your difference is the wrong way round: steps towards a high potential are punished.",
            scheme,
        ),
        (
            b.rewards + after - gamma * b.potentials,
            "Your gamma stands before Phi(s_t). What comes later is discounted.",
            scheme,
        ),
        (b.rewards + gamma * (after - b.potentials), "You discount the potential of s_t too.", scheme),
        (gamma * after - b.potentials, "The reward itself is lost.", scheme),
        (
            b.rewards + gamma * after,
            "You pay for being somewhere, not for getting there: - Phi(s_t).",
            scheme,
        ),
        (
            b.rewards + b.potentials,
            "You add the potential itself: standing in a good place pays for ever.",
            scheme,
        ),
        (b.rewards - b.potentials, "There is no Phi(s_t+1) in your shaping.", scheme),
        (
            torch.where(b.terminated, b.rewards, right),
            "You leave out the shaping of the step that ends the task. Its - Phi(s_t) closes the sum.",
            end,
        ),
        (
            torch.where(either, b.rewards, right),
            "You leave out the shaping of a step that ends an episode.",
            end,
        ),
        (
            _shaped(b, gamma, following=torch.where(b.truncated, b.last_potential, b.following)),
            "Where the time runs out you take `last_potential`. That belongs to another episode.",
            clock,
        ),
        (
            _shaped(b, gamma, following=torch.where(b.truncated, b.potentials, b.following)),
            "Where the time runs out you take Phi(s_t), the potential before the step.",
            clock,
        ),
        (
            _shaped(b, gamma, following=torch.cat((b.potentials[1:], 0 * b.last_potential[None]))),
            "The potential after the last step is missing.",
            "`last_potential`",
        ),
        (
            _shaped(b, gamma, following=b.following.roll(1, 0) if len(right) > 1 else b.following),
            "You take Phi(s_t) for Phi(s_t+1): one step off.",
            scheme,
        ),
        (
            b.rewards + gamma * b.potentials * ~b.terminated - before,
            "You take the step before: gamma Phi(s_t) - Phi(s_t-1).",
            scheme,
        ),
        (right * ~b.terminated, "At the end of the task you lose the reward too.", end),
        (gamma * right, "You discount the whole of it.", scheme),
    ]
    mistakes = [Mistake(value, said, hint) for value, said, hint in found]
    if len(right) == right.shape[1]:
        turned = Steps(*(field.T if field.ndim == 2 else field for field in b))
        mistakes.append(
            Mistake(_shaped(turned, gamma).T, "You go along the environments. Time is the first axis.")
        )
    return mistakes


def _task(generator: torch.Generator, actions: int) -> tuple[Tensor, Tensor, Tensor]:
    """Transitions and rewards (3, A, 3), potentials (3,); state 2, the end, leads to itself and pays 0."""
    transitions = torch.rand(3, actions, 3, generator=generator, dtype=torch.float64) + 0.1
    transitions[:2, 0, 2] *= 0.2
    transitions /= transitions.sum(dim=2, keepdim=True)
    rewards = torch.randn(3, actions, 3, generator=generator, dtype=torch.float64) + 1
    transitions[2], rewards[2] = torch.tensor([0.0, 0.0, 1.0]), 0.0
    potentials = 2 + 3 * torch.rand(3, generator=generator, dtype=torch.float64)
    return transitions, rewards, potentials


def _values(
    transitions: Tensor,
    rewards: Tensor,
    gamma: float,
    best: Callable[[Tensor], Tensor] = lambda q: q.amax(dim=1),
    sweeps: int = 1000,
    expected: Tensor | None = None,
) -> Tensor:
    """Q* (S, A); the options are misconceptions."""
    expected = (transitions * rewards).sum(dim=2) if expected is None else expected
    q = torch.zeros_like(expected)
    for _ in range(sweeps):
        before, q = q, expected + gamma * transitions @ best(q)
        if q.equal(before):  # no further sweep changes a digit
            break
    return q


def _value_mistakes(transitions: Tensor, rewards: Tensor, gamma: float) -> list[Mistake]:
    scheme = "Q(s, a) = sum over s' of P(s, a, s') (R(s, a, s') + gamma max over a' of Q(s', a'))."
    right = _values(transitions, rewards, gamma)
    state = right.amax(dim=1)
    found = [
        (
            _values(transitions, rewards, gamma, sweeps=1),
            "You sweep once. Go on until nothing changes any more.",
        ),
        (_values(transitions, rewards, gamma, lambda q: q.mean(dim=1)), "You average over the actions."),
        (_values(transitions, rewards, gamma, lambda q: q.amin(dim=1)), "You take the worst action."),
        (
            _values(transitions, rewards, gamma, expected=rewards.sum(dim=2)),
            "You add up the rewards without their probabilities.",
        ),
        (
            _values(transitions, rewards, gamma, expected=rewards.mean(dim=2)),
            "You average the rewards plainly.",
        ),
        (
            _values(transitions, rewards, gamma, expected=gamma * (transitions * rewards).sum(dim=2)),
            "You discount the reward too.",
        ),
        (_values(transitions, rewards, 1.0, sweeps=3000), "There is no gamma in your values."),
        (right - state[:, None], "These are advantages. Asked are the values of actions."),
    ]
    for sweeps in (2, 3, 5, 10):
        value = _values(transitions, rewards, gamma, sweeps=sweeps)
        found.append((value, "You stop too early. Go on until nothing changes any more."))
    return [Mistake(value, said, scheme) for value, said in found]
