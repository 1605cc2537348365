"""A log of CartPole: twenty operators of mixed skill play one episode each.

Each operator has a linear rule of their own, drawn around a rule that works, and a hand
that slips. Some fall at once, some balance until the clock stops them. Nobody trained
them: a log comes from its seed in less than a second.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..value.offline import Log, write_log

# Push towards the side to which the pole leans (third number) and turns (fourth), and
# a little along with the cart (second).
RULE = torch.tensor([0.0, 0.75, 1.5, 1.5])


def linear_operators(
    weights: Tensor, slip: float, generator: torch.Generator
) -> Callable[[Tensor], Tensor]:
    """E people at the controls: each pushes right, action 1, where the sum of what is
    seen, by weights (E, O) of one's own, is positive, but slips by chance with
    probability `slip` and then pushes anywhere.
    """

    def act(observations: Tensor) -> Tensor:
        wanted = ((observations * weights).sum(dim=-1) > 0).long()  # (E, O) -> (E,)
        anywhere = torch.randint(2, wanted.shape, generator=generator)
        slipped = torch.rand(wanted.shape, generator=generator) < slip
        return torch.where(slipped, anywhere, wanted)

    return act


def cart_pole_log(seed: int, operators: int = 20, slip: float = 0.1) -> Log:
    """One episode of CartPole-v1 by each of E = `operators`, whose weights (E, 4) are
    RULE plus standard normal noise.
    """
    generator = torch.Generator().manual_seed(seed)
    weights = RULE + torch.randn(operators, len(RULE), generator=generator)
    act = linear_operators(weights, slip, generator)
    return write_log("CartPole-v1", act, operators, seed)
