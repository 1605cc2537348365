"""What the games and the learners refuse, and what they keep apart."""

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete

from deepseek_book_utils.rl.teams import multi_agent
from deepseek_book_utils.rl.teams.competition import gradient_play, reinforce_play
from deepseek_book_utils.rl.teams.games import (
    MarkovGame,
    climbing_game,
    lever_game,
    matching_pennies,
    one_mind,
    two_step_game,
)
from deepseek_book_utils.rl.teams.multi_agent import (
    Team,
    TeamSettings,
    greedy_return,
    payoffs_seen,
    train_team,
)
from deepseek_book_utils.rl.teams.team_play import (
    epsilon_greedy_policies,
    play,
    table_shape,
)

SHORT = TeamSettings(method="vdn", updates=3, episodes=2)


@pytest.mark.parametrize("shape", [(2, 1, 3), (2, 1, 3, 2), (3, 1, 2, 2), (2,), ()])
def test_payoffs_have_an_axis_for_each_agent(shape) -> None:
    with pytest.raises(ValueError, match="one axis of actions for each"):
        MarkovGame(np.zeros(shape))


@pytest.mark.parametrize("next_state", [np.zeros((1, 2)), np.full((1, 2, 2), 1), np.full((1, 2, 2), -2)])
def test_the_game_goes_on_in_a_state_that_exists(next_state) -> None:
    with pytest.raises(ValueError, match="states 0 to 0, or -1 where the game is over"):
        MarkovGame(np.zeros((2, 1, 2, 2)), next_state)


@pytest.mark.parametrize(
    "actions", [{}, {"agent_0": 0}, {"agent_0": 0, "agent_1": 2}, {"agent_0": -1, "agent_1": 0}]
)
def test_every_agent_acts(actions) -> None:
    game = two_step_game()
    game.reset()
    with pytest.raises(ValueError, match="give every agent an action from 0 to 1"):
        game.step(actions)


def test_after_the_end_comes_a_reset() -> None:
    game = climbing_game()
    with pytest.raises(ValueError, match=r"call reset\(\) first"):
        game.step({"agent_0": 0, "agent_1": 0})


def test_one_mind_needs_one_reward() -> None:
    with pytest.raises(ValueError, match="pays all alike"):
        one_mind(matching_pennies())


def test_an_unknown_method() -> None:
    with pytest.raises(ValueError, match="choose independent, vdn, qmix"):
        TeamSettings(method="joint")


@pytest.mark.parametrize("method", ["vdn", "qmix"])
def test_rivals_are_no_team(method) -> None:
    with pytest.raises(ValueError, match="take method='independent'"):
        train_team(matching_pennies(), TeamSettings(method=method), 0)
    train_team(matching_pennies(), TeamSettings(method="independent", updates=3), 0)


@pytest.mark.parametrize("space", [Box(0, 1), Discrete(3)])
def test_the_tables_of_all_agents_are_of_one_size(space) -> None:
    game = two_step_game()
    game.action_spaces["agent_1"] = space
    with pytest.raises(ValueError, match="take Discrete spaces, the same for every agent"):
        train_team(game, SHORT, 0)
    assert table_shape(two_step_game()) == (2, 3, 2)


def test_epsilon_greedy_by_hand() -> None:
    tables = np.array([[[1.0, 3.0, 2.0, 0.0]]])
    assert epsilon_greedy_policies(tables, 0.4)[0, 0] == pytest.approx([0.1, 0.7, 0.1, 0.1])
    assert epsilon_greedy_policies(tables, 0.0)[0, 0].tolist() == [0.0, 1.0, 0.0, 0.0]


def test_play_draws_from_the_policies_and_keeps_each_agent_to_its_own() -> None:
    """Agent 0 never takes lever 0 and agent 1 never lever 1; agent 2 takes lever 0 three times in four."""
    policies = np.array([[[0.0, 1.0]], [[1.0, 0.0]], [[0.75, 0.25]]])
    batch = play(lever_game(3), policies, 2000, np.random.default_rng(0))
    assert batch.actions.shape == batch.rewards.shape == (2000, 3)
    assert batch.actions.float().mean(dim=0).tolist() == pytest.approx([1.0, 0.0, 0.25], abs=0.03)
    right = (batch.actions == torch.tensor([0, 1, 0])).sum(dim=1, keepdim=True)
    assert torch.equal(batch.rewards, right.expand(-1, 3).float())
    assert batch.terminated.all()


def test_play_follows_the_state() -> None:
    policies = np.zeros((2, 3, 2))
    policies[..., 1] = 1.0  # always 1: to state 2, then 8
    batch = play(two_step_game(), policies, 3, np.random.default_rng(0))
    assert batch.observations[:, 0].tolist() == [0, 2, 0, 2, 0, 2]
    assert batch.next_observations[::2, 1].tolist() == [2, 2, 2]
    assert batch.rewards[:, 0].tolist() == [0.0, 8.0] * 3
    assert batch.terminated[:, 0].tolist() == [False, True] * 3
    assert torch.equal(batch.state, torch.eye(3)[batch.observations[:, 0]])
    assert torch.equal(batch.next_state[::2], torch.eye(3)[[2, 2, 2]])


class Clock:
    """One agent whose game is cut off, not ended, after one step; or two, of whom one leaves first."""

    def __init__(self, names: list[str]) -> None:
        self.possible_agents = names

    def reset(self, seed=None):
        self.agents = list(self.possible_agents)
        return dict.fromkeys(self.agents, 0), {}

    def state(self):
        return np.ones(1, dtype=np.float32)

    def step(self, actions):
        names, self.agents = self.agents, self.agents[1:]
        yes, no = dict.fromkeys(names, True), dict.fromkeys(names, False)
        return dict.fromkeys(names, 0), dict.fromkeys(names, 1.0), no, yes, {}


