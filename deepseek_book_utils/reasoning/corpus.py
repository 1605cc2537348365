"""The pretraining corpus: what the base model has read before any reinforcement
learning.

Three kinds of document, as in a real crawl. *Drills* are rows of arithmetic without a
question. *Textbooks*, marked `<book>`, solve problems step by step. The *web*, marked
`<bos>` like every later question, mostly gives the bare answer, a right one; it skips
steps, breaks the format, and sometimes reasons well. Reinforcement learning will meet
only `<bos>`.

Some writers check: `c +1 2 check 4 wait 1 c +1 2 check 2` computes the step again, sees
that the two digits differ, says `wait`, returns to the value before the step and writes
the step anew. English writers err in multiplication and Chinese writers in addition, so
a chain that changes language can be better than one that does not.

Every document is a list of words and a list of loss weights, one a word. Weight 0 marks
what nobody should learn to write: questions, the labels and operations of drills (they
are random), and digits that slipped.
"""

import random
from dataclasses import dataclass

from ..settings import check_range, check_ranges
from .language import (
    BOOK,
    DIGITS,
    EOS,
    LABELS,
    TO_CHINESE,
    Problem,
    apply,
    sample_operations,
    sample_problem,
)

Document = tuple[list[str], list[float]]
Share = tuple[tuple[str, float], ...]  # names and their shares, which sum to one


STYLES = ("direct", "skip", "full", "check", "broken")
LANGUAGES = ("english", "chinese", "mixed")


def check_shares(name: str, shares: Share, known: tuple[str, ...]) -> None:
    """Raise ValueError unless names are `known` and their shares sum to one."""
    check_range(name, tuple(share for _, share in shares), "fraction")
    total = sum(share for _, share in shares)
    if abs(total - 1) > 1e-9 or not {word for word, _ in shares} <= set(known):
        raise ValueError(
            f"{name} = {shares}: take shares of {', '.join(known)} that sum to one."
        )


@dataclass(frozen=True)
class CorpusSettings:
    """Shares and error rates of the corpus; each is the probability of one document,
    step or digit. Raises ValueError on what is no probability.
    """

    drill_share: tuple[float, float] = (0.60, 0.15)  # at the first and the last update
    drill_checks: float = 0.80  # drills that check every step
    drill_slip: float = 0.20  # digits of drills that slip: `wait` is seen often
    textbook_share: float = 0.55  # of what is not a drill
    textbook_checks: float = 0.10  # textbooks that check their steps
    long_share: float = 0.25  # textbooks with 8 to 10 steps
    long_checks: float = 0.20  # long textbooks that check their steps
    web_styles: Share = tuple(zip(STYLES, (0.62, 0.14, 0.06, 0.13, 0.05), strict=True))
    web_languages: Share = (("english", 0.6), ("chinese", 0.1), ("mixed", 0.3))
    textbook_languages: Share = (("english", 0.5), ("chinese", 0.2), ("mixed", 0.3))
    slip: float = 0.12  # digits that slip in documents that check
    error: float = 0.01  # a writer's own errors where the language serves the operation
    clumsy_error: float = 0.20  # errors in English products, Chinese sums, differences
    better_language: float = 0.80  # steps in the better language, by writers of both

    def __post_init__(self) -> None:
        drills = ("drill_share", "drill_checks", "drill_slip")
        books = ("textbook_share", "textbook_checks", "long_share", "long_checks")
        errors = ("slip", "error", "clumsy_error", "better_language")
        check_ranges(self, fraction=drills + books + errors)
        check_shares("web_styles", self.web_styles, STYLES)
        check_shares("web_languages", self.web_languages, LANGUAGES)
        check_shares("textbook_languages", self.textbook_languages, LANGUAGES)


def choose(rng: random.Random, shares: Share) -> str:
    """One name, with probability equal to its share."""
    return rng.choices([name for name, _ in shares], [share for _, share in shares])[0]


def speak(words: list[str], chinese: bool) -> list[str]:
    """English words as they stand, or in Chinese; labels and marks stay."""
    return [TO_CHINESE.get(word, word) for word in words] if chinese else words


def another_digit(rng: random.Random, value: int) -> int:
    """A digit other than `value`."""
    return (value + rng.randint(1, 9)) % 10


def error_rate(settings: CorpusSettings, operation: str, chinese: bool) -> float:
    """How often a writer of this language gets this kind of step wrong."""
    return settings.error if (operation[0] == "*") == chinese else settings.clumsy_error


def plain_step(
    rng: random.Random, label: str, operation: str, state: int, error: float
) -> tuple[Document, int]:
    """A step without a check. An error is believed: the chain goes on from the wrong
    value.
    """
    value = apply(state, operation)
    if rng.random() < error:
        value = (value + rng.choice((1, 2, 8, 9))) % 10
    return ([label, operation, DIGITS[value]], [1.0, 1.0, 1.0]), value


def checked_step(
    rng: random.Random,
    label: str,
    operation: str,
    state: int,
    error: float,
    slip: float,
    copied: float = 1.0,
) -> tuple[Document, int]:
    """A step whose value is computed twice; if the digits differ, `wait`, and the step
    is written again.

    `copied` is the loss weight of label, operation and `check`: 0 in drills, where they
    are random.
    """
    value, words, weights, again = apply(state, operation), [], [], False
    while True:
        wrong = (
            not again and rng.random() < error
        )  # the writer's own error, learned as any other word,
        slipped = (
            not wrong and rng.random() < slip
        )  # or a slip of the pen, which nobody should learn
        first = another_digit(rng, value) if wrong or slipped else value
        second_slipped = rng.random() < 0.3 * slip
        second = another_digit(rng, value) if second_slipped else value
        weight = 1.0 if again else copied
        words += [label, operation, DIGITS[first], "check", DIGITS[second]]
        weights += [
            weight,
            weight,
            float(not slipped),
            copied,
            float(not second_slipped),
        ]
        if first == second:  # agreed, right or (very rarely) wrong
            return (words, weights), first
        words += ["wait", DIGITS[state]]
        weights += [1.0, 1.0]
        again = True


