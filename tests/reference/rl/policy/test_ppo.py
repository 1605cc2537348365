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

from deepseek_book_utils.rl.advantages import compute_gae, n_step_returns, normalise_advantages
from deepseek_book_utils.rl.environments import Step
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic, a2c_loss
from deepseek_book_utils.rl.policy.ppo import (
    Experience,
    PPOLosses,
    PPOSettings,
    judge_rollout,
    ppo_loss,
    ppo_update,
)

GAMMA, LAMBDA = 0.9, 0.8


def column(*rows: float) -> Tensor:
    """One environment, T rows: (T, 1)."""
    return torch.tensor([rows], dtype=torch.float64).T


def flags(length: int, *true: int) -> Tensor:
    return torch.tensor([[t in true] for t in range(length)])


def recorded(rewards: Tensor, *ends: Tensor) -> Step:
    """A rollout that tells rewards and ends; nobody looks at the rest."""
    return Step(rewards, rewards, rewards, rewards, *ends)


def test_advantages_worked_by_hand() -> None:
    """gamma 0.9, lambda 0.5, V 5, 6, 7 and then 10; errors 1 + 5.4 - 5, 2 + 6.3 - 6, 3 + 9 - 7."""
    rewards, values, last = column(1, 2, 3), column(5, 6, 7), torch.tensor([10.0], dtype=torch.float64)

    def found(terminated: tuple[int, ...] = (), truncated: tuple[int, ...] = (), reset: int = -1) -> list:
        ends = flags(3, *terminated), flags(3, *truncated), ~flags(3, reset)
        return compute_gae(recorded(rewards, *ends), values, last, 0.9, 0.5)[:, 0].tolist()

    # from the end: 5, 2.3 + 0.45 * 5, 1.4 + 0.45 * 4.55
    assert found() == pytest.approx([3.4475, 4.55, 5.0])
    # over after row 1: 2 - 6, and nothing from row 2
    assert found(terminated=(1,)) == pytest.approx([1.4 - 1.8, -4.0, 5.0])
    # the clock after row 1: its error keeps V(row 2), and nothing more from row 2
    assert found(truncated=(1,)) == pytest.approx([1.4 + 0.45 * 2.3, 2.3, 5.0])
    # row 2 only resets
    assert found(truncated=(1,), reset=2) == pytest.approx([1.4 + 0.45 * 2.3, 2.3, 0.0])
    assert found(terminated=(1,), reset=2) == pytest.approx([-0.4, -4.0, 0.0])
    # the last row: nothing after the end of the task, V after the end of the clock
    assert found(terminated=(2,)) == pytest.approx([1.4 + 0.45 * 0.5, 0.5, -4.0])
    assert found(truncated=(2,)) == pytest.approx([3.4475, 4.55, 5.0])
    # both at once: the task is over
    assert found(terminated=(1,), truncated=(1,)) == pytest.approx([-0.4, -4.0, 5.0])


def random_table(seed: int, T: int = 40, N: int = 7) -> tuple[Tensor, ...]:
    """Rewards, values, the last value and three columns of flags, without any order in them."""
    rng = torch.Generator().manual_seed(seed)
    rewards = torch.randn(T, N, generator=rng, dtype=torch.float64)
    values = torch.randn(T + 1, N, generator=rng, dtype=torch.float64)
    terminated, truncated, unreal = (torch.rand(T, N, generator=rng) < 0.15 for _ in range(3))
    return rewards, values[:-1], values[-1], terminated, truncated, ~unreal


@pytest.mark.parametrize("seed", range(5))
def test_advantages_equal_the_slow_sum(seed: int) -> None:
    """(gamma lambda)^l delta_t+l, summed forward until the episode or the table ends."""
    rewards, values, last, terminated, truncated, real = random_table(seed)
    ours = compute_gae(recorded(rewards, terminated, truncated, real), values, last, GAMMA, LAMBDA)
    after = torch.cat((values, last[None]))
    for t, n in np.ndindex(*rewards.shape):
        slow, weight, row = 0.0, 1.0, t
        while row < len(rewards) and real[row, n]:
            rest = 0.0 if terminated[row, n] else GAMMA * after[row + 1, n]
            slow += weight * (rewards[row, n] + rest - values[row, n])
            weight *= GAMMA * LAMBDA
            if terminated[row, n] or truncated[row, n]:
                break
            row += 1
        assert float(ours[t, n]) == pytest.approx(float(slow), rel=1e-12, abs=1e-12)


