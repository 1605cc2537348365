"""n-step returns and the A2C loss against stable-baselines3, number for number; the workers' RMSProp against
torch's; the gradient of the advantage against a sum over all futures.
"""

import random

import numpy as np
import pytest
import torch
from stable_baselines3 import A2C
from stable_baselines3.common.env_util import make_vec_env
from torch import Tensor, nn

from deepseek_book_utils.rl.advantages import n_step_returns
from deepseek_book_utils.rl.policy.a3c import shared_rmsprop
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic, a2c_loss
from tests.reference.rl.test_advantages import episode_rows, flags, recorded, their_buffer

GAMMA = 0.9


def table(*rows: list[float], dtype: torch.dtype = torch.float64) -> Tensor:
    """One environment, T rows: (T, 1)."""
    return torch.tensor(rows, dtype=dtype).T


def test_returns_worked_by_hand() -> None:
    """Rewards 1, 2, 3 with gamma 0.9, V after them 10: 3 + 9 = 12, 2 + 10.8 = 12.8, 1 + 11.52 = 12.52."""
    rewards, values, last = (
        table([1, 2, 3]),
        table([5, 6, 7]),
        torch.tensor([10.0], dtype=torch.float64),
    )

    def returns(terminated: tuple[int, ...] = (), truncated: tuple[int, ...] = (), reset: int = -1) -> list:
        ends = flags(3, *terminated), flags(3, *truncated), ~flags(3, reset)
        return n_step_returns(recorded(rewards, *ends), values, last, GAMMA)[:, 0].tolist()

    assert returns() == pytest.approx([12.52, 12.8, 12.0])
    # over after row 1: 2 is all, 1 + 0.9 * 2
    assert returns(terminated=(1,)) == pytest.approx([2.8, 2.0, 12.0])
    # clock after row 1: 2 + 0.9 * V(row 2) = 8.3, 1 + 0.9 * 8.3
    assert returns(truncated=(1,)) == pytest.approx([8.47, 8.3, 12.0])
    # and row 2 only resets: it returns its own value, whatever came of it
    assert returns(truncated=(1,), reset=2) == pytest.approx([8.47, 8.3, 7.0])
    assert returns(terminated=(1,), reset=2) == pytest.approx([2.8, 2.0, 7.0])
    # the last row: nothing after the end of the task, V after the end of the clock
    assert returns(terminated=(2,)) == pytest.approx([5.23, 4.7, 3.0])
    assert returns(truncated=(2,)) == pytest.approx([12.52, 12.8, 12.0])
    # both at once: the task is over
    assert returns(terminated=(1,), truncated=(1,)) == pytest.approx([2.8, 2.0, 12.0])


def slow_return(t: int, rewards: list, values: list, terminated: list, truncated: list, real: list) -> float:
    """Walk forward from row t, adding discounted rewards; values has one entry more than the rest."""
    if not real[t]:
        return values[t]
    total, weight = 0.0, 1.0
    while True:
        total += weight * rewards[t]
        weight *= GAMMA
        if terminated[t]:
            return total
        if truncated[t] or t + 1 == len(rewards) or not real[t + 1]:
            return total + weight * values[t + 1]
        t += 1


