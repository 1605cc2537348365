"""The bug museum, first wing: a training loop that hardly trains."""

from collections.abc import Callable
from typing import Any

import torch

from ..checking import Wrong, ask
from ..museum import Answer, Defect, Exhibit, visit

LOOP = Exhibit(
    lines=15,
    letters="ABCDEFG",
    defects={
        5: Defect(
            "E",
            "What does `reset` of Gymnasium return? And what is then handed to the policy?",
            {"B": "That is said of `step`; here it is `reset` that returns something else."},
        ),
        9: Defect(
            "B",
            "Count what `step` of Gymnasium returns.",
            {"E": "That is said of `reset`; here it is `step` that returns something else."},
        ),
        14: Defect(
            "G",
            "An argument of the function is never read. Where should it have been?",
            {"C": "PPO gathers many steps first. But which argument is never read?"},
        ),
        15: Defect(
            "D",
            "How many episodes are played when `episodes` is 1000? Count the spaces before each line.",
            {"F": "Nothing is wrong with what is returned. But when?"},
        ),
    },
    innocent={
        4: "It would play as many episodes as it should, if it were let.",
        7: "An episode is played until it is over.",
        10: "It records what line 9 gives it, and the state in which the action was taken.",
        11: "The return that is reported is not discounted: so the text has it.",
        12: "The next step begins where this one ended.",
    },
)


class Episodes:
    """An environment with Gymnasium's interface that plays given episodes, and notes how it is used.

    `rewards` has one list for each episode; those in `cut` are truncated at their end, the others terminate.
    `turn` tells the policies of several environments apart.
    """

    def __init__(self, rewards: list[list[float]], cut: set[int], turn: int) -> None:
        self.rewards, self.cut, self.turn = rewards, cut, turn
        self.episode, self.time, self.over = -1, 0, True
        self.paired = self.late = False
        self.updates: list[Any] = []

    def reset(self, *, seed: int | None = None, options: dict | None = None) -> tuple[int, dict]:
        """Begin the next episode: observation and info."""
        self.episode, self.time, self.over = (self.episode + 1) % len(self.rewards), 0, False
        return 100 * self.episode, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict]:
        """Observation, reward, terminated, truncated, info."""
        if self.over:
            self.late = True
            raise RuntimeError("step() was called after the end of an episode; call reset() first")
        reward = self.rewards[self.episode][self.time]
        self.time += 1
        self.over = self.time == len(self.rewards[self.episode])
        cut = self.episode in self.cut
        return 100 * self.episode + self.time, reward, self.over and not cut, self.over and cut, {}

    def policy(self, state: Any) -> int:
        """An action for a state."""
        if isinstance(state, tuple):
            self.paired = True
            raise TypeError("the policy was given a tuple, and a state is an integer")
        return (int(state) + self.turn) % 3

    def update(self, transitions: Any) -> None:
        """Notes what is to be learnt from."""
        self.updates.append(list(transitions))

    def transitions(self, episode: int, cut_is_end: bool = False) -> list[tuple]:
        """What one episode consists of."""
        rewards, first = self.rewards[episode], 100 * episode
        ends = cut_is_end or episode not in self.cut
        return [
            (first + t, (first + t + self.turn) % 3, r, first + t + 1, ends and t == len(rewards) - 1)
            for t, r in enumerate(rewards)
        ]


def loop(answer: Answer, seed: int) -> None:
    """Grades `found_loop` and `mended_loop(env, policy, update, episodes, batch_size)`."""
    visit(LOOP, answer, mended_loop, seed)


def mended_loop(mended: Callable[..., Any], seed: int) -> None:
    """Grades the mended loop by what the environment, the policy and the learner are asked to do."""
    generator = torch.Generator().manual_seed(seed)
    for batch_size, lengths in ((4, (3, 6, 5, 9, 2, 4)), (7, (8, 3, 10, 5, 6)), (1, (1, 2, 3))):
        rewards = [(torch.randint(-9, 9, (n,), generator=generator) / 4 + 0.125).tolist() for n in lengths]
        env = Episodes(rewards, {0, 3}, len(lengths))
        try:
            returns = ask(lambda e=env, b=batch_size: mended(e, e.policy, e.update, len(e.rewards), b))
        except Wrong:
            if env.paired:
                hint = "`reset` returns the observation and a dictionary of information."
                raise Wrong("The policy is given the pair that `reset` returns, not a state.", hint) from None
            if env.late:
                hint = "An episode is over when it is terminated or truncated: the loop must look at both."
                raise Wrong("You step on after an episode is over.", hint) from None
            raise
        judge_returns(returns, [sum(r) for r in rewards])
        judge_updates(env, batch_size)


def judge_returns(returns: Any, expected: list[float]) -> None:
    """Raises Wrong unless these are the returns of all episodes."""
    if not isinstance(returns, list):
        raise Wrong(f"A list of returns is asked for, and this is a {type(returns).__name__}.")
    if len(returns) != len(expected):
        first = "Training still ends after the first episode. " if len(returns) == 1 else ""
        raise Wrong(
            f"{first}{len(expected)} episodes were asked for, and {len(returns)} returns came back.",
            "How far is `return` indented?",
        )
    if not ask(lambda: bool(returns == expected)):
        raise Wrong(f"The returns differ: {returns!r:.60} came back for {expected!r:.60}.")


def judge_updates(env: Episodes, batch_size: int) -> None:
    """Raises Wrong unless the learner got full batches, each transition once, across borders of episodes."""
    number = range(len(env.rewards))

    def batches(transitions: list[tuple]) -> list[list[tuple]]:
        return [
            transitions[i : i + batch_size] for i in range(0, len(transitions) - batch_size + 1, batch_size)
        ]

    played = [step for k in number for step in env.transitions(k)]
    if not env.updates:
        raise Wrong("Nothing is ever learnt: `update` is not called.")
    others = [step for batch in env.updates for step in batch if not isinstance(step, tuple)]
    if others:
        raise Wrong(f"A transition must be a tuple, and you hand over a {type(others[0]).__name__}.")
    if ask(lambda: bool(env.updates == batches(played))):
        return
    ended = [step for k in number for step in env.transitions(k, cut_is_end=True)]
    if ask(lambda: bool(env.updates == batches(ended))):
        raise Wrong(
            "A transition at which an episode was truncated is marked as the end of its world.",
            "Record `terminated` alone: after a truncation there would have been a next state, with a value.",
        )
    sizes = [len(batch) for batch in env.updates]
    lengths = [len(rewards) for rewards in env.rewards]
    if len(sizes) == len(lengths) and set(sizes) != {batch_size}:
        raise Wrong(
            f"There is still one update for each episode, whatever its length: batches of {sizes}, "
            f"and {batch_size} was asked for.",
            "Look at the number of transitions after every step.",
        )
    if sum(sizes) > len(played):
        raise Wrong("Transitions are learnt from more than once.", "Begin a new list after each update.")
    if ask(lambda: bool(env.updates == [b for k in number for b in batches(env.transitions(k))])):
        raise Wrong(
            "What is left over at the end of an episode is thrown away.",
            "A batch may run across the border between two episodes.",
        )
    if sizes and sizes[-1] < batch_size and set(sizes[:-1]) <= {batch_size}:
        raise Wrong("The last batch is incomplete, and only full ones are to be learnt from.")
    raise Wrong(
        f"The batches differ: they have the sizes {sizes}.",
        f"Each holds the {batch_size} transitions since the last, in their order.",
    )
