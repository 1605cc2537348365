"""The model of these tests."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import (
    LanguageModel,
)
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import (
    PAD,
    TOKEN_ID,
)


@pytest.fixture
def model() -> LanguageModel:
    """Random weights large enough that every context has its own opinion; a new model's head is zero."""
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=32, layers=3, heads=4, context=160))
    for name, weight in model.named_parameters():
        torch.nn.init.normal_(weight, std=1.0 if "embeddings" in name else 2.0 * weight.shape[1] ** -0.5)
    with torch.no_grad():  # channel 0 is the same at every position, and the head reads padding off it: never
        for table in model.embeddings:
            table.weight[:, 0] = 1.0
        for block in model.blocks:
            block.out.weight[0], block.down.weight[0] = 0.0, 0.0
            block.down.weight *= 0.3
        model.head.weight[TOKEN_ID[PAD]] = 0.0
        model.head.weight[TOKEN_ID[PAD], 0] = -300.0
    return model
