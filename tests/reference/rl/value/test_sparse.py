"""Shaping, imagined models and bonuses against exact answers: sums, value iteration, tables, hand work."""

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor

from deepseek_book_utils.reasoning.grpo import group_advantages
from deepseek_book_utils.rl.advantages import compute_gae
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.rewards.shaping import (
    RewardShapingModel,
    add_rewards,
    potential_reward,
)
from deepseek_book_utils.rl.tasks.lake import make_lake
from deepseek_book_utils.rl.value.exploration import count_bonus, n_step_target
from deepseek_book_utils.rl.value.model_based import LearnedModel, model_errors
from deepseek_book_utils.rl.value.tabular import (
    Model,
    best_actions,
    evaluate_policy,
    value_iteration,
)

GAMMA = 0.9


def random_model(rng: np.random.Generator, S: int, A: int) -> Model:
    """Every action leads to three states by chance; some outcomes end the task."""
    model: Model = {s: {} for s in range(S)}
    for s in range(S):
        for a in range(A):
            chances = rng.dirichlet(np.ones(3))
            model[s][a] = [
                (float(p), int(rng.integers(S)), float(rng.normal()), bool(rng.random() < 0.2))
                for p in chances
            ]
    return model


@pytest.mark.parametrize("seed", range(5))
def test_any_potential_shifts_q_and_keeps_the_best_actions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, S=8, A=3)
    q = value_iteration(model, GAMMA)
    v = q.max(axis=1)
    for potential in (rng.normal(0, 1, 8), rng.normal(0, 100, 8), v, -10 * v):  # also hostile ones
        shaped = add_rewards(
            model, lambda s, s2, end, phi=potential: potential_reward(phi[s], phi[s2], end, GAMMA)
        )
        other = value_iteration(shaped, GAMMA)
        np.testing.assert_allclose(other, q - potential[:, None], atol=1e-6)
        assert (best_actions(other) == best_actions(q)).all()
        policy = rng.integers(3, size=8)  # not only the best policy: every one is shifted alike
        values = evaluate_policy(shaped, policy, GAMMA)
        np.testing.assert_allclose(values, evaluate_policy(model, policy, GAMMA) - potential, atol=1e-9)
    # with Phi = V* nothing is left to learn: the best action is worth 0 everywhere
    shaped = add_rewards(model, lambda s, s2, end: potential_reward(v[s], v[s2], end, GAMMA))
    np.testing.assert_allclose(value_iteration(shaped, GAMMA).max(axis=1), 0, atol=1e-6)


def test_a_bonus_for_coming_nearer_makes_circles() -> None:
    """Places 0, 1, goal; back and forth earns 1/2 every second step, the goal 1 and the end."""
    corridor: Model = {
        0: {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 1, 0.0, False)]},
        1: {0: [(1.0, 0, 0.0, False)], 1: [(1.0, 2, 1.0, True)]},
        2: {0: [(1.0, 2, 0.0, True)], 1: [(1.0, 2, 0.0, True)]},
    }
    q = value_iteration(corridor, GAMMA)
    np.testing.assert_allclose(q[:2], [[0.81, 0.9], [0.81, 1.0]], atol=1e-6)
    naive = add_rewards(corridor, lambda s, s2, end: 0.5 * (s2 > s))
    circling = value_iteration(naive, GAMMA)
    # from 1: back (0), forth (0.5), back ...: 0.9 * 0.5 / (1 - 0.81) = 2.368..., the goal: 1.5
    np.testing.assert_allclose(circling[1], [0.45 / 0.19, 1.5], atol=1e-6)
    assert q[1].argmax() == 1 and circling[1].argmax() == 0
    fair = add_rewards(corridor, lambda s, s2, end: potential_reward(0.5 * s, 0.5 * s2, end, GAMMA))
    assert (best_actions(value_iteration(fair, GAMMA))[:2] == best_actions(q)[:2]).all()


