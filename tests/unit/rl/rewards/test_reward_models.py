"""What reward models refuse, whom they ask and how often; and that a policy sees their rewards alone."""

import copy
from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from deepseek_book_utils.rl.networks import mlp
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
    beginner_rides,
    ride_once,
    ride_rule,
    ride_step,
)
from tests.unit.rl.rewards.test_reward_learning import same, weights

FITTING = RewardModelSettings(hidden=(8,), updates=20, batch_size=16)


def some_labels(count: int, seed: int = 0, noise: float = 0.05) -> RewardLabels:
    generator = torch.Generator().manual_seed(seed)
    return Labeller(ride_rule, noise, seed)(*visited_pairs(beginner_rides(40, seed), count, generator))


# --- what is refused --------------------------------------------------------------------------------------


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
    for number in (-1, 3):  # one of eight is enough
        with pytest.raises(ValueError, match="numbers from 0 to 2"):
            model(seen, did.index_put((torch.tensor(0), torch.tensor(0)), torch.tensor(number)))
    assert model(seen[:0], did[:0]).shape == (0, 2)
    assert len(AdaptiveRewardModel(5, 3, members=2).members) == 2
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
    again = visited_pairs(rollout, 48, torch.Generator().manual_seed(0))
    assert torch.equal(seen, again[0]) and torch.equal(did, again[1])


# --- models -----------------------------------------------------------------------------------------------


def test_beginners_are_slow_and_hardly_ever_slide() -> None:
    rollout = beginner_rides(100, seed=3)
    speed, slide = ride_step(rollout.observations, rollout.actions)
    assert speed.median() < 3 and speed.max() < 12
    assert (slide > 0).float().mean() < 0.005


def test_a_model_reads_the_action() -> None:
    torch.manual_seed(0)
    model = RewardModel(5, 3, (8,))
    torch.manual_seed(0)
    network = mlp((5 + 3, 8, 1))
    seen, did = torch.rand(3, 5), torch.tensor([2, 0, 1])
    expected = network(torch.cat((seen, torch.eye(3)[did]), dim=1))
    assert torch.equal(model(seen, did), expected[:, 0]) and len(expected.unique()) == 3


def test_quality_by_hand() -> None:
    labels = RewardLabels(torch.ones(4, 1), torch.zeros(4), torch.tensor([1.0, 2.0, 3.0, 4.0]))
    found = judge_reward_model(lambda seen, did: seen[:, 0] + torch.arange(2.0, 6.0) + 5 * did, labels)
    assert found == pytest.approx({"error": 2.0, "correlation": 1.0})
    found = judge_reward_model(lambda *_: torch.tensor([4.0, 3.0, 2.0, 1.0]), labels)
    assert found == pytest.approx({"error": 5**0.5, "correlation": -1.0})
    assert all(isinstance(number, float) for number in found.values())


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


def test_fitting_is_a_loop_of_torchs_adam_whose_rate_falls_to_zero() -> None:
    torch.manual_seed(0)
    model, labels = RewardModel(5, 3, (8,)), some_labels(60)
    other = copy.deepcopy(model)
    told = fit_reward_model(model, labels, FITTING, torch.Generator().manual_seed(4))
    dice, optimizer = torch.Generator().manual_seed(4), torch.optim.Adam(other.parameters())
    for step in range(20):
        drawn = torch.randint(60, (16,), generator=dice)
        said = other(labels.observations[drawn], labels.actions[drawn])
        loss = torch.nn.functional.mse_loss(said, labels.rewards[drawn])
        optimizer.param_groups[0]["lr"] = 3e-3 * (20 - step) / 20
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert isinstance(told, float) and told == pytest.approx(loss.item(), rel=1e-5)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(weights(model), weights(other), strict=True))


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

    def fit(member: RewardModel, own: RewardLabels, settings: RewardModelSettings, _: object) -> None:
        assert settings == replace(FITTING, updates=5)
        drawn.append(own.rewards.tolist())

    monkeypatch.setattr("deepseek_book_utils.rl.rewards.reward_models.fit_reward_model", fit)
    labels = some_labels(40)
    for _ in range(2):
        AdaptiveRewardModel(5, 3, FITTING).learn(labels, 5, torch.Generator().manual_seed(0))
    assert all(len(own) == 40 and 20 < len(set(own)) < 34 for own in drawn)
    assert len(drawn) == 6 and drawn[0] != drawn[1] and drawn[:3] == drawn[3:]


def test_a_labeller_counts_and_adds_noise() -> None:
    rollout = beginner_rides(20, seed=0)
    label, exact = Labeller(ride_rule, 0.5, 0), Labeller(ride_rule, 0.0, 0)
    labels = label(rollout.observations.flatten(0, 1), rollout.actions.flatten())
    label(rollout.observations[0], rollout.actions[0])
    assert label.asked == 21 * 16
    truth = exact(*labels[:2]).rewards
    assert torch.equal(truth, ride_rule(*labels[:2]))
    noise = torch.randn(20 * 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(labels.rewards, truth + 0.5 * noise)


# --- learning ---------------------------------------------------------------------------------------------


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
