"""Sampling 128 responses of at most 64 tokens after prompts of 32: our `generate` beside transformers'.

8 prompts with 16 responses each, as GRPO samples (transformers: `num_return_sequences=16`), or 128 prompts
with one each. All sample at temperature 1 from the whole vocabulary. Either none may end early (`<eos>` is
forbidden to both), or they end as they come: to models that were not trained every word is about as likely,
so every seventieth token ends a response. `<pad>` is always forbidden. Ours keeps the log-probabilities that
training needs, transformers' keeps none.
"""

from collections.abc import Callable

import torch
from transformers import GenerationConfig

from benchmarks.measure import (
    OURS,
    Seconds,
    alternate,
    llama,
    our_model,
    our_words_as_tokenizer,
    prompts_of_32_tokens,
)
from deepseek_book_utils.reasoning.language import EOS, PAD, TOKEN_ID, VOCABULARY, encode
from deepseek_book_utils.reasoning.pen import Pen
from tests.writing import write

BATCH, NEW, WIDTH = 128, 64, 176  # 0.8 million parameters
WORDS = len(VOCABULARY) - 1  # that may be drawn, the end among them
ENDING = round(BATCH * WORDS * (1 - (1 - 1 / WORDS) ** NEW))  # tokens expected where responses may end


def run(group_size: int, may_end: bool = False, repetitions: int = 9) -> Seconds:
    """CPU seconds of every repetition, contender by contender."""
    never = (PAD,) if may_end else (EOS, PAD)
    prompts = prompts_of_32_tokens(BATCH // group_size)
    model, other = our_model(WIDTH), llama(WIDTH).eval()
    generator = torch.Generator().manual_seed(0)
    inputs = our_words_as_tokenizer()(prompts, return_tensors="pt", return_token_type_ids=False)
    assert inputs["input_ids"].shape == (BATCH // group_size, 32)

    def ours() -> None:
        rollouts = write(model, prompts, group_size, generator, Pen(0, 0, 0), NEW, forbidden=never)
        assert may_end or rollouts.responses.shape == (BATCH, NEW)

    def theirs(cache: str) -> Callable[[], None]:
        config = GenerationConfig(
            max_new_tokens=NEW,
            num_return_sequences=group_size,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            cache_implementation=cache,
            suppress_tokens=encode(never),
            eos_token_id=TOKEN_ID[EOS],
            pad_token_id=TOKEN_ID[PAD],
            disable_compile=True,
        )

        def sample() -> None:
            tokens = other.generate(**inputs, generation_config=config)
            assert may_end or tokens.shape == (BATCH, 32 + NEW)

        return sample

    return alternate(
        {
            OURS: ours,
            "transformers, dynamic cache": theirs("dynamic"),
            "transformers, static cache": theirs("static"),
        },
        repetitions,
    )