def walk(T: int, ends: dict[int, str], seed: int = 0) -> Step:
    """One environment's rows as `Environments` tells them: a reset takes a row of its own."""
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(T + 1, 1, 2, generator=generator)
    terminated, truncated = torch.zeros(T, 1, dtype=torch.bool), torch.zeros(T, 1, dtype=torch.bool)
    real = torch.ones(T, 1, dtype=torch.bool)
    for t, how in ends.items():
        (terminated if how == "terminated" else truncated)[t] = True
        if t + 1 < T:
            real[t + 1] = False
    rewards = torch.randn(T, 1, generator=generator).masked_fill(~real, 0.0)
    actions = torch.zeros(T, 1, dtype=torch.long)
    return Step(states[:-1], actions, rewards, states[1:], terminated, truncated, real)


def rows(step: Step, start: int, stop: int) -> Step:
    return Step(*(x[start:stop] for x in step))


def height(observations: Tensor) -> Tensor:
    return 3 * observations[..., 0] + observations[..., 1] ** 2 + 5


@pytest.mark.parametrize("pieces", [(10,), (4, 10), (1, 2, 3, 5, 6, 10)])
def test_shaping_telescopes_in_every_episode(pieces: tuple[int, ...]) -> None:
    """sum gamma^t F = gamma^T Phi(s_T) - Phi(s_0), Phi = 0 only at a real end; rollouts may cut anywhere."""
    all_rows = walk(10, {3: "terminated", 7: "truncated"})
    model = RewardShapingModel(2, GAMMA, height)
    extra = []
    for start, stop in zip((0, *pieces), pieces, strict=False):
        part = rows(all_rows, start, stop)
        extra.append(model(part) - part.rewards)
    F = torch.cat(extra)[:, 0]
    phi = torch.cat((height(all_rows.observations), height(all_rows.next_observations[-1:])))[:, 0]
    for first, last, end in ((0, 3, 0.0), (5, 7, phi[8]), (9, 9, phi[10])):
        total = sum(GAMMA ** (t - first) * F[t] for t in range(first, last + 1))
        torch.testing.assert_close(total, GAMMA ** (last + 1 - first) * torch.as_tensor(end) - phi[first])
    assert F[4] == F[8] == 0  # an environment that resets is paid nothing


def test_a_potential_that_changes_telescopes_too() -> None:
    """A state keeps the potential it had on arrival (Devlin and Kudenko): the middle cancels."""
    all_rows, scale = walk(9, {}), [1.0]
    model = RewardShapingModel(2, GAMMA, lambda seen: scale[0] * height(seen))
    extra = []
    for start in (0, 3, 6):
        part = rows(all_rows, start, start + 3)
        extra.append(model(part) - part.rewards)
        scale[0] *= -2  # learned something new
    F = torch.cat(extra)[:, 0]
    total = sum(GAMMA**t * F[t] for t in range(9))
    first, last = height(all_rows.observations[0]), 4 * height(all_rows.next_observations[-1])
    torch.testing.assert_close(total, (GAMMA**9 * last - first)[0], rtol=1e-5, atol=1e-5)


def test_a_critic_that_knows_the_potential_sees_no_shaping() -> None:
    """Advantages of shaped rewards with critic V - Phi equal those of the task's own with V."""
    step = walk(10, {3: "terminated", 7: "truncated"})
    values = torch.randn(11, 1, generator=torch.Generator().manual_seed(1))
    heights = torch.cat((height(step.observations), height(step.next_observations[-1:])))
    shaped = RewardShapingModel(2, GAMMA, height)(step)
    found = [
        compute_gae(step._replace(rewards=rewards), v[:-1], v[-1], GAMMA, 0.8)
        for rewards, v in ((step.rewards, values), (shaped, values - heights))
    ]
    torch.testing.assert_close(*found, rtol=1e-4, atol=1e-4)


