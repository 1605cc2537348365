"""Data for graders: responses of unequal lengths, with junk under the padding."""

import torch
from torch import Tensor


def responses(generator: torch.Generator, rows: int, time: int, spread: float) -> tuple[Tensor, ...]:
    """log_probs, those of another policy, mask; each (rows, time), of unequal lengths, the first one full."""
    lengths = torch.randint(2, time + 1, (rows,), generator=generator)
    lengths[0], lengths[1] = time, max(time // 3, 1)
    mask = torch.arange(time) < lengths[:, None]
    noise = torch.rand(2, rows, time, generator=generator, dtype=torch.float64)
    other = -0.5 - spread - 3 * noise[0]
    log_probs = (other + spread * torch.special.ndtri(noise[1])).clamp(max=-0.01)
    return torch.where(mask, log_probs, -1000.0).float(), torch.where(mask, other, -1005.0).float(), mask
