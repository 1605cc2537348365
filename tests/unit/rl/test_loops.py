"""The loops put together by hand from their tested parts and torch's own optimisers: the same weights."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from deepseek_book_utils.nn.schedules import cosine
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.networks import QNetwork
from deepseek_book_utils.rl.policy.actor_critic import A2CSettings, ActorCritic, rollout_loss, train_a2c
from deepseek_book_utils.rl.policy.ppo import PPOSettings, judge_rollout, ppo_update, train_ppo
from deepseek_book_utils.rl.policy.trpo import (
    TRPOSettings,
    real_rows,
    regress_critic,
    train_trpo,
    trust_region_step,
)
from deepseek_book_utils.rl.replay import ReplayBuffer
from deepseek_book_utils.rl.rollouts import collect
from deepseek_book_utils.rl.value.dqn import (
    DQNSettings,
    double_dqn_targets,
    dqn_loss,
    epsilon_greedy,
    exploration,
    train_dqn,
)

TASK, SEED = "CartPole-v1", 3
SIZES = {"total_steps": 200, "environments": 4, "rollout_steps": 10, "hidden": (8,)}  # five updates


def begin() -> tuple[Environments, torch.Generator, ActorCritic]:
    torch.manual_seed(SEED)
    return Environments(TASK, 4, SEED), torch.Generator().manual_seed(SEED), ActorCritic(4, 2, (8,))


def assert_same(one: nn.Module, other: nn.Module, atol: float = 1e-6) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=atol)


def assert_numbers(row: dict[str, float]) -> None:
    """A history outlives its tensors, and what they hold on to."""
    assert all(type(value) in (int, float) for value in row.values())


def test_a2c() -> None:
    settings = A2CSettings(**SIZES, learning_rate=0.02, max_grad_norm=0.1)
    trained, history = train_a2c(TASK, settings, SEED)
    envs, generator, network = begin()
    optimizer = torch.optim.RMSprop(network.parameters(), alpha=0.99, eps=1e-5)
    for update in range(5):
        optimizer.param_groups[0]["lr"] = 0.02 * cosine(update, 5)
        rollout = collect(envs, network.actor, 10, generator)
        losses = rollout_loss(network, rollout, envs.observations, settings)
        gradients = torch.autograd.grad(losses.total, list(network.parameters()))
        norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
        for parameter, gradient in zip(network.parameters(), gradients, strict=True):
            parameter.grad = gradient * min(1.0, 0.1 / (norm.item() + 1e-6))
        optimizer.step()
        assert_numbers(history[update])
        assert history[update]["total"] == pytest.approx(losses.total.item(), rel=1e-4)
        assert history[update]["episodes"] == len(envs.returns)
    assert_same(trained, network)


def test_ppo() -> None:
    settings = PPOSettings(**SIZES, epochs=2, batch_size=16, learning_rate=0.02)
    trained, history = train_ppo(TASK, settings, SEED)
    envs, generator, network = begin()
    optimizer = torch.optim.Adam(network.parameters(), eps=1e-5)
    for update in range(5):
        optimizer.param_groups[0]["lr"] = 0.02 * cosine(update, 5)
        rollout = collect(envs, network.actor, 10, generator)
        rows = judge_rollout(network, rollout, envs.observations, settings)
        losses = ppo_update(network, optimizer, rows, settings, generator)
        assert_numbers(history[update])
        assert history[update]["total"] == pytest.approx(losses.total.item(), rel=1e-3, abs=1e-5)
        assert history[update]["episodes"] == len(envs.returns)
    assert_same(trained, network, atol=1e-4)


def test_trpo() -> None:
    settings = TRPOSettings(**SIZES, epochs=2, batch_size=16)
    trained, history = train_trpo(TASK, settings, SEED)
    envs, generator, network = begin()
    optimizer = torch.optim.Adam(network.critic.parameters(), lr=settings.learning_rate)
    for update in range(5):
        rollout = collect(envs, network.actor, 10, generator)
        rows = real_rows(network, rollout, envs.observations, settings)
        step = trust_region_step(network.actor, rows, settings)
        loss = regress_critic(network.critic, optimizer, rows, settings, generator)
        told = history[update]
        assert_numbers(told)
        assert (told["kl"], told["share"], told["value"]) == pytest.approx((step.kl, step.share, loss))
        assert (told["steps"], told["episodes"]) == (40 * (update + 1), len(envs.returns))
    assert_same(trained, network)


def test_the_critic_is_fitted_by_adam_in_minibatches() -> None:
    """The squared error of each minibatch in turn, the last one shorter, every row once an epoch."""
    settings = TRPOSettings(**SIZES, epochs=3, batch_size=16)
    envs, generator, network = begin()
    rollout = collect(envs, network.actor, 10, generator)
    rows = real_rows(network, rollout, envs.observations, settings)
    other = ActorCritic(4, 2, (8,))
    other.load_state_dict(network.state_dict())
    ours, theirs = (torch.optim.Adam(net.critic.parameters(), lr=0.01) for net in (network, other))
    seen, earned = rows.observations, rows.returns
    before = nn.functional.mse_loss(other.critic(seen)[:, 0], earned).item()
    told = regress_critic(network.critic, ours, rows, settings, torch.Generator().manual_seed(1))
    dice = torch.Generator().manual_seed(1)
    for _ in range(3):
        order = torch.randperm(len(earned), generator=dice)
        for start in range(0, len(earned), 16):
            some = order[start : start + 16]
            theirs.zero_grad()
            nn.functional.mse_loss(other.critic(seen[some])[:, 0], earned[some]).backward()
            theirs.step()
    assert told == pytest.approx(before, rel=1e-5)
    assert_same(network, other)


def test_dqn() -> None:
    settings = DQNSettings(
        updates=12, environments=4, hidden=(8,), batch_size=8, learning_starts=20, capacity=60, double=True
    )
    settings = replace(settings, dueling=False, learning_rate=0.01, exploring=0.5, evaluate_every=5)
    trained, history = train_dqn(TASK, settings, SEED, lambda network: {})
    envs, generator = Environments(TASK, 4, SEED), torch.Generator().manual_seed(SEED)
    online, replay = QNetwork(4, 2, (8,), generator), ReplayBuffer(60, 4)
    target, optimizer = settings.target(online), torch.optim.Adam(online.parameters(), lr=0.01)
    losses: list[float] = []
    while len(losses) < 12:
        with torch.no_grad():
            epsilon = exploration(len(losses) / 12, settings)
            replay.add(envs.step(epsilon_greedy(online(envs.observations), epsilon, generator)))
        if len(replay) >= 20:
            optimizer.param_groups[0]["lr"] = 0.01 * cosine(len(losses), 12)
            batch = replay.sample(8, generator)
            with torch.no_grad():
                after = batch.next_observations
                pair = target.values(after), online(after)
                paid = settings.reward_scale * batch.rewards
                targets = double_dqn_targets(paid, batch.terminated, *pair, settings.discount)
            loss = dqn_loss(online(batch.observations), batch.actions, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            target.update(online, loss.item())
            losses.append(loss.item())
    assert_same(trained, online, atol=1e-5)
    assert [record["update"] for record in history] == [5, 10, 12]
    assert [record["loss"] for record in history] == pytest.approx(
        [losses[4], losses[9], losses[11]], rel=1e-3
    )
    assert history[-1]["transitions"] == replay.written
