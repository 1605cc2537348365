"""PPO against stable-baselines3, number for number: advantages, losses, gradients and the weights after whole
updates; the advantages also against the slow sum, and the loss against finite differences and A2C.
"""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gymnasium import Env
from gymnasium.spaces import Box, Discrete
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from torch import Tensor, nn

from deepseek_book_utils.rl.advantages import normalise_advantages
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.ppo import (
    Experience,
    PPOSettings,
    judge_rollout,
    ppo_loss,
    ppo_update,
)
from tests.reference.rl.test_advantages import episode_rows, their_buffer

GAMMA, LAMBDA = 0.9, 0.8


class Nowhere(Env):
    """What stable-baselines3 needs to make its networks; never stepped."""

    observation_space, action_space = Box(-9, 9, (4,)), Discrete(2)


def their_ppo(rows: int, settings: PPOSettings) -> PPO:
    """stable-baselines3's PPO with our settings, its weights moved off their small start."""
    model = PPO(
        "MlpPolicy",
        Nowhere(),
        n_steps=rows,
        batch_size=rows,
        n_epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        clip_range=settings.clip_range,
        ent_coef=settings.entropy_weight,
        vf_coef=settings.value_weight,
        max_grad_norm=settings.max_grad_norm,
        device="cpu",
        seed=0,
    )
    model.batch_size, model.log = settings.batch_size, {}
    model.set_logger(SimpleNamespace(record=lambda key, value, **_: model.log.update({key: value})))
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.policy.parameters():
            parameter += 0.1 * torch.randn(parameter.shape)
    return model


def in_our_order(policy: nn.Module) -> list[Tensor]:
    parts = (
        policy.mlp_extractor.policy_net,
        policy.action_net,
        policy.mlp_extractor.value_net,
        policy.value_net,
    )
    return [parameter for part in parts for parameter in part.parameters()]


def copy_weights(policy: nn.Module) -> tuple[ActorCritic, list[Tensor]]:
    network = ActorCritic(4, 2, (64, 64))
    ours = [*network.actor.parameters(), *network.critic.parameters()]
    with torch.no_grad():
        for mine, theirs in zip(ours, in_our_order(policy), strict=True):
            mine.copy_(theirs)
    return network, ours


def filled(model: PPO, T: int, N: int) -> Experience:
    """T rows of N copies, acted by another policy than the one at hand: into its buffer, and for us."""
    rng = np.random.default_rng(5)
    model.n_envs = N
    buffer = RolloutBuffer(T, model.observation_space, model.action_space, "cpu", n_envs=N)
    buffer.observations[:] = rng.normal(size=(T, N, 4))
    buffer.actions[:] = rng.integers(2, size=(T, N, 1))
    with torch.no_grad():
        observations = torch.tensor(buffer.observations.reshape(T * N, 4))
        _, now, _ = model.policy.evaluate_actions(observations, torch.tensor(buffer.actions.reshape(T * N)))
    buffer.log_probs[:] = now.numpy().reshape(T, N) + 0.2 * rng.normal(size=(T, N))
    buffer.advantages[:] = rng.normal(size=(T, N)) * 3 + 1
    buffer.returns[:] = rng.normal(size=(T, N))
    buffer.full = True
    model.rollout_buffer = buffer
    columns = (buffer.actions[..., 0].astype(int), buffer.log_probs, buffer.advantages, buffer.returns)
    table = [torch.tensor(x).flatten(0, 1) for x in (buffer.observations, *columns)]
    return Experience(*table, torch.ones(T * N, dtype=torch.bool))


@pytest.mark.parametrize(("clip", "entropy_weight"), [(0.2, 0.0), (0.2, 0.05), (0.05, 0.0), (1e9, 0.0)])
def test_loss_and_gradient_equal_stable_baselines3(clip: float, entropy_weight: float) -> None:
    """One epoch, one minibatch: what it logs, and the gradient that it leaves."""
    T, N = 32, 4
    settings = PPOSettings(
        environments=N,
        rollout_steps=T,
        epochs=1,
        batch_size=T * N,
        clip_range=clip,
        entropy_weight=entropy_weight,
        max_grad_norm=1e9,
    )
    model = their_ppo(T, settings)
    rows = filled(model, T, N)
    network, parameters = copy_weights(model.policy)
    scaled = rows._replace(advantages=normalise_advantages(rows.advantages, rows.real))
    told = network(rows.observations)
    losses = ppo_loss(*told, scaled, clip, settings.value_weight, entropy_weight)
    losses.total.backward()
    model.train()
    log = model.log
    assert losses.total.item() == pytest.approx(log["train/loss"], rel=1e-5)
    assert losses.policy.item() == pytest.approx(log["train/policy_gradient_loss"], rel=1e-4)
    assert losses.value.item() == pytest.approx(log["train/value_loss"], rel=1e-5)
    assert losses.entropy.item() == pytest.approx(-log["train/entropy_loss"], rel=1e-5)
    assert losses.kl.item() == pytest.approx(log["train/approx_kl"], rel=1e-4)
    assert losses.clipped.item() == pytest.approx(log["train/clip_fraction"], rel=1e-5)
    assert 0.2 < losses.clipped < 0.9 if clip < 1 else losses.clipped == 0
    for mine, theirs in zip(parameters, in_our_order(model.policy), strict=True):
        scale = theirs.grad.abs().max().item()
        assert torch.allclose(mine.grad, theirs.grad, rtol=1e-4, atol=1e-5 * scale) and scale > 1e-4


