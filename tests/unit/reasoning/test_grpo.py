"""Group relative policy optimisation on numbers worked by hand, and what it refuses."""

import math

import pytest
import torch
from torch import tensor

from deepseek_book_utils.reasoning.grpo import (
    average,
    clipped_objective,
    group_advantages,
    grpo_loss,
    kl_estimate,
    leave_one_out,
    less_batch_mean,
    policy_ratio,
    rewards_alone,
    unscaled_advantages,
)

MASK = tensor([[1, 1, 1, 0], [1, 0, 0, 0]]).bool()


def test_advantages_worked_by_hand() -> None:
    rewards = tensor([1.0, 0.0, 0.0, 1.0, 3.0, 1.0, 1.0, 3.0])
    std = math.sqrt(4 * 0.25 / 3)  # divided by G - 1
    advantages = group_advantages(rewards, 4).tolist()
    one, two = 0.5 / (std + 1e-4), 1 / (2 * std + 1e-4)
    assert advantages[:4] == pytest.approx([one, -one, -one, one], rel=1e-6)
    # twice the spread, the same advantages but for the small number: that is what the division does
    assert advantages[4:] == pytest.approx([two, -two, -two, two], rel=1e-6)
    centred = [0.5, -0.5, -0.5, 0.5, 1.0, -1.0, -1.0, 1.0]
    assert group_advantages(rewards, 4, scale=False).tolist() == centred


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("value", [0.0, 0.1, 0.2, 0.7, 1.2, 1e6, -3.3])
@pytest.mark.parametrize("group_size", [2, 3, 7, 16])
def test_a_group_without_spread_is_exactly_zero(scale, value, group_size) -> None:
    """The mean of equal numbers may differ from them by a rounding error, which the std would inflate."""
    rewards = torch.cat((torch.full((group_size,), value), torch.arange(float(group_size))))
    advantages = group_advantages(rewards, group_size, scale=scale)
    assert (advantages[:group_size] == 0).all()
    assert (advantages[group_size:] != 0).sum() >= group_size - 1


def test_advantages_sum_to_nothing_and_ignore_a_shift() -> None:
    rewards = torch.rand(6, 8, generator=torch.Generator().manual_seed(0)).flatten()
    advantages = group_advantages(rewards, 8)
    assert torch.allclose(advantages.view(6, 8).sum(dim=1), torch.zeros(6), atol=1e-5)
    assert torch.allclose(group_advantages(rewards + 5, 8), advantages, atol=1e-3)


@pytest.mark.parametrize("size", [1, 0, -2])
def test_a_group_of_one_has_nobody_to_compare_with(size) -> None:
    with pytest.raises(ValueError, match="take group_size >= 2"):
        group_advantages(tensor([1.0, 0.0]), size)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_no_number_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="NaN or infinite: repair the reward function"):
        group_advantages(tensor([1.0, 0.0, bad, 0.0]), 2)


@pytest.mark.parametrize("shape", [(0,), (5,), (2, 2)])
def test_rewards_that_do_not_make_groups_are_refused(shape) -> None:
    with pytest.raises(ValueError, match="positive multiple of 2"):
        group_advantages(torch.zeros(shape), 2)


def test_ratios_worked_by_hand() -> None:
    log_probs = tensor([[0.5, 0.1, 0.0, 9.0], [-1.0, 7.0, 7.0, 7.0]])
    old = tensor([[0.0, 0.0, 0.3, 1.0], [0.0, 0.0, 0.0, 0.0]])
    e = math.exp
    token = policy_ratio(log_probs, old, MASK)
    assert token[0, :3].tolist() == pytest.approx([e(0.5), e(0.1), e(-0.3)])
    assert policy_ratio(log_probs, old, MASK, "sequence").tolist() == [
        pytest.approx([e(0.3)]),
        pytest.approx([e(-1.0)]),
    ]
    assert policy_ratio(log_probs, old, MASK, "geometric").tolist() == [
        pytest.approx([e(0.1)]),
        pytest.approx([e(-1.0)]),
    ]
    with pytest.raises(ValueError, match="choose token, sequence or geometric"):
        policy_ratio(log_probs, old, MASK, "word")


