"""The pictures of the front page: what the reader will build, and one a chapter, drawn from the records."""

import math
from collections.abc import Callable
from typing import Any

from deepseek_book_utils.records import across_seeds, load_record
from tools.sketch import Frame, dot, drawing, fan, level, line, mean, percent, text

WIDTH, HEIGHT = 300, 160  # of a chapter's picture, in pixels


def average(record: dict[str, Any], *path: str) -> float:
    """The mean of one number over the seeds of a record."""
    values = across_seeds(record, *path)
    return sum(values) / len(values)


def journey() -> dict[str, Any]:
    """What R1-Zero in miniature did, on average over its recorded seeds; shares lie between 0 and 1."""
    record = load_record("ch04/r1_zero")
    curves = {
        key: across_seeds(record, "zero", "history", key) for key in ("accuracy", "length", "checks", "mixed")
    }
    return {
        "curves": curves,
        "ends": {key: (mean(found)[0], mean(found)[-1]) for key, found in curves.items()},
        "untrained": average(record, "decomposition", "both", "accuracy"),
        "seeds": len(record["seeds"]),
        "steps": len(curves["accuracy"][0]),
        "date": record["date"],
        "reading": average(record, "base", "seconds"),
        "rewarding": average(record, "zero", "seconds"),
    }


def journey_alt(found: dict[str, Any]) -> str:
    """The picture of the journey in words."""
    ends = found["ends"]
    shares = {key: f"from {percent(a)} to {percent(b)}" for key, (a, b) in ends.items()}
    before, after = ends["length"]
    return (
        f"Over {found['steps']} steps of rewards, means of {found['seeds']} seeds: right answers to "
        f"last-digit arithmetic go {shares['accuracy']}. Before any reward the model reaches "
        f"{percent(found['untrained'])} with a prompt and two decoding rules. Words per "
        f"answer go from {before:.0f} to {after:.0f}, answers with a check {shares['checks']}, chains in two "
        f"languages {shares['mixed']}."
    )


def journey_picture(wide: bool) -> str:
    """Right answers over the steps of reinforcement learning, and three habits that come with them."""
    found = journey()
    steps, untrained = found["steps"], found["untrained"]
    first, last = found["ends"]["accuracy"]
    frame = Frame(46, 316 if wide else 262, 34, 196 if wide else 186, (0, steps - 1), (0, 1))
    marks = [text(0, 15, "Right answers", "head")]
    for share in (0, 0.5, 1):
        marks += [level(frame, share), text(38, frame.down(share) + 5, percent(share), "soft", end=True)]
    marks += [level(frame, untrained, "lb"), fan(frame, found["curves"]["accuracy"], "a")]
    marks += [dot(frame, 0, first, "a"), dot(frame, steps - 1, last, "a")]
    marks.append(text(frame.left + 12, frame.down(first) + 20, percent(first), "ta"))
    marks.append(text(frame.right + 11, frame.down(last) + 5, percent(last), "ta"))
    marks.append(line(frame, [(steps - 6, 0.59), (steps - 6, untrained - 0.03)], "leader"))
    label = ("before any reward,", "with a prompt", f"and two rules: {percent(untrained)}")
    marks += [
        text(frame.right, frame.down(0.46) + 18 * row, words, "tb", end=True)
        for row, words in enumerate(label)
    ]
    marks.append(text(frame.left, frame.bottom + 22, f"{steps} steps of rewards →", "soft"))
    left, top = (408, 0) if wide else (0, 234)
    marks.append(text(left, top + 15, "What comes with them", "head"))
    rows = {
        "length": "words per answer",
        "checks": "answers with a check",
        "mixed": "chains in two languages",
    }
    for row, (key, name) in enumerate(rows.items()):
        y, (before, after) = top + 34 + 66 * row, found["ends"][key]
        curves = found["curves"][key]
        most = max(1.0, max(map(max, curves)))
        spark = Frame(left + 176, left + (264 if wide else 312), y, y + 44, (0, steps - 1), (0, most))
        words = [f"{value:.0f}" if key == "length" else percent(value) for value in (before, after)]
        marks += [text(left, y + 14, name), text(left, y + 37, " → ".join(words), "ta large")]
        marks += [level(spark, 0), fan(spark, curves, "a"), dot(spark, steps - 1, after, "a")]
    size = (680, 230) if wide else (320, 442)
    return drawing(*size, journey_alt(found), marks, "wide" if wide else "narrow")


