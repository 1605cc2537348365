"""Attention itself does not know which word stands where; these say it.

Letters: T time, C channels, H heads. Learned positions are a table like the words'
(`nn.encoder` has one). Rotary positions, which turn queries and keys so that their
product knows the distance alone, are `lm.model.rotate`.
"""

import torch
from torch import Tensor


def sinusoids(context: int, width: int) -> Tensor:
    """Positions (T, C) to add to words: waves of C/2 lengths, from 2 pi to 20,000 pi.

    Raises ValueError unless the width is even.
    """
    if width % 2:
        raise ValueError(f"width = {width}: every wave has two channels; take a pair.")
    # PE(pos, 2i) = sin(pos / 10000^(2i / C)), PE(pos, 2i + 1) = cos of the same
    #                                      Vaswani et al., arXiv 1706.03762, section 3.5
    frequencies = 10_000.0 ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.outer(torch.arange(context, dtype=torch.float64), frequencies)
    waves = torch.stack((angles.sin(), angles.cos()), dim=-1)  # (T, C/2, 2)
    return waves.flatten(1).float()  # -> (T, C)


def alibi_slopes(heads: int) -> Tensor:
    """How steeply each head's attention falls with distance (H,), the steepest first.

    A number of heads that is no power of two gets the slopes of the next smaller one,
    then every other slope of the next larger one, as in the authors' code.
    """
    power = 1 << (heads.bit_length() - 1)  # the largest power of two up to H
    # 2^(-8 / n), 2^(-16 / n), ..., 2^-8      Press et al., arXiv 2108.12409, section 3
    known = 2.0 ** (-8 / power * torch.arange(1, power + 1))
    between = 2.0 ** (-4 / power * (2 * torch.arange(heads - power) + 1))
    return torch.cat((known, between))


def alibi(heads: int, context: int) -> Tensor:
    """What is added to the scores (H, T, T) of queries and earlier keys: nothing to its
    own word, less and less to those further back.
    """
    # softmax(q K^T + m [-(i - 1), ..., -2, -1, 0])                   Press et al. 2022
    places = torch.arange(context)
    distance = (places[:, None] - places).clamp(min=0)  # query i, key j: i - j
    return -alibi_slopes(heads)[:, None, None] * distance
