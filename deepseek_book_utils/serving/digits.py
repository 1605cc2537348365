"""Networks that read handwritten digits, as the service asks them.

A picture travels as a text of 64 whole numbers, row by row, since the service knows
texts alone. Left out: formats of pictures, and any picture that is not 8 by 8.
"""

from typing import Any

import torch
from torch import nn

from .app import Answer

PIXELS, DARKEST = 64, 16  # of scikit-learn's digits


def read_picture(text: str) -> list[float]:
    """Ink from 0 to 1 of 64 pixels, from 64 whole numbers from 0 to 16; ValueError for
    any other text.
    """
    words = text.split()
    if len(words) != PIXELS or not all(
        word.isdecimal() and int(word) <= DARKEST for word in words
    ):
        raise ValueError(
            "A picture is 64 whole numbers from 0 to 16: send 8 rows of 8, in one text."
        )
    return [int(word) / DARKEST for word in words]


def answer_pictures(network: nn.Module) -> Answer:
    """A function for one mode of the service: for each text the digit that this network
    reads, and how sure it is.
    """

    def answer(texts: list[str]) -> list[dict[str, Any]]:
        with torch.inference_mode():
            # (B, 64) -> (B, 10)
            logits = network(torch.tensor([read_picture(text) for text in texts]))
            sure, digit = logits.softmax(dim=1).max(dim=1)
        pairs = zip(digit.tolist(), sure.tolist(), strict=True)
        return [{"digit": d, "sure": round(s, 3)} for d, s in pairs]

    return answer
