"""What a step of TRPO promises: within the radius and better, or not at all; and what never reaches it."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from deepseek_book_utils.rl.advantages import compute_gae
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.networks import mlp
from deepseek_book_utils.rl.policy import trpo
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.natural_gradient import (
    flat_gradient,
    mean_kl,
    plain_step_kl,
    surrogate,
)
from deepseek_book_utils.rl.policy.trpo import (
    RealRows,
    TRPOSettings,
    real_rows,
    regress_critic,
    train_trpo,
    trust_region_step,
)
from deepseek_book_utils.rl.rollouts import collect

SMALL = TRPOSettings(total_steps=1200, environments=4, rollout_steps=30, hidden=(8,))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total_steps": 500}, r"less than one update: take at least environments \* rollout_steps = 1024"),
    ],
)
def test_settings_that_do_not_go_together(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        TRPOSettings(**change)


def some_rows(seed: int = 0, steps: int = 100) -> tuple[ActorCritic, RealRows, Environments]:
    torch.manual_seed(seed)
    envs = Environments("CartPole-v1", 4, seed)
    network = ActorCritic(4, 2, (8,))
    with torch.no_grad():
        network.actor[-1].weight.mul_(100)  # a policy with opinions
    rollout = collect(envs, network.actor, steps, torch.Generator().manual_seed(seed))
    return network, real_rows(network, rollout, envs.observations, SMALL), envs


def weights_of(module: nn.Module) -> torch.Tensor:
    return nn.utils.parameters_to_vector(module.parameters()).detach().clone()


@pytest.mark.parametrize("max_kl", [1e-4, 0.01, 0.1, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_an_accepted_step_keeps_its_promises(seed: int, max_kl: float) -> None:
    """Measured anew, outside: KL within the radius, the surrogate better, and by the numbers it reports."""
    network, rows, _ = some_rows(seed)
    before = copy.deepcopy(network)
    step = trust_region_step(network.actor, rows, replace(SMALL, max_kl=max_kl, damping=1e-4))
    with torch.no_grad():
        old, new = before.actor(rows.observations), network.actor(rows.observations)
        kl = mean_kl(old, new).item()
        gain = surrogate(old, new, rows.actions, rows.advantages) - rows.advantages.mean()
    assert step.share > 0 and 0 < kl <= max_kl
    assert step.kl == pytest.approx(kl, rel=1e-4, abs=1e-7)
    assert gain > 0 and step.gain == pytest.approx(gain.item(), rel=1e-3, abs=1e-6)
    moved = weights_of(network.actor) - weights_of(before.actor)
    assert step.length == pytest.approx(moved.norm().item(), rel=1e-4)
    assert torch.equal(weights_of(network.critic), weights_of(before.critic))


def test_the_line_search_shortens_a_step_that_goes_too_far() -> None:
    """With a radius of 1 the quadratic guess is wrong: the first trial breaks the promise."""
    network, rows, _ = some_rows(1)
    settings = replace(SMALL, max_kl=1.0, damping=1e-4)
    again = copy.deepcopy(network)
    step = trust_region_step(network.actor, rows, settings)
    assert 0 < step.share < 1 and math.log2(step.share) == round(math.log2(step.share))
    one_trial = replace(settings, trials=1)
    assert trust_region_step(again.actor, rows, one_trial).share == 0


def test_a_refused_step_leaves_the_weights_exactly_as_they_were() -> None:
    network, rows, _ = some_rows(1)
    before = weights_of(network.actor)
    step = trust_region_step(network.actor, rows, replace(SMALL, max_kl=1.0, damping=1e-4, trials=1))
    assert step == (0, 0, 0, 0)
    assert torch.equal(weights_of(network.actor), before)


def test_a_step_within_the_radius_that_gains_nothing_is_refused(monkeypatch) -> None:
    """Turn the direction round: it is no further, but it is worse."""
    network, rows, _ = some_rows(0)
    before = weights_of(network.actor)
    solve = trpo.conjugate_gradient
    monkeypatch.setattr(trpo, "conjugate_gradient", lambda *args: -solve(*args))
    assert trust_region_step(network.actor, rows, SMALL).share == 0
    assert torch.equal(weights_of(network.actor), before)


@pytest.mark.parametrize("refused", [0, 1, 2])
def test_a_step_by_a_dense_solve(refused: int, monkeypatch) -> None:
    """All of F in one matrix. A trial beyond the radius is shortened, one exactly at it is taken."""
    dice = torch.Generator().manual_seed(0)
    actor = mlp((2, 3), nn.Tanh, generator=dice).double()
    seen, advantages = (torch.randn(*shape, generator=dice).double() for shape in ((8, 2), (8,)))
    rows = RealRows(seen, torch.randint(3, (8,), generator=dice), advantages, advantages)
    settings = replace(SMALL, max_kl=2**-10, damping=0.05, shrink=0.25, products=50)
    matrix, gradient = 0.05 * torch.eye(9).double(), torch.zeros(9).double()
    for state, action, advantage in zip(*rows[:3], strict=True):
        log_probs = actor(state).log_softmax(dim=0)
        scores = [flat_gradient(one, list(actor.parameters())) for one in log_probs]
        gradient += advantage * scores[action] / 8
        for log_prob, score in zip(log_probs.detach(), scores, strict=True):
            matrix += log_prob.exp() * torch.outer(score, score) / 8
    natural = torch.linalg.solve(matrix, gradient)
    longest = (2 * 2**-10 / (natural @ matrix @ natural)).sqrt() * natural
    told = [2**-9] * refused + [2**-10]
    monkeypatch.setattr(trpo, "mean_kl", lambda old, new: torch.tensor(told.pop(0)))
    before = weights_of(actor)
    step = trust_region_step(actor, rows, settings)
    share = 0.25**refused
    assert torch.allclose(weights_of(actor) - before, share * longest, rtol=1e-4, atol=1e-8)
    assert step[:2] == (share, 2**-10) and step.length == pytest.approx(share * longest.norm().item())
    assert step.gain == pytest.approx(share * (gradient @ longest).item(), rel=0.1)
    assert all(type(number) is float for number in step)


def test_a_step_that_gains_exactly_nothing_is_refused(monkeypatch) -> None:
    network, rows, _ = some_rows(0)
    before, told = weights_of(network.actor), []

    def flat(*tables: torch.Tensor) -> torch.Tensor:
        told.append(surrogate(*tables) if not told else told[0].detach())
        return told[-1]

    monkeypatch.setattr(trpo, "surrogate", flat)
    assert trust_region_step(network.actor, rows, SMALL) == (0, 0, 0, 0)
    assert len(told) == 1 + SMALL.trials and torch.equal(weights_of(network.actor), before)


def test_rows_without_a_message_move_nothing() -> None:
    network, rows, _ = some_rows(0)
    before = weights_of(network.actor)
    silent = rows._replace(advantages=torch.zeros_like(rows.advantages))
    assert trust_region_step(network.actor, silent, SMALL) == (0, 0, 0, 0)
    assert torch.equal(weights_of(network.actor), before)


def test_rows_are_gae_without_resets() -> None:
    torch.manual_seed(0)
    envs = Environments("CartPole-v1", 4, seed=0)
    network = ActorCritic(4, 2, (8,))
    rollout = collect(envs, network.actor, 100, torch.Generator().manual_seed(0))
    rollout = rollout._replace(rewards=torch.rand(100, 4))  # the task pays the same for each step
    found = real_rows(network, rollout, envs.observations, SMALL)
    values, last = network(rollout.observations)[1].detach(), network(envs.observations)[1].detach()
    scaled = rollout._replace(rewards=SMALL.reward_scale * rollout.rewards)
    gae = compute_gae(scaled, values, last, 0.99, 0.95)
    real = rollout.real
    assert not real.all() and len(found.actions) == int(real.sum())
    assert torch.equal(found.observations, rollout.observations[real])
    assert torch.equal(found.actions, rollout.actions[real])
    assert torch.allclose(found.returns, (gae + values)[real])
    scaled = (gae[real] - gae[real].mean()) / gae[real].std()
    assert torch.allclose(found.advantages, scaled, atol=1e-5)


def test_what_follows_the_clock_counts_and_what_a_reset_shows_does_not() -> None:
    """Say where the clock ran out that the task was over, or change the row of a reset: see what moves."""
    torch.manual_seed(0)
    envs = Environments("CartPole-v1", 4, seed=0)
    network = ActorCritic(4, 2, (8,))
    rollout = collect(envs, network.actor, 100, torch.Generator().manual_seed(0))
    ended = rollout.terminated
    clock = rollout._replace(terminated=torch.zeros_like(ended), truncated=ended)
    over = real_rows(network, rollout, envs.observations, SMALL)
    bootstrapped = real_rows(network, clock, envs.observations, SMALL)
    last = ended[rollout.real]  # the row in which an episode ended
    with torch.no_grad():
        following = network(rollout.next_observations[ended])[1]
    more = bootstrapped.returns[last] - over.returns[last]
    assert torch.allclose(more, SMALL.discount * following, atol=1e-5)
    rewards = rollout.rewards.masked_fill(~rollout.real, 1000.0)
    assert all(
        torch.equal(a, b)
        for a, b in zip(
            over,
            real_rows(network, rollout._replace(rewards=rewards), envs.observations, SMALL),
            strict=True,
        )
    )


def test_the_critic_is_fitted_and_the_actor_is_not_touched() -> None:
    network, rows, _ = some_rows(0)
    actor, generator = weights_of(network.actor), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(network.critic.parameters(), 3e-3)
    settings = replace(SMALL, epochs=20, batch_size=64)
    errors = [regress_critic(network.critic, optimizer, rows, settings, generator) for _ in range(5)]
    with torch.no_grad():
        error = (network(rows.observations)[1] - rows.returns).square().mean().item()
    assert error < 0.5 * errors[0] and errors[1] < errors[0]
    assert torch.equal(weights_of(network.actor), actor)


def test_plain_step_looks_and_leaves() -> None:
    network, rows, _ = some_rows(0)
    before = weights_of(network.actor)
    near, far = (plain_step_kl(network.actor, *rows[:3], length) for length in (0.01, 0.02))
    assert far == pytest.approx(4 * near, rel=0.1) and near > 0  # twice as far, four times the KL
    assert torch.equal(weights_of(network.actor), before)


def test_training_is_seeded_and_tells_what_it_saw() -> None:
    seen = []
    network, history = train_trpo("CartPole-v1", SMALL, 3, lambda steps, _: seen.append(steps))
    again, _ = train_trpo("CartPole-v1", SMALL, 3)
    other, _ = train_trpo("CartPole-v1", SMALL, 4)
    assert [row["steps"] for row in history] == seen == list(range(120, 1201, 120))
    assert set(history[0]) == {"steps", "episodes", "return", "value", "share", "kl", "gain", "length"}
    assert torch.equal(weights_of(network), weights_of(again))
    assert not torch.equal(weights_of(network), weights_of(other))


@pytest.mark.parametrize("max_kl", [0.003, 0.1])
def test_training_never_leaves_the_radius(max_kl: float) -> None:
    """And between updates the policy moves by what the history says, on any states: seen from outside."""
    policies = []
    settings = replace(SMALL, max_kl=max_kl, damping=1e-3, total_steps=3600)
    _, history = train_trpo(
        "CartPole-v1", settings, 0, lambda _, network: policies.append(copy.deepcopy(network.actor))
    )
    assert all(row["kl"] <= max_kl for row in history)
    assert all((row["kl"] > 0) == (row["gain"] > 0) == (row["share"] > 0) for row in history)
    for before, after, row in zip(policies, policies[1:], history[1:], strict=False):
        moved = weights_of(after) - weights_of(before)
        assert moved.norm().item() == pytest.approx(row["length"], rel=1e-3, abs=1e-6)
