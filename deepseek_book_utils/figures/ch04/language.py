"""The reacting figure of chapter 4 on language: how chains mix, step by step."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...interactive import (
    Picture,
    Settings,
    asset,
    choice,
    figure,
    num,
)
from .controls import _step_slider


def _language_sentence(chains: Sequence[str], step: int, reward: str) -> str:
    english, chinese = (sum(chain.count(letter) for chain in chains) for letter in "EC")
    mixed, words = (
        sum("E" in chain and "C" in chain for chain in chains),
        english + chinese,
    )
    share = (
        f"{num(100 * chinese / words, 0)} % of the words are Chinese" if words else "no chain holds a word"
    )
    how = f"with{'' if reward == 'on' else 'out'} a reward for one language"
    return f"Step {step}, {how}: {share}, and {mixed} of {len(chains)} chains mix both."


def language_figure(strips: Mapping[str, Any]) -> Picture:
    """The languages of real chains, word by word, with and without a reward for keeping
    to one.

    strips: {"steps": [int], "off": [step][chain] strings of E, C and N (neither), "on":
    likewise, rewarded}.
    """
    steps = strips["steps"]
    settings: list[Settings] = [{}, {"reward": "on"}]
    settings += [
        {"step": steps[i], "reward": reward} for i in (0, len(steps) // 2) for reward in ("off", "on")
    ]
    says = []
    for one in settings:
        step, reward = int(one.get("step", steps[-1])), str(one.get("reward", "off"))
        says.append((one, _language_sentence(strips[reward][steps.index(step)], step, reward)))
    return figure(
        "language",
        "Paid only for answers, the chain changes language",
        "What does a reward for one language change?",
        [
            _step_slider(steps, steps[-1]),
            choice("reward", "Reward for one language", ["off", "on"], "off"),
        ],
        asset("ch04/language.js"),
        {key: strips[key] for key in ("steps", "off", "on")},
        says=says,
        height=32 + 16 * max(len(chains) for chains in (*strips["off"], *strips["on"])),
    )