def episode_rows(rng: random.Random, rows: int) -> dict[str, list]:
    """What `Environments` would tell of one copy: after each end a row that only resets."""
    told: dict[str, list] = {"terminated": [], "truncated": [], "real": []}
    ended = False
    for _ in range(rows):
        terminated = not ended and rng.random() < 0.15
        truncated = not ended and rng.random() < 0.15
        told["terminated"].append(terminated)
        told["truncated"].append(truncated)
        told["real"].append(not ended)
        ended = terminated or truncated
    return told


@pytest.mark.parametrize("seed", range(5))
def test_the_two_ends_of_decay(seed: int) -> None:
    """1: the n-step return minus the value; 0: the one-step error."""
    rng, numbers = random.Random(seed), torch.Generator().manual_seed(seed)
    told = [episode_rows(rng, 40) for _ in range(7)]
    ends = [torch.tensor([row[name] for row in told]).T for name in ("terminated", "truncated", "real")]
    rewards = torch.randn(40, 7, generator=numbers, dtype=torch.float64)
    every = torch.randn(41, 7, generator=numbers, dtype=torch.float64)
    values, last, rollout = every[:-1], every[-1], recorded(rewards, *ends)
    far = n_step_returns(rollout, values, last, GAMMA) - values
    near = (rewards + GAMMA * every[1:] * ~ends[0] - values) * ends[2]
    for decay, expected in ((1.0, far), (0.0, near)):
        ours = compute_gae(rollout, values, last, GAMMA, decay)
        assert torch.allclose(ours, expected, rtol=1e-12, atol=1e-12)
    assert not torch.allclose(far, near) and all(x.any() for x in ends) and not ends[2].all()


def their_buffer(
    rewards: np.ndarray, values: np.ndarray, last: float, told: dict[str, list], **columns: np.ndarray
) -> RolloutBuffer:
    """stable-baselines3's buffer with the real rows of one copy.

    As its OnPolicyAlgorithm.collect_rollouts does where the clock ran out, gamma V(last observation) has been
    added to the reward.
    """
    rows = np.flatnonzero(told["real"])
    T = len(rewards)
    columns = {"observations": np.zeros((T, 4)), "actions": np.zeros(T), "log_probs": np.zeros(T)} | columns
    space = Box(-9, 9, (4,))
    buffer = RolloutBuffer(len(rows), space, Discrete(2), "cpu", gae_lambda=LAMBDA, gamma=GAMMA)
    following, started = np.append(values[1:], last), True
    for t in rows:
        clock = told["truncated"][t] and not told["terminated"][t]
        buffer.add(
            columns["observations"][t : t + 1],
            columns["actions"][t : t + 1, None],
            np.array([rewards[t] + (GAMMA * following[t] if clock else 0.0)]),
            np.array([started]),
            torch.tensor([values[t]]),
            torch.tensor([columns["log_probs"][t]]),
        )
        started = told["terminated"][t] or told["truncated"][t]
    buffer.compute_returns_and_advantage(torch.tensor([last]), np.array([started]))
    return buffer


@pytest.mark.parametrize("seed", range(20))
def test_advantages_equal_stable_baselines3(seed: int) -> None:
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    told = episode_rows(rng, 30)
    real = np.array(told["real"])
    rewards, values = numbers.normal(size=(2, 30)).astype(np.float32)
    last = np.float32(numbers.normal())
    theirs = their_buffer(rewards, values, last, told)
    ends = [torch.tensor(told[name])[:, None] for name in ("terminated", "truncated", "real")]
    value = torch.tensor(values)[:, None]
    rollout = recorded(torch.tensor(rewards)[:, None], *ends)
    ours = compute_gae(rollout, value, torch.tensor([last]), GAMMA, LAMBDA)
    assert np.allclose(ours.numpy()[real], theirs.advantages, rtol=1e-5, atol=1e-5)
    assert np.allclose((ours + value).numpy()[real], theirs.returns, rtol=1e-5, atol=1e-5)
    assert not ours[~ends[2]].any()
    assert not real.all() and any(told["terminated"]) and any(told["truncated"])


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


def random_batch(seed: int = 0) -> dict[str, Tensor]:
    """(6, 5) rows of 3 actions, the policy not the one that acted."""
    rng = torch.Generator().manual_seed(seed)
    batch = {"logits": torch.randn(6, 5, 3, generator=rng, dtype=torch.float64)}
    for name in ("values", "old_log_probs", "advantages", "returns"):
        batch[name] = torch.randn(6, 5, generator=rng, dtype=torch.float64)
    batch["actions"] = torch.randint(3, (6, 5), generator=rng)
    batch["real"] = torch.rand(6, 5, generator=rng) < 0.7
    chosen = batch["logits"].log_softmax(-1).gather(-1, batch["actions"][..., None])[..., 0]
    batch["old_log_probs"] = chosen + 0.3 * batch["old_log_probs"]
    return batch


