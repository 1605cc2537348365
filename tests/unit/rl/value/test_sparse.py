"""What shaping, exploration and the learned model refuse, and what they leave alone."""

import gymnasium
import numpy as np
import pytest
import torch

from deepseek_book_utils.rl.environments import Environments, Step
from deepseek_book_utils.rl.policy.ppo import PPOSettings, judge_rollout, ppo_update
from deepseek_book_utils.rl.rewards.shaping import (
    RewardLearning,
    RewardShapingModel,
    ShapingSettings,
)
from deepseek_book_utils.rl.rollouts import collect, recent_return
from deepseek_book_utils.rl.tasks.lake import SPARSE_LAKE, make_lake
from deepseek_book_utils.rl.value import exploration
from deepseek_book_utils.rl.value.exploration import (
    SparseSettings,
    choose_action,
    learn_sparse,
    start_value,
)
from deepseek_book_utils.rl.value.model_based import LearnedModel
from deepseek_book_utils.rl.value.tabular import value_iteration


def test_discount_and_sizes() -> None:
    with pytest.raises(ValueError, match="best = nan: take a number"):
        ShapingSettings(best=float("nan"))
    with pytest.raises(ValueError, match="take 0 <= discount <= 1"):
        RewardShapingModel(3, 1.5)
    with pytest.raises(ValueError, match="for 3 numbers each"):
        RewardShapingModel(3, 0.9).potential(torch.zeros(5, 2))
    with pytest.raises(ValueError, match="a model belongs to one task"):
        LearnedModel(2, 2).see(0, 0, 0.0, 2, False)
    with pytest.raises(ValueError, match="take at least one"):
        LearnedModel(0, 2)
    with pytest.raises(ValueError, match="see at least one real step"):
        LearnedModel(2, 2).imagine(np.random.default_rng(0))
    with pytest.raises(ValueError, match="A table needs Discrete spaces"):
        learn_sparse(gymnasium.make("CartPole-v1"), SparseSettings(), 0)


def test_both_lakes_are_one() -> None:
    """64 zeros and ones say where one stands; the clock stops at 200."""
    envs, lake = Environments(SPARSE_LAKE, 1, 0), make_lake()
    lake.reset(seed=0)
    assert envs.size == 64 and envs.actions == 4
    for t in range(200):
        action = 3 if t == 50 else 0  # left, into the wall
        step = envs.step(torch.tensor([action]))
        s, reward, terminated, truncated, _ = lake.step(action)
        assert step.next_observations[0].argmax() == s and step.next_observations.sum() == 1
        assert (float(step.rewards), bool(step.terminated), bool(step.truncated)) == (
            reward,
            terminated,
            truncated,
        )
    assert truncated


def test_the_start_value_is_the_best_for_the_best() -> None:
    lake = make_lake()
    q = value_iteration(lake.unwrapped.P, 0.99)
    assert start_value(lake, q, 0.99) == pytest.approx(0.99**13)  # 14 steps, paid at the last
    assert start_value(lake, -q, 0.99) == 0


def test_equals_are_chosen_alike_and_epsilon_tries_all() -> None:
    rng, values = np.random.default_rng(0), np.array([1.0, 2.0, 2.0, 0.0])
    greedy = [choose_action(values, 0.0, rng) for _ in range(1000)]
    assert set(greedy) == {1, 2} and 400 < greedy.count(1) < 600
    drawn = [choose_action(values, 0.5, rng) for _ in range(4000)]
    assert drawn.count(3) / 4000 == pytest.approx(0.125, abs=0.03)


def test_without_epsilon_no_draw_is_a_guess() -> None:
    class Dice:
        def random(self) -> float:
            return 0.0

        def integers(self, count: int) -> int:
            return count - 1

    assert choose_action(np.array([2.0, 1.0]), 0.0, Dice()) == 0