def same_weights(ours: list[Tensor], theirs: list[Tensor], before: list[Tensor]) -> bool:
    """Equal up to a thousandth of the way that they have gone."""
    return all(
        torch.allclose(a, b, rtol=0, atol=1e-3 * (b - c).abs().max().item())
        for a, b, c in zip(ours, theirs, before, strict=True)
    )


def test_a_whole_update_ends_at_the_weights_of_stable_baselines3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five epochs of minibatches, the last one of each shorter, in the same order."""
    T, N = 40, 5
    settings = PPOSettings(
        environments=N,
        rollout_steps=T,
        epochs=5,
        batch_size=48,
        clip_range=0.1,
        entropy_weight=0.02,
        max_grad_norm=0.3,
    )
    model = their_ppo(T, settings)
    rows = filled(model, T, N)
    network, parameters = copy_weights(model.policy)
    before = [x.detach().clone() for x in parameters]
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, eps=1e-5)
    losses = ppo_update(network, optimizer, rows, settings, torch.Generator().manual_seed(3))

    generator = torch.Generator().manual_seed(3)

    def same_order(count: int) -> np.ndarray:
        """Our row t N + n is their row n T + t."""
        ours = torch.randperm(count, generator=generator).numpy()
        return ours % N * T + ours // N

    monkeypatch.setattr(np.random, "permutation", same_order)
    model.train()
    assert same_weights(parameters, in_our_order(model.policy), before)
    assert losses.policy.item() == pytest.approx(model.log["train/policy_gradient_loss"], rel=1e-3)
    assert losses.value.item() == pytest.approx(model.log["train/value_loss"], rel=1e-3)
    assert losses.clipped.item() == pytest.approx(model.log["train/clip_fraction"], rel=1e-3)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_from_a_rollout_with_ends_and_resets_to_the_weights_of_stable_baselines3(seed: int) -> None:
    """All rows in one minibatch, four times: ours has the resets in it, theirs never saw them."""
    T, rng = 50, random.Random(seed)
    told = episode_rows(rng, T)
    real = int(sum(told["real"]))
    settings = PPOSettings(
        environments=1,
        rollout_steps=T,
        epochs=4,
        batch_size=T,
        discount=GAMMA,
        gae_decay=LAMBDA,
        reward_scale=0.5,
        clip_range=0.01,
    )
    model = their_ppo(real, PPOSettings(**vars(settings) | {"batch_size": real, "rollout_steps": T}))
    network, parameters = copy_weights(model.policy)
    before = [x.detach().clone() for x in parameters]
    numbers = torch.Generator().manual_seed(seed)
    seen = torch.randn(T + 1, 1, 4, generator=numbers)
    actions = torch.randint(2, (T, 1), generator=numbers)
    rewards = torch.randn(T, 1, generator=numbers)
    ends = [torch.tensor(told[name])[:, None] for name in ("terminated", "truncated", "real")]
    rollout = Step(seen[:-1], actions, rewards, seen[1:], *ends)

    with torch.no_grad():
        logits, values = network(seen)
    log_probs = logits[:-1].log_softmax(-1).gather(-1, actions[..., None])[:, 0, 0]
    model.rollout_buffer = their_buffer(
        0.5 * rewards[:, 0].numpy(),
        values[:-1, 0].numpy(),
        values[-1, 0].item(),
        told,
        observations=seen[:-1, 0].numpy(),
        actions=actions[:, 0].numpy(),
        log_probs=log_probs.numpy(),
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=settings.learning_rate, eps=1e-5)
    rows = judge_rollout(network, rollout, seen[-1], settings)
    losses = ppo_update(network, optimizer, rows, settings, torch.Generator())
    model.train()
    assert real < T and losses.clipped > 0.1
    assert same_weights(parameters, in_our_order(model.policy), before)
