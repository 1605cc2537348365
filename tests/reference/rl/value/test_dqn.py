"""DQN against what stable-baselines3 computes, and its parts against sums done by hand."""

import gymnasium
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from stable_baselines3 import DQN
from stable_baselines3.common.logger import Logger
from torch import Tensor

from deepseek_book_utils.rl.environments import Environments, Step
from deepseek_book_utils.rl.networks import DuelingNetwork, QNetwork, dueling_values
from deepseek_book_utils.rl.replay import ReplayBuffer
from deepseek_book_utils.rl.value.dqn import (
    DQNSettings,
    double_dqn_targets,
    dqn_loss,
    dqn_targets,
    learn,
)
from deepseek_book_utils.rl.value.targets import AverageTarget, HardTarget, SoftTarget

REWARDS = torch.tensor([1.0, 2.0, -3.0])
TERMINATED = torch.tensor([False, True, False])
NEXT = torch.tensor([[4.0, 7.0], [100.0, 200.0], [-1.0, -2.0]])  # of the target network
ONLINE = torch.tensor([[9.0, 8.0], [5.0, 6.0], [0.0, 1.0]])  # chooses 0, 1, 1


def test_targets_by_hand() -> None:
    found = dqn_targets(REWARDS, TERMINATED, NEXT, 0.5)
    assert found.tolist() == [1 + 0.5 * 7, 2.0, -3 + 0.5 * -1]


def test_double_targets_by_hand() -> None:
    found = double_dqn_targets(REWARDS, TERMINATED, NEXT, ONLINE, 0.5)
    assert found.tolist() == [1 + 0.5 * 4, 2.0, -3 + 0.5 * -2]


def test_double_targets_number_by_number() -> None:
    """Another way to write it: loops over transitions and actions, in Python's floats."""
    generator = torch.Generator().manual_seed(0)
    rewards = torch.randn(50, generator=generator).double()
    terminated = torch.rand(50, generator=generator) < 0.3
    judge, chooser = torch.randn(2, 50, 4, generator=generator).double()
    expected = []
    for r, over, worth, wanted in zip(
        rewards.tolist(), terminated.tolist(), judge.tolist(), chooser.tolist(), strict=True
    ):
        action = max(range(4), key=wanted.__getitem__)
        expected.append(r if over else r + 0.9 * worth[action])
    found = double_dqn_targets(rewards, terminated, judge, chooser, 0.9)
    assert found.tolist() == pytest.approx(expected, rel=1e-12)
    plain = dqn_targets(rewards, terminated, judge, 0.9)
    assert (found <= plain).all() and (found < plain).any()  # the second opinion is never the higher one
    assert torch.equal(double_dqn_targets(rewards, terminated, judge, judge, 0.9), plain)


def test_loss_and_its_gradient_by_hand() -> None:
    """Errors 0.5 (squared: 0.125) and -3 (straight: 2.5); the action not taken gets no gradient."""
    values = torch.tensor([[1.5, 7.0], [7.0, -1.0]], requires_grad=True)
    targets = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = dqn_loss(values, torch.tensor([0, 1]), targets)
    loss.backward()
    assert loss.item() == pytest.approx((0.125 + 2.5) / 2)
    assert values.grad.tolist() == [[0.25, 0.0], [0.0, -0.5]]
    assert targets.grad is None


def test_dueling_values_by_hand() -> None:
    """V = 10, A = (1, 2, 6), whose mean is 3."""
    found = dueling_values(torch.tensor([[10.0]]), torch.tensor([[1.0, 2.0, 6.0]]))
    assert found.tolist() == [[8.0, 9.0, 13.0]]


def test_a_dueling_network_adds_its_streams() -> None:
    """The mean over the actions is V alone; what A adds to all actions alike is gone."""
    network = DuelingNetwork(4, 3, (16, 8), torch.Generator().manual_seed(0))
    seen = torch.randn(5, 4, generator=torch.Generator().manual_seed(1))
    trunk, before = network.trunk(seen), network(seen)
    added = network.advantages(trunk)
    assert torch.allclose(before.mean(dim=1, keepdim=True), network.value(trunk), atol=1e-6)
    assert torch.allclose(before - before[:, :1], added - added[:, :1], atol=1e-6)
    torch.nn.init.constant_(network.advantages[-1].bias, 5.0)
    assert torch.allclose(network(seen), before, atol=1e-5)


