"""Greedy decoding with our loops against transformers' own, on one Llama."""

import torch

from deepseek_book_utils.lm.reuse import write_after_prefix, write_with_cache
from tests.reference.reasoning.test_grpo_seam import PAD, new_policy


def test_a_llama_writes_what_transformers_lets_it_write() -> None:
    policy = new_policy()
    policy.eval()
    asked = torch.randint(2, 60, (4, 9), generator=torch.Generator().manual_seed(0))
    asked[:, :5] = asked[0, :5]  # a shared beginning
    wanted = {
        cached: policy.llama.generate(
            asked,
            attention_mask=torch.ones_like(asked),
            do_sample=False,
            max_new_tokens=10,
            min_new_tokens=10,
            use_cache=cached,
            pad_token_id=PAD,
            eos_token_id=None,
        )[:, 9:]
        for cached in (False, True)
    }
    assert torch.equal(wanted[False], wanted[True]) and len({tuple(row) for row in wanted[True].tolist()}) > 1
    assert torch.equal(write_with_cache(policy, asked, 10), wanted[True])
    assert torch.equal(write_after_prefix(policy, asked[0, :5], asked[:, 5:], 10), wanted[True])
