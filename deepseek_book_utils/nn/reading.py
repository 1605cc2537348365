"""Sort texts: an encoder reads the words, the mean of its vectors says what it read.

Letters: B batch, T time, C channels, K classes, N texts.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .docstrings import BLANK, UNKNOWN
from .encoder import Encoder, EncoderSettings
from .fitting import FitSettings, fit


class Classifier(nn.Module):
    """An encoder, and a linear layer on the mean of its vectors."""

    def __init__(self, settings: EncoderSettings, classes: int) -> None:
        super().__init__()
        self.encoder = Encoder(settings)
        self.out = nn.Linear(settings.width, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """Texts (B, T), padding behind them -> logits (B, K)."""
        real = tokens != BLANK
        vectors = self.encoder(tokens, real)  # (B, T) -> (B, T, C)
        words = real[..., None].to(vectors)
        mean = (vectors * words).sum(dim=1) / words.sum(dim=1)  # (B, T, C) -> (B, C)
        return self.out(mean)


def fit_classifier(
    model: Classifier,
    tokens: Tensor,
    classes: Tensor,
    settings: FitSettings,
    seed: int,
    hide: float = 0.0,
) -> list[float]:
    """Train in place on texts (N, T) of classes (N,); returns the loss of every update.

    The share `hide` of the words is replaced by the unknown word, others at each
    update, so that no single word is enough.
    """
    dice = torch.Generator().manual_seed(seed)

    def loss_of(batch: Tensor) -> Tensor:
        read = tokens[batch]
        hidden = (torch.rand(read.shape, generator=dice) < hide) & (read != BLANK)
        return F.cross_entropy(model(read.masked_fill(hidden, UNKNOWN)), classes[batch])

    return fit(model.parameters(), loss_of, len(tokens), settings, seed)


def in_any_order(tokens: Tensor, dice: torch.Generator) -> Tensor:
    """The same texts (N, T) with their words in random order; padding stays behind."""
    keys = torch.rand(tokens.shape, generator=dice)
    keys[tokens == BLANK] = 2.0  # behind every word
    return tokens.gather(1, keys.argsort(dim=1))
