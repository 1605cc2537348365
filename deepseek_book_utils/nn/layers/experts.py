"""A network of many experts, few of which serve a token: more weights at the same
arithmetic.

Letters: B batch, T time, C channels, F hidden channels of an expert, E experts, K that
serve a token, M tokens.

A router scores the experts, the best K compute, and their answers are added by weight
(Shazeer et al., arXiv 1701.06538; in this form Mixtral, Jiang et al., arXiv 2401.04088,
section 2.1). With the same weights the numbers are those of transformers' Mixtral. Left
out: DeepSeek's shared experts and its balance by a bias without a loss (chapter 7),
limits on what an expert takes, and experts on several machines.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...settings import check_ranges


@dataclass(frozen=True)
class ExpertSettings:
    """Sizes of the layer; raises ValueError for sizes that do not fit together."""

    width: int = 128  # C
    hidden: int = 256  # F
    experts: int = 8  # E
    active: int = 2  # K

    def __post_init__(self) -> None:
        check_ranges(self, count=("width", "hidden", "experts", "active"))
        if self.active > self.experts:
            raise ValueError(
                f"active = {self.active}: take at most experts = {self.experts}."
            )


def route(logits: Tensor, active: int) -> tuple[Tensor, Tensor]:
    """The K best experts of each token, and their weights, which add up to 1; logits
    (M, E) -> weights (M, K), chosen (M, K).
    """
    # G(x) = softmax(top-k(x W_g))                        Jiang et al. 2024, section 2.1
    best, chosen = logits.float().topk(active, dim=-1)
    return best.softmax(dim=-1).to(logits.dtype), chosen


def balance_loss(logits: Tensor, chosen: Tensor) -> Tensor:
    """How uneven the work is: K where all experts have the same share, more where some
    are favoured; logits (M, E), chosen (M, K).
    """
    experts = logits.shape[-1]
    shares = F.one_hot(chosen, experts).float().mean(dim=0).sum(dim=0)  # (E,), sum K
    wanted = logits.float().softmax(dim=-1).mean(dim=0)  # (E,), with a gradient
    # E sum_i f_i P_i                          Fedus et al., arXiv 2101.03961, eq. 4-6
    return experts * (shares * wanted).sum()


class Experts(nn.Module):
    """E gated networks and a router; `logits` and `chosen` are those of its last
    call.
    """

    def __init__(self, settings: ExpertSettings) -> None:
        super().__init__()
        C, F_, E = settings.width, settings.hidden, settings.experts
        self.settings = settings
        self.router = nn.Linear(C, E, bias=False)
        self.gates = nn.ParameterList(torch.empty(F_, C) for _ in range(E))
        self.ups = nn.ParameterList(torch.empty(F_, C) for _ in range(E))
        self.downs = nn.ParameterList(torch.empty(C, F_) for _ in range(E))
        for weight in self.parameters():
            nn.init.normal_(weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) -> (..., C); an expert computes for those tokens that chose it."""
        rows = x.reshape(-1, x.shape[-1])  # (M, C)
        self.logits = self.router(rows)  # (M, E)
        weights, self.chosen = route(self.logits, self.settings.active)
        out = torch.zeros_like(rows)
        for e in range(self.settings.experts):
            tokens, place = (self.chosen == e).nonzero(as_tuple=True)
            if len(tokens):
                made = self.expert(e, rows[tokens]) * weights[tokens, place, None]
                out = out.index_add(0, tokens, made)
        return out.view_as(x)

    def expert(self, e: int, x: Tensor) -> Tensor:
        """What expert e makes of x (M, C)."""
        inside = F.silu(F.linear(x, self.gates[e])) * F.linear(x, self.ups[e])
        return F.linear(inside, self.downs[e])


class ExpertBlock(nn.Module):
    """A block that keeps its attention, with experts in the place of its network; for
    the blocks of `lm.open_weights.gpt`.
    """

    def __init__(self, block: nn.Module, settings: ExpertSettings) -> None:
        super().__init__()
        for name in {"gate", "up", "down"} & dict(block.named_children()).keys():
            delattr(block, name)
        self.block, self.norms = block, block.norms
        self.experts = Experts(settings)

    def project(self, x: Tensor, angles: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of x (B, T, C), as the block makes them."""
        return self.block.project(x, angles)  # type: ignore[operator]

    def mix(self, x: Tensor, attended: Tensor) -> Tensor:
        """Add to x (B, T, C) what the heads saw and what the experts make of it."""
        out, hide = self.block.out, self.block.dropout
        x = x + hide(out(attended))  # type: ignore[operator]
        return x + hide(self.experts(self.norms[1](x)))  # type: ignore[operator,index]


def use_experts(blocks: nn.ModuleList, settings: ExpertSettings) -> None:
    """Give every block experts, new ones that have learned nothing yet."""
    for number, block in enumerate(blocks):
        blocks[number] = ExpertBlock(block, settings)


def expert_layers(model: nn.Module) -> list[Experts]:
    """The layers with experts, from first to last."""
    return [module for module in model.modules() if isinstance(module, Experts)]


def balance_of(model: nn.Module) -> Tensor:
    """The mean of `balance_loss` over the layers, for what they read last."""
    layers = expert_layers(model)
    return torch.stack([balance_loss(e.logits, e.chosen) for e in layers]).mean()
