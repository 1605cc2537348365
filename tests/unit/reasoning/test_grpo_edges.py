"""What stands outside of the mask does not matter, and a ratio too large to learn from has no slope."""

import math

import pytest
import torch
from torch import Tensor, tensor

from deepseek_book_utils.reasoning.grpo import average, group_advantages, grpo_loss, kl_estimate, policy_ratio

LEVELS = ("token", "sequence", "geometric")
VARIANTS = ("grpo", "bnpo", "dapo", "dr_grpo")
MASK = tensor([[1, 1, 0], [1, 0, 0]]).bool()


def loss_and_gradient(log_probs: Tensor, old: Tensor, ref: Tensor, **options) -> tuple[Tensor, Tensor]:
    log_probs = log_probs.clone().requires_grad_()
    advantages = tensor([1.0, -2.0])[: len(log_probs)]
    mask = options.pop("mask", MASK)
    loss = grpo_loss(log_probs, old, advantages, mask, ref_log_probs=ref, max_length=3, **options)
    loss.backward()
    return loss.detach(), log_probs.grad


@pytest.mark.parametrize("beta", [0.0, 0.04])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("filler", [math.nan, math.inf, -math.inf, 1e30, -100.0])
def test_whatever_the_padding_holds_loss_and_gradient_are_the_same(filler, variant, level, beta) -> None:
    generator = torch.Generator().manual_seed(0)
    tables = [-torch.rand(2, 3, generator=generator) for _ in range(3)]
    options = {"variant": variant, "level": level, "beta": beta}
    loss, gradient = loss_and_gradient(*tables, **options)
    for place in range(3):
        filled = [x.masked_fill(~MASK, filler) if i == place else x for i, x in enumerate(tables)]
        other, other_gradient = loss_and_gradient(*filled, **options)
        assert torch.equal(loss, other) and torch.equal(gradient, other_gradient)
    assert loss.isfinite() and (gradient[~MASK] == 0).all() and (gradient[MASK] != 0).all()


def test_a_reference_of_zero_in_the_padding() -> None:
    """The case that once gave NaN: exp(100) in the padding, times 0."""
    mask = tensor([[True, False]])
    log_probs, old, ref = tensor([[-1.0, -100.0]]), tensor([[-1.0, -100.0]]), tensor([[-1.0, 0.0]])
    loss, gradient = loss_and_gradient(log_probs, old, ref, mask=mask, beta=0.04)
    assert loss.item() == -1.0  # the ratio is 1, the advantage 1, the reference the same
    assert gradient.tolist() == [[-1.0, 0.0]]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_mask_of_numbers_is_a_mask(variant) -> None:
    values = tensor([[1.0, 2.0, math.nan], [3.0, 4.0, 5.0]])
    averages = [average(values, mask, variant, 3) for mask in (MASK, MASK.float(), MASK.int())]
    assert averages[0] == averages[1] == averages[2] and averages[0].isfinite()
    assert torch.equal(policy_ratio(values, values, MASK.float()), torch.ones(2, 3))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("gap", [100.0, 1000.0, 3e38])
def test_a_ratio_that_overflows_is_clipped_and_has_no_slope(gap, level) -> None:
    mask = tensor([[True, True]])
    log_probs, old = torch.zeros(1, 2), tensor([[-gap / 2, -gap / 2]])
    old = old * 2 if level != "sequence" else old
    loss, gradient = loss_and_gradient(log_probs, old, old, mask=mask, level=level)
    assert loss.item() == pytest.approx(-1.2)  # advantage 1, clipped at 1 + 0.2
    assert (gradient == 0).all()


def test_half_a_nat_a_token_over_two_hundred_tokens() -> None:
    mask = torch.ones(1, 200).bool()
    loss, gradient = loss_and_gradient(
        torch.full((1, 200), -0.5),
        torch.full((1, 200), -1.0),
        torch.zeros(1, 200),
        mask=mask,
        level="sequence",
    )
    assert loss.item() == pytest.approx(-1.2) and (gradient == 0).all()


@pytest.mark.parametrize("level", LEVELS)
def test_a_bad_answer_far_too_likely_costs_a_number(level) -> None:
    """The minimum does not clip here: the loss stops at exp(20) times the advantage, not at infinity."""
    log_probs = torch.zeros(1, 2, requires_grad=True)
    mask, old = torch.ones(1, 2).bool(), torch.full((1, 2), -60.0)
    loss = grpo_loss(log_probs, old, tensor([-1.0]), mask, level=level)
    loss.backward()
    assert loss.item() == pytest.approx(math.exp(20), rel=1e-5) and log_probs.grad.isfinite().all()


def test_below_the_bound_ratio_and_divergence_are_what_they_were() -> None:
    gaps = torch.linspace(-30, 20, 51, dtype=torch.float64)[None]
    zero = torch.zeros_like(gaps)
    assert torch.equal(policy_ratio(gaps, zero, torch.ones_like(gaps)), gaps.exp())
    assert torch.equal(kl_estimate(zero, gaps), gaps.exp() - gaps - 1)


def test_a_reference_that_gives_up_on_a_token_costs_a_number() -> None:
    log_probs = tensor([-500.0], requires_grad=True)
    estimate = kl_estimate(log_probs, tensor([0.0]))
    estimate.sum().backward()
    assert estimate.item() == pytest.approx(math.exp(20) - 21, rel=1e-5) and log_probs.grad.item() == 0


@pytest.mark.parametrize("shape", [(1, 3), (2, 1), (3,), (2, 4)])
def test_a_reference_is_not_broadcast(shape) -> None:
    x = torch.zeros(2, 3)
    with pytest.raises(ValueError, match=r"pass ref_log_probs \(B, T\)"):
        grpo_loss(x, x, torch.zeros(2), MASK, beta=0.04, ref_log_probs=torch.zeros(shape))


@pytest.mark.parametrize(
    "rewards", [tensor([1, 0, 0, 1]), tensor([True, False, False, True]), [1, 0, 0, 1.0]]
)
def test_rewards_may_be_whole_numbers_booleans_or_a_list(rewards) -> None:
    expected = group_advantages(tensor([1.0, 0.0, 0.0, 1.0]), 4)
    assert torch.equal(group_advantages(rewards, 4), expected) and expected.dtype == torch.float32


def test_rewards_keep_their_precision() -> None:
    assert group_advantages(torch.rand(4, dtype=torch.float64), 2).dtype == torch.float64
