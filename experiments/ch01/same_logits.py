"""The book's GPT beside the transformers library, with the same weights.

For every seed: a GPT-2 and a Llama with drawn weights, on drawn tokens.
"""

from typing import Any

import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from deepseek_book_utils.lm.open_weights.pretrained import from_transformers

VOCABULARY, TOKENS = 500, 40
GPT2 = {"n_positions": 64, "n_embd": 96, "n_layer": 4, "n_head": 4}
LLAMA = {
    "hidden_size": 96,
    "intermediate_size": 160,
    "num_hidden_layers": 4,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
}
SETTINGS = {"vocabulary": VOCABULARY, "tokens": TOKENS, "gpt2": GPT2, "llama": LLAMA}


@torch.no_grad()
def run_seed(seed: int) -> dict[str, Any]:
    """The largest difference of any logit, and the largest logit."""
    torch.manual_seed(seed)
    tokens = torch.randint(1, VOCABULARY, (2, TOKENS))
    models = {
        "gpt2": GPT2LMHeadModel(GPT2Config(vocab_size=VOCABULARY, **GPT2)),
        "llama": LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, **LLAMA)),
    }
    found: dict[str, Any] = {}
    for name, theirs in models.items():
        for weight in theirs.parameters():
            weight.mul_(3 if weight.ndim == 2 else 1)  # every token, place and head matters
        logits = theirs.eval()(tokens).logits
        found[name] = compared(from_transformers(theirs)(tokens), logits)
    print(seed, found, flush=True)
    return found


def compared(ours: torch.Tensor, theirs: torch.Tensor) -> dict[str, Any]:
    """How far they are apart, how large they are, and whether the same token is first everywhere."""
    same = bool((ours.argmax(dim=-1) == theirs.argmax(dim=-1)).all())
    return {
        "difference": (ours - theirs).abs().max().item(),
        "largest": theirs.abs().max().item(),
        "same_first": same,
    }
