"""Which word next? The sampling family: exact distributions over the words that a
policy may write, and filters that cut away the improbable ones.

Letters: V vocabulary, or actions. A filter takes logits (..., V) and sets what it cuts
to -inf, so that filters compose; `DecodingSettings` applies them in the order of the
transformers library: temperature, top-k, top-p, min-p. After Holtzman et al. (arXiv
1904.09751) for top-p and Nguyen et al. (arXiv 2407.01082) for min-p.

Left out: beam search, repetition penalties, and filters by entropy.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..settings import check_range, check_ranges


def greedy_probs(values: Tensor) -> Tensor:
    """All probability on the largest of values (..., V), the first one on a tie."""
    return torch.zeros_like(values).scatter(-1, values.argmax(-1, keepdim=True), 1.0)


def epsilon_greedy_probs(values: Tensor, epsilon: float) -> Tensor:
    """The largest of values (..., V), or with probability epsilon any action at all.

    Raises ValueError unless 0 <= epsilon <= 1.
    """
    if not 0 <= epsilon <= 1:
        raise ValueError(f"epsilon = {epsilon} is a probability: take 0 to 1.")
    # (1 - epsilon) 1[a = argmax Q] + epsilon / V
    return (1 - epsilon) * greedy_probs(values) + epsilon / values.shape[-1]


def apply_temperature(logits: Tensor, temperature: float) -> Tensor:
    """Logits (..., V) divided by the temperature; 0 keeps the most probable word alone,
    the first one on a tie.

    Raises ValueError for a negative temperature, or logits with nothing to choose from.
    """
    if not temperature >= 0:
        raise ValueError(f"temperature = {temperature}: take 0 (greedy) or more.")
    if temperature == 0:
        scaled = logits.masked_fill(greedy_probs(logits) == 0, -torch.inf)
    else:
        scaled = logits / temperature
    if not scaled.amax(dim=-1).isfinite().all():
        raise ValueError(
            f"No distribution at temperature {temperature}: a row of logits is NaN, "
            "infinite, or forbids every word. Repair the logits; if they overflow, "
            "take temperature 0 for greedy."
        )
    return scaled


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """The k largest of logits (..., V), and what ties with the last of them.

    Raises ValueError unless k >= 1; a k of V or more keeps all.
    """
    if k < 1:
        raise ValueError(f"top_k = {k}: keep at least one word, or None for all.")
    last = logits.topk(min(k, logits.shape[-1]), dim=-1).values[..., -1:]
    return logits.masked_fill(logits < last, -torch.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """The nucleus of logits (..., V): the fewest words that hold probability p.

    Among equal words the last ones stay. Raises ValueError unless 0 < p <= 1.
    """
    if not 0 < p <= 1:
        raise ValueError(f"top_p = {p}: take more than 0, at most 1 (all words).")
    rising, order = logits.sort(dim=-1)
    # the smallest set with sum P(x) >= p (Holtzman et al.): a word falls out if it and
    # all below it hold at most 1 - p
    below = rising.softmax(dim=-1).cumsum(dim=-1)
    cut = below <= 1 - p
    cut[..., -1] = False  # rounding must not cut the most probable word
    return logits.masked_fill(torch.empty_like(cut).scatter(-1, order, cut), -torch.inf)


def keep_min_p(logits: Tensor, p: float) -> Tensor:
    """Of logits (..., V), the words at least p times as probable as the most probable.

    Raises ValueError unless 0 <= p <= 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"min_p = {p}: take 0 (all words) to 1.")
    probs = logits.softmax(dim=-1)
    # P(x) >= p max P                                                Nguyen et al.
    cut = probs < p * probs.amax(dim=-1, keepdim=True)
    return logits.masked_fill(cut, -torch.inf)


@dataclass(frozen=True)
class DecodingSettings:
    """How to draw a word; the defaults draw from the policy as it is. Raises ValueError
    on values without sense.
    """

    temperature: float = 1.0  # below 1 sharper, above 1 flatter, 0 greedy
    top_k: int | None = None  # a fixed number of words, however sure the policy is
    top_p: float = 1.0  # few words where it is sure, many where it is not
    min_p: float = 0.0  # few words too, measured against the most probable one

    def __post_init__(self) -> None:
        check_ranges(
            self, not_negative=("temperature",), share=("top_p",), fraction=("min_p",)
        )
        if self.top_k is not None:
            check_range("top_k", self.top_k, "count")


R1_EVALUATION = DecodingSettings(temperature=0.6, top_p=0.95)  # DeepSeek-R1, section 3


def filter_logits(logits: Tensor, settings: DecodingSettings) -> Tensor:
    """Logits (..., V) of the words that may still be drawn, -inf elsewhere.

    Raises ValueError for settings outside of their range, or logits without a finite
    maximum.
    """
    logits = apply_temperature(logits, settings.temperature)
    if settings.top_k is not None:
        logits = keep_top_k(logits, settings.top_k)
    logits = keep_top_p(logits, settings.top_p)
    return keep_min_p(logits, settings.min_p)


def decoding_probs(logits: Tensor, settings: DecodingSettings) -> Tensor:
    """The exact probability (..., V) of every word, given logits (..., V)."""
    return filter_logits(logits, settings).softmax(dim=-1)


def boltzmann_probs(values: Tensor, temperature: float) -> Tensor:
    """Actions by their values (..., V): a better one is more probable, never certain.

    Values in the place of logits: this is the softmax with temperature, and nothing
    else.
    """
    # exp(Q(a) / T) / sum_b exp(Q(b) / T)
    return decoding_probs(values, DecodingSettings(temperature))


@contextmanager
def decoded_with(model: nn.Module, settings: DecodingSettings) -> Iterator[None]:
    """Within this block `model` gives filtered logits, so that whatever samples from it
    at temperature 1 samples by `settings`.
    """
    hook = model.register_forward_hook(
        lambda model, inputs, logits: filter_logits(logits, settings)
    )
    try:
        yield
    finally:
        hook.remove()
