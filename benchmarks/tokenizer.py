"""Trains byte-pair encoding on a megabyte of Python's reference and library, ours beside `tokenizers`, and
encodes that text; writes `benchmarks/results_tokenizer.json`.

CPU seconds of one thread, the contenders in turn; the merges and the tokens of both must be the same.
"""

import argparse
import json
import os
import platform
import pydoc_data.topics
import statistics
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import psutil
import tokenizers
from tokenizers import models, pre_tokenizers, trainers

from benchmarks.measure import OURS, alternate
from deepseek_book_utils.lm.tokenizers import Tokenizer, count_words, train_bpe

RESULTS = Path(__file__).parent / "results_tokenizer.json"
THEIRS, BYTES, VOCABULARY, REPETITIONS = "tokenizers", 1_000_000, 4000, 3


def megabyte() -> str:
    """Prose, the reference that `help` shows, then code, the library's own modules."""
    sources = sorted(Path(os.__file__).parent.glob("*.py"))
    text = "\n".join(pydoc_data.topics.topics.values())
    text += "".join(path.read_text("utf-8") for path in sources)
    return text.encode()[:BYTES].decode(errors="ignore")


def train_theirs(text: str) -> tokenizers.Tokenizer:
    """The library's tokenizer, trained on the same bytes."""
    theirs = tokenizers.Tokenizer(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=alphabet, show_progress=False)
    theirs.train_from_iterator([text], trainer)
    return theirs


def table(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median seconds of each, and how many times as long ours takes: the median of the neighbours' ratios."""
    seconds = alternate(contenders, REPETITIONS)
    ratios = [ours / theirs for ours, theirs in zip(seconds[OURS], seconds[THEIRS], strict=True)]
    medians = {name: round(statistics.median(times), 3) for name, times in seconds.items()}
    return medians | {"ours_takes": round(statistics.median(ratios), 2), "largest": round(max(ratios), 2)}


def main() -> None:
    """Measure, print, write."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    text = megabyte()
    theirs, ours = train_theirs(text), Tokenizer(train_bpe(count_words([text]), VOCABULARY))
    tokens = ours.encode(text)
    if tokens != theirs.encode(text).ids:
        raise AssertionError("The two disagree: run tests/reference/lm/test_tokenizers.py.")
    found = {
        "training": table(
            {
                OURS: lambda: train_bpe(count_words([text]), VOCABULARY),
                THEIRS: lambda: train_theirs(text),
            }
        ),
        "encoding": table(
            {
                OURS: lambda: Tokenizer(ours.merges).encode(text),
                THEIRS: lambda: theirs.encode(text),
            }
        ),
    }
    record = {
        "command": "make bench",
        "date": date.today().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {psutil.cpu_count()} cores; one thread",
        "python": platform.python_version(),
        "tokenizers": version("tokenizers"),
        "load_average": round(psutil.getloadavg()[0], 1),
        "bytes": len(text.encode()),
        "vocabulary": VOCABULARY,
        "tokens": len(tokens),
        "cpu_seconds": found,
    }
    for name, row in found.items():
        print(f"    {name:10}" + "".join(f"{part:>14} {value:.2f}" for part, value in row.items()))
    RESULTS.write_text(json.dumps(record, indent=2) + "\n")
    print(f"Written to {RESULTS}.")


if __name__ == "__main__":
    main()
