"""Policies that learn from a learned reward: what they see, what labels they buy, what is promised."""

from dataclasses import replace
from typing import Any

import gymnasium
import pytest
import torch

from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.ppo import PPOSettings, judge_rollout, ppo_update
from deepseek_book_utils.rl.rewards.reward_learning import (
    AdaptiveRewardLearning,
    LearnedRewardSettings,
    RewardBasedLearning,
    learned_rewards,
    promised_and_earned,
)
from deepseek_book_utils.rl.rewards.reward_models import (
    AdaptiveRewardModel,
    Labeller,
    RewardLabels,
    RewardModel,
    RewardModelSettings,
    visited_pairs,
)
from deepseek_book_utils.rl.rollouts import collect
from deepseek_book_utils.rl.tasks.cycling import (
    RIDE,
    Ride,
    beginner_rides,
    ride_rule,
)

PPO = PPOSettings(environments=4, rollout_steps=16, batch_size=32, epochs=2, hidden=(8,), reward_scale=1.0)


FITTING = RewardModelSettings(hidden=(8,), updates=20, batch_size=16)
SMALL = LearnedRewardSettings(updates=7, ppo=PPO, every=3, labels=5, candidates=20, fit_updates=4)


def weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in module.parameters()]


def same(one: list[torch.Tensor], two: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def adaptive(seed: int = 0, settings: LearnedRewardSettings = SMALL) -> AdaptiveRewardLearning:
    torch.manual_seed(seed)
    model, label = AdaptiveRewardModel(5, 3, FITTING), Labeller(ride_rule, 0.05, seed)
    generator = torch.Generator().manual_seed(seed)
    model.learn(label(*visited_pairs(beginner_rides(20, seed), 30, generator)), 20, generator)
    return AdaptiveRewardLearning(RIDE, model, label, settings, seed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": 200}, "candidates = 150 is less than labels = 200"),
    ],
)
def test_learning_without_sense(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LearnedRewardSettings(**change)
    assert LearnedRewardSettings(labels=150).candidates == 150  # then all of them are bought


class Unpaid(Ride):
    """The ride, with a reward that would spoil every number it touched."""

    def step(self, action: int) -> Any:
        seen, _, *rest = super().step(action)
        return seen, float("nan"), *rest


gymnasium.register("BookUnpaidRide-v0", Unpaid, max_episode_steps=100, disable_env_checker=True)


def test_the_policy_never_sees_the_true_reward() -> None:
    model = RewardModel(5, 3, (8,))
    before = weights(model)
    paid, unpaid = (RewardBasedLearning(name, model, SMALL, 0) for name in (RIDE, "BookUnpaidRide-v0"))
    assert paid.train() == unpaid.train()
    assert same(weights(paid.network), weights(unpaid.network))
    assert not same(weights(paid.network.actor), weights(paid.first))
    assert same(before, weights(model))  # and the model stays as it was


def test_a_watcher_sees_every_update_and_the_history_is_of_numbers() -> None:
    learner = RewardBasedLearning(RIDE, lambda _, a: a.float(), replace(SMALL, updates=3), 0)
    seen: list[tuple[int, ActorCritic]] = []
    history = learner.train(lambda step, network: seen.append((step, network)))
    assert seen == [(step, learner.network) for step in (1, 2, 3)] and len(history) == 3
    assert all(type(value) is float for row in history for value in row.values())


def test_the_policy_follows_the_learned_reward() -> None:
    """Paid for braking, it brakes; paid for pedalling, it pedals."""
    settings = replace(SMALL, updates=40, ppo=replace(PPO, learning_rate=5e-3, epochs=4))
    for wanted in (0, 2):
        learner = RewardBasedLearning(RIDE, lambda _, a, wanted=wanted: (a == wanted).float(), settings, 0)
        history = learner.train()
        assert history[0]["promised"] < 0.5 and history[-1]["promised"] > 0.8


def test_a_price_keeps_the_policy_near_the_first() -> None:
    def moved(price: float) -> float:
        settings = replace(SMALL, updates=15, kl_weight=price, ppo=replace(PPO, learning_rate=3e-3))
        learner = RewardBasedLearning(RIDE, lambda _, a: (a == 2).float(), settings, 0)
        learner.train()
        seen = learner.rollout.observations
        one, two = (actor(seen).log_softmax(-1) for actor in (learner.network.actor, learner.first))
        return (one.exp() * (one - two)).sum(-1).mean().item()

    assert moved(2.0) < 0.5 * moved(0.0)


def test_an_update_is_ppos_own_on_the_learned_reward() -> None:
    """The same rollout, judged and learned from by hand; Adam with the epsilon of PPO's implementations."""
    settings = replace(SMALL, kl_weight=0.3)
    learner = RewardBasedLearning(RIDE, lambda _, a: a.float(), settings, 5)
    hand = RewardBasedLearning(RIDE, lambda _, a: a.float(), settings, 5)
    hand.optimizer = torch.optim.Adam(hand.network.parameters(), lr=PPO.learning_rate, eps=1e-5)
    for _ in range(3):
        told = learner.update()
        rollout = collect(hand.envs, hand.network.actor, PPO.rollout_steps, hand.generator)
        paid = learned_rewards(rollout, hand.reward, hand.network.actor, hand.first, 0.3)
        rows = judge_rollout(hand.network, paid, hand.envs.observations, PPO)
        losses = ppo_update(hand.network, hand.optimizer, rows, PPO, hand.generator)
        assert told["promised"] == pytest.approx(paid.rewards[paid.real].mean().item())
        assert told["total"] == pytest.approx(losses.total.item())
    assert same(weights(learner.network), weights(hand.network))


def test_labels_are_counted_exactly() -> None:
    learning = adaptive()
    calls: list[RewardLabels] = []
    label = learning.label

    def spy(observations: torch.Tensor, actions: torch.Tensor) -> RewardLabels:
        # what is asked is what the policy has just done
        visited = learning.learner.rollout
        rows = torch.cat((visited.observations, visited.actions[..., None]), -1).flatten(0, 1).tolist()
        asked = torch.cat((observations, actions[:, None]), -1).tolist()
        assert all(row in rows for row in asked)
        calls.append(label(observations, actions))
        return calls[-1]

    spy.asked = 0  # type: ignore[attr-defined]
    learning.label = spy  # type: ignore[assignment]
    learning.train()
    assert [len(call.actions) for call in calls] == [5, 5]  # after updates 3 and 6 of 7
    assert label.asked == 30 + 10 == len(learning.model.labels.rewards)
    assert [row["asked"] for row in adaptive().train()] == [30, 30, 35, 35, 35, 40, 40]


def test_the_most_disputed_pairs_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    learning = adaptive()
    learning.learner.update()
    drawn: list[torch.Tensor] = []

    def disagreement(seen: torch.Tensor, did: torch.Tensor) -> torch.Tensor:
        drawn.append(seen)
        return seen[:, 0]  # the faster, the less certain

    monkeypatch.setattr(learning.model, "disagreement", disagreement)
    seen, did = learning.pick(learning.learner.rollout)
    assert seen.shape == (5, 5) and did.shape == (5,) and len(drawn[0]) == 20
    assert seen[:, 0].tolist() == sorted(drawn[0][:, 0].tolist(), reverse=True)[:5]


def test_learning_on_is_seeded_and_moves_the_model() -> None:
    one, again, other = adaptive(), adaptive(), adaptive(seed=1)
    before = weights(one.model)
    seen: list[int] = []
    told = one.train(lambda step, network: seen.append(step))
    assert seen == list(range(1, 8))
    assert told == again.train() != other.train()
    assert same(weights(one.model), weights(again.model)) and not same(weights(one.model), before)
    # the first policy is the same by every way of learning
    based = RewardBasedLearning(RIDE, ride_rule, SMALL, 0)
    assert same(weights(based.network), weights(adaptive().learner.network))


def test_promise_and_truth_are_means_over_the_same_real_steps() -> None:
    rows: list[int] = []

    def ones(seen: torch.Tensor, did: torch.Tensor) -> torch.Tensor:
        rows.append(len(did))
        return torch.ones(len(did))

    torch.manual_seed(0)
    actor = ActorCritic(5, 3, (8,)).actor
    rewards = {"promised": ones, "double": lambda s, a: 2 * ones(s, a), "earned": ride_rule}
    found = promised_and_earned(actor, rewards, RIDE, seed=1, episodes=4, steps=150)
    # an episode of 100 steps ends once in 150, and the step after it is only a reset
    assert rows == [4 * 149, 4 * 149] and found["promised"] == 1 and found["double"] == 2
    assert all(type(value) is float for value in found.values())
    assert found == promised_and_earned(actor, rewards, RIDE, seed=1, episodes=4, steps=150)
    assert found["earned"] != promised_and_earned(actor, rewards, RIDE, seed=2, episodes=4)["earned"]
