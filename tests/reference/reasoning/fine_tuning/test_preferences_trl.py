"""Our DPO loss against trl's: the same pairs through `DPOTrainer._compute_loss`, value, gradient and rewards.

The policy is float64, but trl takes the softmax in float32, which is where the last millionth comes from;
given the same log-probabilities both agree to the last digits.
"""

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from datasets import Dataset
from torch import Tensor
from transformers import LlamaForCausalLM
from trl import DPOConfig, DPOTrainer
from trl.trainer.dpo_trainer import DataCollatorForPreference

from deepseek_book_utils.reasoning.fine_tuning.preferences import Preference, dpo_loss
from tests.reference.reasoning.trl_side import toy_llama

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
N, BETA = 6, 0.3


@dataclass
class Batch:
    """Six pairs of unequal lengths, as trl's collator lays them out: the chosen half, then the rejected."""

    input_ids: Tensor  # (2N, T)
    attention_mask: Tensor
    completion_mask: Tensor  # 1 on answers, 0 on prompts and padding


@pytest.fixture
def batch() -> Batch:
    generator = torch.Generator().manual_seed(1)
    some = lambda n: torch.randint(2, 32, (n,), generator=generator).tolist()  # noqa: E731
    sizes = [(3, 5, 2), (1, 1, 7), (6, 4, 4), (2, 9, 1), (4, 3, 3), (5, 2, 6)]
    pairs = [{"prompt_ids": some(p), "chosen_ids": some(c), "rejected_ids": some(r)} for p, c, r in sizes]
    return Batch(**DataCollatorForPreference(pad_token_id=0)(pairs))


def make_trainer(policy, reference, tokenizer, folder: Path, **settings) -> DPOTrainer:
    config = DPOConfig(
        output_dir=str(folder),
        use_cpu=True,
        bf16=False,
        report_to=[],
        per_device_train_batch_size=N,
        disable_dropout=True,
        beta=BETA,
        **settings,
    )
    pairs = {"prompt": ["w1 w2"] * N, "chosen": ["w3"] * N, "rejected": ["w4"] * N}
    return DPOTrainer(
        policy,
        ref_model=reference,
        args=config,
        train_dataset=Dataset.from_dict(pairs),
        processing_class=tokenizer,
    )


def trl_loss(trainer: DPOTrainer, policy, batch: Batch) -> Tensor:
    return trainer._compute_loss(policy, dict(vars(batch)), return_outputs=False)


def answer_log_probs(policy: LlamaForCausalLM, batch: Batch) -> Tensor:
    """log pi(y | x) (2, N), chosen and rejected, from the policy's logits."""
    logits = policy(input_ids=batch.input_ids, attention_mask=batch.attention_mask).logits[:, :-1]
    log_probs = logits.log_softmax(dim=-1).gather(2, batch.input_ids[:, 1:, None])[..., 0]
    return (log_probs * batch.completion_mask[:, 1:]).sum(dim=1).view(2, -1)


def ours(policy, reference, batch: Batch, beta: float = BETA) -> Preference:
    with torch.no_grad():
        fixed = answer_log_probs(reference, batch)
    return dpo_loss(*answer_log_probs(policy, batch), *fixed, beta)


def gradients(policy: LlamaForCausalLM, loss: Tensor) -> Tensor:
    parts = torch.autograd.grad(loss, list(policy.parameters()), retain_graph=True)
    return torch.cat([part.flatten() for part in parts])


def distance(one: Tensor, other: Tensor) -> float:
    return ((one - other).norm() / other.norm()).item()


def test_loss_and_gradient_equal_trl(batch, tokenizer, tmp_path) -> None:
    policy, reference = toy_llama(32, 0).train(), toy_llama(32, 1).train()
    trainer = make_trainer(policy, reference, tokenizer, tmp_path)
    theirs = trl_loss(trainer, policy, batch)
    preference = ours(policy, reference, batch)
    assert distance(preference.loss, theirs) < 3e-6
    assert distance(gradients(policy, preference.loss), gradients(policy, theirs)) < 3e-6
    assert 0 < (preference.margins > 0).sum() < N  # pairs on both sides of the sigmoid
    reported = trainer._metrics["train"]
    for name, values in (
        ("rewards/chosen", preference.chosen_rewards),
        ("rewards/rejected", preference.rejected_rewards),
        ("rewards/margins", preference.margins),
        ("rewards/accuracies", (preference.margins > 0).double()),
    ):
        assert reported[name][0] == pytest.approx(values.mean().item(), rel=1e-5), name


@pytest.mark.parametrize("spread", [0.1, 5.0, 400.0])
def test_given_the_same_log_probs_all_digits_agree(spread, batch, tokenizer, tmp_path) -> None:
    """The gradient of every single log-probability, with nothing else between, up to saturation."""
    policy, reference = toy_llama(32, 0).train(), toy_llama(32, 1).train()
    trainer = make_trainer(policy, reference, tokenizer, tmp_path)
    generator = torch.Generator().manual_seed(2)
    shape = batch.input_ids[:, 1:].shape
    mask = batch.completion_mask[:, 1:]
    tokens = -spread * torch.rand(2, *shape, generator=generator, dtype=torch.float64) * mask
    log_probs = tokens[0].clone().requires_grad_()

    def fake(values: Tensor):
        zeros = torch.zeros(shape)
        more = {"entropy": zeros, "mean_logits": zeros, "is_top1": zeros.bool(), "aux_loss": None}
        return lambda **_: SimpleNamespace(log_probs=values * mask, **more)

    trainer.ref_model = fake(tokens[1])
    fake_policy = fake(log_probs)
    theirs = trainer._compute_loss(fake_policy, dict(vars(batch)), return_outputs=False)
    sums = (log_probs * mask).sum(dim=1).view(2, -1)
    preference = dpo_loss(*sums, *tokens[1].sum(dim=1).view(2, -1), BETA)
    assert distance(preference.loss, theirs) < 1e-12
    our_gradient, their_gradient = (
        torch.autograd.grad(loss, log_probs, retain_graph=True)[0] for loss in (preference.loss, theirs)
    )
    assert distance(our_gradient, their_gradient) < 1e-12
    assert not our_gradient[mask == 0].any()


MISTAKES = {
    "sides exchanged": lambda pc, pr, rc, rr: dpo_loss(pr, pc, rr, rc, BETA),
    "no reference": lambda pc, pr, rc, rr: dpo_loss(pc, pr, 0 * rc, 0 * rr, BETA),
    "reference of the other answer": lambda pc, pr, rc, rr: dpo_loss(pc, pr, rr, rc, BETA),
    "another beta": lambda pc, pr, rc, rr: dpo_loss(pc, pr, rc, rr, 2 * BETA),
    "sign of the reference": lambda pc, pr, rc, rr: dpo_loss(pc, pr, -rc, -rr, BETA),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_seen(mistake, batch, tokenizer, tmp_path) -> None:
    policy, reference = toy_llama(32, 0).train(), toy_llama(32, 1).train()
    theirs = trl_loss(make_trainer(policy, reference, tokenizer, tmp_path), policy, batch)
    wrong = MISTAKES[mistake](*answer_log_probs(policy, batch), *answer_log_probs(reference, batch))
    assert abs(wrong.loss - theirs) / theirs > 0.01
