"""The reacting figure of chapter 2 on Q-learning: a robot on the cliff and on the frozen lake.

The drawing lies in `grid_world.js`. The sentences that it must reach are computed here, so
that figure and text cannot part.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ...interactive import Picture, Settings, asset, choice, figure, num, slider

LONGEST = 100  # steps of an episode that are shown
STAGES = {"first episode": 0, "tenth episode": 9, "hundredth episode": 99, "last episode": -1}


class Walks:
    """A gymnasium task with numbered places that keeps where every episode went, and its rewards.

    `episodes` holds (places, rewards), one place more than rewards.
    """

    def __init__(self, env: Any) -> None:
        self.env = env
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self.episodes: list[tuple[list[int], list[float]]] = []

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        place, info = self.env.reset(**options)
        self.episodes.append(([int(place)], []))
        return place, info

    def step(self, action: int) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """One step, kept."""
        place, reward, terminated, truncated, info = self.env.step(action)
        places, rewards = self.episodes[-1]
        places.append(int(place))
        rewards.append(float(reward))
        return place, reward, terminated, truncated, info


def _ending(world: Mapping[str, Any], episode: Mapping[str, Any]) -> str:
    kind = world["map"][episode["places"][-1]]
    if episode["cut"]:
        return f"so far: the episode has {episode['length']} steps"
    return {"G": "the goal", "H": "a hole in the ice"}.get(kind, "time was up")


def _sentence(worlds: Sequence[Mapping[str, Any]], settings: Settings) -> str:
    world = next(one for one in worlds if one["name"] == settings["world"])
    episode = world["episodes"][str(settings["stage"])]
    last = len(episode["places"]) - 1
    step = min(last, int(settings["step"]))
    row, column = divmod(episode["places"][step], world["columns"])
    where = f"row {row + 1}, column {column + 1}"
    if step == last:
        where += f" ({_ending(world, episode)})"
    falls = sum(reward == -100 for reward in episode["rewards"][:step])
    fallen = f"; falls: {falls}" if "C" in world["map"] else ""
    return (
        f"{world['name']}, {settings['stage']} ({episode['number']} of {world['trained']}), "
        f"step {step} of {last}: {where}. "
        f"Sum of rewards: {num(sum(episode['rewards'][:step]), 0)}{fallen}."
    )


def _world(name: str, rows: Sequence[str], walks: Walks) -> dict[str, Any]:
    episodes = {}
    for stage, index in STAGES.items():
        places, rewards = walks.episodes[index]
        episodes[stage] = {
            "number": index + 1 if index >= 0 else len(walks.episodes),
            "length": len(rewards),
            "cut": int(len(rewards) > LONGEST),
            "places": places[: LONGEST + 1],
            "rewards": [round(reward) for reward in rewards[:LONGEST]],
        }
    return {
        "name": name,
        "map": "".join(rows),
        "columns": len(rows[0]),
        "trained": len(walks.episodes),
        "episodes": episodes,
    }


def grid_world_figure(worlds: Mapping[str, tuple[Sequence[str], Walks]]) -> Picture:
    """Walks of a learner over grids, step by step: its first episodes and its last.

    worlds: name -> (rows of letters, walks): S start, G goal, C cliff, H hole, any other free.
    Raises ValueError if fewer than a hundred episodes were kept.
    """
    for name, (_, walks) in worlds.items():
        if len(walks.episodes) < 100:
            raise ValueError(f"{name}: keep at least 100 episodes, got {len(walks.episodes)}")
    shown = [_world(name, rows, walks) for name, (rows, walks) in worlds.items()]
    first: dict[str, float | str] = {"world": shown[0]["name"], "stage": "last episode", "step": 0}
    changes: list[Settings] = [{}]
    for world in shown:
        for stage in STAGES:
            changes.append({"world": world["name"], "stage": stage, "step": LONGEST})
    changes.append({"stage": "last episode", "step": 5})
    return figure(
        "grid-world",
        "A robot learns its way from rewards alone",
        "How does the first episode differ from the last? Choose one, press Play.",
        [
            slider("step", "Step", 0, LONGEST, 1, 0, play=12),
            choice("world", "World", [world["name"] for world in shown], shown[0]["name"]),
            choice("stage", "Show", list(STAGES), "last episode"),
        ],
        asset("ch02/grid_world.js"),
        {"worlds": shown},
        says=[(change, _sentence(shown, {**first, **change})) for change in changes],
        height=230,
    )
