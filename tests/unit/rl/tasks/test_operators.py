"""Operators: they follow their weights, they slip, and a log comes from its seed."""

import pytest
import torch

from deepseek_book_utils.rl.tasks.operators import cart_pole_log, linear_operators


def test_operators_follow_their_weights_and_slip() -> None:
    seen, weights = torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([[2.0, 9.0], [-2.0, 9.0]])
    sure = linear_operators(weights, 0.0, torch.Generator().manual_seed(0))
    assert all(sure(seen).tolist() == [1, 0] for _ in range(20))
    slipping = linear_operators(weights, 0.5, torch.Generator().manual_seed(0))
    share = torch.stack([slipping(seen) for _ in range(4000)]).double().mean(dim=0)
    assert share.tolist() == pytest.approx([0.75, 0.25], abs=0.03)  # half of all slips hit the other side


def test_a_log_comes_from_its_seeds() -> None:
    one, two = cart_pole_log(0, operators=3), cart_pole_log(0, operators=3)
    assert all(torch.equal(a, b) for a, b in zip(one.transitions, two.transitions, strict=True))
    assert one.returns.sum() == len(one.transitions.rewards)  # a point for every step
    assert not torch.equal(
        one.transitions.observations[:3], cart_pole_log(1, operators=3).transitions.observations[:3]
    )
