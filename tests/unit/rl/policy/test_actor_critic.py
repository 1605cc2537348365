"""What actor-critic refuses and says, what its loop does with episodes that end, and what a critic is for."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from deepseek_book_utils.rl.advantages import n_step_returns
from deepseek_book_utils.rl.environments import Environments, Step
from deepseek_book_utils.rl.networks import mlp
from deepseek_book_utils.rl.policy.actor_critic import (
    A2CSettings,
    ActorCritic,
    a2c_loss,
    rollout_loss,
    train_a2c,
)
from deepseek_book_utils.rl.policy.gradient_noise import (
    advantage_estimates,
    fit_critic,
    gradient_noise,
    policy_gradients,
)
from deepseek_book_utils.rl.rollouts import collect

SMALL = A2CSettings(total_steps=600, environments=4, rollout_steps=10, hidden=(8,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_steps": 500}, r"less than one update: take at least environments \* rollout_steps = 512"),
    ],
)
def test_settings_that_do_not_go_together(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        A2CSettings(**change)


@pytest.mark.parametrize(
    ("name", "message"),
    [("Pendulum-v1", "Discrete actions"), ("FrozenLake-v1", "one row of numbers")],
)
def test_tasks_that_do_not_fit(name, message) -> None:
    with pytest.raises(ValueError, match=message):
        train_a2c(name, SMALL, seed=0)


def test_observations_of_another_task() -> None:
    network = ActorCritic(4, 2)
    logits, values = network(torch.zeros(5, 3, 4))
    assert logits.shape == (5, 3, 2) and values.shape == (5, 3)
    for wrong in (torch.zeros(3, 6), torch.zeros(4, 1), torch.tensor(0.0)):
        with pytest.raises(ValueError, match="a network for 4 numbers each"):
            network(wrong)


def recorded(rewards: torch.Tensor, *ends: torch.Tensor) -> Step:
    """A rollout that tells rewards and ends; nobody looks at the rest."""
    return Step(rewards, rewards, rewards, rewards, *ends)


def test_shapes_are_not_broadcast() -> None:
    """A critic's (B, 1) against returns (B,) would make a table (B, B), and a loss that says nothing."""
    row, yes = torch.zeros(6), torch.ones(6, dtype=torch.bool)
    with pytest.raises(ValueError, match="Mind the critic's last axis"):
        a2c_loss(torch.zeros(6, 2), torch.zeros(6, 1), row.long(), row, yes)
    with pytest.raises(ValueError, match=r"last_value \(N,\); got .*\(2, 3\).* and \(3, 1\)"):
        table, no = torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.bool)
        n_step_returns(recorded(table, no, no, ~no), table, torch.zeros(3, 1), 0.9)
    with pytest.raises(ValueError, match="Expected a rollout"):
        n_step_returns(recorded(torch.zeros(2, 1), no, no, ~no), table, torch.zeros(3), 0.9)


def test_actor_and_critic_are_networks_of_their_own() -> None:
    """Small logits at first; the critic begins at the usual size."""
    torch.manual_seed(0)
    network = ActorCritic(4, 3, (8,))
    torch.manual_seed(0)
    actor, critic, seen = mlp((4, 8, 3), nn.Tanh, gain=0.01), mlp((4, 8, 1), nn.Tanh), torch.randn(5, 4)
    logits, values = network(seen)
    assert torch.equal(logits, actor(seen)) and torch.equal(values, critic(seen)[:, 0])


def test_one_action_alone_and_returns_are_numbers() -> None:
    """Where nothing is to choose, log pi is 0; a row that is not real may hold any action."""
    values, returns = torch.zeros(2, requires_grad=True), torch.tensor([3.0, 9.0], requires_grad=True)
    real = torch.tensor([True, False])
    losses = a2c_loss(torch.zeros(2, 1), values, torch.tensor([0, 5]), returns, real)
    losses.total.backward()
    assert [part.item() for part in losses] == [4.5, 0, 9, 0]
    assert values.grad.tolist() == [-3, 0] and returns.grad is None


def test_the_loss_pushes_where_it_should() -> None:
    """Better than expected: that action gets likelier, and the critic's value rises. Worse: the reverse."""
    for better in (1.0, -1.0):
        logits = torch.zeros(1, 2, requires_grad=True)
        values = torch.zeros(1, requires_grad=True)
        losses = a2c_loss(logits, values, torch.tensor([1]), torch.tensor([better]), torch.tensor([True]))
        losses.total.backward()
        assert -better * logits.grad[0, 1] > 0.1 and better * logits.grad[0, 0] > 0.1
        assert -better * values.grad[0] > 0.1