def test_a_group_does_not_see_a_potential() -> None:
    """The sum over an answer is -Phi(question), the same for the whole group: advantages do not change."""
    generator = torch.Generator().manual_seed(0)
    rewards = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
    shaped = []
    for i, reward in enumerate(rewards):
        phi = torch.randn(5 + i, generator=generator)  # of the states of this answer, of any length
        phi[0] = 3.0 if i < 4 else -7.0  # the question, one for each group
        end = torch.zeros(len(phi), dtype=torch.bool)
        end[-1] = True
        following = torch.cat((phi[1:], torch.zeros(1)))
        shaped.append(reward + potential_reward(phi, following, end, 1.0).sum())
    torch.testing.assert_close(
        group_advantages(torch.stack(shaped), 4), group_advantages(rewards, 4), rtol=1e-4, atol=1e-4
    )


def test_the_counted_model_becomes_the_task() -> None:
    """Every slippery outcome in its exact share: the tables agree, and so does what is best."""
    model = gymnasium.make("FrozenLake-v1").unwrapped.P
    learned = LearnedModel(16, 4)
    for s, actions in model.items():
        for a, outcomes in actions.items():
            for p, s2, reward, end in outcomes:
                for _ in range(round(3 * p)):
                    learned.see(s, a, reward, s2, end)
    np.testing.assert_allclose(model_errors(learned, model), 0, atol=1e-12)
    table = {s: {a: learned.outcomes(s, a) for a in range(4)} for s in range(16)}
    np.testing.assert_allclose(value_iteration(table, GAMMA), value_iteration(model, GAMMA), atol=1e-8)


def test_model_errors_by_hand() -> None:
    model: Model = {0: {0: [(0.75, 0, 0.0, False), (0.25, 1, 1.0, True)]}, 1: {0: [(1.0, 1, 0.0, True)]}}
    learned = LearnedModel(2, 1)
    assert model_errors(learned, model).tolist() == [[1.0], [1.0]]
    learned.see(0, 0, 0.0, 0, False)
    learned.see(0, 0, 1.0, 1, True)
    assert model_errors(learned, model).tolist() == [[0.25], [1.0]]  # 1/2 against 3/4 and 1/4
    learned.see(1, 0, 0.0, 1, False)  # right place, but said to go on: all wrong
    assert model_errors(learned, model)[1, 0] == 1.0


def test_the_model_imagines_in_the_right_shares() -> None:
    learned = LearnedModel(3, 2)
    for s2, times in ((1, 3), (2, 1)):
        for _ in range(times):
            learned.see(0, 1, float(s2), s2, s2 == 2)
    learned.see(1, 0, 0.0, 0, False)
    rng = np.random.default_rng(0)
    drawn = [learned.imagine(rng) for _ in range(8000)]
    assert set(drawn) == {(0, 1, 1.0, 1, False), (0, 1, 2.0, 2, True), (1, 0, 0.0, 0, False)}
    assert drawn.count((1, 0, 0.0, 0, False)) / 8000 == pytest.approx(0.5, abs=0.02)  # pairs alike
    assert drawn.count((0, 1, 1.0, 1, False)) / 8000 == pytest.approx(0.375, abs=0.02)  # outcomes by count


def test_bonus_and_target_by_hand() -> None:
    np.testing.assert_allclose(count_bonus(np.array([0, 3, 99]), 0.5), [0.5, 0.25, 0.05])
    assert n_step_target([1.0, 2.0, 3.0], 4.0, 0.5) == 1 + 0.5 * 2 + 0.25 * 3 + 0.125 * 4
    assert n_step_target([], 4.0, 0.5) == 4.0


def test_the_naive_bonus_never_arrives_on_the_lake() -> None:
    lake = make_lake().unwrapped.P
    near = np.array([s // 8 + s % 8 for s in range(64)])
    naive = value_iteration(add_rewards(lake, lambda s, s2, end: 0.1 * (near[s2] > near[s])), 0.99)
    assert evaluate_policy(lake, naive.argmax(axis=1), 0.99)[0] == 0
    assert naive[0].max() > 4  # and is content: 0.1 / (1 - 0.99^2) is about 5