def test_what_lies_in_the_padding_does_not_matter() -> None:
    log_probs = torch.zeros(2, 4)
    wild = log_probs.masked_fill(~MASK, 80.0)
    for level in ("token", "sequence", "geometric"):
        for variant in ("grpo", "bnpo", "dapo", "dr_grpo"):
            losses = [
                grpo_loss(
                    x.requires_grad_(),
                    log_probs,
                    tensor([1.0, -2.0]),
                    MASK,
                    variant=variant,
                    level=level,
                    max_length=4,
                )
                for x in (log_probs.clone(), wild)
            ]
            assert losses[0] == losses[1]


@pytest.mark.parametrize(
    ("ratio", "advantage", "objective", "slope"),
    [
        (1.0, 2.0, 2.0, 2.0),
        (1.1, 2.0, 2.2, 2.0),
        (1.5, 2.0, 2.56, 0.0),  # good and already likelier: no more
        (0.5, 2.0, 1.0, 2.0),  # good and less likely: all the way back
        (1.5, -2.0, -3.0, -2.0),  # bad and likelier: all the way back
        (0.5, -2.0, -1.6, 0.0),  # bad and already less likely: no more
        (0.9, -2.0, -1.8, -2.0),
    ],
)
def test_clipped_objective_and_its_slope(ratio, advantage, objective, slope) -> None:
    rho = tensor(ratio, requires_grad=True)
    value = clipped_objective(rho, tensor(advantage), clip_low=0.2, clip_high=0.28)
    value.backward()
    assert value.item() == pytest.approx(objective)
    assert rho.grad.item() == pytest.approx(slope)


def test_other_yardsticks_by_hand() -> None:
    rewards = tensor([1.0, 0.0, 0.0, 1.0, 1.0, 0.0])  # two groups of three, means 1/3 and 2/3
    assert rewards_alone(rewards, 3).tolist() == rewards.tolist()
    assert less_batch_mean(rewards, 3).tolist() == [0.5, -0.5, -0.5, 0.5, 0.5, -0.5]
    expected = [2 / 3, -1 / 3, -1 / 3, 1 / 3, 1 / 3, -2 / 3]
    assert unscaled_advantages(rewards, 3).tolist() == pytest.approx(expected)
    # the first against the mean of 0 and 0, the second against that of 1 and 0, ...
    assert leave_one_out(rewards, 3).tolist() == pytest.approx([1, -0.5, -0.5, 0.5, 0.5, -1])


def test_kl_estimate() -> None:
    log_probs = torch.linspace(-5, 0, 11)
    ref = log_probs.flip(0)
    estimate = kl_estimate(log_probs, ref)
    assert (estimate >= 0).all() and estimate[5] == 0
    assert estimate[0].item() == pytest.approx(math.exp(5) - 5 - 1, rel=1e-5)
    assert estimate[10].item() == pytest.approx(math.exp(-5) + 5 - 1, rel=1e-5)


def test_kl_estimate_is_unbiased_and_varies_less_than_the_plain_one() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, other = torch.randn(2, 12, generator=generator)
    p, q = logits.log_softmax(0), (logits + 0.5 * other).log_softmax(0)
    true = (p.exp() * (p - q)).sum()
    assert (p.exp() * kl_estimate(p, q)).sum().item() == pytest.approx(true.item(), rel=1e-4)
    spread = [(p.exp() * (x - true) ** 2).sum() for x in (kl_estimate(p, q), p - q)]
    assert spread[0] < 0.5 * spread[1]


def test_averages_worked_by_hand() -> None:
    values = tensor([[1.0, 2.0, 3.0, 99.0], [10.0, 99.0, 99.0, 99.0]])
    assert average(values, MASK, "grpo").item() == (2 + 10) / 2
    assert average(values, MASK, "bnpo").item() == average(values, MASK, "dapo").item() == 16 / 4
    assert average(values, MASK, "dr_grpo", max_length=8).item() == 16 / (2 * 8)


def test_dr_grpo_needs_a_length_and_unknown_averages_are_named() -> None:
    for variant, length in (("dr_grpo", None), ("ppo", None), ("ppo", 4)):
        with pytest.raises(ValueError, match="choose grpo, bnpo, dapo, or dr_grpo with max_length"):
            average(torch.ones(2, 4), MASK, variant, length)


