"""What holds for every input of the losses that train language models."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deepseek_book_utils.reasoning.fine_tuning.preferences import dpo_loss
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
from deepseek_book_utils.reasoning.language import Problem
from deepseek_book_utils.reasoning.rewards import (
    RewardWeights,
    accuracy_reward,
    format_reward,
    language_reward,
    reward,
)
from tests.unit.properties.drawing import BAD, FILLERS, finite, masks, numbers, tensors

B, T = 2, 3
LEVELS = st.sampled_from(["token", "sequence", "geometric"])
VARIANTS = st.sampled_from(["grpo", "bnpo", "dapo", "dr_grpo"])
BETAS = st.sampled_from([0.0, 0.04, 1.0])
TABLE = tensors(B, T, largest=1e4)


def loss_and_gradient(log_probs, old, ref, advantages, mask, **options):
    log_probs = log_probs.clone().requires_grad_()
    loss = grpo_loss(log_probs, old, advantages, mask, ref_log_probs=ref, max_length=T, **options)
    loss.backward()
    return loss.detach(), log_probs.grad


@given(TABLE, TABLE, TABLE, tensors(B, largest=10), masks(B, T), VARIANTS, LEVELS, BETAS, FILLERS)
def test_grpo_is_finite_and_does_not_see_the_padding(
    lp, old, ref, advantages, mask, variant, level, beta, filler
) -> None:
    options = {"variant": variant, "level": level, "beta": beta}
    loss, gradient = loss_and_gradient(lp, old, ref, advantages, mask, **options)
    assert finite(loss, gradient) and (gradient[~mask] == 0).all()
    filled = [x.masked_fill(~mask, filler) for x in (lp, old, ref)]
    other = loss_and_gradient(*filled, advantages, mask, **options)
    assert torch.equal(loss, other[0]) and torch.equal(gradient, other[1])


@given(TABLE, masks(B, T), VARIANTS, LEVELS, BETAS)
def test_where_all_is_equal_nothing_is_pushed(lp, mask, variant, level, beta) -> None:
    """No advantage, and the reference is the policy."""
    loss, gradient = loss_and_gradient(
        lp, lp, lp, torch.zeros(B), mask, variant=variant, level=level, beta=beta
    )
    assert loss == 0 and (gradient == 0).all()


@given(TABLE, TABLE, masks(B, T), LEVELS)
def test_a_ratio_is_positive_and_one_where_nothing_moved(lp, old, mask, level) -> None:
    ratio = policy_ratio(lp, old, mask, level)
    assert finite(ratio) and (ratio >= 0).all() and (ratio <= math.exp(20) * (1 + 1e-5)).all()
    assert ratio.shape == ((B, T) if level == "token" else (B, 1))
    assert torch.equal(policy_ratio(lp, lp, mask, level), torch.ones_like(ratio))


@given(tensors(6, largest=1e4), tensors(6, largest=100), st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_clipping_never_promises_more(log_ratio, advantage, low, high) -> None:
    ratio = log_ratio.clamp(max=20).exp()
    objective = clipped_objective(ratio, advantage, low, high)
    assert finite(objective) and (objective <= ratio * advantage).all()
    assert (objective[advantage > 0] <= advantage[advantage > 0] * (1 + high) * (1 + 1e-6)).all()


@given(tensors(6, largest=1e6), tensors(6, largest=1e6))
def test_the_divergence_is_never_negative_and_zero_where_equal(lp, ref) -> None:
    estimate = kl_estimate(lp, ref)
    assert finite(estimate) and (estimate >= -1e-6).all()
    assert (kl_estimate(lp, lp) == 0).all()


@given(TABLE, masks(B, T), VARIANTS, FILLERS, st.floats(-100, 100, width=32))
def test_an_average_of_equal_numbers_is_their_number(values, mask, variant, filler, number) -> None:
    filled = values.masked_fill(~mask, filler)
    assert torch.equal(average(values, mask, variant, T), average(filled, mask, variant, T))
    rows = mask.clone()
    rows[:, 0] = True
    if variant != "dr_grpo":
        assert average(torch.full((B, T), number), rows, variant).item() == pytest.approx(
            number, rel=1e-5, abs=1e-6
        )


@given(tensors(8, largest=1e6), st.sampled_from([2, 4, 8]), st.booleans())
def test_advantages_are_centred_and_keep_the_order(rewards, size, scale) -> None:
    advantages = group_advantages(rewards, size, scale)
    assert finite(advantages)
    for got, given_ in zip(advantages.view(-1, size), rewards.view(-1, size), strict=True):
        assert got.sum().abs() <= 1e-4 * got.abs().max() + 1e-6 * given_.abs().max()
        assert torch.equal(got[given_.argsort(stable=True)], got.sort().values)


@given(
    numbers(1e6),
    st.sampled_from([2, 3, 16]),
    st.sampled_from([group_advantages, unscaled_advantages, leave_one_out]),
)
def test_equal_rewards_say_nothing(reward_, size, rule) -> None:
    assert (rule(torch.full((2 * size,), reward_), size) == 0).all()


@given(tensors(8, largest=1e3))
def test_yardsticks_without_groups(rewards) -> None:
    assert torch.equal(rewards_alone(rewards, 4), rewards) and finite(less_batch_mean(rewards, 4))


@given(tensors(8), BAD, st.integers(0, 7))
def test_a_reward_that_is_no_number_never_becomes_an_advantage(rewards, bad, place) -> None:
    rewards[place] = bad
    with pytest.raises(ValueError, match="NaN or infinite"):
        group_advantages(rewards, 4)


@given(st.integers(-2, 9), st.lists(st.floats(-1, 1), max_size=9))
def test_advantages_raise_what_they_promise_and_nothing_else(size, rewards) -> None:
    fits = size >= 2 and rewards and len(rewards) % size == 0
    if fits:
        assert finite(group_advantages(torch.tensor(rewards), size))
    else:
        with pytest.raises(ValueError, match="take group_size >= 2|Expected rewards"):
            group_advantages(torch.tensor(rewards), size)


@given(*[tensors(3, largest=1e6)] * 4, st.floats(1e-3, 10))
def test_dpo_is_finite_and_ln_2_where_nothing_moved(chosen, rejected, ref_chosen, ref_rejected, beta) -> None:
    chosen, rejected = (x.requires_grad_() for x in (chosen, rejected))
    preference = dpo_loss(chosen, rejected, ref_chosen, ref_rejected, beta)
    preference.loss.backward()
    assert finite(*preference, chosen.grad, rejected.grad) and preference.loss >= 0
    assert (chosen.grad <= 0).all() and torch.equal(chosen.grad, -rejected.grad)
    still = dpo_loss(ref_chosen, ref_rejected, ref_chosen, ref_rejected, beta)
    assert still.loss.item() == pytest.approx(math.log(2)) and (still.margins == 0).all()


@given(st.floats(max_value=0, allow_nan=False) | st.just(math.nan))
def test_dpo_refuses_a_beta_that_ties_to_nothing(beta) -> None:
    x = torch.zeros(2)
    with pytest.raises(ValueError, match="take > 0"):
        dpo_loss(x, x, x, x, beta)


WORDS = ["<think>", "</think>", "<ans>", "</ans>", "<eos>", "3", "6", "９", "六", "a", "*3", "wait", ""]


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=30), st.integers(0, 9))
def test_rewards_read_anything_and_pay_one_answer_only(response, answer) -> None:
    paid = [accuracy_reward(response, digit) for digit in range(10)]
    assert sum(paid) in (0, 1) and format_reward(response) in (0, 1) and 0 <= language_reward(response) <= 1
    if paid[answer]:
        before, _, after = response.partition("<ans>")
        assert after.startswith(f" {answer} </ans>") and response.endswith("<eos>")
    if format_reward(response):
        assert sum(paid) == 1  # good form always holds an answer
    weights = RewardWeights(accuracy=1.0, format=0.5, language=0.25)
    parts = paid[answer] + 0.5 * format_reward(response) + 0.25 * language_reward(response)
    assert reward(response, Problem(answer, ("+1", "-1")), weights) == pytest.approx(parts)
