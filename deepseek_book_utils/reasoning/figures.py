"""The reacting figures of chapter 4: each stores what a run measured and computes the
formula in the page.

The drawings lie in `_interactive/*.js`. The sentences that they must reach are computed
here, by functions that the chapter teaches, so that figure and text cannot part.
"""

from collections.abc import Mapping, Sequence
from math import gcd
from typing import Any

import torch

from ..interactive import Control, Picture, Settings, asset, choice, figure, num, slider
from .evaluation import read_steps
from .grpo import clipped_objective, group_advantages
from .language import TO_ENGLISH
from .rewards import accuracy_reward

TOKENS, ANSWERS = (
    "over all tokens",
    "within each answer first",
)  # two ways to average a loss
SIGNS = ("right answer, A = +1", "wrong answer, A = −1")


def _problems(prompts: Sequence[str]) -> list[str]:
    """Options of a choice: numbered problems, without the mark of the beginning."""
    return [
        f"{i}: {prompt.removeprefix('<bos>').strip()}"
        for i, prompt in enumerate(prompts, 1)
    ]


def _step_slider(steps: Sequence[int], start: int) -> Control:
    """A slider from the first to the last recorded step; between two of them the
    earlier one counts.
    """
    stride = gcd(*(step - steps[0] for step in steps)) or 1
    return slider("step", "Step", steps[0], steps[-1], stride, start)


# --- group advantages ---------------------------------------------------------------------------------------


def _group_sentence(group: Mapping[str, Any], changes: Settings, most: float) -> str:
    changed = [
        round(r + float(changes.get(f"r{i}", 0)), 6)
        for i, r in enumerate(group["rewards"], 1)
    ]
    rewards = torch.tensor(changed, dtype=torch.float64).clamp(0, most)
    advantages = group_advantages(
        rewards, len(rewards), scale=changes.get("scale", "yes") == "yes"
    )
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


def group_advantages_figure(groups: Sequence[Mapping[str, Any]]) -> Picture:
    """Drag eight rewards and see the advantages: what counts is the distance from the
    group.

    groups: [{"prompt": str, "rewards": [8 floats], "chains": [8 strings]}], real
    answers to real problems.
    """
    for group in groups:
        if (
            len(group["rewards"]) != 8
            or len(group["chains"]) != 8
            or not all(group["chains"])
        ):
            raise ValueError(
                f"the group of {group['prompt']!r} needs 8 rewards and 8 chains that are not empty"
            )
    most = max(1.2, *(max(group["rewards"]) for group in groups))
    options = _problems([group["prompt"] for group in groups])
    all_right = {
        f"r{i}": round(most - r, 1) for i, r in enumerate(groups[0]["rewards"], 1)
    }
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
        says.append((one, _group_sentence(group, one, most)))
    lengths = [[len(chain.split()) for chain in group["chains"]] for group in groups]
    knobs = [
        slider(f"r{i}", f"Change reward {i}", -most, most, 0.1, 0, drag=True)
        for i in range(1, 9)
    ]
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
        asset("group_advantages.js"),
        {
            "most": most,
            "groups": [
                {**g, "lengths": n} for g, n in zip(groups, lengths, strict=True)
            ],
        },
        says=says,
        height=304,
    )


# --- clipping -----------------------------------------------------------------------------------------------


def _clipping_sentence(
    histogram: Mapping[str, Any], rho: float, epsilon: float, right: bool
) -> str:
    ratio = torch.tensor(rho, dtype=torch.float64, requires_grad=True)
    advantage = torch.tensor(1.0 if right else -1.0, dtype=torch.float64)
    objective = clipped_objective(ratio, advantage, epsilon, epsilon)
    (gradient,) = torch.autograd.grad(objective, ratio)
    edge, edges = 1 + epsilon if right else 1 - epsilon, histogram["edges"]
    centres = [(a + b) / 2 for a, b in zip(edges[:-1], edges[1:], strict=True)]
    pairs = zip(centres, histogram["counts"], strict=True)
    beyond = sum(n for x, n in pairs if (x > edge if right else x < edge))
    percent = 100 * beyond / sum(histogram["counts"])
    share = "under 0.1" if beyond and percent < 0.05 else num(percent, 1)
    push, side = ("up", "above") if right else ("down", "below")
    verdict = f"is still pushed {push}" if gradient else f"is pushed {push} no further"
    outside = (
        f"At step {histogram['step']}, {share} % of all ratios lie {side} {num(edge)}."
    )
    if edge < 0:
        outside = "No ratio can fall below 0, so nothing is clipped."
    return (
        f"ρ = {num(rho)}: the objective is {num(objective.item())}, its gradient "
        f"{num(gradient.item(), 0)}: the token {verdict}. {outside}"
    )


