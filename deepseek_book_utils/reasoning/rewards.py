"""Rewards by rule: is the answer right, is the form kept, is the language the reader's?

DeepSeek-R1-Zero was paid by rules alone (arXiv 2501.12948, section 2.2.2), since a
learned reward can be deceived. R1 adds the share of words in the target language
(section 2.3.2).
"""

import re
from dataclasses import dataclass

from ..settings import check_ranges
from .language import TO_CHINESE, TO_ENGLISH, Problem

FORM = re.compile(
    r"<think> ((?:(?!</?think>|</?ans>)\S+ )*)</think> <ans> ([0-9]) </ans> <eos>"
)
# up to the first <ans>, which must hold one digit; \d would know many scripts' digits
ANSWER = re.compile(r"\A(?:(?!<ans>).)*<ans> ([0-9]) </ans>", re.DOTALL)


@dataclass(frozen=True)
class RewardWeights:
    """What each rule pays; `language` is 0 in R1-Zero."""

    accuracy: float = 1.0
    format: float = 0.2
    language: float = 0.0

    def __post_init__(self) -> None:
        check_ranges(self, not_negative=("accuracy", "format", "language"))


def accuracy_reward(response: str, answer: int) -> float:
    """1 if the response ended and its first `<ans>` holds the right digit, else 0.
    Truncated responses earn nothing.
    """
    match = ANSWER.search(response)
    return float(
        response.endswith("<eos>") and match is not None and int(match[1]) == answer
    )


def format_reward(response: str) -> float:
    """1 if the response is exactly one think part, then one answer, then the end; the
    think part may be empty.
    """
    return float(FORM.fullmatch(response) is not None)


def thoughts(response: str) -> list[str]:
    """The words of the think part if the response is well-formed, else all words."""
    match = FORM.fullmatch(response)
    return (match[1] if match else response).split()


def language_counts(response: str) -> tuple[int, int]:
    """How many words of the think part are English and Chinese; labels and marks belong
    to neither.
    """
    words = thoughts(response)
    return sum(word in TO_CHINESE for word in words), sum(
        word in TO_ENGLISH for word in words
    )


def language_reward(response: str) -> float:
    """Share of English among the words of a well-formed think part. An empty one earns
    nothing: silence is no language.
    """
    english, chinese = language_counts(response)
    return (
        english / (english + chinese)
        if english + chinese and format_reward(response)
        else 0.0
    )


def reward(response: str, problem: Problem, weights: RewardWeights) -> float:
    """The weighted sum of the three rules."""
    total = weights.accuracy * accuracy_reward(
        response, problem.answer
    ) + weights.format * format_reward(response)
    return (
        total + weights.language * language_reward(response)
        if weights.language
        else total
    )