def test_solved_means_nine_tenths_of_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the greedy policy is worth, as told: the best of all, then after every episode."""
    told = iter([1.0, 0.89, 0.9])
    monkeypatch.setattr(exploration, "start_value", lambda env, q, discount: next(told))
    lake = gymnasium.make("FrozenLake-v1", desc=["SG"], is_slippery=False, max_episode_steps=1)
    found = learn_sparse(lake, SparseSettings(), 0)
    assert found.steps == found.solved == 2


def test_extra_pay_comes_on_top() -> None:
    lake = gymnasium.make("FrozenLake-v1", desc=["SG"], is_slippery=False)
    found = learn_sparse(lake, SparseSettings(learning_rate=1.0), 0, lambda s, s2, end: 0.25)
    assert found.q[0, 2] == 1.25


def test_additions_leave_the_walk_alone_until_the_first_reward() -> None:
    """n steps and planning change what is learned; before any reward, nothing is."""
    arms = ({}, {"n": 10}, {"planning": 2})
    found = [learn_sparse(make_lake(), SparseSettings(total_steps=8000, **arm), 1) for arm in arms]
    assert found[0].first == found[1].first == found[2].first < 8000
    assert found[0].visits.sum() == found[0].steps


def test_extra_pay_is_seen_by_the_learner_only() -> None:
    settings = SparseSettings(total_steps=500)
    paid = learn_sparse(make_lake(), settings, 0, lambda s, s2, end: -1.0)
    assert np.isnan(paid.first) and paid.q.min() < -1
    assert sum(times * r for (s, a) in paid.model.seen for times, _, r, _ in paid.model.outcomes(s, a)) == 0


def rollout(rewards: list[float]) -> Step:
    """A walk 0, 1, 2, ... in one environment, ended by the task."""
    T = len(rewards)
    seen = torch.eye(T + 1)[:, None]
    end = torch.zeros(T, 1, dtype=torch.bool)
    end[-1] = True
    no, yes = torch.zeros_like(end), torch.ones_like(end)
    return Step(
        seen[:-1], torch.zeros(T, 1, dtype=torch.long), torch.tensor(rewards)[:, None], seen[1:], end, no, yes
    )


def test_a_learned_potential_is_the_value_of_the_walk() -> None:
    """TD from memory: 0.9^2, 0.9, 1 before a reward of 1 at the end, minus the best, 1."""
    torch.manual_seed(0)
    model = RewardShapingModel(4, 0.9, settings=ShapingSettings(learning_rate=0.02, updates=1000))
    step, generator = rollout([0.0, 0.0, 1.0]), torch.Generator().manual_seed(0)
    before = model(step)
    model.learn(step, generator)
    torch.testing.assert_close(
        model.potential(step.observations)[:, 0], torch.tensor([-0.19, -0.1, 0.0]), atol=0.02, rtol=0
    )
    told = (before - step.rewards)[:, 0]  # at first all places are alike: 0.1 a step, and 1 at the end
    torch.testing.assert_close(told, torch.tensor([0.1, 0.1, 1.0]), atol=0.1, rtol=0)
    assert not model(step).requires_grad


def test_a_given_potential_learns_nothing() -> None:
    model = RewardShapingModel(4, 0.9, lambda seen: seen.sum(dim=-1))
    assert model.learn(rollout([0.0, 0.0, 1.0]), torch.Generator()) == 0.0
    assert list(model.parameters()) == []


@pytest.mark.parametrize("kind", ["none", "given", "learned"])
def test_policy_and_model_learn_from_the_same_steps(kind: str) -> None:
    settings = PPOSettings(total_steps=128, environments=4, rollout_steps=32, batch_size=64, epochs=1)
    potential = (lambda seen: seen[..., 0]) if kind == "given" else None
    model = None if kind == "none" else RewardShapingModel(64, 0.99, potential, ShapingSettings(updates=2))
    learning = RewardLearning(SPARSE_LAKE, model, settings, 0)
    before = [p.clone() for p in learning.policy.parameters()]
    remembered = [p.clone() for p in model.parameters()] if model else []
    row = learning.update()
    assert 0 < row["steps"] <= 128 and row["steps"] == learning.steps
    assert any((p != q).any() for p, q in zip(before, learning.policy.parameters(), strict=True))
    if kind == "learned":
        assert any((p != q).any() for p, q in zip(remembered, model.parameters(), strict=True))
        assert len(model.memory) == row["steps"] and row["model_loss"] > 0


def test_one_discount_for_both() -> None:
    """A potential that is discounted otherwise than the task would not cancel."""
    with pytest.raises(ValueError, match="one discount"):
        RewardLearning(SPARSE_LAKE, RewardShapingModel(64, 0.9), PPOSettings(), 0)


@pytest.mark.parametrize("shaped", [False, True])
def test_two_updates_by_hand(shaped: bool) -> None:
    """The parts in their order: act, pay, learn; Adam with the epsilon of PPO's implementations."""
    settings = PPOSettings(total_steps=128, environments=4, rollout_steps=32, batch_size=64, epochs=2)

    def learner() -> RewardLearning:
        model = RewardShapingModel(64, 0.99, lambda seen: seen[..., 0]) if shaped else None
        return RewardLearning(SPARSE_LAKE, model, settings, 3)

    ours, hand, steps = learner(), learner(), 0
    hand.optimizer = torch.optim.Adam(hand.policy.parameters(), lr=settings.learning_rate, eps=1e-5)
    for _ in range(2):
        row = ours.update()
        rollout = collect(hand.envs, hand.policy.actor, 32, hand.generator)
        paid = rollout._replace(rewards=hand.model(rollout)) if shaped else rollout
        rows = judge_rollout(hand.policy, paid, hand.envs.observations, settings)
        ppo_update(hand.policy, hand.optimizer, rows, settings, hand.generator)
        steps += int(rollout.real.sum())
        assert row["steps"] == steps and row["model_loss"] == 0.0
        assert repr(row["return"]) == repr(recent_return(ours.envs))
    pairs = zip(ours.policy.parameters(), hand.policy.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