def test_entropy_is_a_bonus() -> None:
    logits = torch.tensor([[2.0, 0.0]], requires_grad=True)
    zero = torch.zeros(1)
    a2c_loss(logits, zero, torch.tensor([0]), zero, torch.tensor([True]), 0.5, 0.1).total.backward()
    assert logits.grad[0, 0] > 0.01  # descent makes the likelier action less likely


def test_a_batch_of_resets_is_no_accident() -> None:
    zero = torch.zeros(1)
    losses = a2c_loss(torch.zeros(1, 2), zero, torch.tensor([0]), zero, torch.tensor([False]))
    assert losses.total == 0


def test_actions_are_drawn_from_the_policy() -> None:
    """Of logits log(1, 2, 5), one, two and five in eight; and one generator state gives one run."""
    logits = torch.tensor([1.0, 2.0, 5.0]).log()

    def fixed(observations: torch.Tensor) -> torch.Tensor:
        return logits.expand(len(observations), 3)

    one, two = (
        collect(Environments("Acrobot-v1", 16, seed=0), fixed, 300, torch.Generator().manual_seed(5))
        for _ in range(2)
    )
    shares = torch.bincount(one.actions.flatten()) / one.actions.numel()
    assert shares.tolist() == pytest.approx([0.125, 0.25, 0.625], abs=0.03)  # four standard errors
    assert torch.equal(one.actions, two.actions) and torch.equal(one.observations, two.observations)
    assert one.observations.shape == (300, 16, 6) and one.rewards.shape == (300, 16)


def test_values_of_the_next_row_belong_to_where_the_step_led() -> None:
    """The promise that `n_step_returns` needs: row t + 1 starts where step t arrived, ends included."""
    envs = Environments("CartPole-v1", 8, seed=0)
    network = ActorCritic(4, 2, (8,))
    rollout = collect(envs, network.actor, 100, torch.Generator().manual_seed(0))
    assert torch.equal(rollout.observations[1:], rollout.next_observations[:-1])
    assert torch.equal(envs.observations, rollout.next_observations[-1])
    ended = rollout.terminated | rollout.truncated
    assert ended.any() and torch.equal(rollout.real[1:], ~ended[:-1])


def test_a_reset_teaches_nothing_and_nothing_leaks_over_it() -> None:
    """Change all that a learner sees after a fall: the returns before it stay as they are."""
    torch.manual_seed(0)
    envs = Environments("CartPole-v1", 8, seed=0)
    network = ActorCritic(4, 2, (8,))
    rollout = collect(envs, network.actor, 60, torch.Generator().manual_seed(0))
    values = network(rollout.observations)[1].detach()
    returns = n_step_returns(rollout, values, torch.zeros(8), 0.99)
    fall = int(rollout.terminated[:, 0].nonzero()[0])
    rewards, other = rollout.rewards.clone(), values.clone()
    rewards[fall + 1 :], other[fall + 1 :] = 100.0, 1000.0
    again = n_step_returns(rollout._replace(rewards=rewards), other, torch.full((8,), 1e4), 0.99)
    assert torch.equal(returns[: fall + 1, 0], again[: fall + 1, 0])
    assert returns[fall, 0] == 1.0 and returns[0, 0] > 1.0  # the last step's reward is all
    assert not torch.equal(returns[fall + 2 :, 0], again[fall + 2 :, 0])


def test_the_critic_is_taught_in_scaled_rewards_and_once_a_row() -> None:
    """rollout_loss, put together by hand from its parts."""
    torch.manual_seed(0)
    envs = Environments("CartPole-v1", 4, seed=0)
    network = ActorCritic(4, 2, (8,))
    settings = replace(SMALL, reward_scale=0.1, discount=0.8, value_weight=0.3, entropy_weight=0.2)
    rollout = collect(envs, network.actor, 50, torch.Generator().manual_seed(0))
    rollout = rollout._replace(rewards=torch.rand(50, 4))  # the task pays the same for each step
    logits, values = network(rollout.observations)
    last = network(envs.observations)[1].detach()
    scaled = rollout._replace(rewards=0.1 * rollout.rewards)
    returns = n_step_returns(scaled, values.detach(), last, 0.8)
    by_hand = a2c_loss(logits, values, rollout.actions, returns, rollout.real, 0.3, 0.2)
    found = rollout_loss(network, rollout, envs.observations, settings)
    assert torch.allclose(torch.stack(found), torch.stack(by_hand))
    assert not rollout.real.all()