# --- stable-baselines3, on the same batch with the same weights -------------------------------------------


def random_steps(count: int, environments: int = 4) -> list[Step]:
    """Steps whose numbers are drawn, with ends of both kinds and of both at once."""
    generator = torch.Generator().manual_seed(0)
    steps = []
    for _ in range(count):
        terminated, truncated = torch.rand(2, environments, generator=generator) < 0.3
        steps.append(
            Step(
                torch.randn(environments, 4, generator=generator),
                torch.randint(2, (environments,), generator=generator),
                torch.randn(environments, generator=generator),
                torch.randn(environments, 4, generator=generator),
                terminated,
                truncated,
                torch.ones(environments, dtype=torch.bool),
            )
        )
    return steps


class Theirs:
    """stable-baselines3's DQN with our weights, and a batch of its own replay."""

    def __init__(self, online: QNetwork, judge: torch.nn.Module, steps: list[Step], rate: float) -> None:
        env = gymnasium.make("CartPole-v1")
        self.model = DQN(
            "MlpPolicy",
            env,
            learning_rate=rate,
            gamma=0.9,
            buffer_size=1000,
            max_grad_norm=1e9,
            policy_kwargs={"net_arch": [16, 16]},
        )
        self.model.set_logger(Logger(None, []))
        for mine, theirs in ((online, self.model.q_net), (judge, self.model.q_net_target)):
            for weight, other in zip(mine.parameters(), theirs.parameters(), strict=True):
                other.data.copy_(weight)
        for step in steps:
            rows = zip(*(tensor.numpy() for tensor in step[:6]), strict=True)
            for s, a, r, s2, terminated, truncated in rows:
                # gymnasium's rule, as in its DummyVecEnv: cut by the clock, and not over
                infos = [{"TimeLimit.truncated": bool(truncated and not terminated)}]
                done = np.array([terminated or truncated])
                self.model.replay_buffer.add(s, s2, np.array([a]), np.array([r]), done, infos)

    def batch(self, size: int):
        """Their buffer's first `size` transitions; `train` will be given just these."""
        found = self.model.replay_buffer._get_samples(np.arange(size))
        self.model.replay_buffer.sample = lambda *_, **__: found
        return found

    def train(self) -> float:
        """One of their updates; returns the loss that they log."""
        self.model.train(gradient_steps=1, batch_size=64)
        return float(self.model.logger.name_to_value["train/loss"])


@pytest.fixture
def both() -> tuple[QNetwork, SoftTarget, list[Step], Theirs]:
    generator = torch.Generator().manual_seed(3)
    online, judge = QNetwork(4, 2, (16, 16), generator), QNetwork(4, 2, (16, 16), generator)
    steps = random_steps(16)
    return online, SoftTarget(judge), steps, Theirs(online, judge, steps, rate=0.01)


def test_the_replay_holds_what_theirs_holds(both) -> None:
    """Truncation included: their `dones` leave out what the clock ended, as ours do."""
    *_, steps, theirs = both
    replay = ReplayBuffer(1000, 4)
    for step in steps:
        replay.add(step)
    found, ours = theirs.batch(64), replay.memory
    assert torch.equal(found.observations, ours.observations[:64])
    assert torch.equal(found.next_observations, ours.next_observations[:64])
    assert torch.equal(found.actions[:, 0], ours.actions[:64])
    assert torch.equal(found.rewards[:, 0], ours.rewards[:64])
    assert torch.equal(found.dones[:, 0].bool(), ours.terminated[:64])
    cut = torch.stack([step.truncated & ~step.terminated for step in steps]).flatten()
    assert cut.any() and not ours.terminated[:64][cut].any()


