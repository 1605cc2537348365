"""Real sentences to sort: what six libraries say of their own functions and classes.

The first sentence of a docstring, and the library in which it stands: Python's own
(PSF licence), matplotlib (its own licence, like Python's), numpy, scipy, scikit-learn
and torch (BSD). The files lie on this machine already; nothing is fetched, and nothing
of them is run.
"""

import ast
import random
import re
import sysconfig
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

LIBRARIES = ("python", "matplotlib", "numpy", "scipy", "sklearn", "torch")
SKIPPED = {"test", "tests", "testing", "idlelib", "site-packages", "_vendor"}
SHORTEST, LONGEST, PER_FILE = 5, 20, 12  # words of a sentence; sentences of a file
BLANK, UNKNOWN = 0, 1  # token numbers; the words follow


def words_in(text: str) -> list[str]:
    """The words of a text in small letters: no digits, no signs."""
    return re.findall("[a-z]+", text.lower())


def first_sentences(source: str) -> Iterator[str]:
    """The first sentence of each docstring in the text of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            text = ast.get_docstring(node) or ""
            yield re.split(r"\.\s|\n\s*\n", text.strip())[0]


def files_of(library: str) -> list[Path]:
    """The Python files of a library without its tests, sorted.

    Raises ValueError if the library is not installed.
    """
    if library == "python":
        root = Path(sysconfig.get_path("stdlib"))
    else:
        spec = find_spec(library)
        if spec is None or spec.origin is None:
            raise ValueError(
                f"{library} is not installed: install it, or leave it out."
            )
        root = Path(spec.origin).parent
    return sorted(
        path
        for path in root.rglob("*.py")
        if not SKIPPED & set(path.relative_to(root).parts)
    )


def sentences_of(library: str, count: int) -> list[list[str]]:
    """So many different sentences of a library as words, from files in an order that is
    shuffled once for all; the library's own name is left out.

    Raises ValueError if it has fewer.
    """
    files = files_of(library)
    random.Random(0).shuffle(files)
    found: dict[tuple[str, ...], None] = {}  # in order, each once
    for path in files:
        new = 0
        for sentence in first_sentences(path.read_text("utf-8", errors="ignore")):
            words = tuple(word for word in words_in(sentence) if word not in LIBRARIES)
            long_enough = SHORTEST <= len(words) <= LONGEST
            if long_enough and words not in found and new < PER_FILE:
                found[words] = None
                new += 1
        if len(found) >= count:
            return [list(words) for words in list(found)[:count]]
    raise ValueError(
        f"{library} has {len(found)} sentences: ask for fewer than {count}."
    )


def docstrings(each: int) -> tuple[list[list[str]], list[int]]:
    """`each` sentences of every library as words, and the library's number; a sentence
    that two libraries share is left out.
    """
    of_library = [sentences_of(library, each) for library in LIBRARIES]
    times = Counter(tuple(words) for texts in of_library for words in texts)
    kept = [
        (words, number)
        for number, texts in enumerate(of_library)
        for words in texts
        if times[tuple(words)] == 1
    ]
    return [words for words, _ in kept], [number for _, number in kept]


def vocabulary_of(texts: Sequence[Sequence[str]], least: int = 2) -> dict[str, int]:
    """The token number of every word that stands in the texts `least` times, the most
    frequent first.
    """
    counts = Counter(word for words in texts for word in words)
    known = [word for word, count in counts.most_common() if count >= least]
    return {word: number for number, word in enumerate(known, start=UNKNOWN + 1)}


def numbered(texts: Sequence[Sequence[str]], vocabulary: dict[str, int]) -> Tensor:
    """Token numbers (N, T) of texts, filled up to the longest one with padding."""
    longest = max(map(len, texts))
    rows = [[vocabulary.get(word, UNKNOWN) for word in words] for words in texts]
    return torch.tensor([row + [BLANK] * (longest - len(row)) for row in rows])
