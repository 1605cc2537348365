"""The base model of the miniature, joined to its language: its sizes, what it reads,
and how it is asked.

Here strings become token ids; the language model itself knows of no word.
"""

import random
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from ..lm.model import ModelSettings
from ..lm.policy import Policy
from ..lm.sampling import Rollouts, generate, pad_left
from .corpus import CorpusSettings, sample_document
from .language import BOOK, BOS, EOS, PAD, TOKEN_ID, VOCABULARY, decode, encode
from .pen import Pen, slip_of_the_pen

MINIATURE = ModelSettings(
    vocabulary=len(VOCABULARY),
    padding=TOKEN_ID[PAD],
    starts=(TOKEN_ID[BOS], TOKEN_ID[BOOK]),
)


def sample_page(
    rng: random.Random, progress: float, corpus: CorpusSettings = CorpusSettings()
) -> tuple[list[int], list[float]]:
    """Token ids and loss weights of one document of the corpus, at `progress` (0 to 1)
    of pretraining.
    """
    words, weights = sample_document(rng, progress, corpus)
    return encode(words), weights


def encode_prompts(prompts: Sequence[str]) -> Tensor:
    """(N, Tp) token ids of N prompts, padded on the left."""
    return pad_left([encode(prompt) for prompt in prompts], TOKEN_ID[PAD])


def decode_rows(responses: Tensor) -> list[str]:
    """Every row of responses (B, T) as text, end mark included."""
    return [decode(row) for row in responses.tolist()]


def write(
    policy: Policy,
    prompts: Sequence[str],
    group_size: int,
    generator: torch.Generator,
    pen: Pen,
    max_new_tokens: int = 90,
    temperature: float = 1.0,
    forbidden: Sequence[str] = (),
) -> Rollouts:
    """Sample `group_size` responses to every prompt, written by this pen, without the
    `forbidden` words.
    """
    return generate(
        policy,
        encode_prompts(prompts),
        group_size,
        generator,
        max_new_tokens,
        temperature,
        end=TOKEN_ID[EOS],
        pad=TOKEN_ID[PAD],
        alter=partial(slip_of_the_pen, pen=pen),
        forbidden=encode(forbidden),
    )
