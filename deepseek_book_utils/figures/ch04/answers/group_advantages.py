"""The reacting figure of chapter 4 on group advantages: it stores what a run measured and
computes the formula in the page.

The drawing lies in `group_advantages.js`. The sentence that it must reach is computed
by the function that the chapter hands in, so that figure and text cannot part.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ....interactive import (
    Picture,
    Settings,
    asset,
    choice,
    figure,
    num,
    slider,
)
from ..controls import _problems

TOKENS, ANSWERS = (
    "over all tokens",
    "within each answer first",
)  # two ways to average a loss


# --- group advantages ---------------------------------------------------------------------------------------


def _group_sentence(
    group: Mapping[str, Any], changes: Settings, most: float, group_advantages: Callable[..., Tensor]
) -> str:
    changed = [round(r + float(changes.get(f"r{i}", 0)), 6) for i, r in enumerate(group["rewards"], 1)]
    rewards = torch.tensor(changed, dtype=torch.float64).clamp(0, most)
    advantages = group_advantages(rewards, len(rewards), scale=changes.get("scale", "yes") == "yes")
    if not advantages.any():
        earned = num(rewards[0].item(), 1)
        return f"All eight answers earn {earned}: every advantage is 0, and this group teaches nothing."
    mean, spread = num(rewards.mean().item()), num(rewards.std().item())
    low, high = (
        num(advantages.min().item(), plus=True),
        num(advantages.max().item(), plus=True),
    )
    weighing = "Every token counts once, so long answers count more."
    if changes.get("mean", TOKENS) == ANSWERS:
        lengths = [len(chain.split()) for chain in group["chains"]]
        times = num(max(lengths) / min(lengths), 1)
        weighing = "Every answer weighs the same, so a token of the shortest weighs "
        weighing += f"{times} times as much as one of the longest."
    return f"Mean reward {mean}, spread {spread}: advantages from {low} to {high}. {weighing}"


def group_advantages_figure(
    groups: Sequence[Mapping[str, Any]], group_advantages: Callable[..., Tensor]
) -> Picture:
    """Drag eight rewards and see the advantages: what counts is the distance from the
    group.

    groups: [{"prompt": str, "rewards": [8 floats], "chains": [8 strings]}], real
    answers to real problems.
    """
    for group in groups:
        if len(group["rewards"]) != 8 or len(group["chains"]) != 8 or not all(group["chains"]):
            raise ValueError(
                f"the group of {group['prompt']!r} needs 8 rewards and 8 chains that are not empty"
            )
    most = max(1.2, *(max(group["rewards"]) for group in groups))
    options = _problems([group["prompt"] for group in groups])
    all_right = {f"r{i}": round(most - r, 1) for i, r in enumerate(groups[0]["rewards"], 1)}
    half = round(most / 2 - groups[0]["rewards"][0], 1)
    settings: list[Settings] = [
        {},
        all_right,
        {"scale": "no"},
        {"mean": ANSWERS},
        {"r1": half},
    ]
    settings += [{"group": option} for option in options[1:]]
    says = []
    for one in settings:
        group = groups[options.index(str(one.get("group", options[0])))]
        says.append((one, _group_sentence(group, one, most, group_advantages)))
    lengths = [[len(chain.split()) for chain in group["chains"]] for group in groups]
    knobs = [slider(f"r{i}", f"Change reward {i}", -most, most, 0.1, 0, drag=True) for i in range(1, 9)]
    return figure(
        "group-advantages",
        "To reward one answer is to punish its neighbours",
        "Drag all eight rewards to the same place: what is left to learn?",
        [
            choice("group", "Problem", options, options[0], resets=True),
            choice("scale", "Divide by the spread", ["yes", "no"], "yes"),
            choice("mean", "Average the loss", [TOKENS, ANSWERS], TOKENS),
            *knobs,
        ],
        asset("ch04/answers/group_advantages.js"),
        {
            "most": most,
            "groups": [{**g, "lengths": n} for g, n in zip(groups, lengths, strict=True)],
        },
        says=says,
        height=304,
        panel=True,
    )


# --- clipping -----------------------------------------------------------------------------------------------


# --- learning -----------------------------------------------------------------------------------------------


# --- language -----------------------------------------------------------------------------------------------
