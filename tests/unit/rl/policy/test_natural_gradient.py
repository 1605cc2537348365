"""A plain step measured by torch's own KL; how long conjugate gradients go on if nobody says so."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.distributions import Categorical, kl_divergence

from deepseek_book_utils.rl.networks import mlp
from deepseek_book_utils.rl.policy.natural_gradient import (
    conjugate_gradient,
    flat_gradient,
    mean_kl,
    plain_step_kl,
    set_weights,
    surrogate,
)


def test_a_plain_step_has_the_length_that_was_asked_for() -> None:
    dice = torch.Generator().manual_seed(0)
    actor = mlp((3, 5, 4), nn.Tanh, generator=dice).double()
    seen, advantages = torch.randn(6, 3, generator=dice).double(), torch.randn(6, generator=dice).double()
    actions = torch.tensor([0, 3, 1, 2, 2, 0])
    old = Categorical(logits=actor(seen))
    slopes = torch.autograd.grad((old.log_prob(actions) * advantages).mean(), list(actor.parameters()))
    length = torch.cat([slope.flatten() for slope in slopes]).norm()
    moved = copy.deepcopy(actor)
    with torch.no_grad():
        for weight, slope in zip(moved.parameters(), slopes, strict=True):
            weight += 0.7 * slope / length
    expected = kl_divergence(old, Categorical(logits=moved(seen))).mean().item()
    assert plain_step_kl(actor, seen, actions, advantages, 0.7) == pytest.approx(expected, rel=1e-9)


def test_ten_products_or_an_error_of_a_hundred_thousandth() -> None:
    """Unless told otherwise: a squared error of 1e-10 is left."""
    asked: list[Tensor] = []

    def product(v: Tensor) -> Tensor:
        asked.append(v)
        return diagonal * v

    diagonal = torch.logspace(0, 6, 40, dtype=torch.float64)
    conjugate_gradient(product, torch.ones(40).double())
    assert len(asked) == 10
    # of two eigenvalues one step leaves (d / (2 + d))^2 of 1 and 1 + d, the next one nothing
    for left, count in ((0.9e-10, 1), (1.1e-10, 2)):
        root = left**0.5
        asked.clear()
        diagonal = torch.tensor([1.0, 1 + 2 * root / (1 - root)], dtype=torch.float64)
        conjugate_gradient(product, torch.ones(2).double())
        assert len(asked) == count


def test_a_gradient_can_be_taken_again_and_kept() -> None:
    weight = nn.Parameter(torch.tensor([3.0]))
    value = (weight**3).sum()
    kept = flat_gradient(value, [weight], keep=True)
    assert kept.item() == flat_gradient(value, [weight]).item() == 27.0
    assert not flat_gradient(value, [weight]).requires_grad
    assert flat_gradient(kept[0], [weight]).item() == 18.0


def test_a_vector_that_is_too_short_is_refused() -> None:
    with pytest.raises(RuntimeError, match="split"):
        set_weights(nn.Linear(2, 2), torch.zeros(5))


def test_a_surrogate_of_one_chosen_action() -> None:
    """Probabilities 1/2, 1/2 become 4/5, 1/5: the ratio of the second action is 2/5."""
    new = torch.tensor([[4.0, 1.0]]).log()
    assert surrogate(torch.zeros(1, 2), new, torch.tensor([1]), torch.tensor([10.0])).item() == pytest.approx(
        4
    )


def test_a_mean_over_steps_and_environments_is_one_over_all_states() -> None:
    old, new = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert mean_kl(old, new).item() == pytest.approx(mean_kl(old.flatten(0, 1), new.flatten(0, 1)).item())