def clipping_figure(ratios: Sequence[Mapping[str, Any]], start: int) -> Picture:
    """Drag the ratio of a token: beyond the clip its gradient is zero, but never on the
    way back.

    ratios: [{"step": int, "edges": [n + 1 floats], "counts": [n ints]}], histograms of
    real ratios by step; `start` is the step that shows first.
    """
    steps = [histogram["step"] for histogram in ratios]
    settings: list[Settings] = [
        {},
        {"rho": 0.6},
        {"rho": 0.6, "advantage": SIGNS[1]},
        {"rho": 1.4, "epsilon": "10"},
    ]
    settings += [
        {"advantage": SIGNS[1]},
        {"rho": 0.05, "epsilon": "10", "advantage": SIGNS[1]},
    ]
    settings += [{"step": steps[-1]}] if len(steps) > 1 else []
    says = []
    for one in settings:
        histogram = ratios[steps.index(one.get("step", start))]
        rho, epsilon = float(one.get("rho", 1.4)), float(one.get("epsilon", 0.2))
        says.append(
            (
                one,
                _clipping_sentence(
                    histogram, rho, epsilon, one.get("advantage") != SIGNS[1]
                ),
            )
        )
    return figure(
        "clipping",
        "Clipping stops a push that went far enough, never a correction",
        "Drag the ratio ρ: where is the gradient zero?",
        [
            choice("advantage", "The token is of a", SIGNS, SIGNS[0]),
            choice("epsilon", "Clip ε (R1 took 10)", ["0.2", "10"], "0.2"),
            *([_step_slider(steps, start)] if len(steps) > 1 else []),
            slider("rho", "Ratio ρ", 0, 2.5, 0.05, 1.4, drag=True),
        ],
        asset("clipping.js"),
        list(ratios),
        says=says,
    )


# --- learning -----------------------------------------------------------------------------------------------


def _learning_sentence(
    live: Mapping[str, Any], chains: Mapping[str, Any], step: int, which: int
) -> str:
    at = max(i for i, recorded in enumerate(chains["steps"]) if recorded <= step)
    texts, answer = chains["texts"][at][which], chains["problems"][which]["answer"]
    steps = [written for text in texts for written in read_steps(text)]
    right = sum(int(accuracy_reward(text, answer)) for text in texts)
    wrong = sum(not written.right for written in steps)
    checks, waits = (
        sum(written.checked for written in steps),
        sum(written.waited for written in steps),
    )
    accuracy, length = live["accuracy"], live["length"]
    return (
        f"Step {step}: accuracy {num(accuracy[step])} and {num(length[step], 1)} tokens on average, against "
        f"{num(accuracy[0])} and {num(length[0], 1)} at the start. Below, answers of step "
        f"{chains['steps'][at]}: {right} of {len(texts)} right; {len(steps)} steps, {wrong} "
        f"of them wrong; {checks} {'check' if checks == 1 else 'checks'}, "
        f"{waits} {'wait' if waits == 1 else 'waits'}."
    )


def _curves(run: Mapping[str, Any]) -> dict[str, list[float]]:
    return {
        key: [round(float(v), 4) for v in run[key]] for key in ("accuracy", "length")
    }


def learning_figure(runs: Mapping[str, Any], chains: Mapping[str, Any]) -> Picture:
    """Accuracy and length over the steps of RL, with the real chains of the step under
    the cursor.

    runs: {"recorded": [{"seed", "accuracy", "length"}], "live": {"accuracy",
    "length"}}, lists by step; chains: {"steps": [int], "problems": [{"prompt",
    "answer"}], "texts": [step][problem][up to 4 strings]}.
    """
    live, steps = _curves(runs["live"]), chains["steps"]
    if steps[0] != 0 or steps[-1] >= len(live["accuracy"]):
        raise ValueError(
            f"chains must start at step 0 and end within the run's {len(live['accuracy'])} steps: {steps}"
        )
    options = _problems([problem["prompt"] for problem in chains["problems"]])
    settings: list[Settings] = [{}, {"step": 0}, {"step": steps[len(steps) // 2]}]
    settings += [
        {"step": step, "problem": option}
        for option in options[1:]
        for step in (0, steps[-1])
    ]
    says = []
    for one in settings:
        which = options.index(str(one.get("problem", options[0])))
        says.append(
            (
                one,
                _learning_sentence(
                    live, chains, int(one.get("step", steps[-1])), which
                ),
            )
        )
    data = {
        "recorded": [_curves(run) for run in runs["recorded"]],
        "live": live,
        "english": TO_ENGLISH,
    }
    return figure(
        "learning",
        "Accuracy and length rise, then length levels off",
        "What fills the extra tokens?",
        [
            _step_slider(steps, steps[-1]),
            choice("problem", "Problem", options, options[0]),
        ],
        asset("learning.js"),
        data | {key: chains[key] for key in ("steps", "problems", "texts")},
        says=says,
    )


# --- language -----------------------------------------------------------------------------------------------


def _language_sentence(chains: Sequence[str], step: int, reward: str) -> str:
    english, chinese = (sum(chain.count(letter) for chain in chains) for letter in "EC")
    mixed, words = (
        sum("E" in chain and "C" in chain for chain in chains),
        english + chinese,
    )
    share = (
        f"{num(100 * chinese / words, 0)} % of the words are Chinese"
        if words
        else "no chain holds a word"
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
        {"step": steps[i], "reward": reward}
        for i in (0, len(steps) // 2)
        for reward in ("off", "on")
    ]
    says = []
    for one in settings:
        step, reward = int(one.get("step", steps[-1])), str(one.get("reward", "off"))
        says.append(
            (one, _language_sentence(strips[reward][steps.index(step)], step, reward))
        )
    return figure(
        "language",
        "Paid only for answers, the chain changes language",
        "What does a reward for one language change?",
        [
            _step_slider(steps, steps[-1]),
            choice("reward", "Reward for one language", ["off", "on"], "off"),
        ],
        asset("language.js"),
        {key: strips[key] for key in ("steps", "off", "on")},
        says=says,
        height=32 + 16 * max(len(chains) for chains in (*strips["off"], *strips["on"])),
    )
