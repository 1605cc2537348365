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
from .base import decode_rows, write
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
from .pen import Pen
from .rewards import ANSWER, accuracy_reward, format_reward, language_share

# A look-ahead, since steps overlap: the value of one is the state of the next.
STEP = re.compile(r"(?=\b(\d) ([a-l]) ([+*-]\d) (\d)(?: check (\d))?( wait)?)")


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


def share(part: float, whole: float) -> float:
    """part / whole, or not-a-number where there is no whole."""
    return part / whole if whole else float("nan")


def summarise(
    responses: Sequence[str], problems: Sequence[Problem]
) -> dict[str, float]:
    """Means over responses; `problems` has one for each, so repeat it for samples."""
    steps = [read_steps(response) for response in responses]
    languages = [language_share(response) for response in responses]
    written = [sum(pair) for pair in languages]
    mixed = sum(min(pair) > 0 for pair in languages)
    wrong = [
        (all_steps, step) for all_steps in steps for step in all_steps if not step.right
    ]
    n = len(responses)
    return {
        "accuracy": sum(
            accuracy_reward(r, p.answer)
            for r, p in zip(responses, problems, strict=True)
        )
        / n,
        "format": sum(map(format_reward, responses)) / n,
        "length": sum(len(response.split()) for response in responses) / n,
        "truncated": sum(not response.endswith("<eos>") for response in responses) / n,
        "empty": sum(not words for words in written) / n,
        "english": share(sum(english for english, _ in languages), sum(written)),
        "mixed": share(mixed, sum(words > 0 for words in written)),
        "checks": sum(any(step.checked for step in all_steps) for all_steps in steps)
        / n,
        "waits": sum(step.waited for all_steps in steps for step in all_steps) / n,
        "corrected": share(
            sum(corrected(all_steps, step) for all_steps, step in wrong), len(wrong)
        ),
        "wait_if_wrong": share(sum(step.waited for _, step in wrong), len(wrong)),
        "wait_if_right": share(
            sum(
                step.waited and step.right for all_steps in steps for step in all_steps
            ),
            sum(step.right for all_steps in steps for step in all_steps),
        ),
    }


def majority_answer(responses: Sequence[str]) -> int | None:
    """The digit answered most often, the earliest on a tie; None if nobody answered."""
    answers = [
        int(match[1]) for response in responses if (match := ANSWER.search(response))
    ]
    return Counter(answers).most_common(1)[0][0] if answers else None


def evaluate(
    model: LanguageModel,
    problems: Sequence[Problem],
    samples: int = 16,
    seed: int = 0,
    pen: Pen = Pen(),
    max_new_tokens: int = 90,
    textbook: bool = False,
    forbidden: Sequence[str] = (),
) -> dict[str, float]:
    """pass@1 (as `accuracy`), maj@samples (as `majority`) and the summary of `samples`
    responses to every problem.

    `textbook` replaces the prompt's `<bos>` by `<book>`: prompting instead of training.
    """
    if not problems:
        raise ValueError("Nothing to evaluate: give at least one problem.")
    generator = torch.Generator(model.head.weight.device).manual_seed(seed)
    prompts = [
        problem.prompt.replace("<bos>", "<book>") if textbook else problem.prompt
        for problem in problems
    ]
    responses: list[str] = []
    for start in range(
        0, len(prompts), 32
    ):  # 32 prompts at a time keep the cache small
        rollouts = write(
            model,
            prompts[start : start + 32],
            samples,
            generator,
            pen,
            max_new_tokens,
            forbidden=forbidden,
        )
        responses += decode_rows(rollouts.responses)
    repeated = [problem for problem in problems for _ in range(samples)]
    votes = [
        majority_answer(responses[i * samples : (i + 1) * samples]) == problem.answer
        for i, problem in enumerate(problems)
    ]
    return summarise(responses, repeated) | {"majority": sum(votes) / len(votes)}


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
