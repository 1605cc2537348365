"""The natural gradient: the direction in which the policy itself improves most for how
much it changes, whatever numbers describe it.

A step in weights is short or long for the policy depending on where it stands. The
Fisher matrix F says which: half of x^T F x is, to second order, the KL that a step x
moves the policy. Dividing the gradient by F gives the natural gradient (Amari, 1998).
F is never formed: two derivatives multiply by it, and conjugate gradients divide
(Schulman et al., arXiv 1502.05477, appendix C).

Letters: B rows, O numbers in an observation, A actions, P parameters of the actor.

Left out: policies over continuous actions, and factored estimates of F.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def mean_kl(old_logits: Tensor, logits: Tensor) -> Tensor:
    """KL(old policy, new policy), a mean over the states: logits (B, A) -> scalar."""
    old, new = old_logits.log_softmax(dim=-1), logits.log_softmax(dim=-1)
    # KL(p, q) = sum_a p(a) (log p(a) - log q(a))
    return (old.exp() * (old - new)).sum(dim=-1).mean()


def surrogate(
    old_logits: Tensor, logits: Tensor, actions: Tensor, advantages: Tensor
) -> Tensor:
    """What the new policy would earn on the old policy's states, above the old: scalar.

    logits (B, A); actions and advantages (B,). Only near the old policy is it true, and
    a ratio stops at exp(20).
    """
    log_ratio = logits.log_softmax(dim=-1) - old_logits.log_softmax(dim=-1)
    # E[pi(a|s) / pi_old(a|s) A(s, a)]       Schulman et al. 2015, eq. 14, A for Q
    taken = log_ratio.gather(-1, actions[:, None])[:, 0]  # (B, A) -> (B,)
    ratio = taken.clamp(max=20).exp()  # exp(89) is infinite
    return (ratio * advantages).mean()


def conjugate_gradient(
    product: Callable[[Tensor], Tensor],
    b: Tensor,
    iterations: int = 10,
    tolerance: float = 1e-10,
) -> Tensor:
    """Solve F x = b, knowing of F only `product`, v -> F v; b and x are (P,).

    F must be symmetric and positive definite. Stops after so many products, or when the
    squared error |b - F x|^2 falls below `tolerance` times |b|^2. Hestenes and Stiefel
    (1952).
    """
    x, residual = torch.zeros_like(b), b.clone()
    direction, error = b.clone(), b @ b
    goal = tolerance * error
    for _ in range(iterations):
        if error <= goal:
            break
        ahead = product(direction)
        # as far as it helps along this direction, then never this direction again
        step = error / (direction @ ahead)
        x = x + step * direction
        residual = residual - step * ahead
        last, error = error, residual @ residual
        direction = residual + error / last * direction
    return x


def flat_gradient(
    value: Tensor, parameters: list[nn.Parameter], keep: bool = False
) -> Tensor:
    """The gradient of a scalar as one vector (P,); `keep` it differentiable itself."""
    found = torch.autograd.grad(value, parameters, create_graph=keep, retain_graph=True)
    return torch.cat([x.flatten() for x in found])


def fisher_product(
    actor: nn.Module, observations: Tensor, damping: float = 0.0
) -> Callable[[Tensor], Tensor]:
    """The function v -> (F + damping I) v, (P,) -> (P,), F the actor's Fisher matrix.

    At the old policy KL is zero and flat, and its second derivative is F: how fast the
    policy changes in each direction. Differentiating twice multiplies by it, and no
    matrix (P, P) is ever formed (Schulman et al. 2015, appendix C).
    """
    parameters = list(actor.parameters())
    logits = actor(observations)  # (B, A)
    kl = mean_kl(logits.detach(), logits)
    slope = flat_gradient(kl, parameters, keep=True)  # zero, but it has a slope

    def product(vector: Tensor) -> Tensor:
        # F v = grad (v . grad KL)
        curved = flat_gradient(slope @ vector, parameters)
        return curved + damping * vector

    return product


@torch.no_grad()
def set_weights(actor: nn.Module, weights: Tensor) -> None:
    """Copy a vector (P,) into the parameters of the actor."""
    sizes = [parameter.numel() for parameter in actor.parameters()]
    for parameter, part in zip(actor.parameters(), weights.split(sizes), strict=True):
        parameter.copy_(part.view_as(parameter))


def plain_step_kl(
    actor: nn.Module,
    observations: Tensor,
    actions: Tensor,
    advantages: Tensor,
    length: float,
) -> float:
    """How far, in mean KL, a step of this length along the plain gradient would take
    the policy; the actor stays as it is.
    """
    weights = nn.utils.parameters_to_vector(actor.parameters()).detach()
    logits = actor(observations)
    gain = surrogate(logits.detach(), logits, actions, advantages)
    gradient = flat_gradient(gain, list(actor.parameters()))
    set_weights(actor, weights + length * gradient / gradient.norm())
    with torch.no_grad():
        kl = mean_kl(logits.detach(), actor(observations)).item()
    set_weights(actor, weights)
    return kl
