"""How tests and benchmarks ask a model of the miniature: prompts and responses as text."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from deepseek_book_utils.lm.policy import Policy
from deepseek_book_utils.lm.sampling import Rollouts, generate, pad_left
from deepseek_book_utils.reasoning.language import EOS, PAD, TOKEN_ID, decode, encode
from deepseek_book_utils.reasoning.pen import Pen, slip_of_the_pen


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
