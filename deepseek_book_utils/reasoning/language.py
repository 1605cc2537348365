"""The arithmetic language of *R1 in miniature*: its words, its problems, and which
problems are kept for testing.

A problem starts at a digit and applies labelled operations, always keeping the last
digit: `<bos> 9 a *3 b -1 ?` asks for 9 * 3 = 27 -> 7, then 7 - 1 = 6. A solution thinks
aloud, one step a label: `<think> 9 a *3 7 b -1 6 </think> <ans> 6 </ans> <eos>`. Every
word is one token, so no tokenizer is needed. The language has two vocabularies, English
(`a *3 7`) and Chinese (`a 乘三 七`), because R1-Zero mixed its languages.

Left out of the paper: words. Two layers can learn this language in half a minute; they
cannot learn English.
"""

import random
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

PAD, BOS, BOOK, EOS = "<pad>", "<bos>", "<book>", "<eos>"
SPECIAL = (PAD, BOS, BOOK, EOS, "?", "<think>", "</think>", "<ans>", "</ans>")
LABELS = tuple("abcdefghijkl")
DIGITS = tuple("0123456789")
NUMBERS = {"+": "12345", "-": "12345", "*": "379"}  # *3, *7, *9 lose no information
OPERATIONS = tuple(sign + number for sign in NUMBERS for number in NUMBERS[sign])
HAN_DIGITS = tuple("零一二三四五六七八九")
HAN_SIGN = {"+": "加", "-": "减", "*": "乘"}
HAN_OPERATIONS = tuple(HAN_SIGN[op[0]] + HAN_DIGITS[int(op[1])] for op in OPERATIONS)

# The words of each language, in the same order, so that translating is a look-up.
ENGLISH = (*DIGITS, *OPERATIONS, "check", "wait")
CHINESE = (*HAN_DIGITS, *HAN_OPERATIONS, "查", "等")
VOCABULARY = (*SPECIAL, *LABELS, *ENGLISH, *CHINESE)
TOKEN_ID = {token: i for i, token in enumerate(VOCABULARY)}
TO_CHINESE = dict(zip(ENGLISH, CHINESE, strict=True))
TO_ENGLISH = dict(zip(CHINESE, ENGLISH, strict=True))


def encode(text: str | Sequence[str]) -> list[int]:
    """Token numbers of a text of blank-separated words; raises ValueError on a word
    outside the language.
    """
    words = text.split() if isinstance(text, str) else text
    unknown = [word for word in words if word not in TOKEN_ID]
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is not a word of this language. "
            "Write words apart, as in '<bos> 9 a *3 ?'."
        )
    return [TOKEN_ID[word] for word in words]


def decode(tokens: Sequence[int]) -> str:
    """The text of token numbers, padding left out."""
    return " ".join(VOCABULARY[i] for i in tokens if VOCABULARY[i] != PAD)


def apply(value: int, operation: str) -> int:
    """The last digit of `value` after an operation such as `+3`, `-5` or `*7`."""
    sign, number = operation[0], int(operation[1:])
    return {"+": value + number, "-": value - number, "*": value * number}[sign] % 10


@dataclass(frozen=True)
class Problem:
    """A start digit and the operations to apply; labels run on from `first_label` and
    wrap round after l.
    """

    start: int
    operations: tuple[str, ...]
    first_label: int = 0

    @property
    def answer(self) -> int:
        value = self.start
        for operation in self.operations:
            value = apply(value, operation)
        return value

    @property
    def labels(self) -> list[str]:
        return [
            LABELS[(self.first_label + i) % len(LABELS)]
            for i in range(len(self.operations))
        ]

    @property
    def prompt(self) -> str:
        steps = " ".join(
            f"{label} {op}"
            for label, op in zip(self.labels, self.operations, strict=True)
        )
        return f"{BOS} {self.start} {steps} ?"


def parse_problem(prompt: str) -> Problem:
    """The problem that a prompt states; raises ValueError, with a well-formed example,
    if it states none.
    """
    match = re.fullmatch(r"(?:<bos>|<book>) (\d)((?: [a-l] \S+)+) \?", prompt)
    words = match[2].split() if match else []
    labels, operations = words[::2], tuple(words[1::2])
    if match and all(op in OPERATIONS for op in operations):
        problem = Problem(int(match[1]), operations, LABELS.index(labels[0]))
        if problem.labels == labels:
            return problem
    raise ValueError(
        f"{prompt!r} is not a problem. Write a start digit, labels in alphabetical "
        f"order with an operation each ({OPERATIONS[0]} to {OPERATIONS[-1]}), and ?, "
        f"as in '{Problem(9, ('*3', '-1')).prompt}'."
    )


# --- which problems are kept for testing ------------------------------------------

HELD_OUT_TRIPLES = frozenset(
    (a, b, c)
    for a in OPERATIONS
    for b in OPERATIONS
    for c in OPERATIONS
    if zlib.crc32(f"{a} {b} {c}".encode()) % 50 == 0
)


def is_held_out(operations: Sequence[str]) -> bool:
    """Whether any three operations in a row belong to the held-out triples."""
    return any(
        triple in HELD_OUT_TRIPLES
        for triple in zip(operations, operations[1:], operations[2:], strict=False)
    )


def sample_operations(rng: random.Random, steps: int) -> tuple[str, ...]:
    """Operations for training: signs are equally likely, and no held-out triple occurs
    anywhere.
    """
    while True:
        operations = tuple(rng.choice(SIGNS[rng.randrange(3)]) for _ in range(steps))
        if not is_held_out(operations):
            return operations


SIGNS = (OPERATIONS[:5], OPERATIONS[5:10], OPERATIONS[10:])


def sample_problem(
    rng: random.Random, min_steps: int = 3, max_steps: int = 7
) -> Problem:
    """A training problem of `min_steps` to `max_steps` operations."""
    operations = sample_operations(rng, rng.randint(min_steps, max_steps))
    return Problem(rng.randrange(10), operations, rng.randrange(len(LABELS)))


def held_out_problems(
    count: int, min_steps: int = 3, max_steps: int = 7, seed: int = 0
) -> list[Problem]:
    """Test problems. Each opens with a held-out triple, of which no training problem
    and no drill is made.
    """
    rng = random.Random(seed)
    triples = sorted(HELD_OUT_TRIPLES)
    problems = []
    for _ in range(count):
        rest = tuple(
            rng.choice(SIGNS[rng.randrange(3)])
            for _ in range(rng.randint(min_steps, max_steps) - 3)
        )
        problems.append(
            Problem(
                rng.randrange(10),
                rng.choice(triples) + rest,
                rng.randrange(len(LABELS)),
            )
        )
    return problems
