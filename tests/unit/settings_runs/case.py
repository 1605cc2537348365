"""What a test of settings needs: a tiny run, and for every field another legal value."""

from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor, nn


class Case(NamedTuple):
    """`run` maps settings to whatever came of them; `changes` names every field."""

    settings: Any
    run: Callable[[Any], Any]
    changes: dict[str, Any]


def weights_of(network: nn.Module) -> list[Tensor]:
    return [weight.detach().clone() for weight in network.parameters()]


def told(outcome: Any) -> str:
    """What came of a run, number for number; not-a-number is equal to itself here."""
    if isinstance(outcome, Tensor):
        return repr(outcome.tolist())
    if isinstance(outcome, list | tuple):
        return f"[{', '.join(map(told, outcome))}]"
    return repr(outcome.tolist() if hasattr(outcome, "tolist") else outcome)
