"""Weights taken away: single ones, which leaves holes, or whole channels and heads,
which leaves smaller matrices.

Letters: O outputs, I inputs (a weight is O x I), F hidden channels of a network, H
heads, K key heads, D head size.

Small weights go first (Han et al., arXiv 1506.02626). Holes save memory only where they
are stored cleverly, and time hardly ever; a matrix with fewer rows is faster on every
machine. The share rises during training (Zhu and Gupta, arXiv 1710.01878). Left out:
scores that look at gradients or data, patterns such as 2 of 4, and weights that grow
back.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ..settings import check_range
from .adapters import replace_layer


def smallest(scores: Tensor, share: float) -> Tensor:
    """(n,) True at the round(share n) smallest of scores (n,)."""
    check_range("share", share, "fraction")
    gone = torch.zeros_like(scores, dtype=torch.bool)
    gone[scores.topk(round(share * len(scores)), largest=False).indices] = True
    return gone


def magnitude_mask(weight: Tensor, share: float) -> Tensor:
    """(O, I) True where a weight stays; the smallest ones go."""
    return ~smallest(weight.detach().abs().flatten(), share).view_as(weight)


def global_masks(weights: Mapping[str, Tensor], share: float) -> dict[str, Tensor]:
    """The same over several weights together: a layer of large weights keeps more."""
    sizes = [weight.numel() for weight in weights.values()]
    scores = torch.cat([weight.detach().abs().flatten() for weight in weights.values()])
    stays = (~smallest(scores, share)).split(sizes)
    return {
        name: mask.view_as(weights[name])
        for name, mask in zip(weights, stays, strict=True)
    }


def channel_mask(weight: Tensor, share: float) -> Tensor:
    """(O,) True where an output channel stays; those with the shortest rows go."""
    return ~smallest(weight.detach().flatten(1).norm(dim=1), share)


def pruned_share(
    step: int, start: int, end: int, final: float, first: float = 0.0
) -> float:
    """The share that is gone at a step: fast while there is much to choose from, then
    slower.

    Raises ValueError unless start < end.
    """
    if not start < end:
        raise ValueError(f"start = {start}, end = {end}: take start < end.")
    done = min(max((step - start) / (end - start), 0.0), 1.0)
    # s_t = s_f + (s_i - s_f) (1 - (t - t_0) / (n dt))^3      Zhu and Gupta, eq. 1
    return final + (first - final) * (1 - done) ** 3


@torch.no_grad()
def apply_masks(model: nn.Module, masks: Mapping[str, Tensor]) -> None:
    """Set to zero what masks[name] does not keep of the parameter of that name; call it
    after every update, since an optimiser fills holes again.
    """
    parameters = dict(model.named_parameters())
    for name, mask in masks.items():
        parameters[name].mul_(mask)


def sparsity(model: nn.Module) -> float:
    """The share of zeros among all weights with two dimensions, 0 to 1."""
    weights = [weight for weight in model.parameters() if weight.ndim == 2]
    zeros = sum(int((weight == 0).sum()) for weight in weights)
    return zeros / sum(weight.numel() for weight in weights)


@torch.no_grad()
def smaller_linear(
    layer: nn.Linear, rows: Tensor | None = None, columns: Tensor | None = None
) -> nn.Linear:
    """A layer with these output rows and these input columns alone, None for all."""
    weight = layer.weight.detach() if rows is None else layer.weight[rows]
    weight = weight if columns is None else weight[:, columns]
    new = nn.Linear(weight.shape[1], weight.shape[0], layer.bias is not None).to(weight)
    new.weight.copy_(weight)
    if layer.bias is not None:
        new.bias.copy_(layer.bias if rows is None else layer.bias[rows])
    return new


def narrow_network(block: nn.Module, kept: Tensor) -> None:
    """Make a block's network smaller: of its hidden channels, those stay where kept
    (F,) is True.

    The same as setting the columns of `down` to zero, and faster.
    """
    for name in ("gate", "up"):
        if isinstance(layer := getattr(block, name, None), nn.Linear):
            replace_layer(block, name, smaller_linear(layer, rows=kept))
    replace_layer(block, "down", smaller_linear(block.down, columns=kept))  # type: ignore[arg-type]


def drop_heads(block: nn.Module, kept: Tensor, key_heads: int) -> None:
    """Make a block's attention smaller: of its K key heads those stay where kept (K,)
    is True, each with all heads that read it.

    The same as setting the columns of `out` to zero that belong to the others.
    """
    qkv: nn.Linear = block.qkv  # type: ignore[assignment]
    heads: int = block.heads  # type: ignore[assignment]
    size, sharing = qkv.out_features // (heads + 2 * key_heads), heads // key_heads
    of_heads = kept.repeat_interleave(sharing * size)  # (K,) -> (H D,)
    of_keys = kept.repeat_interleave(size)  # (K D,)
    rows = torch.cat((of_heads, of_keys, of_keys))
    replace_layer(block, "qkv", smaller_linear(qkv, rows=rows))
    replace_layer(block, "out", smaller_linear(block.out, columns=of_heads))  # type: ignore[arg-type]
    block.heads = int(kept.sum()) * sharing  # type: ignore[assignment]
    if hasattr(block, "key_heads"):
        block.key_heads = int(kept.sum())  # type: ignore[assignment]
