"""What we measure of a policy: accuracy alone and by vote, length, languages, and
whether its checks help.

pass@1 is the mean over all samples; maj@k takes the answer given most often among k
samples (self-consistency, Wang et al., arXiv 2203.11171).
"""

import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from ..lm.model import LanguageModel
from .corpus import CorpusSettings, Document, drill, textbook
from .language import (
    DIGITS,
    LABELS,
    OPERATIONS,
    TO_CHINESE,
    TO_ENGLISH,
    Problem,
    apply,
    encode,
)
from .rewards import (
    ANSWER,
    accuracy_reward,
    format_reward,
    language_counts,
    thoughts,
)

# A look-ahead, since steps overlap: the value of one is the state of the next.
STEP = re.compile(
    r"(?=\b([0-9]) ([a-l]) ([+*-][0-9]) ([0-9])(?: check ([0-9]))?( wait)?)"
)


@dataclass(frozen=True)
class Step:
    """One written step: the digit before it, what it does, what it wrote, and how the
    writer went on.
    """

    state: int
    label: str
    operation: str
    value: int
    checked: bool
    waited: bool

    @property
    def right(self) -> bool:
        """Whether the value follows from the digit before it, right or wrong."""
        return self.value == apply(self.state, self.operation)


def read_steps(response: str) -> list[Step]:
    """The steps of a response in either language, in order, repeated ones included."""
    english = " ".join(TO_ENGLISH.get(word, word) for word in response.split())
    return [
        Step(
            int(m[1]),
            m[2],
            m[3],
            int(m[4]),
            checked=m[5] is not None,
            waited=m[6] is not None,
        )
        for m in STEP.finditer(english)
    ]


def corrected(steps: Sequence[Step], wrong: Step) -> bool:
    """Whether the last value written under the label of a wrong step is what that step
    should have been.
    """
    last = [step for step in steps if step.label == wrong.label][-1]
    return last.value == apply(wrong.state, wrong.operation)


def fraction(part: float, whole: float) -> float:
    """part / whole, or not-a-number where there is no whole."""
    return part / whole if whole else float("nan")


def majority_answer(responses: Sequence[str]) -> int | None:
    """The digit answered most often, the earliest on a tie; None if nobody answered."""
    answers = [
        int(match[1]) for response in responses if (match := ANSWER.search(response))
    ]
    return Counter(answers).most_common(1)[0][0] if answers else None


def reflection(responses: Sequence[str]) -> dict[str, float]:
    """How many responses check, how often they wait, and whether that helps.

    noticed and repaired: of the wrong steps that are checked, the share that `wait`
    follows, and the share that is put right.
    """
    chains = [read_steps(response) for response in responses]
    steps = [step for chain in chains for step in chain]
    right = [step for step in steps if step.right]
    wrong = [(chain, step) for chain in chains for step in chain if not step.right]
    checked = [(chain, step) for chain, step in wrong if step.checked]
    fixed = sum(corrected(chain, step) for chain, step in wrong)
    repaired = sum(corrected(chain, step) for chain, step in checked)
    n = len(responses)
    return {
        "checks": sum(any(step.checked for step in chain) for chain in chains) / n,
        "waits": sum(step.waited for step in steps) / n,
        "corrected": fraction(fixed, len(wrong)),
        "wait_if_wrong": fraction(sum(step.waited for _, step in wrong), len(wrong)),
        "wait_if_right": fraction(sum(step.waited for step in right), len(right)),
        "noticed": fraction(sum(step.waited for _, step in checked), len(checked)),
        "repaired": fraction(repaired, len(checked)),
    }


