"""Questions on real text: what Python's own documentation says that functions return.

    Return the number of elements in the listbox     of what?     elements
                                                     in what?     the listbox

People wrote the sentences, and every Python has them in its standard library. Nobody
answered questions on them: a rule marks the answers, by the small words of English. A
network is to find the phrases in sentences that it never saw.

Left out: questions in many wordings, texts of several sentences, and questions without
an answer. Another version of Python has some other sentences.
"""

import re
import sysconfig
import zlib
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

OTHER = ("test", "idlelib", "site-packages", "lib2to3", "turtledemo", "__phello__")
SENTENCE = re.compile(r'"""\s*(Returns? [^"]*?)(?:\.\s|\.?\s*"""|\n\s*\n)')
WORD = re.compile(r"\w+|[^\w\s]")
LONGEST = 24  # words of a sentence
SMALL = "if|when|for|from|in|with|that|which|as|to|of|by|or|and|else|otherwise"
# a phrase ends before the next small word, or at a mark
QUESTIONS = {
    "what": rf"^returns? (.+?)(?= (?:{SMALL}) |[,;:.()]|$)",
    "when": r"\b(?:if|when) (.+?)(?= (?:else|otherwise) |[,;:.()]|$)",
    **{
        small: rf"\b{small} (.+?)(?= (?:{SMALL}) |[,;:.()]|$)"
        for small in ("of", "for", "in", "from")
    },
}
SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[UNK]")


class Reading(NamedTuple):
    """A question, the sentence that holds the answer, and its first and last word."""

    question: str
    sentence: str
    start: int
    end: int


def sentences() -> list[str]:
    """What functions of the standard library return, in the words of their authors."""
    root = Path(sysconfig.get_path("stdlib"))
    files = sorted([*root.glob("*.py"), *root.glob("*/*.py")])
    texts = [
        file.read_text("utf-8", errors="replace")
        for file in files
        if file.parent.name not in OTHER
    ]
    found = [" ".join(s.split()) for text in texts for s in SENTENCE.findall(text)]
    return [s for s in dict.fromkeys(found) if len(WORD.findall(s)) <= LONGEST]


def readings(sentence: str) -> list[Reading]:
    """All questions that the rule can answer from a sentence."""
    places = [match.span() for match in WORD.finditer(sentence)]
    found = []
    for question, pattern in QUESTIONS.items():
        match = re.search(pattern, sentence, re.IGNORECASE)
        if match:
            first, last = match.span(1)
            inside = [i for i, (a, b) in enumerate(places) if first <= a and b <= last]
            if inside:
                found.append(Reading(question, sentence, inside[0], inside[-1]))
    return found


def split_readings() -> tuple[list[Reading], list[Reading]]:
    """Readings for training, and for the test: one sentence in five is kept out."""
    parts: tuple[list[Reading], list[Reading]] = ([], [])
    for sentence in sentences():
        kept_out = zlib.crc32(sentence.encode()) % 5 == 0
        parts[kept_out].extend(readings(sentence))
    return parts


def vocabulary_of(data: list[Reading], least: int = 3) -> tuple[str, ...]:
    """The special words, the questions, and all that stands in `least` sentences."""
    counts: dict[str, int] = {}
    for sentence in {reading.sentence for reading in data}:
        for word in set(WORD.findall(sentence.lower())):
            counts[word] = counts.get(word, 0) + 1
    known = sorted(word for word, count in counts.items() if count >= least)
    return tuple(dict.fromkeys([*SPECIAL, *QUESTIONS, *known]))


def reading_tokens(
    pairs: list[tuple[str, str]], vocabulary: tuple[str, ...]
) -> tuple[Tensor, Tensor]:
    """Questions and sentences as `[CLS] question [SEP] sentence`: tokens (B, T), padded
    on the right, and `inside` (B, T), True where a word of the sentence stands.

    Raises ValueError if there are none.
    """
    if not pairs:
        raise ValueError("No questions: give at least one.")
    number = {word: i for i, word in enumerate(vocabulary)}
    rows = [
        ["[CLS]", question, "[SEP]", *WORD.findall(sentence.lower())]
        for question, sentence in pairs
    ]
    T = max(map(len, rows))
    rows = [row + ["[PAD]"] * (T - len(row)) for row in rows]
    tokens = [[number.get(word, number["[UNK]"]) for word in row] for row in rows]
    inside = torch.tensor([[word != "[PAD]" for word in row] for row in rows])
    inside[:, :3] = False  # an answer lies in the sentence
    return torch.tensor(tokens), inside