def rounding_picture() -> str:
    """Chapter 1: perplexity of a real model by the bits of its weights, for three sizes of scale."""
    record = load_record("ch01/rounding")
    frame = Frame(8, 128, 12, 128, (0, 2), (1, 8.8))
    kinds = {
        "tensor": ("one scale a matrix", "b"),
        "channel": ("one a row", "c"),
        "group": ("one a group", "a"),
    }
    marks, told = [level(frame, 1)], []
    for kind, (name, look) in kinds.items():
        values = [average(record, f"{kind}_{bits}", "perplexity") for bits in (8, 4, 3)]
        marks.append(
            line(frame, ((place, math.log10(value)) for place, value in enumerate(values)), f"l{look}")
        )
        marks.append(text(138, frame.down(math.log10(values[-1])) + 5, name, f"t{look}"))
        told.append(f"{name}: {', '.join(f'{value:,.0f}' for value in values)}")
    for place, words in enumerate(("8 bits", "4", "3 bits a weight")):
        marks.append(text(frame.across(place) - 4, 150, words, "soft"))
    marks.append(text(8, 13, "perplexity", "soft"))
    alt = f"Perplexity of a real model with 8, 4 and 3 bits a weight. {'; '.join(told)}. Lower is better."
    return drawing(WIDTH, HEIGHT, alt, marks)


def balance_picture() -> str:
    """Chapter 2: how long an agent balances the pole, over its training."""
    curves = across_seeds(load_record("ch02/rl"), "dqn", "default", "returns")
    frame = Frame(8, 238, 18, 128, (0, len(curves[0]) - 1), (0, 500))
    first, last = mean(curves)[0], mean(curves)[-1]
    marks = [level(frame, 0), level(frame, 500), fan(frame, curves, "a")]
    marks.append(dot(frame, frame.x[1], last, "a"))
    marks.append(text(248, frame.down(last) + 5, f"{last:.0f}", "ta"))
    marks += [text(8, 150, "steps balanced, while it learns →", "soft")]
    alt = (
        f"Steps for which an agent balances a pole, {len(curves)} seeds: on average {first:.0f} at the first "
        f"evaluation, {last:.0f} at the last; 500 is the most there is."
    )
    return drawing(WIDTH, HEIGHT, alt, marks)


def bars(rows: list[tuple[str, float, str]], alt: str) -> str:
    """Shares as bars with their names above them; a row is name, share, colour (a or b)."""
    marks = []
    step = HEIGHT // len(rows)
    for place, (name, share, look) in enumerate(rows):
        y = step * place + (step - 32) // 2
        frame = Frame(0, 236, y + 18, y + 30, (0, 1), (0, 1))
        marks.append(text(0, y + 13, name))
        marks.append(f'<rect class="track" x="0" y="{y + 18}" width="236" height="12" rx="2"/>')
        width = frame.across(share)
        marks.append(f'<rect class="p{look}" x="0" y="{y + 18}" width="{width:.1f}" height="12" rx="2"/>')
        marks.append(text(246, y + 29, percent(share), f"t{look}"))
    told = "; ".join(f"{name}: {percent(share)}" for name, share, _ in rows)
    return drawing(WIDTH, HEIGHT, f"{alt} {told}.", marks)


def translation_picture() -> str:
    """Chapter 3: the share of translations, into both languages, that are right to the last sign."""
    record = load_record("ch03/translation")
    rows = []
    for key, name in {"values": "new numbers", "dates": "new dates", "longer": "one digit more"}.items():
        shares = [share for both in across_seeds(record, key) for share in both]
        rows.append((name, sum(shares) / len(shares), "b" if key == "longer" else "a"))
    return bars(rows, f"Translations without a mistake, means of {len(record['seeds'])} seeds.")


