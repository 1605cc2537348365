"""What both benchmarks share: alternating repetitions, models of equal size, the table."""

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.language import EOS, OPERATIONS, PAD, TOKEN_ID, VOCABULARY, Problem

OURS = "ours"
Seconds = dict[str, list[float]]


def alternate(contenders: dict[str, Callable[[], object]], repetitions: int) -> Seconds:
    """CPU seconds of every call, the contenders in turn, so that a busy machine hits all.

    A first round is not counted.
    """
    seconds: Seconds = {name: [] for name in contenders}
    for repetition in range(repetitions + 1):
        for name, run in contenders.items():
            start = time.process_time()
            run()
            if repetition:
                seconds[name].append(time.process_time() - start)
    return seconds


def prompts_of_32_tokens(count: int) -> list[str]:
    """Different questions of one length: a start digit, fourteen steps and a label without a step."""
    rng = random.Random(0)
    problems = [
        Problem(rng.randrange(10), tuple(rng.choices(OPERATIONS, k=14)), rng.randrange(12))
        for _ in range(count)
    ]
    return [problem.prompt.replace("?", "a ?") for problem in problems]


def our_model(width: int) -> LanguageModel:
    """A language model of two layers; its head, zero at the start of training, is made random."""
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=width, context=128))
    torch.nn.init.normal_(model.head.weight, std=0.02)
    return model


def llama(width: int) -> LlamaForCausalLM:
    """transformers' Llama over our vocabulary, of the same width, depth and heads, and as many parameters."""
    torch.manual_seed(0)
    ours = replace(MINIATURE, width=width, context=128)
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
    """How many numbers the model learns."""
    return sum(weight.numel() for weight in model.parameters())


def compare(seconds: Seconds, tokens: int) -> list[dict[str, float | str]]:
    """One row a contender: median seconds, tokens a second, how many times as fast ours is.

    The ratio is the median of the ratios of neighbours in time; its range over the repetitions stands beside.
    """
    table: list[dict[str, float | str]] = []
    for name, times in seconds.items():
        ratios = [theirs / own for theirs, own in zip(times, seconds[OURS], strict=True)]
        table.append(
            {
                "name": name,
                "seconds": round(statistics.median(times), 4),
                "tokens_per_second": round(tokens / statistics.median(times)),
                "ours_is_faster": round(statistics.median(ratios), 2),
                "lowest": round(min(ratios), 2),
                "highest": round(max(ratios), 2),
            }
        )
    return table
