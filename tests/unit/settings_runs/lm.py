"""Tiny runs of the language model, its corpus, its pen and its rewards."""

import random
from functools import partial
from typing import Any

import torch

from deepseek_book_utils.lm.beam_search import BeamSettings, beam_search
from deepseek_book_utils.lm.decoding import DecodingSettings, decoding_probs
from deepseek_book_utils.lm.model import LanguageModel, ModelSettings
from deepseek_book_utils.lm.open_weights.gpt import GPT, GPTSettings
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.lm.text_training import TextSettings, train_on_text
from deepseek_book_utils.reasoning.base import sample_page
from deepseek_book_utils.reasoning.corpus import CorpusSettings, sample_document
from deepseek_book_utils.reasoning.instructions import GeneralSettings, sample_wider_page
from deepseek_book_utils.reasoning.language import OPERATIONS, TOKEN_ID, VOCABULARY, Problem
from deepseek_book_utils.reasoning.pen import Pen, slip_of_the_pen
from deepseek_book_utils.reasoning.rewards import RewardWeights, reward
from tests.unit.settings_runs.case import Case, weights_of


def read(settings: ModelSettings) -> Any:
    """Logits of a text with a start in its middle, and how long a text may be."""
    torch.manual_seed(0)
    model = LanguageModel(settings)
    torch.nn.init.normal_(model.head.weight)
    return model(torch.tensor([[3, 2, 4, 1, 2, 3]])), model.angles.shape


def read_in_training(settings: GPTSettings) -> Any:
    """Logits after a prompt that is padded on the left, with dropout, and whether eight more are too many."""
    torch.manual_seed(0)
    model = GPT(settings)
    cache = model.read(torch.tensor([[0, 2, 4, 1]]))
    logits = model(torch.tensor([[3, 5]]), cache)
    try:
        model(torch.arange(1, 9)[None])
    except ValueError as error:
        return logits, str(error)
    return logits


def small_model() -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(ModelSettings(vocabulary=len(VOCABULARY), width=8, layers=1, heads=2))
    torch.nn.init.normal_(model.head.weight)
    return model


def read_pages(settings: PretrainSettings) -> Any:
    model = small_model()
    return pretrain(model, settings, 0, sample_page), weights_of(model)


def read_text(settings: TextSettings) -> Any:
    torch.manual_seed(0)
    model = GPT(GPTSettings(9, width=8, layers=1, heads=2, key_heads=2, hidden=8, context=8))
    return train_on_text(model, torch.arange(60) % 9, settings, 0), weights_of(model)


def documents(settings: CorpusSettings) -> Any:
    """At the first update and the last: a share may matter at one of them only."""
    rng = random.Random(0)
    return [sample_document(rng, progress, settings) for progress in (0.0, 1.0) for _ in range(150)]


def write(pen: Pen) -> Any:
    """Digits after an operation that is easy, one that is clumsy, and after a check."""
    tokens = torch.full((60,), TOKEN_ID["4"])
    previous = torch.tensor([TOKEN_ID[word] for word in (OPERATIONS[0], OPERATIONS[-1], "check")]).repeat(20)
    before = torch.full_like(tokens, TOKEN_ID["5"])
    return slip_of_the_pen(tokens, before, previous, torch.Generator().manual_seed(0), pen)


def search(settings: BeamSettings) -> Any:
    """Four words with fixed chances, of which the last one ends a text."""
    row = torch.tensor([0.4, 0.3, 0.2, 0.1]).log()
    return beam_search(lambda words: row.repeat(len(words), 1), 3, settings)


def pay(weights: RewardWeights) -> float:
    answer = "<think> 3 a +1 4 </think> <ans> 4 </ans> <eos>"
    return reward(answer, Problem(3, (OPERATIONS[0],)), weights)


def general_pages(settings: GeneralSettings) -> Any:
    rng = random.Random(0)
    return [sample_wider_page(rng, 1.0, general=settings) for _ in range(150)]


CASES = [
    Case(
        GeneralSettings(),
        general_pages,
        {"share": 0.6, "wish_share": 0.9, "textbook_share": 0.9, "obeys": 0.1, "broken": 0.6},
    ),
    Case(
        BeamSettings(width=2, longest=3),
        search,
        {"width": 3, "length_penalty": 2.0, "longest": 2},
    ),
    Case(
        DecodingSettings(top_k=3),
        partial(decoding_probs, torch.tensor([0.0, 0.5, 1.0, 1.5])),
        {"temperature": 0.5, "top_k": 2, "top_p": 0.5, "min_p": 0.9},
    ),
    Case(
        ModelSettings(
            vocabulary=9, padding=0, starts=(1,), width=8, layers=1, heads=2, neighbours=2, context=8
        ),
        read,
        {
            "vocabulary": 10,
            "padding": 5,
            "starts": (),
            "width": 16,
            "layers": 2,
            "heads": 1,
            "neighbours": 1,
            "context": 9,
        },
    ),
    Case(
        GPTSettings(9, style="llama", width=16, layers=1, heads=2, key_heads=2, hidden=8, context=7),
        read_in_training,
        {
            "vocabulary": 10,
            "padding": 5,
            "style": "gpt2",
            "width": 32,
            "layers": 2,
            "heads": 4,
            "key_heads": 1,
            "hidden": 12,
            "context": 8,
            "base": 10.0,
            "epsilon": 0.1,
            "dropout": 0.5,
            "tied": False,
        },
    ),
    Case(
        PretrainSettings(updates=3, documents=3, row=40),
        read_pages,
        {"updates": 4, "documents": 4, "row": 30, "learning_rate": 0.1, "muon_rate": 0.1},
    ),
    Case(
        TextSettings(updates=6, batch_size=2, length=6, warm_up=2),
        read_text,
        {
            "updates": 5,
            "batch_size": 3,
            "length": 5,
            "learning_rate": 0.1,
            "muon_rate": 0.1,
            "warm_up": 3,
            "floor": 0.5,
            "max_grad_norm": 0.01,
        },
    ),
    Case(
        CorpusSettings(),
        documents,
        {
            "drill_share": (0.6, 0.4),
            "drill_checks": 0.3,
            "drill_slip": 0.5,
            "textbook_share": 0.2,
            "textbook_checks": 0.6,
            "long_share": 0.7,
            "long_checks": 0.7,
            "web_styles": (("full", 0.5), ("check", 0.5)),
            "web_languages": (("english", 0.1), ("mixed", 0.9)),
            "textbook_languages": (("english", 0.1), ("mixed", 0.9)),
            "slip": 0.6,
            "error": 0.5,
            "clumsy_error": 0.6,
            "better_language": 0.1,
        },
    ),
    Case(Pen(), write, {"slip": 0.5, "clumsy": 0.7, "blind": 0.9}),
    Case(RewardWeights(), pay, {"accuracy": 2.0, "format": 0.5, "language": 1.0}),
]