def loss_of(batch: dict[str, Tensor], **weights: float) -> PPOLosses:
    rows = Experience(batch["real"], *(batch[name] for name in Experience._fields[1:]))
    return ppo_loss(batch["logits"], batch["values"], rows, **weights)


def test_at_the_policy_that_acted_the_gradient_is_that_of_a2c() -> None:
    """Ratio one: the clip has nothing to say, and r A has the gradient of log pi A."""
    batch = random_batch()
    leaves = [batch[name].requires_grad_() for name in ("logits", "values")]
    chosen = leaves[0].log_softmax(-1).gather(-1, batch["actions"][..., None])[..., 0].detach()
    batch["old_log_probs"] = chosen
    batch["advantages"] = (batch["returns"] - batch["values"]).detach()
    ours = loss_of(batch, value_weight=0.3, entropy_weight=0.1)
    theirs = a2c_loss(*leaves, batch["actions"], batch["returns"], batch["real"], 0.3, 0.1)
    one, two = (torch.autograd.grad(losses.total, leaves) for losses in (ours, theirs))
    assert all(torch.allclose(a, b, rtol=1e-6, atol=1e-9) for a, b in zip(one, two, strict=True))
    assert ours.kl.abs() < 1e-15 and ours.clipped == 0 and one[0].abs().max() > 0.01


def test_gradient_of_the_loss_by_finite_differences() -> None:
    batch = random_batch(1)

    def by_hand() -> float:
        total, count = 0.0, int(batch["real"].sum())
        for row in np.ndindex(6, 5):
            if not batch["real"][row]:
                continue
            p = (batch["logits"][row].exp() / batch["logits"][row].exp().sum()).tolist()
            r = p[int(batch["actions"][row])] / float(batch["old_log_probs"][row].exp())
            a = float(batch["advantages"][row])
            total -= min(r * a, min(max(r, 0.9), 1.1) * a)
            total += 0.3 * float(batch["returns"][row] - batch["values"][row]) ** 2
            total += 0.1 * sum(x * float(np.log(x)) for x in p)
        return total / count

    def slope(name: str, index: tuple[int, ...], step: float = 1e-6) -> float:
        ends, at = [], batch[name][index].item()
        for sign in (1, -1):
            batch[name][index] = at + sign * step
            ends.append(by_hand())
        batch[name][index] = at
        return (ends[0] - ends[1]) / (2 * step)

    inputs = {name: batch[name].clone().requires_grad_() for name in ("logits", "values")}
    losses = loss_of(batch | inputs, clip_range=0.1, value_weight=0.3, entropy_weight=0.1)
    assert losses.total.item() == pytest.approx(by_hand(), rel=1e-12)
    losses.total.backward()
    for name, tensor in inputs.items():
        for index in np.ndindex(*tensor.shape):
            assert tensor.grad[index].item() == pytest.approx(slope(name, index), rel=1e-5, abs=1e-8)


def test_rows_that_only_reset_change_nothing() -> None:
    """Whatever stands in them, even what is not a number's size: loss and gradient are those without them."""
    batch = random_batch()
    real, leaves = batch["real"], [batch[name].requires_grad_() for name in ("logits", "values")]
    batch["old_log_probs"] = batch["old_log_probs"].masked_fill(~real, -1e4)  # a ratio of e^10000
    masked = loss_of(batch, clip_range=0.1, entropy_weight=0.02)
    without = loss_of({name: x[real] for name, x in batch.items()}, clip_range=0.1, entropy_weight=0.02)
    assert torch.allclose(torch.stack(masked), torch.stack(without), rtol=1e-12)
    one, two = (torch.autograd.grad(losses.total, leaves) for losses in (masked, without))
    assert all(torch.allclose(a, b, rtol=1e-12) for a, b in zip(one, two, strict=True))
    assert not one[0][~real].any() and one[0][real].any() and masked.clipped > 0.1
    normal = normalise_advantages(batch["advantages"], real)
    alone = batch["advantages"][real]
    assert torch.allclose(normal[real], (alone - alone.mean()) / (alone.std() + 1e-8), rtol=1e-12)
    assert not normal[~real].any()
