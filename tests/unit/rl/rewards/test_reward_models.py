"""What reward models refuse, whom they ask and how often; and that a policy sees their rewards alone."""

import copy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import gymnasium
import pytest
import torch

from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.ppo import PPOSettings
from deepseek_book_utils.rl.rewards.reward_learning import (
    AdaptiveRewardLearning,
    LearnedRewardSettings,
    RewardBasedLearning,
    promised_and_earned,
)
from deepseek_book_utils.rl.rewards.reward_models import (
    AdaptiveRewardModel,
    Labeller,
    RewardLabels,
    RewardModel,
    RewardModelSettings,
    fit_reward_model,
    judge_reward_model,
    visited_pairs,
)
from deepseek_book_utils.rl.tasks.cycling import (
    RIDE,
    Ride,
    beginner_rides,
    ride_once,
    ride_rule,
    ride_step,
)

PPO = PPOSettings(environments=4, rollout_steps=16, batch_size=32, epochs=2, hidden=(8,), reward_scale=1.0)
SMALL = LearnedRewardSettings(updates=7, ppo=PPO, every=2, labels=5, candidates=20, fit_updates=4)
FITTING = RewardModelSettings(hidden=(8,), updates=20, batch_size=16)


def weights(module: torch.nn.Module) -> list[torch.Tensor]:
    return [p.detach().clone() for p in module.parameters()]


