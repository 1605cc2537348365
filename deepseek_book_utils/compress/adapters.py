"""Few new weights beside many old ones: low-rank updates (LoRA), bottleneck adapters,
and a trained prefix. The old weights stay as they are.

Letters: B batch, T time, C channels, I inputs, O outputs, r rank, H heads, D head size,
P prefix tokens.

LoRA (Hu et al., arXiv 2106.09685) adds a product of two thin matrices to a layer, and
can be added into it for good. An adapter (Houlsby et al., arXiv 1902.00751) is a narrow
network with a way around it, behind each half of a block. Prefix tuning (Li and Liang,
arXiv 2101.00190) leaves all layers alone: the model reads keys and values that no
token made. Left out: dropout on what LoRA reads, the network that reparametrises a
prefix during training, and updates of several tasks side by side.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..lm.cache import Cache
from ..lm.open_weights.gpt import GPT
from ..settings import check_ranges


@dataclass(frozen=True)
class LoRASettings:
    """What a low-rank update is; raises ValueError on values without sense."""

    rank: int = 8  # r
    alpha: float = 16.0  # the update counts alpha / r times
    layers: tuple[str, ...] = ("qkv",)  # those whose name ends so

    def __post_init__(self) -> None:
        check_ranges(self, count=("rank",), positive=("alpha",))
        if not self.layers or not all(isinstance(name, str) for name in self.layers):
            raise ValueError("layers: name at least one, as ('qkv',).")


class LoRALinear(nn.Module):
    """A linear layer that stays, and a low-rank update that is trained beside it."""

    def __init__(self, layer: nn.Linear, settings: LoRASettings) -> None:
        super().__init__()
        self.layer = layer
        self.scale = settings.alpha / settings.rank
        like = layer.weight
        self.A = nn.Parameter(like.new_empty(settings.rank, layer.in_features))
        # B = 0: at first the model says what it said before          Hu et al., 4.1
        self.B = nn.Parameter(like.new_zeros(layer.out_features, settings.rank))
        nn.init.kaiming_uniform_(self.A, a=5**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        # h = W x + (alpha / r) B A x                 Hu et al., eq. 3 and section 4.1
        return self.layer(x) + self.scale * F.linear(F.linear(x, self.A), self.B)

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """The layer with the update inside it: as fast as before, and the same sums."""
        self.layer.weight += self.scale * self.B @ self.A
        return self.layer


class Adapter(nn.Module):
    """A layer, then a narrow network that adds to what the layer gives."""

    def __init__(self, layer: nn.Linear, width: int) -> None:
        super().__init__()
        self.layer = layer
        outputs, like = layer.out_features, layer.weight
        self.down = nn.Linear(outputs, width, device=like.device, dtype=like.dtype)
        self.up = nn.Linear(width, outputs, device=like.device, dtype=like.dtype)
        # near the identity: here the same as the identity     Houlsby et al., section 2
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(..., I) -> (..., O)."""
        h = self.layer(x)
        return h + self.up(F.gelu(self.down(h)))  # (..., O) -> (..., width) -> (..., O)


def freeze(model: nn.Module) -> None:
    """From now on none of the model's weights is trained; new ones may join."""
    model.requires_grad_(False)


def linear_layers(model: nn.Module, endings: Iterable[str]) -> dict[str, nn.Linear]:
    """The linear layers whose names end with one of `endings`, by name.

    Raises ValueError where an ending names none.
    """
    found: dict[str, nn.Linear] = {}
    for ending in endings:
        named = {
            name: layer
            for name, layer in model.named_modules()
            if name.split(".")[-1] == ending and isinstance(layer, nn.Linear)
        }
        if not named:
            raise ValueError(
                f"No linear layer is called {ending!r}: look at the model."
            )
        found |= named
    return found


def replace_layer(model: nn.Module, name: str, layer: nn.Module) -> None:
    """Put another layer in the place that has this dotted name."""
    owner, _, last = name.rpartition(".")
    setattr(model.get_submodule(owner), last, layer)


def add_lora(model: nn.Module, settings: LoRASettings) -> None:
    """Freeze the model and put a trained update beside each layer that is named."""
    freeze(model)
    for name, layer in linear_layers(model, settings.layers).items():
        replace_layer(model, name, LoRALinear(layer, settings))


def merge_lora(model: nn.Module) -> None:
    """Add every update into its layer: the model has its former shape, and what it
    learned.
    """
    for name, layer in list(model.named_modules()):
        if isinstance(layer, LoRALinear):
            replace_layer(model, name, layer.merged())


def add_adapters(
    model: nn.Module, width: int, layers: tuple[str, ...] = ("out", "down")
) -> None:
    """Freeze the model and put an adapter behind each layer that is named: after the
    attention and after the network of every block.
    """
    freeze(model)
    for name, layer in linear_layers(model, layers).items():
        replace_layer(model, name, Adapter(layer, width))


class Prefix(nn.Module):
    """Keys and values that every text finds before its first token, and that are
    trained; the model itself is frozen.
    """

    def __init__(self, model: GPT, length: int) -> None:
        super().__init__()
        freeze(model)
        s, weight = model.settings, model.words.weight
        shape = (s.layers, 2, 1, s.heads, length, s.width // s.heads)
        self.kv = nn.Parameter(0.02 * weight.new_empty(shape).normal_())

    def cache(self, rows: int) -> Cache:
        """What `model(tokens, cache)` takes for tokens (rows, T)."""
        kv = self.kv  # (layers, 2, 1, H, P, D)
        padding = torch.zeros(1, kv.shape[4], dtype=torch.bool, device=kv.device)
        words = torch.zeros(1, 0, dtype=torch.long, device=kv.device)
        cache = Cache(padding, rows, words, prompt_kv=list(kv))
        cache.start()
        return cache


def trained_share(*modules: nn.Module) -> float:
    """The share of all weights that is trained; a weight in two places counts once."""
    weights = {id(w): w for module in modules for w in module.parameters()}.values()
    trained = sum(w.numel() for w in weights if w.requires_grad)
    return trained / sum(w.numel() for w in weights)