def test_a_row_without_tokens_adds_nothing() -> None:
    mask = tensor([[1, 1], [0, 0]]).bool()
    assert average(tensor([[1.0, 3.0], [5.0, 5.0]]), mask, "grpo").item() == 1.0
    loss = grpo_loss(torch.zeros(2, 2), torch.zeros(2, 2), tensor([1.0, 1.0]), mask, level="geometric")
    assert loss.item() == pytest.approx(-0.5)


def test_on_policy_the_gradient_is_that_of_advantage_times_log_probability() -> None:
    log_probs = torch.randn(2, 4, generator=torch.Generator().manual_seed(0)).requires_grad_()
    loss = grpo_loss(log_probs, log_probs.detach(), tensor([2.0, -1.0]), MASK, variant="bnpo")
    loss.backward()
    assert torch.allclose(log_probs.grad, -tensor([[2.0], [-1.0]]) * MASK / 4)


def test_the_loss_falls_when_the_better_response_becomes_likelier() -> None:
    """The sign: a step against the gradient raises what was good and lowers what was bad."""
    log_probs = torch.full((2, 4), -2.0, requires_grad=True)
    grpo_loss(log_probs, log_probs.detach(), tensor([1.0, -1.0]), MASK).backward()
    assert (log_probs.grad[0, :3] < 0).all() and log_probs.grad[1, 0] > 0


def test_no_gradient_reaches_the_sampling_policy_or_the_reference() -> None:
    log_probs, old, ref = (torch.full((2, 4), x, requires_grad=True) for x in (-1.0, -1.1, -1.2))
    grpo_loss(log_probs, old, tensor([1.0, 2.0]), MASK, beta=0.04, ref_log_probs=ref).backward()
    assert log_probs.grad is not None and old.grad is None and ref.grad is None


def test_empty_batch_is_refused() -> None:
    for mask in (torch.zeros(2, 4).bool(), torch.zeros(0, 4).bool()):
        x = torch.zeros(mask.shape)
        with pytest.raises(ValueError, match="Empty batch: no token carries loss. Skip this step"):
            grpo_loss(x, x, torch.zeros(len(x)), mask)


def test_shapes_that_do_not_fit_are_shown() -> None:
    x = torch.zeros(2, 4)
    with pytest.raises(ValueError, match=r"\(2, 4\), \(2, 3\), \(2, 4\), \(2,\)"):
        grpo_loss(x, torch.zeros(2, 3), torch.zeros(2), MASK)
    with pytest.raises(ValueError, match=r"advantages \(B,\); got"):
        grpo_loss(x, x, torch.zeros(2, 4), MASK)
    with pytest.raises(ValueError, match=r"advantages \(B,\); got"):
        grpo_loss(x, x, torch.zeros(3), MASK)


def test_a_kl_term_worked_by_hand() -> None:
    """A reference that makes each word twice as likely costs beta (2 - ln 2 - 1), one half as likely less."""
    x = torch.full((1, 2), -3.0)
    for factor in (2.0, 0.5):
        ref = x + math.log(factor)
        loss = grpo_loss(x, x, tensor([0.0]), torch.ones(1, 2).bool(), beta=0.3, ref_log_probs=ref)
        assert loss.item() == pytest.approx(0.3 * (factor - math.log(factor) - 1), rel=1e-5)


def test_a_kl_term_needs_its_reference() -> None:
    x = torch.zeros(2, 4)
    with pytest.raises(ValueError, match="pass ref_log_probs"):
        grpo_loss(x, x, torch.zeros(2), MASK, beta=0.04)


@pytest.mark.parametrize("variant", ["grpo", "bnpo", "dapo", "dr_grpo"])
def test_one_token_is_a_batch_and_no_token_weighs_nothing(variant) -> None:
    one = tensor([[True]])
    loss = grpo_loss(tensor([[-1.0]]), tensor([[-1.0]]), tensor([3.0]), one, variant=variant, max_length=1)
    assert loss == -3.0 and average(tensor([[7.0]]), one, variant, 1) == 7.0
    assert average(tensor([[7.0]]), ~one, variant, 1) == 0.0


def test_one_token_is_its_own_geometric_mean_and_none_has_ratio_one() -> None:
    ratio = policy_ratio(tensor([[0.5], [9.0]]), torch.zeros(2, 1), tensor([[True], [False]]), "geometric")
    assert ratio.tolist() == [[pytest.approx(math.exp(0.5))], [1.0]]
