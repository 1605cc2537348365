"""Reward models and learning on them against least squares, the task itself and numbers worked by hand."""

import math

import gymnasium
import pytest
import torch
import torch.nn.functional as F
from gymnasium.utils.env_checker import check_env

from deepseek_book_utils.rl.environments import Environments, Step
from deepseek_book_utils.rl.policy.ppo import PPOSettings, judge_rollout
from deepseek_book_utils.rl.rewards.reward_learning import (
    LearnedRewardSettings,
    RewardBasedLearning,
    learned_rewards,
)
from deepseek_book_utils.rl.rewards.reward_models import (
    RewardLabels,
    RewardModel,
    RewardModelSettings,
    fit_reward_model,
    reward_loss,
)
from deepseek_book_utils.rl.tasks.cycling import (
    GRIP,
    RIDE,
    Ride,
    curvature,
    ride_rule,
    ride_step,
    slides,
)

# --- the task ---------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore")  # gymnasium's advice on spaces
def test_gymnasium_accepts_the_task() -> None:
    check_env(Ride(), skip_render_check=True)
    assert gymnasium.spec(RIDE).max_episode_steps == 100


def test_the_rule_is_what_the_task_pays() -> None:
    """Flat out, so that bends are taken sliding and not."""
    envs, slid = Environments(RIDE, 8, seed=0), 0
    generator = torch.Generator().manual_seed(0)
    for _ in range(150):
        actions = (torch.rand(8, generator=generator) < 0.9) * 2
        step = envs.step(actions)
        paid, rule = step.rewards[step.real], ride_rule(step.observations, actions)[step.real]
        assert torch.allclose(paid, rule, atol=2e-5)
        slid += int((rule < 0).sum())
    assert slid > 50


def test_a_bend_by_hand() -> None:
    assert curvature(0.0) == 0 and curvature(60.0) == 0  # start line, middle of the first straight
    assert curvature(20.0) == pytest.approx(0.1) == curvature(100.0)
    seen = torch.tensor([[1.0, 1.0, 0.0, 0.0, 0.0], [0.5, 1.0, 0.0, 0.0, 0.0]])
    speed, slide = ride_step(seen, torch.tensor([2, 0]))
    # 10 + 1 - 0.005 * 100 = 10.5 and 5 - 2 - 0.005 * 25 = 2.875 m/s
    assert speed.tolist() == pytest.approx([10.5, 2.875])
    assert slide.tolist() == pytest.approx([10.5**2 * 0.1 / GRIP - 1, 0.0])
    assert ride_rule(seen, torch.tensor([2, 0])).tolist() == pytest.approx([1.05 - 3 * 1.205, 0.2875])
    assert slides(20.0, 7.2) and not slides(20.0, 7.0) and not slides(60.0, 14.0)


# --- the model --------------------------------------------------------------------------------------------


def labels(count: int = 400, noise: float = 0.1) -> RewardLabels:
    generator = torch.Generator().manual_seed(0)
    observations = torch.randn(count, 2, generator=generator)
    actions = torch.randint(3, (count,), generator=generator)
    truth = observations @ torch.tensor([0.5, -1.0]) + torch.tensor([0.0, 0.3, -0.2])[actions]
    return RewardLabels(observations, actions, truth + noise * torch.randn(count, generator=generator))


def least_squares(given: RewardLabels) -> torch.Tensor:
    """Weights of observations and actions, in closed form."""
    inputs = torch.cat((given.observations, F.one_hot(given.actions, 3).float()), dim=1)
    return torch.linalg.lstsq(inputs, given.rewards[:, None]).solution[:, 0]


def linear(weights: torch.Tensor) -> RewardModel:
    model = RewardModel(2, 3, hidden=())
    with torch.no_grad():
        model.layers[0].weight.copy_(weights[None])
        model.layers[0].bias.zero_()
    return model