def test_loss_and_weights_after_an_update_are_theirs(both) -> None:
    online, target, steps, theirs = both
    replay = ReplayBuffer(1000, 4)
    for step in steps:
        replay.add(step)
    theirs.batch(64)
    batch = type(replay.memory)(*(kept[:64] for kept in replay.memory))
    settings = DQNSettings(discount=0.9, reward_scale=1.0, batch_size=256, learning_starts=256)
    optimizer = torch.optim.Adam(online.parameters(), lr=0.01)
    for _ in range(5):
        loss = learn(online, target, optimizer, batch, settings)
        assert loss == pytest.approx(theirs.train(), rel=1e-5)
        judge = theirs.model.q_net_target  # each library has its own clock for the target
        for mine, their in zip(target.network.parameters(), judge.parameters(), strict=True):
            their.data.copy_(mine)
        for mine, their in zip(online.parameters(), theirs.model.q_net.parameters(), strict=True):
            assert torch.allclose(mine, their, atol=1e-6)


def test_reward_scale_changes_units_only(both) -> None:
    """A network with outputs a tenth as large, and rewards a tenth as large: errors a tenth as large."""
    online, target, steps, _ = both
    replay = ReplayBuffer(1000, 4)
    for step in steps:
        replay.add(step)
    batch = replay.sample(64, torch.Generator().manual_seed(0))

    def error(scale: float) -> Tensor:
        following = scale * target.values(batch.next_observations)
        targets = dqn_targets(scale * batch.rewards, batch.terminated, following, 0.9)
        taken = scale * online(batch.observations).gather(1, batch.actions[:, None])[:, 0]
        return taken - targets

    assert torch.allclose(error(0.1), 0.1 * error(1.0), atol=1e-6)
    small = torch.optim.SGD(online.parameters(), lr=0.0)
    settings = DQNSettings(discount=0.9, reward_scale=0.1, batch_size=256, learning_starts=256)
    loss = learn(online, HardTarget(target.network), small, batch, settings)
    values = target.values(batch.next_observations)
    targets = dqn_targets(0.1 * batch.rewards, batch.terminated, values, 0.9)
    taken = online(batch.observations).gather(1, batch.actions[:, None])[:, 0]
    assert loss == pytest.approx(F.smooth_l1_loss(taken, targets).item(), rel=1e-6)


# --- targets, number for number ---------------------------------------------------------------------------


def test_soft_target_is_polyak_update_of_theirs() -> None:
    from stable_baselines3.common.utils import polyak_update

    online, other = (QNetwork(4, 2, (8,), torch.Generator().manual_seed(i)) for i in (0, 1))
    target, reference = SoftTarget(other, tau=0.3), QNetwork(4, 2, (8,))
    reference.load_state_dict(other.state_dict())
    for _ in range(3):
        target.update(online, 0.0)
        polyak_update(online.parameters(), reference.parameters(), tau=0.3)
    for mine, their in zip(target.network.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(mine, their, atol=1e-6)


def test_average_target_is_the_mean_of_the_last_copies() -> None:
    networks = [QNetwork(4, 2, (8,), torch.Generator().manual_seed(i)) for i in range(5)]
    seen = torch.randn(6, 4, generator=torch.Generator().manual_seed(9))
    target = AverageTarget(networks[0], count=3, every=1)
    for newest in range(1, 5):
        target.update(networks[newest], 0.0)
        last = networks[max(0, newest - 2) : newest + 1]
        expected = sum(network(seen) for network in last) / len(last)
        assert torch.allclose(target.values(seen), expected, atol=1e-6)


def test_replay_against_a_list() -> None:
    """What the ring holds after real play is what a list would hold, resets left out."""
    envs, replay, kept = Environments("CartPole-v1", 3, seed=0), ReplayBuffer(50, 4), []
    generator = torch.Generator().manual_seed(0)
    for _ in range(120):
        step = envs.step(torch.randint(2, (3,), generator=generator))
        replay.add(step)
        rows = zip(*step, strict=True)
        kept += [
            tuple(x.tolist() for x in (s, a, r, s2, over)) for s, a, r, s2, over, _, real in rows if real
        ]
    assert replay.written == len(kept) < 360
    found = sorted(tuple(x.tolist() for x in row) for row in zip(*replay.memory, strict=True))
    assert found == sorted(kept[-50:])
