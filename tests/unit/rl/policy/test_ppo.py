"""What PPO refuses and says, what its loop does with clips, epochs, ends and seeds; and that what
environments hand out stays as it was.
"""

import copy
import math
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor

from deepseek_book_utils.rl.advantages import compute_gae, normalise_advantages
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.ppo import (
    Experience,
    PPOSettings,
    judge_rollout,
    ppo_loss,
    ppo_update,
    train_ppo,
)
from deepseek_book_utils.rl.rollouts import collect

SMALL = PPOSettings(total_steps=600, environments=4, rollout_steps=10, batch_size=16, epochs=3, hidden=(8,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_steps": 100}, r"less than one update: take at least environments \* rollout_steps = "),
        ({"batch_size": 10**6}, r"take at most environments \* rollout_steps = "),
    ],
)
def test_settings_that_do_not_go_together(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        PPOSettings(**change)


@pytest.mark.parametrize(
    ("name", "message"),
    [("Pendulum-v1", "Discrete actions"), ("FrozenLake-v1", "one row of numbers")],
)
def test_tasks_that_do_not_fit(name, message) -> None:
    with pytest.raises(ValueError, match=message):
        train_ppo(name, SMALL, seed=0)


def rollout_of(name: str, steps: int, settings: PPOSettings):
    torch.manual_seed(0)
    envs = Environments(name, settings.environments, seed=0)
    network = ActorCritic(envs.size, envs.actions, settings.hidden)
    rollout = collect(envs, network.actor, steps, torch.Generator().manual_seed(0))
    return envs, network, rollout


def test_judging_puts_the_parts_together() -> None:
    """By hand: scaled rewards, the value after the last row, log-probabilities of actions, rows in order."""
    settings = replace(SMALL, reward_scale=0.1, discount=0.8, gae_decay=0.7)
    envs, network, rollout = rollout_of("CartPole-v1", 50, settings)
    rollout = rollout._replace(rewards=torch.rand(50, 4))  # the task pays the same for each step
    rows = judge_rollout(network, rollout, envs.observations, settings)
    assert not any(x.requires_grad for x in rows)
    logits, values = network(rollout.observations)
    values, last = values.detach(), network(envs.observations)[1].detach()
    scaled = rollout._replace(rewards=0.1 * rollout.rewards)
    advantages = compute_gae(scaled, values, last, 0.8, 0.7)
    assert torch.allclose(rows.advantages.view(50, 4), advantages)
    assert torch.allclose(rows.returns.view(50, 4), advantages + values)
    t, n = 17, 2
    assert torch.equal(rows.observations[t * 4 + n], rollout.observations[t, n])
    action = rollout.actions[t, n]
    assert rows.actions[t * 4 + n] == action and torch.equal(rows.real.view(50, 4), rollout.real)
    assert rows.old_log_probs[t * 4 + n] == pytest.approx(logits.log_softmax(-1)[t, n, action].item())
    assert not rollout.real.all()


def test_a_reset_teaches_nothing_and_nothing_leaks_over_it() -> None:
    """Change all that is seen and earned after a fall, and in the rows that reset: nothing before changes."""
    envs, network, rollout = rollout_of("CartPole-v1", 60, SMALL)
    fall = int(rollout.terminated[:, 0].nonzero()[0])
    rewards, seen = rollout.rewards.clone(), rollout.observations.clone()
    rewards[fall + 1 :, 0], seen[fall + 1 :, 0] = 100.0, 3.0
    other = rollout._replace(rewards=rewards, observations=seen)
    one, two = (judge_rollout(network, x, envs.observations, SMALL) for x in (rollout, other))
    before, after = one.advantages.view(60, 4), two.advantages.view(60, 4)
    assert torch.allclose(before[: fall + 1, 0], after[: fall + 1, 0], atol=1e-6)
    assert before[fall + 1, 0] == after[fall + 1, 0] == 0  # the reset
    assert (before[fall + 2, 0] - after[fall + 2, 0]).abs() > 1

    def learn(rows):
        copy = ActorCritic(4, 2, SMALL.hidden)
        copy.load_state_dict(network.state_dict())
        optimizer = torch.optim.SGD(copy.parameters(), lr=0.1)
        ppo_update(copy, optimizer, rows, SMALL, torch.Generator().manual_seed(0))
        return torch.nn.utils.parameters_to_vector(copy.parameters())

    unreal = ~one.real
    wild = one._replace(
        observations=one.observations + 5 * unreal[:, None],
        old_log_probs=one.old_log_probs - 50 * unreal,
        advantages=one.advantages + 1000 * unreal,
        returns=one.returns + 1000 * unreal,
    )
    assert unreal.any() and torch.equal(learn(one), learn(wild))


class Clocked(gymnasium.Env):
    """Shows the step, earns 1 each, and never ends by itself."""

    observation_space = gymnasium.spaces.Box(0, 100, (1,))
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        self.step_number = 0
        return np.zeros(1, np.float32), {}

    def step(self, action):
        self.step_number += 1
        return np.full(1, self.step_number, np.float32), 1.0, False, False, {}


gymnasium.register("book-tests/Clocked-v0", entry_point=Clocked, max_episode_steps=7)


def test_where_the_clock_ran_out_the_value_of_what_was_seen_last_stands_for_the_rest() -> None:
    settings = replace(SMALL, discount=0.9, gae_decay=0.8, reward_scale=1.0)
    envs, network, rollout = rollout_of("book-tests/Clocked-v0", 20, settings)
    assert rollout.truncated.any() and not rollout.terminated.any()
    rows = judge_rollout(network, rollout, envs.observations, settings)
    value = {t: network(torch.tensor([[float(t)]]))[1].item() for t in range(8)}
    error = {t: 1 + 0.9 * value[t + 1] - value[t] for t in range(7)}
    advantages = rows.advantages.view(20, 4)
    assert advantages[6, 0].item() == pytest.approx(error[6], rel=1e-5)  # the clock's step: V(7), no zero
    assert advantages[5, 0].item() == pytest.approx(error[5] + 0.72 * error[6], rel=1e-5)
    assert advantages[7, 0] == 0 and rollout.real[7, 0] == False  # noqa: E712  the reset
    assert advantages[14, 0].item() == pytest.approx(error[6], rel=1e-5)
    # the last row of the rollout is no end: what the environments show now stands for the rest
    assert advantages[19, 0].item() == pytest.approx(error[3], rel=1e-5)


def test_every_row_is_used_once_an_epoch_and_the_loss_is_made_of_the_settings() -> None:
    settings = replace(SMALL, epochs=1, batch_size=9, value_weight=0.3, entropy_weight=0.2, clip_range=0.07)
    envs, network, rollout = rollout_of("CartPole-v1", 10, settings)
    rows = judge_rollout(network, rollout, envs.observations, settings)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0)  # nothing moves: the losses can be worked out
    seen: list[Tensor] = []
    network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    losses = ppo_update(network, optimizer, rows, settings, torch.Generator().manual_seed(7))
    assert [len(x) for x in seen] == [9, 9, 9, 9, 4]
    every, once = torch.cat(seen), rows.observations
    assert torch.equal(every[every[:, 0].argsort()], once[once[:, 0].argsort()]) and not torch.equal(
        every, once
    )
    expected = []
    order = torch.randperm(40, generator=torch.Generator().manual_seed(7))
    for i in order.split(9):
        advantages = normalise_advantages(rows.advantages[i], rows.real[i])
        batch = Experience(*(x[i] for x in rows))._replace(advantages=advantages)
        expected.append(torch.stack(ppo_loss(*network(batch.observations), batch, 0.07, 0.3, 0.2)))
    assert torch.allclose(torch.stack(losses), torch.stack(expected).mean(0), atol=1e-6)
    assert not any(part.requires_grad for part in losses)


