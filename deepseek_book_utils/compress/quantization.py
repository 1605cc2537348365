"""Weights in few bits: rounding after training, and training that knows of the
rounding.

Letters: O outputs, I inputs (a weight is O x I), G numbers that share a scale.

A weight w becomes a small whole number q and a scale s that several weights share: w is
about s q, or s (q - z) with a zero point z. The fewer weights share a scale, the nearer
s q comes, and the more scales must be kept. Training with rounding in the forward pass
(Jacob et al., arXiv 1712.05877) takes the gradient as if nobody had rounded (the
straight-through estimator, Bengio et al., arXiv 1308.3432).

Left out: rounding of activations, calibration on data (GPTQ, AWQ), and products in
whole numbers: here the numbers are few, and the arithmetic is that of floats.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..settings import check_ranges
from .adapters import replace_layer

SHARING = ("tensor", "channel", "group")


@dataclass(frozen=True)
class QuantSettings:
    """How weights are rounded; raises ValueError on values without sense."""

    bits: int = 8
    sharing: str = "channel"  # one scale a tensor, an output channel, or a group
    group_size: int = 32  # neighbours in a row, where a group shares a scale
    symmetric: bool = True  # no zero point: 0 stays 0, one whole number is unused

    def __post_init__(self) -> None:
        check_ranges(self, count=("bits", "group_size"))
        if not 2 <= self.bits <= 8:
            raise ValueError(f"bits = {self.bits}: take 2 to 8.")
        if self.sharing not in SHARING:
            raise ValueError(f"sharing = {self.sharing!r}: take one of {SHARING}.")

    @property
    def ends(self) -> tuple[int, int]:
        """The least and the largest whole number."""
        half = 2 ** (self.bits - 1)
        return (1 - half, half - 1) if self.symmetric else (-half, half - 1)


@dataclass(frozen=True)
class Quantized:
    """A weight (O, I) as whole numbers q (n, G), scales (n, 1) and zero points (n, 1):
    n rows share a scale each.
    """

    q: Tensor
    scales: Tensor
    zeros: Tensor
    shape: torch.Size
    bits: int

    @property
    def size(self) -> float:
        """Bytes: the numbers packed, scales in 16 bits, zero points (if any) as
        numbers.
        """
        zeros = self.zeros.numel() * self.bits * bool(self.zeros.any())
        return (self.q.numel() * self.bits + 16 * self.scales.numel() + zeros) / 8


def grouped(weight: Tensor, settings: QuantSettings) -> Tensor:
    """The weight (O, I) as rows (n, G) that share a scale each.

    Raises ValueError if the groups do not fill a row.
    """
    if settings.sharing == "tensor":
        return weight.reshape(1, -1)
    if settings.sharing == "channel":
        return weight.flatten(1)
    if weight.shape[-1] % settings.group_size:
        raise ValueError(
            f"Rows of {weight.shape[-1]} cannot be cut into groups of "
            f"{settings.group_size}: take a divisor."
        )
    return weight.reshape(-1, settings.group_size)


def choose_scales(rows: Tensor, settings: QuantSettings) -> tuple[Tensor, Tensor]:
    """Scales and zero points (n, 1) that just cover rows (n, G)."""
    least, most = settings.ends
    tiny = torch.finfo(rows.dtype).tiny
    if settings.symmetric:
        # s = max |w| / (2^(b - 1) - 1), z = 0
        scales = (rows.abs().amax(dim=1, keepdim=True) / most).clamp(min=tiny)
        return scales, torch.zeros_like(scales)
    low = rows.amin(dim=1, keepdim=True).clamp(max=0)  # 0 itself can be written
    high = rows.amax(dim=1, keepdim=True).clamp(min=0)
    # s = (max w - min w) / (2^b - 1), z = least - min w / s
    scales = ((high - low) / (most - least)).clamp(min=tiny)
    return scales, (least - low / scales).round().clamp(least, most)


def to_whole(
    rows: Tensor, scales: Tensor, zeros: Tensor, ends: tuple[int, int]
) -> Tensor:
    """q = round(w / s) + z, held within the ends; (n, G)."""
    return ((rows / scales).round() + zeros).clamp(*ends)


def quantize(weight: Tensor, settings: QuantSettings) -> Quantized:
    """Round a weight (O, I)."""
    rows = grouped(weight.detach(), settings)
    scales, zeros = choose_scales(rows, settings)
    q = to_whole(rows, scales, zeros, settings.ends).to(torch.int8)
    return Quantized(q, scales, zeros, weight.shape, settings.bits)


def dequantize(quantized: Quantized) -> Tensor:
    """w' = s (q - z), (O, I) again."""
    # r = S (q - Z)                                          Jacob et al. 2018, eq. 1
    rows = quantized.scales * (quantized.q - quantized.zeros)
    return rows.reshape(quantized.shape)