@pytest.mark.parametrize("seed", range(5))
def test_returns_equal_a_slow_walk_forward(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    T, N = 40, 7
    rewards = torch.randn(T, N, generator=rng, dtype=torch.float64)
    values = torch.randn(T + 1, N, generator=rng, dtype=torch.float64)
    terminated, truncated, unreal = (torch.rand(T, N, generator=rng) < 0.15 for _ in range(3))
    rollout = recorded(rewards, terminated, truncated, ~unreal)
    ours = n_step_returns(rollout, values[:-1], values[-1], GAMMA)
    slow = [
        [slow_return(t, *(x[:, n].tolist() for x in (rewards, values, terminated, truncated, ~unreal)))]
        for n in range(N)
        for t in range(T)
    ]
    assert torch.allclose(ours, torch.tensor(slow, dtype=torch.float64).view(N, T).T, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_returns_and_advantages_equal_stable_baselines3(seed: int) -> None:
    """Its rows are our real rows; where the clock ran out it adds gamma V(last observation) to the reward."""
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    told = episode_rows(rng, 30)
    real = np.array(told["real"])
    rewards, values = numbers.normal(size=(2, 30)).astype(np.float32)
    last = np.float32(numbers.normal())
    theirs = their_buffer(rewards, values, last, told, decay=1.0)
    columns = [torch.tensor(told[name])[:, None] for name in ("terminated", "truncated", "real")]
    value = torch.tensor(values)[:, None]
    rollout = recorded(torch.tensor(rewards)[:, None], *columns)
    ours = n_step_returns(rollout, value, torch.tensor([last]), GAMMA)
    assert np.allclose(ours.numpy()[real], theirs.returns, rtol=1e-5, atol=1e-5)
    assert np.allclose((ours - value).numpy()[real], theirs.advantages, rtol=1e-5, atol=1e-5)
    assert torch.equal(ours[~columns[2]], value[~columns[2]])
    assert not real.all() and any(told["terminated"]) and any(told["truncated"])


def their_rollout(entropy_weight: float, seed: int = 3) -> A2C:
    """stable-baselines3's A2C with one collected rollout of 4 x 64 rows, some episodes over in it."""
    env = make_vec_env("CartPole-v1", n_envs=4, seed=seed)
    model = A2C("MlpPolicy", env, n_steps=64, ent_coef=entropy_weight, max_grad_norm=1e9, seed=seed)
    _, callback = model._setup_learn(total_timesteps=512)
    model.collect_rollouts(model.env, callback, model.rollout_buffer, n_rollout_steps=64)
    with torch.no_grad():  # off its start, where logits are all but zero and entropy is flat
        for parameter in model.policy.parameters():
            parameter += 0.1 * torch.randn(parameter.shape)
    return model


def copy_weights(policy: nn.Module) -> ActorCritic:
    network = ActorCritic(4, 2, (64, 64))
    ours = [*network.actor.parameters(), *network.critic.parameters()]
    with torch.no_grad():
        for mine, theirs in zip(ours, in_our_order(policy), strict=True):
            mine.copy_(theirs)
    return network


def in_our_order(policy: nn.Module) -> list[Tensor]:
    parts = (
        policy.mlp_extractor.policy_net,
        policy.action_net,
        policy.mlp_extractor.value_net,
        policy.value_net,
    )
    return [parameter for part in parts for parameter in part.parameters()]


@pytest.mark.parametrize("entropy_weight", [0.0, 0.05])
def test_loss_and_gradient_equal_stable_baselines3(entropy_weight: float) -> None:
    torch.manual_seed(0)
    model = their_rollout(entropy_weight)
    network, buffer = copy_weights(model.policy), model.rollout_buffer
    # both loss functions see the same returns; our advantage uses the values of the weights at hand
    with torch.no_grad():
        values = network(torch.tensor(buffer.observations))[1].numpy()
    buffer.values = values
    buffer.advantages = buffer.returns - values

    observations, actions, returns = (
        torch.tensor(x) for x in (buffer.observations, buffer.actions, buffer.returns)
    )
    logits, values = network(observations)
    losses = a2c_loss(
        logits,
        values,
        actions[..., 0].long(),
        returns,
        torch.ones_like(returns).bool(),
        value_weight=0.5,
        entropy_weight=entropy_weight,
    )
    losses.total.backward()
    ours = [p.grad for p in (*network.actor.parameters(), *network.critic.parameters())]

    assert buffer.episode_starts[1:].any()
    model.train()  # writes its losses into its log, and leaves its gradients
    log = model.logger.name_to_value
    assert losses.policy.item() == pytest.approx(log["train/policy_loss"], rel=1e-5)
    assert losses.value.item() == pytest.approx(log["train/value_loss"], rel=1e-5)
    assert losses.entropy.item() == pytest.approx(-log["train/entropy_loss"], rel=1e-5)
    for mine, theirs in zip(ours, (p.grad for p in in_our_order(model.policy)), strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-4, atol=1e-5 * theirs.abs().max().item())
        assert theirs.abs().max() > 1e-4


def test_rows_that_only_reset_change_nothing() -> None:
    """A batch with resets in it has the loss and the gradient of the batch without them."""
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 5, 3, generator=rng, dtype=torch.float64, requires_grad=True)
    values, returns = torch.randn(2, 6, 5, generator=rng, dtype=torch.float64)
    values.requires_grad_()
    actions = torch.randint(3, (6, 5), generator=rng)
    real = torch.rand(6, 5, generator=rng) < 0.7
    every = torch.ones(int(real.sum()), dtype=torch.bool)

    masked = a2c_loss(logits, values, actions, returns, real, 0.5, 0.02)
    without = a2c_loss(logits[real], values[real], actions[real], returns[real], every, 0.5, 0.02)
    assert torch.allclose(torch.stack(masked), torch.stack(without), rtol=1e-12)
    one, two = (torch.autograd.grad(loss.total, (logits, values)) for loss in (masked, without))
    assert all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(one, two, strict=True))
    assert not one[0][~real].any() and one[0][real].any()