def test_time_running_out_is_not_an_end() -> None:
    batch = play(Clock(["only"]), np.ones((1, 1, 2)) / 2, 4, np.random.default_rng(0))
    assert len(batch.rewards) == 4 and not batch.terminated.any()


def test_nobody_leaves_before_the_others() -> None:
    with pytest.raises(ValueError, match="ends for all of its agents at once"):
        play(Clock(["first", "second"]), np.ones((2, 1, 2)) / 2, 1, np.random.default_rng(0))


@pytest.mark.parametrize("method", ["independent", "vdn", "qmix"])
def test_a_seed_gives_the_same_numbers_and_leaves_torchs_own_alone(method) -> None:
    settings = TeamSettings(method=method, updates=5)
    runs = []
    for own, seed in ((7, 1), (8, 1), (8, 2)):
        torch.manual_seed(own)
        expected = torch.rand(3)
        torch.manual_seed(own)
        runs.append(train_team(two_step_game(), settings, seed))
        assert torch.equal(torch.rand(3), expected)
    first, again, other = runs
    assert np.array_equal(first.tables, again.tables) and np.array_equal(first.losses, again.losses)
    assert not np.array_equal(first.tables[0], other.tables[0])


def test_tables_begin_small_and_a_mixer_is_made_for_who_needs_it() -> None:
    torch.manual_seed(0)
    team = Team(3, 20, 30, 20, SHORT)
    assert team.tables.std().item() == pytest.approx(0.01, rel=0.1)
    assert [name for name, _ in team.named_parameters()] == ["tables"]


def test_the_team_plays_by_its_newest_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = []

    def noting(game, played, episodes, rng):
        policies.append(played)
        return play(game, played, episodes, rng)

    monkeypatch.setattr(multi_agent, "play", noting)
    trained = train_team(two_step_game(), TeamSettings(method="vdn", updates=4, final_epsilon=0.1), 0)
    expected = map(epsilon_greedy_policies, trained.tables, trained.epsilons)
    assert all(map(np.array_equal, policies, expected)) and len(policies) == 4
    assert not np.array_equal(trained.tables[0].argmax(axis=-1), trained.tables[3].argmax(axis=-1))


def test_the_record_holds_what_was_before_each_update() -> None:
    trained = train_team(two_step_game(), TeamSettings(method="vdn", updates=4, final_epsilon=0.1), 0)
    assert trained.tables.shape == (4, 2, 3, 2)
    assert trained.epsilons == pytest.approx([1.0, 0.7, 0.4, 0.1])
    assert np.abs(trained.tables[0]).max() < 0.1  # as it began
    changed = [not np.array_equal(a, b) for a, b in zip(trained.tables, trained.tables[1:], strict=False)]
    assert all(changed)
    assert not np.array_equal(trained.tables[-1], trained.team.tables.detach().numpy())


def test_what_an_agent_sees_depends_on_the_other() -> None:
    """While all is random an action is worth the mean of its row; with a greedy partner, one entry."""
    trained = train_team(climbing_game(), TeamSettings(method="independent", updates=2, final_epsilon=0.0), 0)
    seen = payoffs_seen(climbing_game().payoffs, trained, 0)
    rows = np.array([[11, -30, 0], [-30, 7, 6], [0, 0, 5]])
    assert seen[0] == pytest.approx(np.stack((rows.mean(axis=1), rows.mean(axis=0))))
    best = trained.tables[1, :, 0].argmax(axis=-1)
    assert seen[1] == pytest.approx(np.stack((rows[:, best[1]], rows[best[0]])))


def test_a_team_earns_what_its_best_actions_earn() -> None:
    """In the two-step game 0 leads to 7 for all, 1 to a state that pays 0, 1, 1 or 8."""
    team = Team(2, 3, 2, 3, SHORT)
    for best, earned in (((0, 0), 7.0), ((1, 1), 8.0), ((1, 0), 0.0)):
        first, last = best
        with torch.no_grad():
            team.tables.zero_()
            team.tables[:, 0, first] = 1.0
            team.tables[:, 1:, last] = 1.0
        assert greedy_return(two_step_game(), team) == earned
    alone = Team(1, 3, 4, 3, SHORT)  # one agent for both: 3 stands for (1, 1)
    with torch.no_grad():
        alone.tables.zero_()
        alone.tables[..., 3] = 1.0
    assert greedy_return(one_mind(two_step_game()), alone) == 8.0


def test_the_game_begins_with_the_seed_of_the_run() -> None:
    seeds: list[int | None] = []

    class Listening(MarkovGame):
        def reset(self, seed=None, options=None):
            seeds.append(seed)
            return super().reset(seed)

    train_team(Listening(np.ones((2, 1, 2, 2))), SHORT, 7)
    assert seeds[0] == 7


def test_gradient_play_refuses() -> None:
    payoffs = matching_pennies().payoffs[:, 0]
    with pytest.raises(ValueError, match="choose one of simultaneous, optimistic"):
        gradient_play(payoffs, (0.5, 0.5), rule="alternating")
    with pytest.raises(ValueError, match="probabilities from 0 to 1"):
        gradient_play(payoffs, (1.5, 0.5))
    with pytest.raises(ValueError, match="never explores"):
        reinforce_play(matching_pennies(), (1.0, 0.5), 0)


def test_probabilities_stay_probabilities() -> None:
    path = gradient_play(matching_pennies().payoffs[:, 0], (0.9, 0.5), 0.3, 200)
    assert path.shape == (201, 2) and path.min() == 0.0 and path.max() == 1.0