def test_least_squares_is_where_the_loss_is_flat() -> None:
    given = labels()
    weights = least_squares(given)
    model = linear(weights)
    loss = reward_loss(model, given)
    inputs = torch.cat((given.observations, F.one_hot(given.actions, 3).float()), dim=1)
    assert loss.item() == pytest.approx((inputs @ weights - given.rewards).square().mean().item(), rel=1e-5)
    loss.backward()
    assert model.layers[0].weight.grad.abs().max() < 1e-5


def test_the_gradient_is_twice_the_mean_error_times_input() -> None:
    given = labels(5)
    model = linear(torch.tensor([1.0, 2.0, 0.0, 0.5, -0.5]))
    reward_loss(model, given).backward()
    inputs = torch.cat((given.observations, F.one_hot(given.actions, 3).float()), dim=1)
    errors = inputs @ torch.tensor([1.0, 2.0, 0.0, 0.5, -0.5]) - given.rewards
    expected = 2 * (errors[:, None] * inputs).mean(dim=0)
    assert torch.allclose(model.layers[0].weight.grad[0], expected, atol=1e-5)


def test_fitting_a_linear_model_finds_least_squares() -> None:
    given, other = labels(), labels(50, noise=0.0)
    torch.manual_seed(0)
    model = RewardModel(2, 3, hidden=())
    settings = RewardModelSettings(hidden=(), learning_rate=0.03, updates=300, batch_size=256)
    fit_reward_model(model, given, settings, torch.Generator().manual_seed(0))
    inputs = torch.cat((other.observations, F.one_hot(other.actions, 3).float()), dim=1)
    found = model(other.observations, other.actions).detach()
    assert torch.allclose(found, inputs @ least_squares(given), atol=0.01)


# --- learning ---------------------------------------------------------------------------------------------

BY_HAND = LearnedRewardSettings(
    ppo=PPOSettings(
        environments=1, rollout_steps=64, batch_size=32, discount=0.5, gae_decay=1.0, reward_scale=1.0
    ),
    kl_weight=0.0,
)


def three_steps(rewards: list[float]) -> Step:
    no = torch.zeros(3, 1, dtype=torch.bool)
    seen = torch.arange(15.0).view(3, 1, 5) / 15
    actions = torch.tensor([[1], [0], [2]])
    return Step(seen, actions, torch.tensor(rewards)[:, None], seen, no, no, ~no)


def silent_critic(learner: RewardBasedLearning) -> None:
    with torch.no_grad():
        for p in learner.network.critic.parameters():
            p.zero_()


def test_returns_are_those_of_the_learned_reward() -> None:
    """It pays the number of the action: 1, 0, 2. Half of the next return is added, and V is 0."""
    learner = RewardBasedLearning(RIDE, lambda _, actions: actions.float(), BY_HAND, seed=0)
    silent_critic(learner)
    policies = (learner.network.actor, learner.first)
    rollout = learned_rewards(three_steps([math.nan] * 3), learner.reward, *policies, 0.0)
    rows = judge_rollout(learner.network, rollout, torch.zeros(1, 5), BY_HAND.ppo)
    assert rows.returns.tolist() == pytest.approx([1 + 0.5 * 0 + 0.25 * 2, 0 + 0.5 * 2, 2])
    assert rows.advantages.tolist() == pytest.approx([1.5, 1.0, 2.0])


def test_the_price_of_leaving_is_the_log_ratio() -> None:
    """The first policy is even between three actions, the present one 1 : 2 : 5."""
    learner = RewardBasedLearning(RIDE, lambda _, actions: actions.float(), BY_HAND, seed=0)
    with torch.no_grad():
        for actor in (learner.network.actor, learner.first):
            for p in actor.parameters():
                p.zero_()
        learner.network.actor[-1].bias.copy_(torch.tensor([1.0, 2.0, 5.0]).log())
    policies = (learner.network.actor, learner.first)
    paid = learned_rewards(three_steps([0.0] * 3), learner.reward, *policies, 0.1).rewards[:, 0]
    expected = [1 - 0.1 * math.log(2 / 8 * 3), 0 - 0.1 * math.log(1 / 8 * 3), 2 - 0.1 * math.log(5 / 8 * 3)]
    assert paid.tolist() == pytest.approx(expected, abs=1e-6)