def test_every_minibatch_has_a_gradient_of_its_own() -> None:
    """Plain steps along it, by hand: nothing is left of the minibatch before."""
    settings = replace(SMALL, epochs=1, batch_size=20, max_grad_norm=1e9)
    envs, network, rollout = rollout_of("CartPole-v1", 10, settings)
    rows = judge_rollout(network, rollout, envs.observations, settings)
    other = copy.deepcopy(network)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.5)
    ppo_update(network, optimizer, rows, settings, torch.Generator().manual_seed(1))
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    for some in order.split(20):
        batch = Experience(*(x[some] for x in rows))
        batch = batch._replace(advantages=normalise_advantages(batch.advantages, batch.real))
        total = ppo_loss(*other(batch.observations), batch).total
        gradients = torch.autograd.grad(total, list(other.parameters()))
        with torch.no_grad():
            for weight, gradient in zip(other.parameters(), gradients, strict=True):
                weight -= 0.5 * gradient
    for mine, theirs in zip(network.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_gradient_is_clipped() -> None:
    settings = replace(SMALL, epochs=1, batch_size=40, max_grad_norm=1e-3)
    envs, network, rollout = rollout_of("CartPole-v1", 10, settings)
    rows = judge_rollout(network, rollout, envs.observations, settings)
    before = torch.nn.utils.parameters_to_vector(network.parameters()).detach().clone()
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    ppo_update(network, optimizer, rows, settings, torch.Generator())
    moved = torch.nn.utils.parameters_to_vector(network.parameters()) - before
    assert moved.norm().item() == pytest.approx(1e-3, rel=1e-3)


def test_training_is_seeded_and_tells_what_it_saw() -> None:
    seen = []
    network, history = train_ppo("CartPole-v1", SMALL, 3, lambda steps, _: seen.append(steps))
    again, told = train_ppo("CartPole-v1", SMALL, 3)
    other, _ = train_ppo("CartPole-v1", SMALL, 4)
    assert [row["steps"] for row in history] == seen == list(range(40, 601, 40))
    names = {"steps", "episodes", "return", "total", "policy", "value", "entropy", "kl", "clipped"}
    assert set(history[0]) == names
    assert history[0]["episodes"] == 0 and 600 / 100 < history[-1]["episodes"] < 600 / 8
    assert math.isnan(history[0]["return"]) and 8 < history[-1]["return"] < 100
    assert history[0]["entropy"] == pytest.approx(math.log(2), abs=0.02)
    assert [row["total"] for row in told] == [row["total"] for row in history]
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(network.parameters(), other.parameters(), strict=True))