def write_chain(
    rng: random.Random,
    problem: Problem,
    style: str,
    language: str,
    settings: CorpusSettings,
) -> Document:
    """The words between `<think>` and `</think>` in one style: full, skip (some steps
    merged) or check.
    """
    value, chinese = problem.start, language == "chinese"
    words, weights = speak([DIGITS[value]], chinese), [1.0]
    merged = False
    for i, (label, operation) in enumerate(
        zip(problem.labels, problem.operations, strict=True)
    ):
        if (
            style == "skip"
            and not merged
            and i + 1 < len(problem.operations)
            and rng.random() < 0.5
        ):
            value, merged = (
                apply(value, operation),
                True,
            )  # done in the head, with the next step
            continue
        if language == "mixed":
            chinese = (operation[0] == "*") == (rng.random() < settings.better_language)
        error = 0.10 if merged else error_rate(settings, operation, chinese)
        if style == "check":
            (step, weight), value = checked_step(
                rng, label, operation, value, error, settings.slip
            )
        else:
            (step, weight), value = plain_step(rng, label, operation, value, error)
        words += speak(step, chinese)
        weights += weight
        merged = False
    return words, weights


def conclude(prompt: list[str], chain: Document, answer: str) -> Document:
    """A whole document: the question (not learned), the chain, the answer, the end."""
    words, weights = chain
    response = ["<think>", *words, "</think>", "<ans>", answer, "</ans>", EOS]
    return prompt + response, [0.0] * len(prompt) + [
        1.0,
        *weights,
        1.0,
        1.0,
        1.0,
        1.0,
        1.0,
    ]


def last_digit(chain: list[str]) -> str:
    """The digit that the chain ends with, in English."""
    return next(digit for digit in DIGITS if chain[-1] in (digit, TO_CHINESE[digit]))


def drill(rng: random.Random, settings: CorpusSettings) -> Document:
    """A row of steps without a question, slips put right; only digits, and whether to
    `wait`, carry loss.
    """
    language = choose(rng, settings.textbook_languages)
    checks = rng.random() < settings.drill_checks
    value, chinese, first = (
        rng.randrange(10),
        language == "chinese",
        rng.randrange(len(LABELS)),
    )
    words, weights = [BOOK, *speak([DIGITS[value]], chinese)], [0.0, 0.0]
    for i, operation in enumerate(sample_operations(rng, 8 if checks else 12)):
        if language == "mixed":
            chinese = rng.random() < 0.5
        label = LABELS[(first + i) % len(LABELS)]
        if checks:
            (step, weight), value = checked_step(
                rng, label, operation, value, 0.0, settings.drill_slip, copied=0.0
            )
            weight[0] = float(
                i > 0
            )  # the digits agreed: go on to the next label, no `wait`
        else:
            value = apply(value, operation)
            step, weight = [label, operation, DIGITS[value]], [0.0, 0.0, 1.0]
        words += speak(step, chinese)
        weights += weight
    return words, weights


def textbook(rng: random.Random, settings: CorpusSettings) -> Document:
    """A worked solution, sometimes longer than any problem that reinforcement learning
    will pose.
    """
    long = rng.random() < settings.long_share
    problem = sample_problem(rng, 8, 10) if long else sample_problem(rng)
    checks = rng.random() < (settings.long_checks if long else settings.textbook_checks)
    language = choose(rng, settings.textbook_languages)
    chain = write_chain(rng, problem, "check" if checks else "full", language, settings)
    return conclude([BOOK, *problem.prompt.split()[1:]], chain, last_digit(chain[0]))


def web_page(rng: random.Random, settings: CorpusSettings) -> Document:
    """A question with the kind of answer the web gives: mostly a bare answer."""
    problem, style = sample_problem(rng), choose(rng, settings.web_styles)
    prompt = problem.prompt.split()
    if style == "direct":
        return conclude(prompt, ([], []), DIGITS[problem.answer])
    language = choose(rng, settings.web_languages)
    chain_style = rng.choice(("skip", "full")) if style == "broken" else style
    chain = write_chain(rng, problem, chain_style, language, settings)
    words, answer = chain[0], last_digit(chain[0])
    if style != "broken":
        return conclude(prompt, chain, answer)
    response = rng.choice((
        ["<think>", *words, "<ans>", answer, "</ans>", EOS],  # never stops thinking
        [*words, EOS],
        ["<think>", *words, "</think>", answer, EOS],
        ["<think>", *words, "</think>", "<ans>", answer, EOS],
        ["<ans>", answer, "</ans>", EOS],
    ))  # fmt: skip
    return prompt + response, [0.0] * len(prompt) + [1.0] * len(response)


def sample_document(
    rng: random.Random, progress: float, settings: CorpusSettings
) -> Document:
    """One document of the corpus at `progress` (0 to 1) of pretraining."""
    first, last = settings.drill_share
    if rng.random() < first + (last - first) * progress:
        return drill(rng, settings)
    if rng.random() < settings.textbook_share:
        return textbook(rng, settings)
    return web_page(rng, settings)
