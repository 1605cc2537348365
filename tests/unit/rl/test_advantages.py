"""Returns by hand where the clock runs out, the smallest spreads, and tables that do not fit."""

import pytest
import torch
from torch import Tensor, tensor

from deepseek_book_utils.rl.advantages import compute_gae, n_step_returns, normalise_advantages
from deepseek_book_utils.rl.environments import Step


def rollout(steps: int = 3, count: int = 2) -> Step:
    """Rewards 1 in every step, and nothing ends."""
    seen, no = torch.zeros(steps, count, 4), torch.zeros(steps, count).bool()
    return Step(seen, no.long(), torch.ones(steps, count), seen, no, no, ~no)


def test_returns_by_hand() -> None:
    """One copy runs out of time in step 1, the other finishes its task there."""
    table = rollout()
    truncated, terminated = table.truncated.clone(), table.terminated.clone()
    truncated[1, 0], terminated[1, 1] = True, True
    values = tensor([[5.0, 5.0], [6.0, 6.0], [8.0, 7.0]])
    found = n_step_returns(
        table._replace(truncated=truncated, terminated=terminated), values, tensor([10.0, 20.0]), 0.5
    )
    assert found.tolist() == [[1 + 0.5 * 5, 1.5], [1 + 0.5 * 8, 1.0], [1 + 0.5 * 10, 1 + 0.5 * 20]]


@pytest.mark.parametrize("compute", [n_step_returns, lambda *x: compute_gae(*x, decay=0.9)])
def test_tables_that_do_not_fit(compute) -> None:
    table, values, last = rollout(), torch.zeros(3, 2), torch.zeros(2)
    assert compute(table, values, last, 0.9).shape == (3, 2)
    bad: list[tuple[Step, Tensor, Tensor]] = [
        (table, torch.zeros(4, 2), last),
        (table, values, torch.zeros(1)),
    ]
    for field in ("rewards", "terminated", "truncated", "real"):
        bad.append((table._replace(**{field: getattr(table, field)[:1]}), values, last))
    for arguments in bad:
        with pytest.raises(ValueError, match=r"values \(T, N\) and last_value \(N,\)"):
            compute(*arguments, 0.9)


def test_a_spread_is_real_from_a_millionth_of_the_size() -> None:
    both = torch.ones(2).bool()
    for spread, expected in ((0.5e-6, 0.0), (1.5e-6, 0.5**0.5)):  # of two numbers x and -x, sqrt(2) x
        advantages = 1 + spread / 2**0.5 * tensor([1.0, -1.0], dtype=torch.float64)
        assert normalise_advantages(advantages, both)[0].item() == pytest.approx(expected, rel=0.02)


def test_the_spread_is_divided_by_itself_and_a_little() -> None:
    """Two numbers 1e-8 and -1e-8 have the standard deviation sqrt(2) 1e-8; 1e-8 more is in the divisor."""
    found = normalise_advantages(tensor([1e-8, -1e-8]), torch.ones(2).bool())
    assert found.tolist() == pytest.approx([1 / (2**0.5 + 1), -1 / (2**0.5 + 1)], rel=1e-4)