def same(one: list[torch.Tensor], two: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def some_labels(count: int, seed: int = 0, noise: float = 0.05) -> RewardLabels:
    generator = torch.Generator().manual_seed(seed)
    return Labeller(ride_rule, noise, seed)(*visited_pairs(beginner_rides(40, seed), count, generator))


def adaptive(seed: int = 0, settings: LearnedRewardSettings = SMALL) -> AdaptiveRewardLearning:
    torch.manual_seed(seed)
    model, label = AdaptiveRewardModel(5, 3, FITTING), Labeller(ride_rule, 0.05, seed)
    generator = torch.Generator().manual_seed(seed)
    model.learn(label(*visited_pairs(beginner_rides(20, seed), 30, generator)), 20, generator)
    return AdaptiveRewardLearning(RIDE, model, label, settings, seed)


# --- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": 200}, "candidates = 150 is less than labels = 200"),
    ],
)
def test_learning_without_sense(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LearnedRewardSettings(**change)


def test_pairs_that_do_not_fit() -> None:
    model = RewardModel(5, 3, (8,))
    seen, did = torch.zeros(4, 2, 5), torch.zeros(4, 2, dtype=torch.long)
    assert model(seen, did).shape == (4, 2)
    assert AdaptiveRewardModel(5, 3, FITTING, members=4).opinions(seen, did).shape == (4, 4, 2)
    for actions in (did[0], did[..., None]):
        with pytest.raises(ValueError, match="one action for every row"):
            model(seen, actions)
    with pytest.raises(ValueError, match="a network for 5 numbers each"):
        model(seen[..., :4], did)
    for wrong in (did + 3, did - 1):
        with pytest.raises(ValueError, match="numbers from 0 to 2"):
            model(seen, wrong)
    with pytest.raises(ValueError, match="take 2 or more"):
        AdaptiveRewardModel(5, 3, members=1)
    with pytest.raises(ValueError, match="for 5 numbers"):
        ride_rule(torch.zeros(2, 4), torch.zeros(2, dtype=torch.long))


def test_more_pairs_than_there_were() -> None:
    rollout = beginner_rides(3, seed=0)
    with pytest.raises(ValueError, match="49 pairs asked of 48: collect more steps"):
        visited_pairs(rollout, 49, torch.Generator())
    seen, did = visited_pairs(rollout, 48, torch.Generator().manual_seed(0))
    everyone = torch.cat((rollout.observations, rollout.actions[..., None]), dim=-1).flatten(0, 1)
    found = torch.cat((seen, did[:, None]), dim=1)  # all of them, each once
    assert sorted(found.tolist()) == sorted(everyone.tolist())


# --- models -----------------------------------------------------------------------------------------------


def test_beginners_are_slow_and_hardly_ever_slide() -> None:
    rollout = beginner_rides(100, seed=3)
    speed, slide = ride_step(rollout.observations, rollout.actions)
    assert speed.median() < 3 and speed.max() < 12
    assert (slide > 0).float().mean() < 0.005


def test_a_model_reads_the_action() -> None:
    model = RewardModel(5, 3, (8,))
    seen = torch.ones(3, 5)
    assert len(model(seen, torch.tensor([0, 1, 2])).unique()) == 3


def test_quality_by_hand() -> None:
    labels = RewardLabels(torch.zeros(4, 1), torch.zeros(4), torch.tensor([1.0, 2.0, 3.0, 4.0]))
    found = judge_reward_model(lambda *_: torch.tensor([3.0, 4.0, 5.0, 6.0]), labels)
    assert found == pytest.approx({"error": 2.0, "correlation": 1.0})
    found = judge_reward_model(lambda *_: torch.tensor([4.0, 3.0, 2.0, 1.0]), labels)
    assert found == pytest.approx({"error": 5**0.5, "correlation": -1.0})


def test_fitting_starts_from_the_present_weights_and_is_seeded() -> None:
    torch.manual_seed(0)
    model, labels = RewardModel(5, 3, (8,)), some_labels(60)
    again, other = copy.deepcopy(model), copy.deepcopy(model)
    for one, seed in ((model, 0), (again, 0), (other, 1)):
        fit_reward_model(one, labels, FITTING, torch.Generator().manual_seed(seed))
    assert same(weights(model), weights(again)) and not same(weights(model), weights(other))
    before = model(labels.observations, labels.actions).detach()
    tiny = replace(FITTING, updates=1, learning_rate=1e-6)
    fit_reward_model(model, labels, tiny, torch.Generator().manual_seed(0))
    assert torch.allclose(model(labels.observations, labels.actions).detach(), before, atol=1e-3)


def test_an_ensemble_is_a_mean_and_caution_is_subtracted() -> None:
    model, seen, did = AdaptiveRewardModel(5, 3, FITTING), torch.rand(6, 5), torch.tensor([0, 1, 2] * 2)
    each = torch.stack([member(seen, did) for member in model.members])
    assert torch.allclose(model(seen, did), each.mean(dim=0))
    model.caution = 2.0
    assert torch.allclose(model(seen, did), each.mean(dim=0) - 2 * each.std(dim=0))
    assert torch.allclose(model.disagreement(seen, did), each.std(dim=0))


def test_an_ensemble_keeps_its_labels_and_its_members_see_different_draws() -> None:
    torch.manual_seed(0)
    model, generator = AdaptiveRewardModel(5, 3, FITTING), torch.Generator().manual_seed(0)
    for member in model.members:
        member.load_state_dict(model.members[0].state_dict())
    first, second = some_labels(20), some_labels(10, seed=1)
    model.learn(first, 5, generator)
    assert model.disagreement(first.observations, first.actions).min() > 0  # equal but for the draws
    model.learn(second, 5, generator)
    for kept, one, two in zip(model.labels, first, second, strict=True):
        assert torch.equal(kept, torch.cat((one, two)))


def test_members_are_fitted_to_draws_with_replacement(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[list[float]] = []
    fit = "deepseek_book_utils.rl.rewards.reward_models.fit_reward_model"
    monkeypatch.setattr(fit, lambda member, own, *rest: drawn.append(own.rewards.tolist()))
    labels = some_labels(40)
    AdaptiveRewardModel(5, 3, FITTING).learn(labels, 5, torch.Generator().manual_seed(0))
    assert all(len(own) == 40 and 20 < len(set(own)) < 34 for own in drawn)
    assert len(drawn) == 3 and drawn[0] != drawn[1]


def test_a_labeller_counts_and_adds_noise() -> None:
    rollout = beginner_rides(20, seed=0)
    label, exact = Labeller(ride_rule, 0.5, 0), Labeller(ride_rule, 0.0, 0)
    labels = label(rollout.observations.flatten(0, 1), rollout.actions.flatten())
    label(rollout.observations[0], rollout.actions[0])
    assert label.asked == 21 * 16
    truth = exact(*labels[:2]).rewards
    assert torch.equal(truth, ride_rule(*labels[:2]))
    assert (labels.rewards - truth).std().item() == pytest.approx(0.5, rel=0.15)


# --- learning ---------------------------------------------------------------------------------------------


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
    assert [len(call.actions) for call in calls] == [5, 5, 5]  # after updates 2, 4 and 6 of 7
    assert label.asked == 30 + 15 == len(learning.model.labels.rewards)
    assert [row["asked"] for row in adaptive().train()] == [30, 35, 35, 40, 40, 45, 45]


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
    assert found == promised_and_earned(actor, rewards, RIDE, seed=1, episodes=4, steps=150)
    assert found["earned"] != promised_and_earned(actor, rewards, RIDE, seed=2, episodes=4)["earned"]


def test_one_ride_by_hand() -> None:
    """Each step adds 1 m/s less drag, and half of its speed in metres."""
    never = -float("inf")
    path = ride_once(lambda seen: torch.tensor([never, never, 0.0]))
    assert 0 <= path[0][0] < 0.5 * path[0][1]  # the first step that begins behind the line
    for (place, speed), (next_place, next_speed) in pairwise(path):
        assert next_place == pytest.approx(place + 0.5 * speed)
        assert next_speed == pytest.approx(speed + 1 - 0.005 * speed**2)
    assert path[-1][0] < 160 <= path[-1][0] + 0.5 * path[-1][1]
    assert ride_once(lambda seen: torch.tensor([0.0, never, never])) == []  # it never gets there
    even = [ride_once(lambda seen: torch.tensor([never, -1.0, 0.0]), seed, 30) for seed in (0, 0, 1)]
    assert len(even[0]) == 30 or even[0][-1][0] > 140
    assert even[0] == even[1] != even[2]  # actions are drawn
