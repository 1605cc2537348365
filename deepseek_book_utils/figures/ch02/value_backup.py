"""The reacting figure of chapter 2 on value learning: recorded walks over a small grid,
and what TD, four steps and Monte Carlo make of them.

The drawing lies in `value_backup.js` and learns in the page. The sentences
that it must reach are computed here, so that figure and text cannot part.
"""

import random
from collections.abc import Mapping, Sequence

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

SIZE, START, GOAL, PIT = 5, 20, 4, 12  # cells by row from 0: a corner, a corner, centre
CHANCES = (
    0.35,
    0.35,
    0.15,
    0.15,
)  # of a step up, right, down, left: a drunk who knows better
ALPHA, GAMMA = 0.3, 0.9
WAITS = {"1 step": 1, "4 steps": 4, "the whole episode": None}  # before a value learns


def next_cell(cell: int, move: int) -> int:
    """The cell after one step up, right, down or left; walls stop it."""
    row, column = divmod(cell, SIZE)
    row += (-1, 0, 1, 0)[move]
    column += (0, 1, 0, -1)[move]
    return cell if not (0 <= row < SIZE and 0 <= column < SIZE) else row * SIZE + column


NEXT = [[next_cell(cell, move) for move in range(4)] for cell in range(SIZE**2)]


def grid_walks(episodes: int = 24, seed: int = 0) -> list[list[int]]:
    """Walks from the start to goal or pit, as lists of cells, by `CHANCES`."""
    rng, walks = random.Random(seed), []
    for _ in range(episodes):
        walk = [START]
        while walk[-1] not in (GOAL, PIT):
            (move,) = rng.choices(range(4), CHANCES)
            walk.append(NEXT[walk[-1]][move])
        walks.append(walk)
    return walks


def learn_values(
    walks: Sequence[Sequence[int]],
    n: int | None,
    rewards: Mapping[int, float],
    steps: int,
) -> list[float]:
    """Values of all cells after `steps` steps of the walks, each learned from the n
    rewards that follow it (None: all to the end of the episode).

    rewards: of entering a cell. Online n-step TD, Sutton and Barto 2018, section 7.1;
    n = 1 is TD(0), n = None is constant-alpha, every-visit Monte Carlo.
    """
    values = [0.0] * SIZE**2
    for walk in walks:
        length = len(walk) - 1  # T
        wait = n or length
        for t in range(1, min(length, steps) + 1):  # time after the step
            # at the end of the episode the last n cells learn, none of them bootstraps
            due = [t - wait] if t < length else range(length - wait, length)
            for k in due:
                if k < 0:
                    continue
                end = min(k + wait, length)
                # G = R_k+1 + gamma R_k+2 + ... + gamma^n V(S_k+n)               eq. 7.1
                target = sum(GAMMA ** (i - k) * rewards.get(walk[i + 1], 0) for i in range(k, end))
                if end < length:
                    target += GAMMA**wait * values[walk[end]]
                # V(S_k) <- V(S_k) + alpha (G - V(S_k))                          eq. 7.2
                values[walk[k]] += ALPHA * (target - values[walk[k]])
        steps -= length
        if steps <= 0:
            break
    return values


def true_values(rewards: Mapping[int, float]) -> list[float]:
    """Values of all cells under `CHANCES`: Bellman's equation, until it holds."""
    values = [0.0] * SIZE**2
    for _ in range(300):  # 0.9^300 is 2e-14
        # V(s) = sum over moves of p (r + gamma V(s'))    Sutton and Barto 2018, eq. 4.5
        values = [
            0.0
            if cell in (GOAL, PIT)
            else sum(
                p * (rewards.get(to, 0) + GAMMA * values[to])
                for p, to in zip(CHANCES, NEXT[cell], strict=True)
            )
            for cell in range(SIZE**2)
        ]
    return values


def _backup_sentence(walks: Sequence[Sequence[int]], settings: Settings) -> str:
    step, wait = int(settings["step"]), str(settings["n"])
    rewards = {GOAL: float(settings["goal"]), PIT: float(settings["pit"])}
    values = learn_values(walks, WAITS[wait], rewards, step)
    truth = true_values(rewards)
    inner = [cell for cell in range(SIZE**2) if cell not in (GOAL, PIT)]
    heard = sum(abs(values[cell]) > 1e-9 for cell in inner)
    far = sum(abs(values[cell] - truth[cell]) for cell in inner) / len(inner)
    episode, seen = 0, 0
    while seen < step:
        seen, episode = seen + len(walks[episode]) - 1, episode + 1
    when = f"Step {step}, in episode {episode}" if step else "Before the first step"
    return (
        f"{when}, learning after {wait}: {heard} of {len(inner)} cells have heard of "
        f"a reward, and V(start) = {num(values[START])}. On average a value is "
        f"{num(far)} from the true one."
    )


def _half_way(walks: Sequence[Sequence[int]], rewards: Mapping[int, float], last: int) -> int:
    """The first step that moves a value by 0.1 when half of the cells know a reward."""
    before = [0.0] * SIZE**2
    for step in range(1, last):
        values = learn_values(walks, 1, rewards, step)
        moved = max(abs(a - b) for a, b in zip(values, before, strict=True))
        if 2 * sum(map(bool, values)) > SIZE**2 - 2 and moved >= 0.1:
            return step
        before = values
    return last


def value_backup_figure(walks: Sequence[Sequence[int]] | None = None) -> Picture:
    """Values on a grid, step by step: with one-step learning news of a reward travels
    one cell at a time, and Monte Carlo waits for the end of the episode.

    walks: recorded episodes as lists of cells, from `grid_walks`, by default of seed 0.
    """
    walks = walks or grid_walks()
    for walk in walks:
        if walk[-1] not in (GOAL, PIT) or {GOAL, PIT} & set(walk[:-1]):
            raise ValueError(f"a walk must end where it first meets goal or pit: {walk}")
    last = sum(len(walk) - 1 for walk in walks)
    reached = [sum(len(w) - 1 for w in walks[: i + 1]) for i in range(len(walks))]
    half = _half_way(walks, {GOAL: 1, PIT: -1}, last)
    four, whole = list(WAITS)[1:]
    first: dict[str, float | str] = {
        "step": half,
        "n": "1 step",
        "goal": 1.0,
        "pit": -1.0,
    }
    changes: list[Settings] = [
        {},
        {"step": 0},
        {"n": four},
        {"n": whole},
        {"step": reached[0] - 1, "n": whole},
        {"step": reached[0], "n": whole},
        {"step": last},
        {"step": last, "n": four},
        {"step": last, "n": whole},
        {"step": last, "goal": 2, "pit": 0},
    ]
    data = {
        "walks": walks,
        "next": NEXT,
        "chances": CHANCES,
        "size": SIZE,
        "start": START,
        "goal": GOAL,
        "pit": PIT,
        "alpha": ALPHA,
        "gamma": GAMMA,
        "waits": WAITS,
    }
    return figure(
        "value-backup",
        "Value flows backward, one bootstrap at a time",
        "Which is nearest to the truth in the end: learning at once, or waiting?",
        [
            slider("step", "Step", 0, last, 1, half),
            choice("n", "Learn after", list(WAITS), "1 step"),
            slider("goal", "Reward of the goal", -2, 2, 0.1, 1, drag=True),
            slider("pit", "Reward of the pit", -2, 2, 0.1, -1, drag=True),
        ],
        asset("ch02/value_backup.js"),
        data,
        says=[(c, _backup_sentence(walks, {**first, **c})) for c in changes],
        height=352,
        panel=True,
    )
