"""A GRPO step, sampling to optimizer: 8 prompts, 8 responses each, 32 tokens; ours and trl's `GRPOTrainer`.

trl runs its own loop; at the end of each of its steps a callback runs one of ours, so that both meet the same machine.
Same vocabulary, prompts, lengths, reward, clip, average over tokens, no KL term, AdamW, gradients clipped to norm 1.
trl's activation checkpointing, on by default, is off: here it would only cost it time.
"""

import random
import tempfile
import time
import warnings

import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from benchmarks.measure import Seconds, llama, our_model, our_words_as_tokenizer, prompts_of_32_tokens
from deepseek_book_utils.reasoning.grpo import group_advantages
from deepseek_book_utils.reasoning.language import EOS, TOKEN_ID
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, update
from deepseek_book_utils.reasoning.sampling import Pen, generate

PROMPTS, GROUP, NEW, WIDTH = 8, 8, 32, 200
OURS = "ours"


def different_words(text: str) -> float:
    """A reward that differs within every group, so that no row is left out."""
    return float(len(set(text.split()))) + 0.01 * (len(text) % 97)


class Alternate(TrainerCallback):
    """Times trl's steps and runs `ours` after each; the first two rounds are not kept."""

    def __init__(self, ours) -> None:
        self.ours, self.seconds, self.start = ours, {OURS: [], "trl": []}, 0.0

    def on_step_begin(self, args, state, control, **_) -> None:
        self.start = time.process_time()

    def on_step_end(self, args, state, control, **_) -> None:
        between = time.process_time()
        self.ours()
        if state.global_step > 2:
            self.seconds["trl"].append(between - self.start)
            self.seconds[OURS].append(time.process_time() - between)


def run(repetitions: int = 15) -> Seconds:
    """CPU seconds of every step, ours and trl's."""
    prompts = prompts_of_32_tokens(PROMPTS)
    model, generator, rng = our_model(WIDTH), torch.Generator().manual_seed(0), random.Random(0)
    settings = R1ZeroSettings(prompts=PROMPTS, group_size=GROUP, minibatches=1, lr=1e-6, max_new_tokens=NEW)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr)

    def ours() -> None:
        rollouts = generate(model, prompts, GROUP, generator, NEW, pen=Pen(0, 0, 0), forbidden=(EOS,))
        rewards = torch.tensor([different_words(text) for text in rollouts.texts()])
        advantages = group_advantages(rewards, GROUP)
        update(model, optimizer, rollouts, advantages, settings, rng)

    def earned(completions: list[str], **_) -> list[float]:
        return [different_words(text) for text in completions]

    callback = Alternate(ours)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # trl uses names that transformers will drop
        config = GRPOConfig(
            output_dir=folder,
            use_cpu=True,
            bf16=False,
            gradient_checkpointing=False,
            per_device_train_batch_size=PROMPTS * GROUP,
            num_generations=GROUP,
            max_completion_length=NEW,
            generation_kwargs={"suppress_tokens": [TOKEN_ID[EOS]]},
            max_steps=repetitions + 2,
            logging_steps=10_000,
            learning_rate=1e-6,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        trainer = GRPOTrainer(
            llama(WIDTH),
            reward_funcs=earned,
            args=config,
            train_dataset=Dataset.from_dict({"prompt": prompts}),
            processing_class=our_words_as_tokenizer(),
            callbacks=[callback],
        )
        trainer.train()
    lengths = trainer.state.num_input_tokens_seen / (repetitions + 2)
    assert lengths == PROMPTS * GROUP * (32 + NEW), f"trl's step had {lengths} tokens"
    return callback.seconds
