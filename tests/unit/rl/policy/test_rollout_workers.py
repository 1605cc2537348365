"""What one worker says, and a loop over gradients that somebody else has gathered."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.nn.schedules import cosine
from deepseek_book_utils.rl.environments import Environments, Step
from deepseek_book_utils.rl.policy import rollout_workers
from deepseek_book_utils.rl.policy.actor_critic import A2CSettings, ActorCritic, Losses, rollout_loss
from deepseek_book_utils.rl.policy.rollout_workers import RolloutWorker, first_network, train_together
from deepseek_book_utils.rl.rollouts import collect, recent_return

NAME = "CartPole-v1"
SMALL = A2CSettings(environments=3, rollout_steps=20, total_steps=300, hidden=(4,), max_grad_norm=0.1)


def test_a_worker_has_starts_and_dice_of_its_own() -> None:
    worker = RolloutWorker(2, NAME, 3, seed=5)
    assert torch.equal(worker.envs.observations, Environments(NAME, 3, 2005).observations)
    assert worker.generator.initial_seed() == 2005 and worker.cpu == 0.0


def test_a_contribution_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows, episodes, CPU seconds so far; return, policy, value, entropy; the gradient: all in doubles."""
    clock = iter([2.0, 2.1, 7.0, 7.25])
    monkeypatch.setattr(rollout_workers.time, "thread_time", lambda: next(clock))
    torch.manual_seed(0)
    network, settings = ActorCritic(4, 2, (4,)), replace(SMALL, entropy_weight=0.1)
    worker, envs, dice = (
        RolloutWorker(0, NAME, 3, 1),
        Environments(NAME, 3, 1),
        torch.Generator().manual_seed(1),
    )
    for cpu in (2.1 - 2.0, 2.1 - 2.0 + 0.25):
        found = worker.contribute(network, settings, rollout_loss)
        rollout = collect(envs, network.actor, 20, dice)
        losses = rollout_loss(network, rollout, envs.observations, settings)
        rows = float(rollout.real.sum())
        seen = [rows, len(envs.returns), cpu, recent_return(envs)]
        parts = [losses.policy.item(), losses.value.item(), losses.entropy.item()]
        assert found.dtype == torch.float64 and repr(found[:7].tolist()) == repr([*map(float, seen), *parts])
        gradient = torch.autograd.grad(losses.total, list(network.parameters()))
        theirs = torch.cat([part.flatten() for part in gradient]).double()
        torch.testing.assert_close(found[7:], theirs, rtol=1e-6, atol=0)
        assert rows < 60 or cpu < 0.2  # the second time a copy has reset


def test_a_weight_that_a_loss_leaves_out_has_no_slope() -> None:
    network = ActorCritic(4, 2, (4,))

    def loss(network: ActorCritic, rollout: Step, last: Tensor, settings: A2CSettings) -> Losses:
        losses = rollout_loss(network, rollout, last, settings)
        return losses._replace(total=losses.policy)

    found = RolloutWorker(0, NAME, 3, 1).contribute(network, SMALL, loss)[7:]
    actor = sum(weight.numel() for weight in network.actor.parameters())
    assert found[:actor].any() and not found[actor:].any()


def test_the_loop_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 steps are five updates of 60: the mean by rows, clipped as one, torch's RMSProp, a falling rate."""
    ticks = iter(range(10, 100, 3))
    monkeypatch.setattr(rollout_workers.time, "perf_counter", lambda: next(ticks))
    envs = Environments(NAME, 1, 0)
    network, other = first_network(envs, SMALL, 4), first_network(envs, SMALL, 4)
    sizes = [weight.numel() for weight in network.parameters()]
    dice = torch.Generator().manual_seed(0)
    told = [
        [torch.rand(7 + sum(sizes), generator=dice, dtype=torch.float64) for _ in range(2)] for _ in range(5)
    ]
    for number, pair in enumerate(told):
        for part, rows in zip(pair, (10.0, 30.0), strict=True):
            part[0] = rows
            part[7:] = (part[7:] - 0.5) * 10.0 ** (number - 3)  # some are clipped, some are not
    waiting = iter(told)
    history = train_together(network, lambda: next(waiting), replace(SMALL, total_steps=359))
    optimizer = torch.optim.RMSprop(other.parameters(), alpha=0.99, eps=1e-5)
    for update, (one, two) in enumerate(told):
        gradient = ((10 * one + 30 * two) / 40)[7:].float()
        for weight, part in zip(other.parameters(), gradient.split(sizes), strict=True):
            weight.grad = part.view_as(weight).clone()
        nn.utils.clip_grad_norm_(other.parameters(), 0.1)
        optimizer.param_groups[0]["lr"] = SMALL.learning_rate * cosine(update, 5)
        optimizer.step()
        row = history[update]
        assert (row["steps"], row["rows"], row["seconds"]) == (60 * (update + 1), 40, 3 * (update + 1))
        assert row["episodes"] == pytest.approx((one[1] + two[1]).item())
        assert row["entropy"] == pytest.approx(((10 * one + 30 * two) / 40)[6].item())
    assert len(history) == 5
    for mine, theirs in zip(network.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-7)


def test_a_mean_by_rows_worked_by_hand() -> None:
    """One row says 2, three rows say 6: (2 + 18) / 4 = 5. Who saw nothing counts nothing."""
    one, two, empty = torch.zeros(3, 8, dtype=torch.float64)
    one[:4], one[7] = torch.tensor([1.0, 2.0, 0.5, 10.0]), 2.0
    two[:4], two[7] = torch.tensor([3.0, 5.0, 0.25, 30.0]), 6.0
    seen, gradient = rollout_workers.merge_contributions([one, two])
    assert gradient.tolist() == [5.0]
    assert [seen[key] for key in ("rows", "episodes", "cpu", "return")] == [4, 7, 0.75, 25]
    assert set(seen) == {*rollout_workers.ADDED, *rollout_workers.AVERAGED}
    assert rollout_workers.merge_contributions([one, empty])[1].tolist() == [2.0]
    assert rollout_workers.merge_contributions([empty, empty])[1].tolist() == [0.0]


def test_every_worker_begins_with_the_same_network() -> None:
    envs = Environments("Acrobot-v1", 1, 0)
    torch.manual_seed(9)
    expected = ActorCritic(6, 3, (4,))
    torch.manual_seed(1)
    found = first_network(envs, SMALL, 9)
    pairs = zip(found.parameters(), expected.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
