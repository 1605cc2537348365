"""Our GRPO against trl's: the same batch through `GRPOTrainer._compute_loss`, value and gradient.

The policy is float64, but trl takes the softmax in float32, which is where the last millionth comes from;
given the same log-probabilities both agree to the last digits.

trl's defaults are not the textbook's: it averages as DAPO does, uses no KL term, and where there is one it
multiplies it by the ratio. Every test here says in its `GRPOConfig` what it wants.
"""

import pytest
import torch
from torch import Tensor
from trl import GRPOTrainer

from deepseek_book_utils.reasoning.grpo import group_advantages, grpo_loss, kl_estimate
from tests.reference.reasoning.trl_side import (
    CLIP,
    MAX_LENGTH,
    VARIANTS,
    Batch,
    G,
    assert_same,
    distance,
    gradients,
    make_trainer,
    our_loss,
    policy_log_probs,
    trl_loss,
    trl_loss_of_part,
)

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # trl uses names that transformers will drop


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("beta", [0.0, 0.04])
@pytest.mark.parametrize("level", ["token", "geometric"])
def test_loss_and_gradient_equal_trl(variant, beta, level, policy, batch, tokenizer, tmp_path) -> None:
    trainer = make_trainer(
        policy,
        tokenizer,
        tmp_path,
        loss_type=variant,
        beta=beta,
        epsilon=CLIP["clip_low"],
        epsilon_high=CLIP["clip_high"],
        importance_sampling_level={"token": "token", "geometric": "sequence"}[level],
    )
    theirs = trl_loss(trainer, policy, batch)
    ours = our_loss(policy, batch, variant=variant, beta=beta, level=level)
    assert_same(policy, ours, theirs)


@pytest.mark.parametrize("variant", VARIANTS)
def test_tokens_that_the_policy_did_not_choose_carry_no_loss(
    variant, policy, batch, tokenizer, tmp_path
) -> None:
    """Slips of the pen to us, answers of a tool to trl: both read them and neither learns them."""
    chosen = batch.mask * (torch.arange(9) % 3 != 1)
    chosen[1] = 0  # a response without a single choice
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type=variant, beta=0.04, epsilon_high=0.28)
    theirs = trl_loss(trainer, policy, batch, tool_mask=chosen, num_items_in_batch=chosen.sum())
    ours = our_loss(policy, batch, variant=variant, beta=0.04, mask=chosen.bool())
    assert_same(policy, ours, theirs)


@pytest.mark.parametrize("variant", VARIANTS)
def test_first_update_has_ratio_one(variant, policy, batch, tokenizer, tmp_path) -> None:
    """On policy, trl is given no old log-probabilities; the clip is silent, the gradient that of A log pi."""
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type=variant)
    theirs = trl_loss(trainer, policy, batch, old_per_token_logps=None)
    log_probs = policy_log_probs(policy, batch)
    ours = grpo_loss(
        log_probs,
        log_probs.detach(),
        group_advantages(batch.rewards, G),
        batch.mask.bool(),
        variant=variant,
        max_length=MAX_LENGTH,
    )
    assert abs(ours - theirs) < 1e-9  # with `grpo` both are zero: the advantages of a group sum to nothing
    assert distance(gradients(policy, ours), gradients(policy, theirs)) < 1e-6


def test_dapo_over_minibatches_is_bnpo_over_the_batch(policy, batch, tokenizer, tmp_path) -> None:
    """trl divides each minibatch by the tokens of the whole batch, so that the parts add up."""
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="dapo", epsilon_high=0.28)
    advantages, total = group_advantages(batch.rewards, G), torch.zeros((), dtype=torch.float64)
    for rows in (slice(0, 5), slice(5, 12)):
        part = Batch(*(getattr(batch, name)[rows] for name in Batch.__dataclass_fields__))
        inputs = {"advantages": advantages[rows], "num_items_in_batch": batch.mask.sum()}
        total = total + trl_loss_of_part(trainer, policy, part, inputs)
    assert_same(policy, our_loss(policy, batch, variant="bnpo"), total)
    assert_same(policy, our_loss(policy, batch, variant="dapo"), total)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("level", ["token", "geometric"])
def test_given_the_same_log_probs_all_digits_agree(
    variant, level, policy, batch, tokenizer, tmp_path
) -> None:
    """The gradient with respect to every single log-probability, with nothing else between."""
    trainer = make_trainer(
        policy,
        tokenizer,
        tmp_path,
        loss_type=variant,
        beta=0.04,
        epsilon_high=0.28,
        importance_sampling_level={"token": "token", "geometric": "sequence"}[level],
    )
    log_probs = policy_log_probs(policy, batch).detach().requires_grad_()
    trainer._get_per_token_logps_and_entropies = lambda *_, **__: (log_probs, log_probs.detach(), None)
    theirs = trl_loss(trainer, policy, batch)
    advantages = group_advantages(batch.rewards, G)
    ours = grpo_loss(
        log_probs,
        batch.old_log_probs,
        advantages,
        batch.mask.bool(),
        variant=variant,
        level=level,
        beta=0.04,
        ref_log_probs=batch.ref_log_probs,
        max_length=MAX_LENGTH,
        **CLIP,
    )
    assert distance(ours, theirs) < 1e-12
    (our_gradient,), (their_gradient,) = (torch.autograd.grad(loss, log_probs) for loss in (ours, theirs))
    assert distance(our_gradient, their_gradient) < 1e-12
    assert not our_gradient[batch.mask == 0].any()  # padding is told nothing


def test_kl_estimate_is_what_trl_reports(policy, batch, tokenizer, tmp_path) -> None:
    trainer = make_trainer(policy, tokenizer, tmp_path, loss_type="grpo", beta=0.04)
    trl_loss(trainer, policy, batch)
    ours = kl_estimate(policy_log_probs(policy, batch), batch.ref_log_probs)
    assert (ours >= 0).all()
    assert ours[batch.mask.bool()].mean().item() == pytest.approx(
        trainer._metrics["train"]["kl"][0], rel=1e-6
    )


@pytest.mark.parametrize("scale", [True, False])
def test_advantages_equal_trl(scale, policy, batch, tokenizer, tmp_path) -> None:
    """Through trl's own sampling and scoring, with our completions and rewards put in."""
    rewards = batch.rewards.float()

    def rollout(prompts: list, trainer: GRPOTrainer) -> dict:
        return {
            "prompt_ids": [row[seen == 1].tolist() for row, seen in pairs(batch.prompts, batch.prompt_mask)],
            "completion_ids": [row[seen == 1].tolist() for row, seen in pairs(batch.responses, batch.mask)],
            "logprobs": None,
        }

    trainer = make_trainer(
        policy,
        tokenizer,
        tmp_path,
        rollout,
        loss_type="grpo",
        scale_rewards="group" if scale else "none",
    )
    asked = [{"prompt": "w1 w2", "earned": reward} for reward in rewards.tolist()]
    scored = trainer._generate_and_score_completions(asked)
    assert torch.equal(scored["completion_mask"], batch.mask)  # our completions went through
    assert torch.allclose(
        group_advantages(rewards, G, scale=scale), scored["advantages"], rtol=1e-6, atol=1e-7
    )


def pairs(a: Tensor, b: Tensor) -> zip:
    return zip(a, b, strict=True)