def test_the_learning_rate_falls_to_zero() -> None:
    """The last updates move the weights far less than those in the middle."""
    weights: list[Tensor] = []

    def watch(_: int, network: ActorCritic) -> None:
        weights.append(torch.nn.utils.parameters_to_vector(network.parameters()).detach().clone())

    train_ppo("CartPole-v1", replace(SMALL, total_steps=3000), 0, watch)
    steps = [(b - a).norm() for a, b in zip(weights, weights[1:], strict=False)]
    assert steps[-1] < 0.05 * sum(steps[30:40]) / 10


def test_more_epochs_go_further_and_the_clip_holds_them_back() -> None:
    """KL from the policy that acted, the same first rollout: one epoch, thirty, thirty without a clip."""

    def first(epochs: int, clip: float) -> dict[str, float]:
        settings = PPOSettings(
            total_steps=1024, epochs=epochs, clip_range=clip, environments=16, rollout_steps=64
        )
        return train_ppo("CartPole-v1", replace(settings, learning_rate=1e-2), 0)[1][0]

    short, held, free = first(1, 0.2), first(30, 0.2), first(30, 1e9)
    assert short["kl"] < 0.2 * held["kl"] and held["kl"] < 0.5 * free["kl"]
    assert held["clipped"] > short["clipped"] and free["clipped"] == 0
