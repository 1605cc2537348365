"""Small services for the tests: their models are functions whose answers are known."""

import time
from collections.abc import Sequence
from typing import Any

from flask import Flask

from deepseek_book_utils.serving.app import create_app
from deepseek_book_utils.serving.batching import ServingSettings

SMALL = ServingSettings(batch_size=4, queue=4, timeout=5.0, max_body=2000)


def upper(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [{"answer": text.upper(), "batch": len(texts)} for text in texts]


def sleepy(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Takes as many seconds as the longest of the texts says."""
    time.sleep(max(float(text) for text in texts))
    return [{"answer": text} for text in texts]


def broken(texts: Sequence[str]) -> list[dict[str, Any]]:
    if "fail" in texts:
        raise KeyError("a secret of the model")
    return upper(texts)


def short_and_known(text: str) -> None:
    if "unknown" in text.split():
        raise ValueError("'unknown' is not a word of this language: use others.")
    if len(text.split()) > 10:
        raise ValueError("The text has more than 10 words: ask a shorter question.")


def service(settings: ServingSettings) -> Flask:
    answers = {"supervised": upper, "rl": broken, "sleepy": sleepy}
    return create_app(answers, settings, short_and_known)


IMPATIENT = ServingSettings(batch_size=1, queue=2, timeout=1.0, patience=0.0)
