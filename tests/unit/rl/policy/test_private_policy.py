"""What one user can change, what never reaches the learner, and what users are."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn

from deepseek_book_utils.rl.networks import mlp
from deepseek_book_utils.rl.policy import private_policy
from deepseek_book_utils.rl.policy.privacy import epsilon_spent
from deepseek_book_utils.rl.policy.private_policy import (
    PrivateSettings,
    UserEpisodes,
    clip_rows,
    episode_advantages,
    episode_gradients,
    private_mean,
    set_ascent,
    train_private,
)
from deepseek_book_utils.rl.tasks.users import cart_pole_users, play_cart_poles

SMALL = PrivateSettings(users=40, sample_rate=0.2, updates=5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"max_grad_norm": math.inf}, "take a finite one with it"),
        ({"max_grad_norm": 0.0}, "max_grad_norm"),
        ({"max_grad_norm": -1.0, "noise": 0.0}, "max_grad_norm"),
        ({"baseline": math.inf}, "baseline = inf: take a finite number"),
        ({"baseline": math.nan}, "baseline = nan: take a finite number"),
    ],
)
def test_settings_that_do_not_go_together(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        PrivateSettings(**change)


def test_without_noise_nobody_needs_to_clip() -> None:
    assert PrivateSettings(max_grad_norm=math.inf, noise=0.0).max_grad_norm == math.inf


def test_one_user_changes_the_sum_by_one_clip_at_most() -> None:
    """The bound that the noise is measured by, also for a gradient without bounds; and it is reached."""
    gradients = (
        torch.randn(30, 10, generator=torch.Generator().manual_seed(0)) * torch.logspace(-2, 6, 30)[:, None]
    )

    def total(rows: torch.Tensor) -> torch.Tensor:
        return 25 * private_mean(rows, 2.0, 0.0, 25.0, torch.Generator())

    changes = [
        (total(gradients) - total(torch.cat((gradients[:i], gradients[i + 1 :])))).norm().item()
        for i in range(30)
    ]
    assert max(changes) <= 2.0 + 1e-4 and max(changes) > 1.99
    assert min(changes) < 0.2
    assert torch.equal(total(gradients[:0]), torch.zeros(10))


def test_how_many_took_part_is_not_divided_by() -> None:
    gradients = torch.ones(4, 3)
    generator = torch.Generator()
    four, two = (private_mean(gradients[:n], 10.0, 0.0, 8.0, generator) for n in (4, 2))
    assert torch.allclose(four, torch.full((3,), 0.5)) and torch.allclose(two, four / 2)


def test_advantages_worked_by_hand() -> None:
    """Rewards of 1, gamma 1/2, baseline 3. Over after two steps: 1.5, 1. Clock after three: 1 + 3/2."""
    episodes = UserEpisodes(
        torch.zeros(2, 3, 1),
        torch.zeros(2, 3).long(),
        torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]]),
        torch.tensor([[True, True, False], [True, True, True]]),
        torch.tensor([True, False]),
    )
    found = episode_advantages(episodes, 0.5, 3.0)
    expected = torch.tensor([[1.5 - 3, 1 - 3, 0.0], [2.125 - 3, 2.25 - 3, 2.5 - 3]])
    assert torch.allclose(found, expected)


def test_padding_teaches_nothing() -> None:
    generator = torch.Generator().manual_seed(0)
    actor = mlp((4, 2), nn.Tanh, generator=generator)
    population = cart_pole_users(6, 0)
    episodes = play_cart_poles(population, torch.arange(6), actor, generator)
    assert not episodes.real.all()
    other = episodes.observations.masked_fill(~episodes.real[..., None], 99.0)
    advantages = episode_advantages(episodes, 0.95, 10.0)
    one, two = (
        episode_gradients(actor, seen, episodes.actions, advantages)
        for seen in (episodes.observations, other)
    )
    assert torch.equal(one, two) and not one.requires_grad


def test_episodes_begin_and_end_as_they_should() -> None:
    generator = torch.Generator().manual_seed(0)
    actor = mlp((4, 2), nn.Tanh, gain=0.01, generator=generator)
    episodes = play_cart_poles(cart_pole_users(50, 0), torch.arange(50), actor, generator, longest=30)
    assert episodes.observations[:, 0].abs().max() <= 0.05  # a fresh start
    lengths = episodes.real.sum(dim=1)
    assert lengths.max() == 30 and lengths.min() < 20
    assert torch.equal(episodes.rewards.sum(dim=1), lengths.float())  # the last step counts too
    assert torch.equal(episodes.terminated, lengths < 30)  # these actors fall, unless the clock is faster
    assert (episodes.real.int().diff(dim=1) <= 0).all()  # never again after the end


def test_users_differ_and_their_physics_is_theirs() -> None:
    """A strong push on a short pole topples it sooner than a weak push on a long one."""
    population = cart_pole_users(1000, 3)
    assert 5 <= population.forces.min() < 6 and 14 < population.forces.max() <= 15
    assert 0.25 <= population.lengths.min() < 0.27 and 0.95 < population.lengths.max() <= 1
    extremes = population._replace(
        forces=torch.tensor([15.0, 5.0]).repeat(20), lengths=torch.tensor([0.25, 1.0]).repeat(20)
    )
    push_right = mlp((4, 2), nn.Tanh)
    with torch.no_grad():
        push_right[0].weight.zero_()
        push_right[0].bias.copy_(torch.tensor([0.0, 1.0]))
    played = play_cart_poles(extremes, torch.arange(40), push_right, torch.Generator(), greedy=True)
    lengths = played.real.sum(dim=1)
    assert lengths[::2].max() < lengths[1::2].min()
    swapped = play_cart_poles(extremes, torch.arange(39, -1, -1), push_right, torch.Generator(), greedy=True)
    assert swapped.real.sum(dim=1)[::2].min() > swapped.real.sum(dim=1)[1::2].max()


def test_users_toss_coins_of_their_own() -> None:
    """Poisson sampling: the number of users varies as a binomial's, and nobody is asked twice in a step."""
    asked = []
    still = UserEpisodes(
        torch.zeros(1, 1, 4),
        torch.zeros(1, 1).long(),
        torch.zeros(1, 1),
        torch.ones(1, 1).bool(),
        torch.ones(1).bool(),
    )

    def play(users: torch.Tensor, actor: nn.Module, generator: torch.Generator) -> UserEpisodes:
        asked.append(users)
        return UserEpisodes(*(x.expand(len(users), *x.shape[1:]) for x in still))

    train_private(play, 4, 2, replace(SMALL, users=1000, sample_rate=0.1, updates=300), 0)
    counts = torch.tensor([float(len(users)) for users in asked])
    assert counts.mean().item() == pytest.approx(100, abs=4 * math.sqrt(90 / 300))
    assert counts.std().item() == pytest.approx(math.sqrt(90), rel=0.2)
    assert all(len(users.unique()) == len(users) for users in asked)
    shares = torch.bincount(torch.cat(asked), minlength=1000) / 300
    assert shares.min() > 0.02 and shares.max() < 0.2


