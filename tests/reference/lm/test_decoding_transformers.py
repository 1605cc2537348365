"""The sampling family against transformers' logits processors: the same logits, number for number."""

import pytest
import torch
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from deepseek_book_utils.lm import decoding
from deepseek_book_utils.lm.decoding import DecodingSettings
from deepseek_book_utils.lm.sampling import draw

V = 60


def rows(kind: str) -> Tensor:
    """(B, V) logits of one kind; the kinds are those at which filters go wrong."""
    generator = torch.Generator().manual_seed(3)
    logits = 3 * torch.randn(200, V, generator=generator)
    if kind == "ties":
        return logits.round()  # about a dozen different values, each many times
    if kind == "all equal":
        return torch.zeros(4, V)
    if kind == "certain":
        return logits + 80 * torch.eye(V).repeat(4, 1)[:200]
    if kind == "extreme":
        return 1e4 * logits
    if kind == "forbidden words":
        return logits.masked_fill(torch.rand(logits.shape, generator=generator) < 0.5, -torch.inf)
    if kind == "half precision":
        return logits.bfloat16()
    return logits


KINDS = ("random", "ties", "all equal", "certain", "extreme", "forbidden words", "half precision")


def theirs(logits: Tensor, settings: DecodingSettings) -> Tensor:
    """What `generate` of transformers builds from the same settings, in its order."""
    chain = LogitsProcessorList()
    if settings.temperature != 1:
        chain.append(TemperatureLogitsWarper(settings.temperature))
    if settings.top_k is not None:
        chain.append(TopKLogitsWarper(settings.top_k))
    if settings.top_p < 1:
        chain.append(TopPLogitsWarper(settings.top_p))
    if settings.min_p > 0:
        chain.append(MinPLogitsWarper(settings.min_p))
    return chain(None, logits)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("amount", [0.05, 0.3, 0.6, 1.0, 1.7, 30.0])
def test_temperature(kind: str, amount: float) -> None:
    logits = rows(kind)
    assert torch.equal(
        decoding.apply_temperature(logits, amount), TemperatureLogitsWarper(amount)(None, logits)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [1, 2, 7, V - 1, V, V + 100])
def test_top_k(kind: str, k: int) -> None:
    logits = rows(kind)
    assert torch.equal(decoding.keep_top_k(logits, k), TopKLogitsWarper(k)(None, logits))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [1e-6, 0.05, 0.3, 0.5, 0.9, 0.95, 0.999, 1.0])
def test_top_p(kind: str, p: float) -> None:
    logits = rows(kind)
    assert torch.equal(decoding.keep_top_p(logits, p), TopPLogitsWarper(p)(None, logits))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [0.0, 1e-6, 0.05, 0.3, 0.9, 1.0])
def test_min_p(kind: str, p: float) -> None:
    logits = rows(kind)
    assert torch.equal(decoding.keep_min_p(logits, p), MinPLogitsWarper(p)(None, logits))


CHAINS = [
    decoding.R1_EVALUATION,
    DecodingSettings(),
    DecodingSettings(1.5, top_k=8, top_p=0.8, min_p=0.1),
    DecodingSettings(0.4, top_k=3, top_p=0.9),
    DecodingSettings(3.0, top_p=0.7, min_p=0.5),
    DecodingSettings(2.0, top_k=20, min_p=0.02),
    DecodingSettings(1.0, top_k=5, top_p=0.5),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", CHAINS, ids=str)
def test_chains(kind: str, settings: DecodingSettings) -> None:
    """All that reaches the softmax is equal; a word of probability 0 may be -inf or only very small."""
    logits = rows(kind)
    ours = decoding.decoding_probs(logits, settings)
    assert torch.equal(ours, theirs(logits, settings).softmax(dim=-1))
    filtered = decoding.filter_logits(logits, settings)
    assert torch.equal(filtered[ours > 0], theirs(logits, settings)[ours > 0])


def chain_in_order(logits: Tensor, settings: DecodingSettings, order: str) -> Tensor:
    steps = {
        "T": lambda x: decoding.apply_temperature(x, settings.temperature),
        "k": lambda x: decoding.keep_top_k(x, settings.top_k),
        "p": lambda x: decoding.keep_top_p(x, settings.top_p),
        "m": lambda x: decoding.keep_min_p(x, settings.min_p),
    }
    for letter in order:
        logits = steps[letter](logits)
    return logits.softmax(dim=-1)


@pytest.mark.parametrize("order", ["kpmT", "pkTm", "Tpkm", "mTkp"])
def test_another_order_is_another_distribution(order: str) -> None:
    """The order is part of the definition: this is what the chains above would miss if it were not."""
    logits, settings = rows("random"), DecodingSettings(2.0, top_k=6, top_p=0.6, min_p=0.2)
    right = theirs(logits, settings).softmax(dim=-1)
    assert torch.equal(chain_in_order(logits, settings, "Tkpm"), right)
    assert not torch.equal(chain_in_order(logits, settings, order), right)


@pytest.mark.parametrize("settings", [*CHAINS, DecodingSettings(0.0)], ids=str)
def test_draws_follow_the_exact_probabilities(settings: DecodingSettings) -> None:
    """Pearson's chi-square of 40,000 draws: its mean is the degrees of freedom n, its variance 2 n."""
    N = 40_000
    logits = rows("random")[0]
    probs = decoding.decoding_probs(logits, settings).double()
    filtered = decoding.filter_logits(logits, settings).expand(N, V)
    tokens, log_probs = draw(filtered, [], 1.0, torch.Generator().manual_seed(1))
    counts = torch.bincount(tokens, minlength=V).double()
    assert not counts[probs == 0].any()  # what is cut is never drawn
    assert torch.allclose(log_probs.double().exp(), probs[tokens], atol=1e-6)
    common = probs * N >= 5  # the usual rule for the approximation to hold
    expected = torch.cat((probs[common] * N, probs[~common].sum()[None] * N)).clamp(min=1e-9)
    seen = torch.cat((counts[common], counts[~common].sum()[None]))
    n = len(expected) - 1
    assert ((seen - expected) ** 2 / expected).sum() < n + 4 * (2 * n) ** 0.5 + 1
