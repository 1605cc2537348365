"""What both benchmarks share: alternating repetitions, models of equal size, the table."""

import statistics
import time
from collections.abc import Callable

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from deepseek_book_utils.reasoning.language import EOS, OPERATIONS, PAD, TOKEN_ID, VOCABULARY, Problem
from deepseek_book_utils.reasoning.model import ModelSettings, ReasoningModel

Seconds = dict[str, list[float]]


def alternate(contenders: dict[str, Callable[[], object]], repetitions: int) -> Seconds:
    """CPU seconds of every call, the contenders in turn after one unmeasured round, so that a busy machine hits all."""
    seconds: Seconds = {name: [] for name in contenders}
    for repetition in range(repetitions + 1):
        for name, run in contenders.items():
            start = time.process_time()
            run()
            if repetition:
                seconds[name].append(time.process_time() - start)
    return seconds


def prompts_of_32_tokens(count: int) -> list[str]:
    """Questions of the same 32 tokens in length: a start digit, fourteen steps and a last label without its step."""
    operations = [tuple(OPERATIONS[(i * 5 + j * 3) % len(OPERATIONS)] for j in range(14)) for i in range(count)]
    return [Problem(i % 10, steps, i % 12).prompt.replace("?", "a ?") for i, steps in enumerate(operations)]


def our_model(width: int) -> ReasoningModel:
    """A reasoning model of two layers, with a head as if trained: `ReasoningModel` starts with a head of zeros."""
    torch.manual_seed(0)
    model = ReasoningModel(ModelSettings(width=width, context=128))
    torch.nn.init.normal_(model.head.weight, std=0.02)
    return model


def llama(width: int) -> LlamaForCausalLM:
    """transformers' Llama over our vocabulary, of the same width, depth and heads, and as many parameters."""
    torch.manual_seed(0)
    ours = ModelSettings(width=width, context=128)
    settings = LlamaConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=width,
        intermediate_size=round((8 * width + len(VOCABULARY)) / 3),  # three matrices and one embedding fewer
        num_hidden_layers=ours.layers,
        num_attention_heads=ours.heads,
        max_position_embeddings=ours.context,
        pad_token_id=TOKEN_ID[PAD],
        bos_token_id=None,
        eos_token_id=TOKEN_ID[EOS],
        attn_implementation="sdpa",
    )
    return LlamaForCausalLM(settings)


def our_words_as_tokenizer() -> PreTrainedTokenizerFast:
    """Our vocabulary in transformers' clothes."""
    bare = Tokenizer(models.WordLevel(TOKEN_ID, unk_token=PAD))
    bare.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=bare, pad_token=PAD, eos_token=EOS, padding_side="left")


def parameters(model: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


def rows(seconds: Seconds, ours: str, tokens: int) -> list[dict[str, float | str]]:
    """One row a contender: median seconds, tokens a second, and how many times as fast ours is.

    The ratio is the median of the ratios of neighbours in time, with its range over the repetitions.
    """
    table = []
    for name, times in seconds.items():
        ratios = [theirs / own for theirs, own in zip(times, seconds[ours], strict=True)]
        median = statistics.median(times)
        table.append(
            {
                "name": name,
                "seconds": round(median, 4),
                "tokens_per_second": round(tokens / median),
                "ours_is_faster": round(statistics.median(ratios), 2),
                "lowest": round(min(ratios), 2),
                "highest": round(max(ratios), 2),
            }
        )
    return table