def test_a_coin_on_the_edge_stays_out() -> None:
    """Coins lie in [0, 1): those below the share take part, so that none do at 0 and all at 1."""
    coins = torch.rand(40, generator=torch.Generator().manual_seed(0))
    edge = coins[7].item()
    asked: list[list[int]] = []

    def play(users: torch.Tensor, actor: nn.Module, generator: torch.Generator) -> UserEpisodes:
        asked.append(users.tolist())
        return play_cart_poles(cart_pole_users(40, 0), users, actor, generator, longest=2)

    train_private(play, 4, 2, replace(SMALL, sample_rate=edge, updates=1), 0)
    assert asked == [[i for i, coin in enumerate(coins.tolist()) if coin < edge]]
    assert 7 not in asked[0] and len(asked[0]) > 0


def test_a_step_without_anybody_is_a_step() -> None:
    """With nobody there, noise alone is published: silence would tell."""
    play = partial(play_cart_poles, cart_pole_users(1, 0))
    weights = []
    settings = replace(SMALL, users=1, sample_rate=1e-9)
    train_private(
        play,
        4,
        2,
        settings,
        0,
        lambda _, actor: weights.append(nn.utils.parameters_to_vector(actor.parameters()).clone()),
    )
    assert len(weights) == 5 and not torch.equal(weights[0], weights[1])


