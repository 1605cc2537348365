"""The base model of the miniature, joined to its language: its sizes and what it reads.

Here strings become token ids; the language model itself knows of no word.
"""

import random

from ..lm.model import ModelSettings
from .corpus import CorpusSettings, sample_document
from .language import BOOK, BOS, PAD, TOKEN_ID, VOCABULARY, encode

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