def reward_picture() -> str:
    """Chapter 4a: what a learned reward promises, and what comes true."""
    record = load_record("ch04/reward_models")
    promised, earned = (across_seeds(record, "frozen", key) for key in ("promised", "earned"))
    low, high = min(map(min, earned)), max(map(max, promised))
    frame = Frame(8, 204, 12, 134, (0, len(earned[0]) - 1), (low, high))
    marks = [level(frame, 0), fan(frame, promised, "b"), fan(frame, earned, "a")]
    ends = mean(promised)[-1], mean(earned)[-1]
    marks += [
        text(212, frame.down(ends[0]) + 5, "promised", "tb"),
        text(212, frame.down(ends[1]) + 5, "true", "ta"),
    ]
    marks.append(text(8, 154, "training →", "soft"))
    alt = (
        f"A reward model promises more and more, on average {mean(promised)[0]:.2f} at first and "
        f"{ends[0]:.2f} at the end; the true reward goes from {mean(earned)[0]:.2f} to {ends[1]:.2f}."
    )
    return drawing(WIDTH, HEIGHT, alt, marks)


def language_picture() -> str:
    """Chapter 4b: chains that mix languages, with and without a reward for one language."""
    record = load_record("ch04/r1_zero")
    free, paid = (across_seeds(record, arm, "history", "mixed") for arm in ("zero", "language"))
    frame = Frame(8, 176, 12, 134, (0, len(free[0]) - 1), (0, max(map(max, free))))
    marks = [level(frame, 0), fan(frame, free, "b"), fan(frame, paid, "a")]
    ends = mean(free)[-1], mean(paid)[-1]
    marks += [text(184, frame.down(ends[0]) + 5, percent(ends[0]), "tb")]
    label = ("one language", f"paid too: {percent(ends[1])}")
    marks += [text(184, frame.down(ends[1]) - 17 + 18 * row, words, "ta") for row, words in enumerate(label)]
    marks.append(text(8, 154, "chains in two languages, training →", "soft"))
    alt = (
        f"Chains in two languages, means of {len(free)} seeds: {percent(mean(free)[0])} at first; at the end "
        f"{percent(ends[0])} where only answers are paid, {percent(ends[1])} where one language is paid too."
    )
    return drawing(WIDTH, HEIGHT, alt, marks)


def stages_picture() -> str:
    """Chapter 5: what the stages of R1 buy and pay, in right answers and granted wishes."""
    record = load_record("ch05/stages")
    stages = {"zero": "R1-Zero", "dev1": "Dev1", "dev2": "Dev2", "dev3": "Dev3", "r1": "R1"}
    frame = Frame(8, 204, 12, 128, (0, len(stages) - 1), (0, 1))
    marks, told, last = [level(frame, 0), level(frame, 1)], [], []
    for key, name, look in (("accuracy", "right", "a"), ("wishes", "as wished", "b")):
        values = [average(record, stage, key) for stage in stages]
        marks.append(line(frame, enumerate(values), f"l{look}"))
        marks += [dot(frame, place, value, look) for place, value in enumerate(values)]
        last.append((values[-1], name, look))
        told.append(f"{name}: {', '.join(map(percent, values))}")
    for place, (_, name, look) in enumerate(sorted(last, reverse=True)):
        marks.append(text(214, frame.down(max(last)[0]) + 5 + 19 * place, name, f"t{look}"))
    marks += [text(4, 152, "R1-Zero", "soft"), text(108, 152, "→", "soft"), text(196, 152, "R1", "soft")]
    names, seeds = ", ".join(stages.values()), len(record["seeds"])
    alt = f"Answers after {names}, means of {seeds} seeds. {'; '.join(told)}."
    return drawing(WIDTH, HEIGHT, alt, marks)


def threes_picture() -> str:
    """Chapter 6: threes read by students that never saw one."""
    record = load_record("ch06/digits")
    rows = {"labels": "learned from labels", "soft_1": "from the teacher's answers"}
    rows |= {"soft_4": "from softer answers", "teacher": "the teacher, who saw threes"}
    found = [
        (name, average(record, "threes", arm), "b" if arm == "teacher" else "a") for arm, name in rows.items()
    ]
    return bars(found, f"Threes read right, means of {len(record['seeds'])} seeds; no student saw a three.")


PICTURES: dict[str, Callable[[], str]] = {
    "notebooks/01_llm_intro": rounding_picture,
    "notebooks/02_deep_learning_and_rl": balance_picture,
    "notebooks/03_nlp": translation_picture,
    "notebooks/04_policy_optimisation": reward_picture,
    "notebooks/04_r1_zero": language_picture,
    "notebooks/05_cold_start": stages_picture,
    "notebooks/06_distillation": threes_picture,
}
