"""Sampling 128 responses of 64 tokens to 128 prompts of 32 tokens: our `generate` and transformers'.

Both sample at temperature 1 from the whole vocabulary, neither may end early (`<eos>` is forbidden to both), ours
keeps the log-probabilities that training needs and transformers' keeps none.
"""

import torch
from transformers import GenerationConfig

from benchmarks.measure import Seconds, alternate, llama, our_model, our_words_as_tokenizer, prompts_of_32_tokens
from deepseek_book_utils.reasoning.language import EOS, PAD, TOKEN_ID
from deepseek_book_utils.reasoning.sampling import Pen, generate

BATCH, NEW, WIDTH = 128, 64, 176
OURS = "ours"


def run(repetitions: int = 9) -> Seconds:
    """CPU seconds of every repetition, contender by contender."""
    prompts = prompts_of_32_tokens(BATCH)
    model, other = our_model(WIDTH), llama(WIDTH).eval()
    generator = torch.Generator().manual_seed(0)
    inputs = our_words_as_tokenizer()(prompts, return_tensors="pt", return_token_type_ids=False)
    assert inputs["input_ids"].shape == (BATCH, 32)

    def ours() -> None:
        rollouts = generate(model, prompts, 1, generator, NEW, pen=Pen(0, 0, 0), forbidden=(EOS,))
        assert rollouts.responses.shape == (BATCH, NEW)

    def theirs(cache: str) -> None:
        config = GenerationConfig(
            max_new_tokens=NEW,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            cache_implementation=cache,
            suppress_tokens=[TOKEN_ID[EOS]],
            eos_token_id=TOKEN_ID[EOS],
            pad_token_id=TOKEN_ID[PAD],
            disable_compile=True,
        )
        tokens = other.generate(**inputs, generation_config=config)
        assert tokens.shape == (BATCH, 32 + NEW)

    return alternate(
        {
            OURS: ours,
            "transformers, dynamic cache": lambda: theirs("dynamic"),
            "transformers, static cache": lambda: theirs("static"),
        },
        repetitions,
    )
