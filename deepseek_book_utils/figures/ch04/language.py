"""The reacting figure of chapter 4 on language: how chains mix, step by step."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...interactive import (
    Picture,
    Settings,
    asset,
    figure,
    num,
)
from .controls import _step_slider

Curves = Sequence[Sequence[float]]  # one a seed, a value a step


def band(curves: Curves) -> dict[str, list[float]]:
    """The mean, the lowest and the highest of several curves at every step."""
    columns = list(zip(*curves, strict=True))
    return {
        "mean": [round(sum(column) / len(column), 3) for column in columns],
        "low": [round(min(column), 3) for column in columns],
        "high": [round(max(column), 3) for column in columns],
    }


def _language_sentence(chains: Sequence[str], step: int, off: float, on: float) -> str:
    english, chinese = (sum(chain.count(letter) for chain in chains) for letter in "EC")
    mixed = sum("E" in chain and "C" in chain for chain in chains)
    words = english + chinese
    share = (
        f"{num(100 * chinese / words, 0)} % of the words are Chinese" if words else "no chain holds a word"
    )
    return (
        f"Step {step}, your run: {share}, and {mixed} of {len(chains)} chains mix both. In the record "
        f"{num(off)} of the chains mix without a reward for one language, and {num(on)} with it."
    )


def language_figure(chains: Mapping[str, Any], off: Curves, on: Curves) -> Picture:
    """The languages of real chains, word by word, below the recorded share of chains that
    mix.

    chains: {"steps": [int], "letters": [step][chain] strings of E, C and N (neither)}; off, on:
    share of chains that mix, [seed][step], without and with a reward for keeping to one language.
    Raises ValueError if the chains go on after the curves end.
    """
    steps, bands = chains["steps"], {"off": band(off), "on": band(on)}
    last = min(len(curve["mean"]) for curve in bands.values()) - 1
    if steps[-1] > last:
        raise ValueError(f"chains at step {steps[-1]}, but the recorded curves end at {last}")
    says: list[tuple[Settings, str]] = []
    for one in ({}, {"step": steps[0]}, {"step": steps[len(steps) // 2]}):
        step = int(one.get("step", steps[-1]))
        mixed = [bands[name]["mean"][step] for name in ("off", "on")]
        says.append((one, _language_sentence(chains["letters"][steps.index(step)], step, *mixed)))
    return figure(
        "language",
        "Paid only for answers, the chain changes language",
        "When does the mixing begin?",
        [_step_slider(steps, steps[-1])],
        asset("ch04/language.js"),
        {"steps": steps, "letters": chains["letters"], **bands},
        says=says,
        height=182 + 16 * max(map(len, chains["letters"])),
    )