def test_training_is_seeded_and_tells_what_it_saw() -> None:
    seen = []
    network, history = train_a2c("CartPole-v1", SMALL, 3, lambda steps, _: seen.append(steps))
    again, told = train_a2c("CartPole-v1", SMALL, 3)
    other, _ = train_a2c("CartPole-v1", SMALL, 4)
    assert [row["steps"] for row in history] == seen == list(range(40, 601, 40))
    assert set(history[0]) == {"steps", "episodes", "return", "total", "policy", "value", "entropy"}
    assert history[0]["episodes"] == 0 and 600 / 100 < history[-1]["episodes"] < 600 / 8
    assert math.isnan(history[0]["return"]) and 8 < history[-1]["return"] < 100
    assert history[0]["entropy"] == pytest.approx(math.log(2), abs=0.01)
    assert [row["total"] for row in told] == [row["total"] for row in history]
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True))


def test_the_learning_rate_falls_to_zero() -> None:
    """The last updates move the weights far less than those in the middle."""
    steps: list[torch.Tensor] = []
    weights = []

    def watch(_: int, network: ActorCritic) -> None:
        weights.append(torch.nn.utils.parameters_to_vector(network.parameters()).detach().clone())

    train_a2c("CartPole-v1", replace(SMALL, total_steps=4000), 0, watch)
    steps = [(b - a).norm() for a, b in zip(weights, weights[1:], strict=False)]
    middle = sum(steps[45:55]) / 10
    assert steps[-1] < 0.05 * middle


def half_trained() -> tuple[ActorCritic, A2CSettings]:
    settings = replace(A2CSettings(), total_steps=15_000)
    return train_a2c("CartPole-v1", settings, seed=1)[0], replace(settings, rollout_steps=5)


def test_estimates_agree_where_they_must() -> None:
    torch.manual_seed(0)
    envs = Environments("CartPole-v1", 4, seed=0)
    network = ActorCritic(4, 2, (8,))
    rollout = collect(envs, network.actor, 43, torch.Generator().manual_seed(0))
    whole = replace(SMALL, rollout_steps=43, total_steps=1000)
    estimates = advantage_estimates(network, rollout, envs.observations, whole)
    assert torch.allclose(estimates["n-step return - V(s)"], estimates["return - V(s)"])
    short = advantage_estimates(network, rollout, envs.observations, replace(whole, rollout_steps=5))
    assert torch.equal(short["return"], estimates["return"])
    # one stretch by hand, the last one being shorter than the others
    values, last = network(rollout.observations)[1].detach(), network(envs.observations)[1].detach()
    for start, stop, after in ((10, 15, values[15]), (40, 43, last)):
        rows = slice(start, stop)
        part = Step(*(field[rows] for field in rollout))
        scaled = part._replace(rewards=whole.reward_scale * part.rewards)
        by_hand = n_step_returns(scaled, values[rows], after, whole.discount) - values[rows]
        assert torch.equal(short["n-step return - V(s)"][rows], by_hand)
    assert abs(estimates["return - its mean"][rollout.real].mean()) < 1e-5
    # the gradient of a stretch is that of the loss
    gradients = policy_gradients(network, rollout, estimates["return"], 20)
    assert len(gradients) == 2  # rows that fill no stretch are left out
    rows = slice(20, 40)
    logits = network.actor(rollout.observations[rows])
    nothing = torch.zeros(20, 4)
    loss = a2c_loss(
        logits, nothing, rollout.actions[rows], estimates["return"][rows], rollout.real[rows]
    ).policy
    found = torch.autograd.grad(-loss, list(network.actor.parameters()))
    assert torch.allclose(gradients[1], torch.cat([x.flatten() for x in found]), rtol=1e-4, atol=1e-6)


def test_a_critic_calms_the_gradient_and_a_good_one_keeps_its_direction() -> None:
    torch.set_num_threads(1)
    network, settings = half_trained()
    before = gradient_noise("CartPole-v1", network, settings, seed=1, batches=200)
    actor = [p.clone() for p in network.actor.parameters()]
    fit_critic("CartPole-v1", network, settings, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(actor, network.actor.parameters(), strict=True))
    after = gradient_noise("CartPole-v1", network, settings, seed=1, batches=200)
    noise = {name: row["variance"] for name, row in after.items()}
    assert noise["return - its mean"] < 0.7 * noise["return"]
    assert noise["return - V(s)"] < 0.2 * noise["return - its mean"]
    assert noise["n-step return - V(s)"] < 0.5 * noise["return - V(s)"]
    assert noise["return"] == before["return"]["variance"]  # same states, same actions
    assert after["n-step return - V(s)"]["cosine"] > 0.9
    assert before["n-step return - V(s)"]["cosine"] < 0  # it lagged behind the policy
