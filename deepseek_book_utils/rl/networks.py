"""The small networks of the reinforcement learning chapters: rows of numbers in, a few
numbers out. Dueling networks are those of Wang et al. (arXiv 1511.06581).

Left out: convolutions (our tasks show a row of numbers, not a screen), normalisation,
and the paper's scaled gradients where the two streams of a dueling network part.
"""

import itertools
import math

import torch
from torch import Tensor, nn

from .environments import check_observations


def mlp(
    sizes: tuple[int, ...],
    activation: type[nn.Module] = nn.ReLU,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """Linear layers of these sizes with an activation between them: (N, sizes[0]) ->
    (N, sizes[-1]).

    Weights are orthogonal (Saxe et al., arXiv 1312.6120), of gain sqrt(2) before an
    activation and `gain` in the last layer; biases are zero. Raises ValueError unless
    there are at least two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(
            f"sizes = {sizes}: name at least what goes in and what comes out, "
            "as (4, 64, 2)."
        )
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
        linear, last = nn.Linear(inputs, outputs), i == len(sizes) - 2
        nn.init.orthogonal_(linear.weight, gain if last else math.sqrt(2), generator)
        nn.init.zeros_(linear.bias)
        layers += [linear] if last else [linear, activation()]
    return nn.Sequential(*layers)


class QNetwork(nn.Module):
    """Q(s, .): observations (..., O) -> one value for each action (..., A).

    Raises ValueError on observations of another size.
    """

    def __init__(
        self,
        size: int,
        actions: int,
        hidden: tuple[int, ...],
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.size = size
        self.layers = mlp((size, *hidden, actions), generator=generator)

    def forward(self, observations: Tensor) -> Tensor:
        check_observations(observations, self.size)
        return self.layers(observations)


def dueling_values(value: Tensor, advantages: Tensor) -> Tensor:
    """What each action is worth (..., A), from the worth of the state (..., 1) and what
    each action adds to it (..., A).
    """
    # Q(s, a) = V(s) + (A(s, a) - 1/|A| sum_a' A(s, a'))              Wang et al., eq. 9
    return value + advantages - advantages.mean(dim=-1, keepdim=True)


class DuelingNetwork(nn.Module):
    """A Q-network that says what a state is worth and what each action adds, in two
    streams above shared layers: (..., O) -> (..., A).

    `hidden` names the shared widths, then that of each stream. Raises ValueError if
    there are less than two, or on observations of another size.
    """

    def __init__(
        self,
        size: int,
        actions: int,
        hidden: tuple[int, ...],
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        if len(hidden) < 2:
            raise ValueError(
                f"hidden = {hidden}: a dueling network needs a width to share and one "
                "for each stream, as (128, 128)."
            )
        self.size, (*shared, width) = size, hidden
        trunk = mlp((size, *shared), gain=math.sqrt(2), generator=generator)
        self.trunk = nn.Sequential(trunk, nn.ReLU())
        self.value = mlp((shared[-1], width, 1), generator=generator)
        self.advantages = mlp((shared[-1], width, actions), generator=generator)

    def forward(self, observations: Tensor) -> Tensor:
        check_observations(observations, self.size)
        seen = self.trunk(observations)
        return dueling_values(self.value(seen), self.advantages(seen))
