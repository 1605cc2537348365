"""One batch, trl's trainer and our loss: what the tests of GRPO against trl share."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"  # `rollout_func` hands trl our completions

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

from deepseek_book_utils.reasoning.grpo import group_advantages, grpo_loss

G, MAX_LENGTH = 4, 12
CLIP = {"clip_low": 0.2, "clip_high": 0.28}
VARIANTS = ("grpo", "bnpo", "dr_grpo", "dapo")


@dataclass
class Batch:
    """Three groups of four: unequal lengths, padding on both sides, and a group whose rewards are equal."""

    prompts: Tensor  # (B, Tp)
    prompt_mask: Tensor
    responses: Tensor  # (B, T)
    mask: Tensor  # (B, T), 1 up to the end of each response
    rewards: Tensor  # (B,)
    old_log_probs: Tensor  # (B, T), in places so far away that the ratio leaves the clip range
    ref_log_probs: Tensor


def word_tokenizer(words: int) -> PreTrainedTokenizerFast:
    """A tokenizer of a pad, an end and so many words, which trl asks for and hardly uses."""
    names = ["<pad>", "<eos>"] + [f"w{i}" for i in range(words)]
    bare = Tokenizer(models.WordLevel({name: i for i, name in enumerate(names)}, unk_token="<pad>"))
    bare.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=bare, pad_token="<pad>", eos_token="<eos>", padding_side="left"
    )


def toy_llama(vocabulary: int, seed: int = 0) -> LlamaForCausalLM:
    """A policy of two layers in float64, far from uniform: every token has its own log-probability."""
    torch.manual_seed(seed)
    settings = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        initializer_range=0.5,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=1,
    )
    return LlamaForCausalLM(settings).double()


def policy_log_probs(policy: LlamaForCausalLM, batch: Batch) -> Tensor:
    """log pi(o_t | q, o_<t) (B, T), from the policy's logits."""
    logits = policy(
        input_ids=torch.cat((batch.prompts, batch.responses), dim=1),
        attention_mask=torch.cat((batch.prompt_mask, batch.mask), dim=1),
    ).logits[:, batch.prompts.shape[1] - 1 : -1]
    return logits.log_softmax(dim=-1).gather(2, batch.responses[..., None])[..., 0]


def make_trainer(
    policy: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path, rollout=None, **settings
) -> GRPOTrainer:
    config = GRPOConfig(
        output_dir=str(folder),
        use_cpu=True,
        bf16=False,
        report_to=[],
        per_device_train_batch_size=3 * G,
        num_generations=G,
        max_completion_length=MAX_LENGTH,
        use_bias_correction_kl=False,
        **settings,
    )
    trainer = GRPOTrainer(
        policy,
        reward_funcs=lambda completions, earned, **_: earned,
        args=config,
        train_dataset=Dataset.from_dict({"prompt": ["w1 w2"] * 3 * G}),
        processing_class=tokenizer,
        rollout_func=rollout,
    )
    trainer.current_gradient_accumulation_steps = 1  # set by the loop of `Trainer.train`
    return trainer


def gradients(policy: nn.Module, loss: Tensor) -> Tensor:
    """The gradient of all parameters, end to end."""
    parts = torch.autograd.grad(loss, list(policy.parameters()), retain_graph=True)
    return torch.cat([part.flatten() for part in parts])


def trl_loss(trainer: GRPOTrainer, policy: LlamaForCausalLM, batch: Batch, **more: Tensor) -> Tensor:
    inputs = {
        "prompt_ids": batch.prompts,
        "prompt_mask": batch.prompt_mask,
        "completion_ids": batch.responses,
        "completion_mask": batch.mask,
        "advantages": group_advantages(batch.rewards, G),
        "old_per_token_logps": batch.old_log_probs,
        "ref_per_token_logps": batch.ref_log_probs,
        "num_items_in_batch": batch.mask.sum(),
    }
    return trainer._compute_loss(policy, inputs | more)


def our_loss(policy: LlamaForCausalLM, batch: Batch, **settings) -> Tensor:
    settings = {"max_length": MAX_LENGTH, "ref_log_probs": batch.ref_log_probs, **CLIP} | settings
    advantages = settings.pop("advantages", group_advantages(batch.rewards, G))
    mask, old = settings.pop("mask", batch.mask.bool()), settings.pop("old", batch.old_log_probs)
    return grpo_loss(policy_log_probs(policy, batch), old, advantages, mask, **settings)


def distance(ours: Tensor, theirs: Tensor) -> float:
    """Relative distance, of numbers or of whole gradients."""
    return ((ours - theirs).norm() / theirs.norm()).item()


def assert_same(policy: LlamaForCausalLM, ours: Tensor, theirs: Tensor) -> None:
    assert distance(ours, theirs) < 3e-6
    assert distance(gradients(policy, ours), gradients(policy, theirs)) < 1e-6


def trl_loss_of_part(trainer: GRPOTrainer, policy: LlamaForCausalLM, part: Batch, inputs: dict) -> Tensor:
    return trainer._compute_loss(
        policy,
        {
            "prompt_ids": part.prompts,
            "prompt_mask": part.prompt_mask,
            "completion_ids": part.responses,
            "completion_mask": part.mask,
            "old_per_token_logps": part.old_log_probs,
            **inputs,
        },
    )
