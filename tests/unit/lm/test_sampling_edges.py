"""A sampler that cannot draw says so: NaN is no empty text, and no temperature is greedy in silence."""

import math
from dataclasses import replace

import pytest
import torch
from torch import tensor

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import draw, generate
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import EOS, PAD, TOKEN_ID
from tests.writing import encode_prompts

V = MINIATURE.vocabulary
END, FILL = TOKEN_ID[EOS], TOKEN_ID[PAD]
NOTHING = "No token can be drawn: logits are NaN or infinite, or every token is forbidden"


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(replace(MINIATURE, width=32, layers=1, context=64))


def sample(model: LanguageModel, temperature: float = 1.0, forbidden=()):
    prompts = encode_prompts(["<bos> 9 a *3 b -1 ?"])
    generator = torch.Generator().manual_seed(0)
    options = {"end": END, "pad": FILL, "forbidden": forbidden}
    return generate(model, prompts, 4, generator, 5, temperature, **options)


@pytest.mark.parametrize("temperature", [-1.0, -1e-9, math.nan, math.inf, -math.inf])
def test_a_temperature_without_sense_is_refused(temperature, model) -> None:
    with pytest.raises(ValueError, match=r"temperature = .*: take 0 \(greedy\) or more"):
        sample(model, temperature)


@pytest.mark.parametrize("filler", [math.nan, math.inf])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_broken_weights_are_no_empty_texts(temperature, filler, model) -> None:
    with torch.no_grad():
        model.head.weight[3] = filler
    with pytest.raises(ValueError, match=NOTHING):
        sample(model, temperature)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_all_words_forbidden_is_no_answer(temperature, model) -> None:
    with pytest.raises(ValueError, match=NOTHING):
        sample(model, temperature, forbidden=range(V))
    assert sample(model, temperature, forbidden=[i for i in range(V) if i != END]).responses.unique() == END


def test_filters_and_a_forbidden_word_may_leave_nothing() -> None:
    logits = tensor([[0.0, 5.0, 1.0]])
    with pytest.raises(ValueError, match=NOTHING):
        draw(logits.masked_fill(logits < 5, -math.inf), [1], 1.0, torch.Generator())
    tokens, _ = draw(logits.masked_fill(logits < 5, -math.inf), [0, 2], 1.0, torch.Generator())
    assert tokens.tolist() == [1]


def test_one_broken_row_is_enough() -> None:
    logits = torch.zeros(3, 4)
    logits[1] = math.nan
    with pytest.raises(ValueError, match=NOTHING):
        draw(logits, [0], 1.0, torch.Generator())


def test_the_first_of_equal_words_is_greedy() -> None:
    tokens, log_probs = draw(tensor([[1.0, 1.0, 0.0]]), [], 0.0, torch.Generator())
    assert tokens.tolist() == [0] and log_probs[0].exp() == pytest.approx(1 / (2 + math.exp(-1)))
