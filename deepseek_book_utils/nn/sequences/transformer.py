"""The Transformer of 2017: an encoder that reads a text, and a decoder that writes
another one and looks at both (Vaswani et al., arXiv 1706.03762).

Letters: B batch, S words of the source, T words of the target, C channels, H heads, D
head size, V vocabulary.

With the same weights it gives the numbers of torch.nn.Transformer, which has one more
norm behind either stack than the paper. The norms stand before the parts (Xiong et al.,
arXiv 2002.04745) or, as in 2017, behind them. Left out: dropout on attention weights
and inside the feed-forward network, and a cache; each word that is written costs a pass
over all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...settings import check_ranges
from ..layers.norms import LayerNorm
from .positions import sinusoids


@dataclass(frozen=True)
class TransformerSettings:
    """Sizes of encoder and decoder, and where the norms stand; raises ValueError on
    values without sense.
    """

    vocabulary: int  # V, of both languages together
    padding: int = 0  # the token that fills rows behind a text
    context: int = 64  # longest text in tokens
    width: int = 64  # C; the paper has 512
    layers: int = 2  # of either stack; the paper has 6
    heads: int = 4  # H; the paper has 8
    expansion: int = 4  # hidden layer of the feed-forward network, in widths
    pre_norm: bool = True  # False: norms behind the sums, as in 2017
    learned_positions: bool = False  # False: sinusoids
    dropout: float = 0.0  # of what a part adds to the stream; the paper has 0.1

    def __post_init__(self) -> None:
        sizes = ("vocabulary", "context", "width", "layers", "heads", "expansion")
        check_ranges(self, count=sizes, whole=("padding",), memory=("dropout",))
        if self.width % self.heads or self.width % 2:
            raise ValueError(
                f"width = {self.width} cannot be split among {self.heads} heads, or in "
                "pairs of channels: take an even multiple."
            )
        if self.padding >= self.vocabulary:
            raise ValueError(
                f"padding = {self.padding} is a token: take less than "
                f"{self.vocabulary}."
            )


def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """What each query (B, H, T, D) sees of the values, and its weights (B, H, T, S) on
    them; keys and values are (B, H, S, D), mask (..., T, S) is True where it may look.
    """
    # softmax(Q K^T / sqrt(D)) V                                            paper, eq. 1
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5  # (B, H, T, S)
    weights = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)
    return weights @ v, weights


class Attention(nn.Module):
    """Queries of one text, keys and values of another or the same, in H heads."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (
            nn.Linear(width, width) for _ in range(4)
        )

    def split(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, H, T, D)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def look(self, x: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """What x (B, T, C) takes from the memory (B, S, C): (B, T, C), and the weights
        (B, H, T, S).
        """
        k, v = self.split(self.key(memory)), self.split(self.value(memory))
        seen, weights = attention(self.split(self.query(x)), k, v, mask)
        return self.out(seen.transpose(1, 2).flatten(2)), weights  # -> (B, T, C)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        return self.look(x, memory, mask)[0]


class Layer(nn.Module):
    """One layer of either stack: attention to the text itself, in the decoder attention
    to what the encoder read, then a feed-forward network.
    """

    def __init__(self, settings: TransformerSettings, decodes: bool) -> None:
        super().__init__()
        self.settings, C = settings, settings.width
        self.itself = Attention(C, settings.heads)
        self.source = Attention(C, settings.heads) if decodes else None
        self.up = nn.Linear(C, settings.expansion * C)
        self.down = nn.Linear(settings.expansion * C, C)
        self.norms = nn.ModuleList(LayerNorm(C) for _ in range(3 if decodes else 2))

    def add(
        self, x: Tensor, norm: nn.Module, part: Callable[[Tensor], Tensor]
    ) -> Tensor:
        """The stream (B, T, C) and what a part of the layer has to say to it."""
        s = self.settings
        if s.pre_norm:  # x + Sublayer(LayerNorm(x))               Xiong et al., table 1
            return x + F.dropout(part(norm(x)), s.dropout, self.training)
        # LayerNorm(x + Sublayer(x))                                  paper, section 3.1
        return norm(x + F.dropout(part(x), s.dropout, self.training))

    def feed_forward(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C), each position for itself."""
        # max(0, x W_1 + b_1) W_2 + b_2                                   paper, eq. 2
        return self.down(self.up(x).relu())

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        """(B, T, C) -> (B, T, C); masks (B, 1, T, T) and (B, 1, 1, S)."""
        x = self.add(x, self.norms[0], lambda y: self.itself(y, y, mask))
        if self.source is not None:
            look = self.source
            x = self.add(x, self.norms[1], lambda y: look(y, memory, memory_mask))
        return self.add(x, self.norms[-1], self.feed_forward)


class Transformer(nn.Module):
    """Next-word logits of a target text, given a source text and the words so far."""

    places: Tensor

    def __init__(self, settings: TransformerSettings) -> None:
        super().__init__()
        self.settings = s = settings
        self.words = nn.Embedding(s.vocabulary, s.width)  # the output layer as well
        nn.init.normal_(self.words.weight, std=s.width**-0.5)
        if s.learned_positions:
            self.places = nn.Parameter(torch.randn(s.context, s.width))
        else:
            table = sinusoids(s.context, s.width)
            self.register_buffer("places", table, persistent=False)
        self.encoder = nn.ModuleList(Layer(s, False) for _ in range(s.layers))
        self.decoder = nn.ModuleList(Layer(s, True) for _ in range(s.layers))
        self.norms = nn.ModuleList(LayerNorm(s.width) for _ in range(2))

    def embed(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, T, C): words and places.

        Raises ValueError on a text longer than the context.
        """
        s, length = self.settings, tokens.shape[1]
        if length > s.context:
            raise ValueError(
                f"A text of {length} tokens is longer than the context, {s.context}: "
                "shorten it, or take a larger context."
            )
        # both of variance 1 or a half: E sqrt(C) + PE               paper, section 3.4
        x = self.words(tokens) * s.width**0.5 + self.places[:length]
        return F.dropout(x, s.dropout, self.training)

    def may_see(self, tokens: Tensor) -> Tensor:
        """(B, T) -> (B, 1, 1, T): True at words, False at padding."""
        return (tokens != self.settings.padding)[:, None, None]

    def encode(self, source: Tensor) -> Tensor:
        """Tokens (B, S) -> (B, S, C): every word has seen every other one."""
        x, mask = self.embed(source), self.may_see(source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.norms[0](x)

    def decode(self, target: Tensor, memory: Tensor, source: Tensor) -> Tensor:
        """Words so far (B, T), what the encoder made (B, S, C) of the source (B, S) ->
        logits (B, T, V) of the word after each.
        """
        x, T = self.embed(target), target.shape[1]
        # row t is what word t may see: itself and what stands before it
        causal = torch.ones(T, T, dtype=torch.bool, device=target.device).tril()
        for layer in self.decoder:
            x = layer(x, causal, memory, self.may_see(source))
        return self.norms[1](x) @ self.words.weight.T  # (B, T, C) -> (B, T, V)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Source (B, S) and words so far (B, T) -> logits (B, T, V)."""
        return self.decode(target, self.encode(source), source)


def forced_loss(model: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """Mean cross-entropy of every word of the target (B, T + 1) after the right words
    before it (teacher forcing); the first word is given, and padding has no loss.
    """
    logits = model(source, target[:, :-1])  # (B, T, V)
    return F.cross_entropy(
        logits.flatten(0, 1),
        target[:, 1:].flatten(),
        ignore_index=model.settings.padding,
    )


@torch.no_grad()
def writer(
    model: Transformer, source: Tensor, start: int
) -> Callable[[Tensor], Tensor]:
    """The function that greedy and beam search ask: words so far (N, T), after the word
    `start`, to log-probabilities (N, V) of the next one.

    The source (N, S) is read once; a source (1, S) serves all rows.
    """
    memory = model.encode(source)

    @torch.no_grad()
    def next_word(words: Tensor) -> Tensor:
        begun = F.pad(words, (1, 0), value=start)  # (N, T) -> (N, T + 1)
        rows = len(words)
        logits = model.decode(
            begun, memory.expand(rows, -1, -1), source.expand(rows, -1)
        )
        return logits[:, -1].log_softmax(dim=-1)

    return next_word
