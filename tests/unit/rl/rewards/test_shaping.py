"""A potential that is learned: where it begins, what it is taught, and which discounts there are."""

import copy

import pytest
import torch
from torch import nn

from deepseek_book_utils.rl.networks import mlp
from deepseek_book_utils.rl.replay import ReplayBuffer
from deepseek_book_utils.rl.rewards.shaping import RewardShapingModel, ShapingSettings, add_rewards
from tests.unit.rl.value.test_sparse import rollout


def test_every_discount_from_nothing_to_one() -> None:
    assert [RewardShapingModel(3, discount).discount for discount in (0, 0.5, 1)] == [0, 0.5, 1]
    for wrong in (-0.5, 1.01):
        with pytest.raises(ValueError, match="take 0 <= discount <= 1"):
            RewardShapingModel(3, wrong)


def test_extra_pay_knows_where_a_step_began_and_where_it_led() -> None:
    model = {0: {0: [(0.5, 1, 2.0, False), (0.5, 0, 0.0, True)]}}
    paid = add_rewards(model, lambda s, s2, end: 10 * s + s2 + 100 * end)
    assert paid == {0: {0: [(0.5, 1, 3.0, False), (0.5, 0, 100.0, True)]}}


def test_a_potential_begins_all_but_flat() -> None:
    torch.manual_seed(0)
    model = RewardShapingModel(4, 0.9, settings=ShapingSettings(hidden=(8,), best=3.0))
    torch.manual_seed(0)
    network, seen = mlp((4, 8, 1), nn.Tanh, gain=0.01), torch.randn(5, 2, 4)
    assert torch.equal(model.potential(seen), network(seen)[..., 0] - 3.0)


@pytest.mark.parametrize("batch_size", [2, 256])
def test_learning_by_hand(batch_size: int) -> None:
    """TD(0) on draws from the memory of two rollouts, by torch's Adam; the mean of the losses is told."""
    torch.manual_seed(0)
    settings = ShapingSettings(hidden=(8,), learning_rate=0.02, updates=7, batch_size=batch_size)
    model = RewardShapingModel(4, 0.9, settings=settings)
    network, memory = copy.deepcopy(model.network), ReplayBuffer(100, 4)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    dice, theirs = (torch.Generator().manual_seed(1) for _ in range(2))
    for walk in (rollout([0.0, 0.5, 1.0]), rollout([1.0, 0.0, -1.0])):
        told, losses = model.learn(walk, dice), []
        for t in range(3):
            memory.add(type(walk)(*(x[t] for x in walk)))
        for _ in range(7):
            batch = memory.sample(min(batch_size, len(memory)), theirs)
            with torch.no_grad():
                after = network(batch.next_observations)[:, 0].masked_fill(batch.terminated, 0.0)
            loss = nn.functional.mse_loss(network(batch.observations)[:, 0], batch.rewards + 0.9 * after)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        assert isinstance(told, float) and told == pytest.approx(sum(losses) / 7, rel=1e-4)
    for mine, by_hand in zip(model.network.parameters(), network.parameters(), strict=True):
        torch.testing.assert_close(mine, by_hand, rtol=1e-4, atol=1e-6)
