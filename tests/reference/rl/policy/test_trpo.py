"""Conjugate gradients against sb3-contrib and a dense solve; Fisher products against a matrix summed over all
actions and against finite differences; KL against torch.
"""

import pytest
import torch
from sb3_contrib.common.utils import conjugate_gradient_solver
from torch import Tensor, nn
from torch.distributions import Categorical, kl_divergence

from deepseek_book_utils.rl.networks import mlp
from deepseek_book_utils.rl.policy.natural_gradient import (
    conjugate_gradient,
    fisher_product,
    flat_gradient,
    mean_kl,
    set_weights,
    surrogate,
)


def small_actor(seed: int = 0) -> tuple[nn.Module, Tensor]:
    """3 numbers to 4 actions, 43 parameters, far from uniform; and 6 observations."""
    generator = torch.Generator().manual_seed(seed)
    actor = mlp((3, 4, 4), nn.Tanh, generator=generator).double()
    return actor, torch.randn(6, 3, generator=generator, dtype=torch.float64)


def weights_of(actor: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(actor.parameters()).detach()


def positive_matrix(size: int, seed: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    root = torch.randn(size, size, generator=generator, dtype=torch.float64)
    return root @ root.T + 0.5 * torch.eye(size).double(), torch.randn(size, generator=generator).double()


@pytest.mark.parametrize("seed", range(5))
def test_conjugate_gradient_solves(seed: int) -> None:
    """In exact arithmetic as many products as unknowns are enough; a few more take care of rounding."""
    matrix, b = positive_matrix(12, seed)
    x = conjugate_gradient(lambda v: matrix @ v, b, iterations=30, tolerance=1e-28)
    assert torch.allclose(x, torch.linalg.solve(matrix, b), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("iterations", [1, 2, 5, 10])
def test_conjugate_gradient_walks_as_sb3_contrib(iterations: int, monkeypatch) -> None:
    """Theirs starts at a random point near zero: let it start at zero, and every iterate is the same."""
    matrix, b = positive_matrix(12, 7)
    monkeypatch.setattr(torch, "randn_like", torch.zeros_like)
    theirs = conjugate_gradient_solver(lambda v: matrix @ v, b, iterations, residual_tol=0.0)
    ours = conjugate_gradient(lambda v: matrix @ v, b, iterations, tolerance=0.0)
    assert torch.allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    assert not torch.allclose(ours, torch.linalg.solve(matrix, b), rtol=1e-6)


def test_conjugate_gradient_knows_when_it_is_done() -> None:
    matrix, b = positive_matrix(12, 3)
    asked = []

    def product(v: Tensor) -> Tensor:
        asked.append(v)
        return matrix @ v

    x = conjugate_gradient(product, b, iterations=100, tolerance=1e-6)
    assert len(asked) < 20
    assert (b - matrix @ x).norm() <= 1e-3 * b.norm()
    assert torch.equal(conjugate_gradient(product, 0 * b), 0 * b)  # nothing to solve, nothing divided by zero


def test_mean_kl_equals_torch() -> None:
    generator = torch.Generator().manual_seed(0)
    old, new = 3 * torch.randn(2, 20, 5, generator=generator, dtype=torch.float64)
    theirs = kl_divergence(Categorical(logits=old), Categorical(logits=new)).mean()
    assert mean_kl(old, new).item() == pytest.approx(theirs.item(), rel=1e-12)
    assert mean_kl(new, old).item() != pytest.approx(theirs.item(), rel=0.01)  # KL has a direction
    assert mean_kl(old, old + 7).item() == pytest.approx(0, abs=1e-12)


def test_fisher_product_equals_the_matrix() -> None:
    """F = mean over states of sum over actions of pi(a|s) score score^T, all actions counted."""
    actor, observations = small_actor()
    parameters = list(actor.parameters())
    size = sum(p.numel() for p in parameters)
    matrix = torch.zeros(size, size, dtype=torch.float64)
    for state in observations:
        log_probs = actor(state).log_softmax(dim=-1)
        for log_prob in log_probs:
            score = flat_gradient(log_prob, parameters)
            matrix += log_prob.exp().detach() * torch.outer(score, score) / len(observations)
    product = fisher_product(actor, observations)
    found = torch.stack([product(row) for row in torch.eye(size).double()])
    assert torch.allclose(found, matrix, rtol=1e-10, atol=1e-12)
    assert matrix.abs().max() > 0.01
    vector = torch.randn(size, generator=torch.Generator().manual_seed(1)).double()
    damped = fisher_product(actor, observations, damping=0.3)(vector)
    assert torch.allclose(damped, matrix @ vector + 0.3 * vector, rtol=1e-10, atol=1e-12)


def test_fisher_product_by_finite_differences() -> None:
    """F v is how fast the gradient of KL grows along v; and x^T F x / 2 is the KL of a small step x."""
    actor, observations = small_actor()
    old, weights = actor(observations).detach(), weights_of(actor)
    vector = torch.randn(len(weights), generator=torch.Generator().manual_seed(2)).double()

    def slope(step: float) -> Tensor:
        set_weights(actor, weights + step * vector)
        return flat_gradient(mean_kl(old, actor(observations)), list(actor.parameters()))

    step = 1e-5
    measured = (slope(step) - slope(-step)) / (2 * step)
    set_weights(actor, weights)
    ahead = fisher_product(actor, observations)(vector)
    assert torch.allclose(ahead, measured, rtol=1e-5, atol=1e-7)
    set_weights(actor, weights + 1e-3 * vector)
    kl = mean_kl(old, actor(observations)).item()
    assert kl == pytest.approx(0.5e-6 * (vector @ ahead).item(), rel=0.01)


def test_surrogate_and_its_gradient() -> None:
    """Worth the advantages at the old policy; its gradient there is the policy gradient."""
    actor, observations = small_actor()
    actions = torch.tensor([0, 3, 1, 2, 2, 0])
    advantages = torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0, -1.0]).double()
    logits = actor(observations)
    found = surrogate(logits.detach(), logits, actions, advantages)
    assert found.item() == pytest.approx(advantages.mean().item())
    chosen = Categorical(logits=logits).log_prob(actions)
    policy = flat_gradient((chosen * advantages).mean(), list(actor.parameters()))
    assert torch.allclose(flat_gradient(found, list(actor.parameters())), policy, rtol=1e-10)
    other = logits.detach() + torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    ratio = (
        Categorical(logits=other).log_prob(actions) - Categorical(logits=logits.detach()).log_prob(actions)
    ).exp()
    moved = surrogate(logits.detach(), other, actions, advantages)
    assert moved.item() == pytest.approx((ratio * advantages).mean().item())
