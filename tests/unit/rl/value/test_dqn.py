"""DQN's parts: what the target networks do, what acting and training do, what is refused."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.networks import DuelingNetwork, QNetwork, mlp
from deepseek_book_utils.rl.replay import Batch
from deepseek_book_utils.rl.rollouts import stable_from
from deepseek_book_utils.rl.value.dqn import (
    DQNSettings,
    bootstrap,
    check_batch,
    double_dqn_targets,
    dqn_loss,
    dqn_targets,
    epsilon_greedy,
    exploration,
    learn,
    promised_and_true,
    train_dqn,
)
from deepseek_book_utils.rl.value.targets import (
    HardTarget,
)
from tests.unit.rl.value.test_targets import SEEN, TARGETS, network

SMALL = DQNSettings(
    updates=20, environments=4, hidden=(8, 8), batch_size=16, learning_starts=32, evaluate_every=8
)


def nothing(_: nn.Module) -> dict[str, float]:
    return {}


# --- networks, acting -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [QNetwork, DuelingNetwork])
def test_a_network_answers_rows_and_refuses_columns(kind) -> None:
    net = kind(4, 2, (8, 8), torch.Generator().manual_seed(0))
    assert net(torch.zeros(4)).shape == (2,) and net(torch.zeros(3, 5, 4)).shape == (3, 5, 2)
    for wrong in (torch.zeros(4, 1), torch.zeros(6, 3), torch.tensor(1.0)):
        with pytest.raises(ValueError, match="belongs to one task"):
            net(wrong)


def test_networks_are_drawn_from_their_generator() -> None:
    torch.manual_seed(1)
    one = network(5)
    torch.manual_seed(2)
    assert torch.equal(one(SEEN), network(5)(SEEN)) and not torch.equal(one(SEEN), network(6)(SEEN))


def test_mlp_is_orthogonal_with_its_gains() -> None:
    first, _, last = mlp((16, 32, 3), gain=0.5, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(first.weight.T @ first.weight, 2 * torch.eye(16), atol=1e-5)
    assert torch.allclose(last.weight @ last.weight.T, 0.25 * torch.eye(3), atol=1e-5)
    assert not first.bias.any() and not last.bias.any()
    with pytest.raises(ValueError, match="name at least what goes in"):
        mlp((4,))


def test_a_dueling_network_needs_two_widths() -> None:
    with pytest.raises(ValueError, match="as \\(128, 128\\)"):
        DuelingNetwork(4, 2, (8,))


def test_epsilon_greedy_mixes() -> None:
    """Of 3 actions the best is taken with probability 1 - eps + eps / 3, every other with eps / 3."""
    values = torch.tensor([0.0, 5.0, 1.0]).expand(20_000, 3)
    for epsilon in (0.0, 0.3, 1.0):
        actions = epsilon_greedy(values, epsilon, torch.Generator().manual_seed(0))
        shares = torch.bincount(actions, minlength=3) / len(actions)
        expected = torch.tensor([epsilon / 3, 1 - 2 * epsilon / 3, epsilon / 3])
        assert (shares - expected).abs().max() < 0.015


def test_a_draw_on_the_edge_is_no_guess() -> None:
    dice = torch.Generator().manual_seed(0)
    guesses, draws = torch.randint(3, (51,), generator=dice), torch.rand(51, generator=dice)
    values = -nn.functional.one_hot(guesses, 3).float()  # a guess is never the best
    actions = epsilon_greedy(values, draws.median().item(), torch.Generator().manual_seed(0))
    assert torch.equal(actions == guesses, draws < draws.median()) and (actions == guesses).sum() == 25


def test_exploration_falls_in_a_line_and_stays() -> None:
    settings = replace(SMALL, epsilon=0.1, exploring=0.5)
    assert [exploration(p, settings) for p in (0.0, 0.25, 0.5, 0.9)] == pytest.approx([1.0, 0.55, 0.1, 0.1])
    assert exploration(0.0, replace(SMALL, epsilon=0.1, exploring=0.0)) == 0.1


# --- targets and loss refuse what would broadcast ---------------------------------------------------------


def test_shapes_are_not_broadcast() -> None:
    flat, over, values = torch.zeros(3), torch.zeros(3, dtype=torch.bool), torch.zeros(3, 2)
    with pytest.raises(ValueError, match="one number a transition"):
        dqn_targets(flat[:, None], over, values, 0.9)
    with pytest.raises(ValueError, match="one number a transition"):
        double_dqn_targets(flat, over[:, None], values, values, 0.9)
    with pytest.raises(ValueError, match="one number a transition"):
        dqn_loss(values, torch.zeros(3, dtype=torch.long), flat[:, None])
    with pytest.raises(ValueError, match="pass it as bool"):
        dqn_targets(flat, flat, values, 0.9)
    check_batch(a=flat, b=over)
    with pytest.raises(ValueError, match="one number a transition"):
        check_batch(a=flat, b=torch.zeros(4))
    with pytest.raises(ValueError, match="one number a transition"):
        bootstrap(flat, over, flat[:, None], 0.9)
    with pytest.raises(ValueError, match="one number a transition"):
        dqn_loss(values, torch.zeros(3, dtype=torch.long), torch.zeros(1))


def test_nothing_follows_a_terminal_state_not_even_infinity() -> None:
    following = torch.tensor([[math.inf, math.nan]])
    assert dqn_targets(torch.ones(1), torch.ones(1, dtype=torch.bool), following, 0.9).tolist() == [1.0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"learning_starts": 8}, "a batch must be there before learning starts"),
        ({"capacity": 20}, "must fit the replay"),
    ],
)
def test_settings_that_make_no_sense(wrong, message) -> None:
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **wrong)


# --- learning ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("double", [False, True])
def test_learning_reaches_known_values(double) -> None:
    """Two states: 0 leads to 1 with reward 1, 1 ends with reward 2: Q is 1 + 0.5 * 2, and 2."""
    states = torch.eye(2).repeat(32, 1)
    over = torch.tensor([False, True]).repeat(32)
    actions = torch.arange(64) // 2 % 2
    batch = Batch(states, actions, 1.0 + over.float(), torch.eye(2).flip(0).repeat(32, 1), over)
    online = QNetwork(2, 2, (16,), torch.Generator().manual_seed(0))
    target = HardTarget(online, every=5)
    optimizer = torch.optim.Adam(online.parameters(), lr=0.01)
    settings = replace(SMALL, discount=0.5, reward_scale=0.1, double=double)
    losses = [learn(online, target, optimizer, batch, settings) for _ in range(600)]
    assert losses[-1] < 1e-6 < losses[0]
    assert torch.allclose(online(torch.eye(2)), torch.tensor([[0.2, 0.2], [0.2, 0.2]]), atol=1e-3)


def test_a_target_hears_of_the_loss_as_a_number() -> None:
    class Listening(HardTarget):
        def update(self, online: nn.Module, error: float) -> None:
            heard.append(error)

    heard, online = [], network(0)
    batch = Batch(SEEN, torch.zeros(len(SEEN), dtype=torch.long), SEEN[:, 0], SEEN, SEEN[:, 0] > 0)
    optimizer = torch.optim.SGD(online.parameters(), lr=0.1)
    loss = learn(online, Listening(online, every=1), optimizer, batch, SMALL)
    assert heard == [loss] and isinstance(heard[0], float)


@pytest.mark.parametrize("dueling", [False, True])
@pytest.mark.parametrize("kind", TARGETS)
def test_a_seed_gives_a_run(kind, dueling) -> None:
    settings = replace(SMALL, target=kind, dueling=dueling, double=dueling)
    runs = []
    for _ in range(2):
        net, history = train_dqn("CartPole-v1", settings, 3, nothing)
        runs.append((net(SEEN), history))
    assert torch.equal(runs[0][0], runs[1][0]) and runs[0][1] == runs[1][1]
    other, _ = train_dqn("CartPole-v1", settings, 4, nothing)
    assert not torch.equal(other(SEEN), runs[0][0])


def test_the_kind_of_network_is_as_asked() -> None:
    for dueling, kind in ((False, QNetwork), (True, DuelingNetwork)):
        net, _ = train_dqn("CartPole-v1", replace(SMALL, dueling=dueling, updates=1), 0, nothing)
        assert isinstance(net, kind)


def test_the_steps_become_smaller() -> None:
    """The rate falls along a cosine: the last of 20 steps is taken with 0.6 % of it."""
    path = []

    def follow(net: nn.Module) -> dict[str, float]:
        path.append(nn.utils.parameters_to_vector(net.parameters()).detach())
        return {}

    train_dqn("CartPole-v1", replace(SMALL, evaluate_every=1), 0, follow)
    assert len(path) == 20
    lengths = [(after - before).norm().item() for before, after in zip(path, path[1:], strict=False)]
    assert lengths[-1] < 0.05 * lengths[0] and lengths[len(lengths) // 2] < lengths[0]


def test_history_says_when_and_what() -> None:
    seen = []

    def measure(net: nn.Module) -> dict[str, float]:
        seen.append(net)
        return {"answer": 42.0}

    net, history = train_dqn("CartPole-v1", SMALL, 0, measure)
    assert [record["update"] for record in history] == [8, 16, 20]  # the last one is always measured
    assert all(record["answer"] == 42.0 and record["loss"] > 0 for record in history)
    assert all(found is net for found in seen)
    assert 32 <= history[0]["transitions"] - 7 * 4 + 4 <= 40  # an update for every step after the start
    _, history = train_dqn("CartPole-v1", replace(SMALL, updates=1), 0)
    assert 8 <= history[0]["return"] <= 500


def test_a_task_with_other_actions_is_refused() -> None:
    with pytest.raises(ValueError, match="chooses among a few"):
        train_dqn("Pendulum-v1", SMALL, 0)


def test_stable_from_is_the_last_unbroken_stretch() -> None:
    def run(*returns: float) -> dict[str, float] | None:
        return stable_from([{"update": i, "return": r} for i, r in enumerate(returns)])

    assert run(500, 480, 200, 475, 490) == {"update": 3, "return": 475}
    assert run(500, 500, 474.9) is None and run() is None
    assert run(500, 500)["update"] == 0


def test_promised_and_true_begin_in_the_same_states() -> None:
    """A network that promises 0.01 (position + velocity + ...) for pushing right, always."""

    class AlwaysRight(nn.Module):
        def forward(self, observations: torch.Tensor) -> torch.Tensor:
            right = 7.0 + observations.sum(dim=-1)
            return torch.stack((right - 5.0, right), dim=-1)

    settings = replace(SMALL, reward_scale=0.5, discount=0.9)
    promised, true = promised_and_true(AlwaysRight(), "CartPole-v1", settings, episodes=20, seed=5)
    starts = Environments("CartPole-v1", 20, 5).observations
    assert torch.allclose(promised, (7.0 + starts.sum(dim=1)) / 0.5)
    lengths = torch.log1p(-true * 0.1) / math.log(0.9)  # of 1 + g + g^2 + ...
    assert torch.allclose(lengths, lengths.round(), atol=1e-3)
    assert lengths.round().min() >= 8 and lengths.round().max() <= 11