def test_the_private_mean_is_all_that_the_learner_sees(monkeypatch) -> None:
    """Let it be the same, whatever was played: then so are the weights."""
    monkeypatch.setattr(private_policy, "private_mean", lambda *args: torch.ones(10))
    found = []
    for population in (cart_pole_users(40, 0), cart_pole_users(40, 1)):
        actor, _ = train_private(partial(play_cart_poles, population), 4, 2, SMALL, 0)
        found.append(nn.utils.parameters_to_vector(actor.parameters()))
    assert torch.equal(*found)


def test_training_is_seeded_spends_what_the_accountant_says_and_ascends() -> None:
    play = partial(play_cart_poles, cart_pole_users(40, 0))
    actor, spent = train_private(play, 4, 2, SMALL, 3)
    again, _ = train_private(play, 4, 2, SMALL, 3)
    other, _ = train_private(play, 4, 2, SMALL, 4)
    one, two, three = (nn.utils.parameters_to_vector(x.parameters()) for x in (actor, again, other))
    assert torch.equal(one, two) and not torch.equal(one, three)
    assert spent == epsilon_spent(1.0, 0.2, 5, 1e-4)
    assert train_private(play, 4, 2, replace(SMALL, noise=0.0), 3)[1] == math.inf
    assert torch.equal(clip_rows(torch.ones(2, 1), 1.0), torch.ones(2, 1))


def test_the_optimizer_ascends() -> None:
    actor = mlp((2, 2), nn.Tanh)
    before = nn.utils.parameters_to_vector(actor.parameters()).detach().clone()
    set_ascent(actor, torch.arange(6.0))
    torch.optim.SGD(actor.parameters(), lr=0.5).step()
    after = nn.utils.parameters_to_vector(actor.parameters()).detach()
    assert torch.allclose(after - before, 0.5 * torch.arange(6.0), atol=1e-6)


@pytest.mark.parametrize("noise", [0.0, 1.5])
def test_the_loop_by_hand(noise) -> None:
    """Coins first, then what is played, then the noise; Adam's rate falls along half a cosine."""
    settings = replace(SMALL, noise=noise, hidden=(3,), learning_rate=0.2, max_grad_norm=2.0, baseline=4.0)
    play, counts = partial(play_cart_poles, cart_pole_users(40, 0)), []
    found, _ = train_private(play, 4, 2, settings, 3, lambda step, _: counts.append(step))
    torch.manual_seed(3)
    dice, actor = torch.Generator().manual_seed(3), mlp((4, 3, 2), nn.Tanh, gain=0.01)
    optimizer = torch.optim.Adam(actor.parameters())
    for step in range(5):
        users = [i for i, coin in enumerate(torch.rand(40, generator=dice).tolist()) if coin < 0.2]
        episodes = play(torch.tensor(users), actor, dice)
        advantages = episode_advantages(episodes, 0.95, 4.0)
        each = episode_gradients(actor, episodes.observations, episodes.actions, advantages)
        total = sum(row * min(1.0, 2.0 / row.norm().item()) for row in each)
        if noise:
            total = total + noise * 2.0 * torch.randn(len(total), generator=dice)
        rate = 0.2 * (1 + math.cos(math.pi * step / 5)) / 2
        optimizer.param_groups[0]["lr"] = rate
        for weight, part in zip(
            actor.parameters(), total.split([w.numel() for w in actor.parameters()]), strict=True
        ):
            weight.grad = -part.view_as(weight) / 8  # a fifth of forty on average
        optimizer.step()
    assert counts == [1, 2, 3, 4, 5]
    for mine, theirs in zip(found.parameters(), actor.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
