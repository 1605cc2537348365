"""A policy, a batch and a tokenizer for the tests of GRPO against trl."""

from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from tests.reference.reasoning.trl_side import Batch, G, policy_log_probs, toy_llama, word_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return word_tokenizer(30)


@pytest.fixture(scope="module")
def policy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved policy: with a KL term, trl loads its reference from the policy's path."""
    folder = tmp_path_factory.mktemp("policy")
    toy_llama(32).save_pretrained(folder)
    return folder


@pytest.fixture
def policy(policy_folder: Path) -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(policy_folder, dtype=torch.float64).train()


@pytest.fixture
def batch(policy: LlamaForCausalLM) -> Batch:
    generator = torch.Generator().manual_seed(1)
    B, Tp, T = 3 * G, 5, 9
    lengths = torch.tensor([9, 1, 4, 7, 3, 9, 2, 6, 5, 8, 1, 9])
    mask = (torch.arange(T) < lengths[:, None]).long()
    prompt_mask = (torch.arange(Tp) >= torch.tensor([0, 2, 3]).repeat_interleave(G)[:, None]).long()
    batch = Batch(
        prompts=torch.randint(2, 32, (B, Tp), generator=generator) * prompt_mask,
        prompt_mask=prompt_mask,
        responses=torch.randint(2, 32, (B, T), generator=generator) * mask,
        mask=mask,
        rewards=torch.tensor([1, 0, 1, 0.2, 0, 0, 0, 1.2, 0.2, 0.2, 0.2, 0.2], dtype=torch.float64),
        old_log_probs=torch.empty(0),
        ref_log_probs=torch.empty(0),
    )
    log_probs = policy_log_probs(policy, batch).detach()
    noise = torch.randn(2, B, T, generator=generator, dtype=torch.float64)
    # in the clip range, near its ends, far out
    spread = torch.tensor([0.1, 0.3, 1.5], dtype=torch.float64).repeat(T // 3)
    batch.old_log_probs = log_probs + spread * noise[0]
    batch.ref_log_probs = log_probs + 0.5 * noise[1]
    return batch