def summarise(
    responses: Sequence[str], problems: Sequence[Problem]
) -> dict[str, float]:
    """Means over responses, in groups of one size, one group a problem; `majority` lets
    each group vote.

    Raises ValueError if problems and responses do not go together.
    """
    n, G = len(responses), len(responses) // max(1, len(problems))
    if not n or n != G * len(problems):
        raise ValueError(
            f"{n} responses to {len(problems)} problems: give every problem equally "
            "many, at least one."
        )
    right = [
        accuracy_reward(r, problems[i // G].answer) for i, r in enumerate(responses)
    ]
    votes = [
        majority_answer(responses[i * G : (i + 1) * G]) == problem.answer
        for i, problem in enumerate(problems)
    ]
    languages = [language_counts(response) for response in responses]
    written = [sum(pair) for pair in languages]
    mixed = sum(min(pair) > 0 for pair in languages)
    return {
        "accuracy": sum(right) / n,
        "majority": sum(votes) / len(votes),
        "format": sum(map(format_reward, responses)) / n,
        "length": sum(len(response.split()) for response in responses) / n,
        "truncated": sum(not response.endswith("<eos>") for response in responses) / n,
        "empty": sum(not words for words in written) / n,
        "english": fraction(sum(english for english, _ in languages), sum(written)),
        "mixed": fraction(mixed, sum(words > 0 for words in written)),
        **reflection(responses),
    }


STYLES = ("empty", "plain", "checked", "thinking")


def style_of(response: str) -> str:
    """empty: no word of either language; checked: a step is checked; else plain."""
    if not sum(language_counts(response)):
        return "empty"
    return "checked" if any(s.checked for s in read_steps(response)) else "plain"


def by_style(responses: Sequence[str], problems: Sequence[Problem]) -> dict[str, float]:
    """Share, accuracy and length of empty, plain and checked responses, in groups as
    for `summarise`; `thinking` are all that are not empty.
    """
    G = len(responses) // len(problems)
    styles = [style_of(response) for response in responses]
    found: dict[str, float] = {}
    for style in STYLES:
        members = [
            i
            for i, one in enumerate(styles)
            if one == style or (style == "thinking" and one != "empty")
        ]
        right = [
            accuracy_reward(responses[i], problems[i // G].answer) for i in members
        ]
        words = [len(responses[i].split()) for i in members]
        found |= {
            f"{style}_share": len(members) / len(responses),
            f"{style}_accuracy": fraction(sum(right), len(members)),
            f"{style}_length": fraction(sum(words), len(members)),
        }
    return found


def votes(responses: Sequence[str], problems: Sequence[Problem]) -> dict[str, float]:
    """Accuracy of votes of 1, 2, 4, ... responses: a group of 16 holds four votes of 4.

    Groups as for `summarise`. maj@1 is one response, read without asking for its end.
    """
    found: dict[str, float] = {}
    G, k = len(responses) // len(problems), 1
    while k <= G:
        right = [
            majority_answer(responses[i : i + k]) == problems[i // G].answer
            for start in range(0, len(responses), G)
            for i in range(start, start + G - k + 1, k)
        ]
        found[f"maj@{k}"] = sum(right) / len(right)
        k *= 2
    return found


def in_chinese(responses: Sequence[str]) -> dict[str, float]:
    """Share of the operations that are written in Chinese: of products, and of sums and
    differences.
    """
    words = Counter(word for response in responses for word in thoughts(response))
    found: dict[str, float] = {}
    for name, product in (("products_in_chinese", True), ("sums_in_chinese", False)):
        chosen = [op for op in OPERATIONS if (op[0] == "*") == product]
        chinese = sum(words[TO_CHINESE[op]] for op in chosen)
        english = sum(words[op] for op in chosen)
        found[name] = fraction(chinese, chinese + english)
    return found


GATE = {"operation": 0.90, "value": 0.93, "answer": 0.98, "check": 0.93, "wait": 0.90}


@torch.inference_mode()
def base_skills(
    model: LanguageModel, documents: int = 100, seed: int = 0
) -> dict[str, float]:
    """How probable the base finds the right next word, where only one is right:
    reinforcement learning needs these.

    operation: copied from the question; value: an operation computed; answer: copied
    from the chain; check: a step computed again; wait: said when two digits differ.
    `GATE` holds what each must reach before RL is worth its time.
    """
    rng = random.Random(seed)
    clean = CorpusSettings(
        error=0.0, clumsy_error=0.0, textbook_checks=0.0, long_share=0.0
    )
    probabilities: dict[str, list[float]] = {skill: [] for skill in GATE}
    for _ in range(documents):
        for words, weights in (textbook(rng, clean), drill(rng, clean)):
            tokens = torch.tensor([encode(words)], device=model.head.weight.device)
            predicted = model(tokens)[0].softmax(dim=-1)
            for position, skill in tested_positions((words, weights)):
                word = words[
                    position
                ]  # in either language: which one to use is taste, not skill
                right = encode(
                    [
                        word,
                        *(
                            table[word]
                            for table in (TO_CHINESE, TO_ENGLISH)
                            if word in table
                        ),
                    ]
                )
                probabilities[skill].append(predicted[position - 1, right].sum().item())
    return {skill: sum(p) / len(p) for skill, p in probabilities.items()}


def tested_positions(document: Document) -> list[tuple[int, str]]:
    """Where a document leaves one right word, and the skill that finds it; slipped
    digits (weight 0) are left out.
    """
    words = [TO_ENGLISH.get(word, word) for word in document[0]]
    start = words.index("<think>") + 1 if "<think>" in words else 2
    found = []
    for i in range(start, len(words)):
        before = words[i - 1]
        if words[i] == "wait":
            found.append((i, "wait"))
        elif (
            document[1][i]
            and words[i] in DIGITS
            and (before == "check" or before in OPERATIONS)
        ):
            found.append((i, "check" if before == "check" else "value"))
        elif document[1][i] and words[i] in DIGITS and before == "<ans>":
            found.append((i, "answer"))
        elif "?" in words and words[i] in OPERATIONS and before in LABELS:
            found.append((i, "operation"))
    return found
