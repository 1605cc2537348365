"""The reacting figure of chapter 4 on sampling: which words the policy chose, and which the pen changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from ....interactive import Picture, Settings, asset, choice, figure


def _writing_sentence(answer: Mapping[str, Any]) -> str:
    n, chosen = len(answer["words"]), sum(answer["chosen"])
    if n == chosen:
        return f"{n} words, all chosen by the policy: all carry loss."
    slips = "1 word" if n - chosen == 1 else f"{n - chosen} words"
    return (
        f"{n} words; the pen changed {slips}, and the loss leaves {'it' if n - chosen == 1 else 'them'} out."
    )


def writing_figure(prompt: str, answers: Sequence[Mapping[str, Any]]) -> Picture:
    """Sampled answers word by word, slips of the pen marked.

    answers: {"words": [str], "chosen": [bool]}, whether the policy chose the word. Raises
    ValueError if an answer has not one mark a word.
    """
    for answer in answers:
        if len(answer["words"]) != len(answer["chosen"]):
            raise ValueError(f"{len(answer['words'])} words, {len(answer['chosen'])} marks: give one a word")
    options = [str(i) for i in range(1, len(answers) + 1)]
    says: list[tuple[Settings, str]] = [({}, _writing_sentence(answers[0]))]
    says += [
        ({"answer": option}, _writing_sentence(answer))
        for option, answer in zip(options[1:], answers[1:], strict=True)
    ]
    return figure(
        "writing",
        "The policy learns from the words that it chose, not from slips of the pen",
        "Which words carry loss?",
        [choice("answer", f"Answer to {prompt.removeprefix('<bos>').strip()}", options, options[0])],
        asset("ch04/answers/writing.js"),
        [{"words": a["words"], "chosen": [int(mark) for mark in a["chosen"]]} for a in answers],
        says=says,
        height=60,
        panel=True,
    )
