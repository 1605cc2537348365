"""The sampling family, worked by hand; its edge cases; what it refuses; and inside the sampler."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm import decoding
from deepseek_book_utils.lm.decoding import DecodingSettings
from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.pen import Pen
from tests.writing import write

PROBS = torch.tensor([0.1, 0.4, 0.05, 0.25, 0.2], dtype=torch.float64)
LOGITS = PROBS.log()


def kept(logits: torch.Tensor) -> list[int]:
    return logits.isfinite().nonzero()[:, 0].tolist()


def test_greedy_takes_the_first_of_the_best() -> None:
    values = torch.tensor([[1.0, 3.0, 3.0], [-5.0, -6.0, -5.0]])
    assert decoding.greedy_probs(values).tolist() == [[0, 1, 0], [1, 0, 0]]


def test_epsilon_is_spread_over_all_actions() -> None:
    probs = decoding.epsilon_greedy_probs(torch.tensor([0.0, 2.0, 1.0, 0.5]), 0.2)
    assert probs.tolist() == pytest.approx([0.05, 0.85, 0.05, 0.05])
    uniform = decoding.epsilon_greedy_probs(torch.tensor([0.0, 2.0]), 1.0)
    assert uniform.tolist() == pytest.approx([0.5, 0.5])


def test_each_row_is_a_distribution_of_its_own() -> None:
    values = torch.tensor([[0.0, 2.0, 1.0, -1.0, 1.0], [3.0, 2.0, 2.5, 0.0, 2.2]])
    assert torch.equal(decoding.epsilon_greedy_probs(values, 0.0), decoding.greedy_probs(values))
    assert decoding.epsilon_greedy_probs(values, 0.5).sum(dim=1).tolist() == pytest.approx([1.0, 1.0])
    left = [[False, True, True, False, True], [True, False, True, False, True]]
    assert decoding.keep_top_k(values, 3).isfinite().tolist() == left
    assert decoding.keep_top_p(torch.zeros(2, 4), 0.75).isfinite().sum(dim=1).tolist() == [3, 3]
    with pytest.raises(ValueError, match="forbids every word"):
        decoding.apply_temperature(torch.stack((values[0], torch.full((5,), -math.inf))), 1.0)


def test_boltzmann_is_softmax_with_temperature() -> None:
    q = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    weights = [math.exp(v / 2) for v in (1, 2, 4)]
    expected = [w / sum(weights) for w in weights]
    assert decoding.boltzmann_probs(q, 2.0).tolist() == pytest.approx(expected, rel=1e-12)
    assert torch.equal(decoding.boltzmann_probs(q, 0.0), decoding.greedy_probs(q))
    assert decoding.boltzmann_probs(q, 1e9).tolist() == pytest.approx([1 / 3] * 3)
    # only differences count: a value added to every action changes nothing
    assert torch.allclose(decoding.boltzmann_probs(q + 100, 2.0), decoding.boltzmann_probs(q, 2.0))


def test_filters_by_hand() -> None:
    assert kept(decoding.keep_top_k(LOGITS, 2)) == [1, 3]
    assert kept(decoding.keep_top_p(LOGITS, 0.39)) == [1]
    assert kept(decoding.keep_top_p(LOGITS, 0.41)) == [1, 3]  # .4 is not yet .41
    assert kept(decoding.keep_top_p(LOGITS, 0.9)) == [0, 1, 3, 4]
    assert kept(decoding.keep_top_p(LOGITS, 0.84)) == [1, 3, 4]
    assert kept(decoding.keep_min_p(LOGITS, 0.49)) == [1, 3, 4]  # .4 * .49 = .196
    assert kept(decoding.keep_min_p(LOGITS, 0.51)) == [1, 3]  # .4 * .51 = .204
    probs = decoding.decoding_probs(LOGITS, DecodingSettings(top_k=2))
    assert probs.tolist() == pytest.approx([0, 0.4 / 0.65, 0, 0.25 / 0.65, 0])


def test_settings_that_cut_nothing() -> None:
    for settings in (DecodingSettings(), DecodingSettings(top_k=5), DecodingSettings(top_k=10**6)):
        assert torch.allclose(decoding.decoding_probs(LOGITS, settings), PROBS)


@pytest.mark.parametrize(
    "settings",
    [
        DecodingSettings(temperature=0),
        DecodingSettings(temperature=0, top_k=3, top_p=0.5, min_p=0.5),
        DecodingSettings(top_k=1),
        DecodingSettings(top_p=1e-9),
        DecodingSettings(min_p=1.0),
        DecodingSettings(temperature=1e-4),
    ],
    ids=str,
)
def test_the_most_probable_word_always_survives(settings: DecodingSettings) -> None:
    generator = torch.Generator().manual_seed(0)
    for logits in (LOGITS, torch.randn(3, 7, 50, generator=generator)):
        assert torch.equal(decoding.decoding_probs(logits, settings), decoding.greedy_probs(logits))


def test_ties() -> None:
    tied = torch.tensor([1.0, 3.0, 3.0, 0.0])
    assert kept(decoding.apply_temperature(tied, 0)) == [1]  # greedy takes one
    assert kept(decoding.keep_top_k(tied, 1)) == [1, 2]  # top-k and min-p keep both
    assert kept(decoding.keep_min_p(tied, 1.0)) == [1, 2]
    assert kept(decoding.keep_top_p(tied, 0.2)) == [2]  # top-p keeps as few as it can


TWO = torch.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: decoding.apply_temperature(TWO, -1), "take 0 .greedy. or more"),
        (lambda: decoding.apply_temperature(TWO, math.nan), "take 0 .greedy. or more"),
        (lambda: decoding.apply_temperature(TWO, 1e-45), "temperature 0 for greedy"),
        (lambda: decoding.keep_top_k(TWO, 0), "at least one word"),
        (lambda: decoding.keep_top_p(TWO, 0), "more than 0, at most 1"),
        (lambda: decoding.keep_top_p(TWO, 1.5), "more than 0, at most 1"),
        (lambda: decoding.keep_min_p(TWO, -0.1), "take 0 .all words. to 1"),
        (lambda: decoding.keep_min_p(TWO, 1.1), "take 0 .all words. to 1"),
    ],
)
def test_bad_values_say_what_to_do(call: Callable[[], torch.Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_bad_logits_say_what_to_do(bad: float) -> None:
    for temperature in (0.0, 1.0):
        with pytest.raises(ValueError, match="Repair the logits"):
            decoding.filter_logits(torch.tensor([0.0, bad]), DecodingSettings(temperature))
    with pytest.raises(ValueError, match="forbids every word"):
        decoding.filter_logits(torch.full((2, 3), -math.inf), DecodingSettings())
    for epsilon in (-0.1, 1.1):
        with pytest.raises(ValueError, match="a probability"):
            decoding.epsilon_greedy_probs(torch.zeros(2), epsilon)


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=32, layers=1, context=64))
    torch.nn.init.normal_(model.head.weight, std=0.2)
    return model


def sampled(model: LanguageModel, temperature: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(4)
    return write(model, ["<bos> 9 a *3 ?"], 64, generator, Pen(), 12, temperature).responses


def test_the_sampler_obeys_inside_the_block_only(model: LanguageModel) -> None:
    free = sampled(model)
    with decoding.decoded_with(model, DecodingSettings(temperature=0)):
        greedy = sampled(model)
    assert (greedy[:, 0] == greedy[0, 0]).all() and not torch.equal(free, greedy)
    assert torch.equal(greedy[:, 0], sampled(model, temperature=0.0)[:, 0])
    with decoding.decoded_with(model, DecodingSettings(top_k=3)):
        few = sampled(model)
    assert len(few[:, 0].unique()) <= 3 < len(free[:, 0].unique())
    with pytest.raises(ZeroDivisionError), decoding.decoded_with(model, DecodingSettings(0)):
        raise ZeroDivisionError  # the filter goes even then
    assert torch.equal(sampled(model), free)


def test_temperature_by_filter_is_temperature_of_the_sampler(model: LanguageModel) -> None:
    with decoding.decoded_with(model, DecodingSettings(temperature=0.5)):
        filtered = sampled(model)
    assert (filtered == sampled(model, temperature=0.5)).float().mean() > 0.99
