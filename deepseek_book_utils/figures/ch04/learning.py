"""The reacting figure of chapter 4 on R1-Zero: accuracy, length, and the chains on the way."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...interactive import (
    Picture,
    Settings,
    asset,
    choice,
    figure,
    num,
)
from ...reasoning.language import TO_ENGLISH
from .controls import _problems, _step_slider


def _learning_sentence(
    live: Mapping[str, Any],
    chains: Mapping[str, Any],
    step: int,
    which: int,
    read_steps: Callable[[str], Sequence[Any]],
    accuracy_reward: Callable[[str, int], float],
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
    return {key: [round(float(v), 4) for v in run[key]] for key in ("accuracy", "length")}


def learning_figure(
    runs: Mapping[str, Any],
    chains: Mapping[str, Any],
    read_steps: Callable[[str], Sequence[Any]],
    accuracy_reward: Callable[[str, int], float],
) -> Picture:
    """Accuracy and length over the steps of RL, with the real chains of the step under
    the cursor.

    runs: {"recorded": [{"seed", "accuracy", "length"}], "live": {"accuracy",
    "length"}}, lists by step; chains: {"steps": [int], "problems": [{"prompt",
    "answer"}], "texts": [step][problem][up to 4 strings]}. `read_steps` and
    `accuracy_reward` judge the texts.
    """
    live, steps = _curves(runs["live"]), chains["steps"]
    if steps[0] != 0 or steps[-1] >= len(live["accuracy"]):
        raise ValueError(
            f"chains must start at step 0 and end within the run's {len(live['accuracy'])} steps: {steps}"
        )
    options = _problems([problem["prompt"] for problem in chains["problems"]])
    settings: list[Settings] = [{}, {"step": 0}, {"step": steps[len(steps) // 2]}]
    settings += [{"step": step, "problem": option} for option in options[1:] for step in (0, steps[-1])]
    says = []
    for one in settings:
        which = options.index(str(one.get("problem", options[0])))
        step = int(one.get("step", steps[-1]))
        says.append((one, _learning_sentence(live, chains, step, which, read_steps, accuracy_reward)))
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
        asset("ch04/learning.js"),
        data | {key: chains[key] for key in ("steps", "problems", "texts")},
        says=says,
        panel=True,
    )
