"""Tiny runs of what makes models smaller."""

from typing import Any

import torch
from torch import nn

from deepseek_book_utils.compress.adapters import LoRALinear, LoRASettings, linear_layers
from deepseek_book_utils.compress.quantization import QuantSettings, dequantize, quantize
from tests.unit.settings_runs.case import Case, weights_of


def adapt(settings: LoRASettings) -> Any:
    torch.manual_seed(0)
    model = nn.ModuleDict({"qkv": nn.Linear(4, 4), "out": nn.Linear(4, 4)})
    found = linear_layers(model, settings.layers)
    layer = LoRALinear(model["qkv"], settings)
    nn.init.ones_(layer.B)
    return list(found), weights_of(layer), layer(torch.ones(1, 4))


def round_a_weight(settings: QuantSettings) -> Any:
    return dequantize(quantize(torch.linspace(-1, 2, 16).view(2, 8), settings))


CASES = [
    Case(LoRASettings(), adapt, {"rank": 2, "alpha": 3.0, "layers": ("out",)}),
    Case(
        QuantSettings(bits=4, sharing="group", group_size=4),
        round_a_weight,
        {"bits": 3, "sharing": "tensor", "group_size": 2, "symmetric": False},
    ),
]