class _StraightThrough(torch.autograd.Function):
    """Rounded forwards; backwards as if nobody had rounded, but 0 for what was held at
    an end.
    """

    @staticmethod
    def forward(ctx, rows, scales, zeros, ends):  # type: ignore[no-untyped-def]
        whole = (rows / scales).round() + zeros
        ctx.save_for_backward((whole >= ends[0]) & (whole <= ends[1]))
        return scales * (whole.clamp(*ends) - zeros)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[no-untyped-def]
        (inside,) = ctx.saved_tensors
        return gradient * inside, None, None, None


def straight_through(
    rows: Tensor, scales: Tensor, zeros: Tensor, ends: tuple[int, int]
) -> Tensor:
    """Rows (n, G) rounded with these scales and zero points (n, 1); the gradient passes
    where nothing was held at an end.
    """
    return _StraightThrough.apply(rows, scales, zeros, ends)


def fake_quantize(weight: Tensor, settings: QuantSettings) -> Tensor:
    """The weight (O, I) as it will be once rounded, with a gradient that passes
    through; scales follow the weight and get no gradient.
    """
    rows = grouped(weight, settings)
    scales, zeros = choose_scales(rows.detach(), settings)
    rounded = straight_through(rows, scales, zeros, settings.ends)
    return rounded.reshape(weight.shape)


class QATLinear(nn.Module):
    """A linear layer that computes with its rounded weight and trains the exact one."""

    def __init__(self, layer: nn.Linear, settings: QuantSettings) -> None:
        super().__init__()
        self.layer, self.settings = layer, settings

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        weight = fake_quantize(self.layer.weight, self.settings)
        return F.linear(x, weight, self.layer.bias)


Choose = Callable[[str, nn.Linear], QuantSettings | None]


def linears(model: nn.Module) -> list[tuple[str, nn.Linear]]:
    """Every linear layer of the model and its dotted name, as a list that may be
    changed while one goes through it.
    """
    return [(n, m) for n, m in model.named_modules() if isinstance(m, nn.Linear)]


@torch.no_grad()
def round_model(model: nn.Module, choose: Choose) -> float:
    """Round the linear layers in place, each as `choose(name, layer)` says, None to
    leave it; returns the bytes of all weights, what stays counted with 16 bits.
    """
    total = sum(weight.numel() for weight in model.parameters()) * 2.0
    for name, layer in linears(model):
        if settings := choose(name, layer):
            rounded = quantize(layer.weight, settings)
            layer.weight.copy_(dequantize(rounded))
            total += rounded.size - 2 * layer.weight.numel()
    return total


def prepare_qat(model: nn.Module, choose: Choose) -> None:
    """From now on the layers that `choose` gives settings for compute with their
    rounded weights, and train the exact ones.
    """
    for name, layer in linears(model):
        if settings := choose(name, layer):
            replace_layer(model, name, QATLinear(layer, settings))


@torch.no_grad()
def finish_qat(model: nn.Module) -> None:
    """Put plain layers with the rounded weights in the places of the trained ones."""
    for name, layer in list(model.named_modules()):
        if isinstance(layer, QATLinear):
            rounded = quantize(layer.layer.weight, layer.settings)
            layer.layer.weight.copy_(dequantize(rounded))
            replace_layer(model, name, layer.layer)


def allocate_bits(
    errors: dict[str, dict[int, float]], numbers: dict[str, int], budget: float
) -> dict[str, int]:
    """How many bits each layer gets, so that errors add up to little and all layers
    have `budget` bits a number on average.

    errors[layer][bits]; numbers[layer] is how many it holds. Greedy: the next bits go
    where they save the most error for each bit spent. Raises ValueError if the budget
    is below the fewest bits.
    """
    widths = {name: sorted(found) for name, found in errors.items()}
    chosen = {name: each[0] for name, each in widths.items()}
    left = sum((budget - chosen[name]) * numbers[name] for name in chosen)
    if left < 0:
        raise ValueError(f"budget = {budget}: the fewest bits take more.")
    while True:
        best, gain = "", 0.0
        for name, bits in chosen.items():
            more = [width for width in widths[name] if width > bits]
            if not more or (price := (more[0] - bits) * numbers[name]) > left:
                continue
            saved = (errors[name][bits] - errors[name][more[0]]) / price
            if saved > gain:
                best, gain = name, saved
        if not best:
            return chosen
        more_bits = min(width for width in widths[best] if width > chosen[best])
        left -= (more_bits - chosen[best]) * numbers[best]
        chosen[best] = more_bits