def test_gradient_of_the_loss_by_finite_differences() -> None:
    """With the advantage held fixed, as a number; its own gradient must not flow."""
    rng = torch.Generator().manual_seed(1)
    logits = torch.randn(8, 3, generator=rng, dtype=torch.float64)
    values, returns = torch.randn(2, 8, generator=rng, dtype=torch.float64)
    actions, real = torch.randint(3, (8,), generator=rng), torch.ones(8, dtype=torch.bool)
    advantages = returns - values

    def by_hand(logits: Tensor, values: Tensor) -> Tensor:
        p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
        policy = -(p[torch.arange(8), actions].log() * advantages).mean()
        entropy = -(p * p.log()).sum(dim=1).mean()
        return policy + 0.3 * (returns - values).pow(2).mean() - 0.1 * entropy

    def slope(which: int, index: tuple[int, ...], step: float = 1e-6) -> float:
        ends = []
        for sign in (1, -1):
            moved = [logits.clone(), values.clone()]
            moved[which][index] += sign * step
            ends.append(by_hand(*moved).item())
        return (ends[0] - ends[1]) / (2 * step)

    inputs = [logits.clone().requires_grad_(), values.clone().requires_grad_()]
    a2c_loss(*inputs, actions, returns, real, 0.3, 0.1).total.backward()
    for which, tensor in enumerate(inputs):
        for index in np.ndindex(*tensor.shape):
            assert tensor.grad[index].item() == pytest.approx(slope(which, index), rel=1e-6, abs=1e-8)


def test_shared_rmsprop_walks_as_torch() -> None:
    rng = torch.Generator().manual_seed(0)
    weights = torch.randn(50, generator=rng, dtype=torch.float64)
    other = nn.Parameter(weights.clone())
    squares = torch.zeros_like(weights)
    theirs = torch.optim.RMSprop([other], alpha=0.99, eps=1e-5)
    start = weights.clone()
    for step in range(60):
        gradient = torch.randn(50, generator=rng, dtype=torch.float64) / (1 + step % 7)
        rate = 0.01 / (1 + step)
        shared_rmsprop(weights, squares, gradient, rate)
        theirs.param_groups[0]["lr"] = rate
        other.grad = gradient
        theirs.step()
        assert torch.allclose(weights, other, rtol=1e-12, atol=1e-14)
    assert (weights - start).norm() > 0.1
