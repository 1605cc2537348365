"""A GRPO step, sampling to optimizer: 8 prompts, 8 responses each, 32 tokens; ours beside trl's trainer.

trl runs its own loop; at the end of each of its steps a callback runs one of ours, so that both meet the
same machine. Both have the same vocabulary, prompts, lengths, reward, clip range, average over tokens, AdamW
and gradient clipping, and no KL term. trl's activation checkpointing, on by default, is off: at this size it
would only cost it time.
"""

import tempfile
import time
import warnings
from collections.abc import Callable

import torch
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from benchmarks.measure import (
    OURS,
    Seconds,
    llama,
    our_model,
    our_words_as_tokenizer,
    prompts_of_32_tokens,
)
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.grpo import group_advantages
from deepseek_book_utils.reasoning.language import EOS, PAD, encode
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, start_run, update
from tests.writing import decode_rows, write

PROMPTS, GROUP, NEW, WIDTH = 8, 8, 32, 200  # a million parameters
NEVER = (EOS, PAD)  # words that neither may write, so that all responses have one length
WARM_UP = 2  # steps that are not counted


def earned(text: str) -> float:
    """A reward that hardly ever falls twice in a group, so that no row is left out."""
    return len(set(text.split())) + 0.01 * (len(text) % 97)


class Alternate(TrainerCallback):
    """Times trl's steps, and runs and times `ours` after each."""

    def __init__(self, ours: Callable[[], None]) -> None:
        self.ours, self.start = ours, 0.0
        self.seconds: Seconds = {OURS: [], "trl": []}

    def on_step_begin(self, args, state, control, **_) -> None:
        self.start = time.process_time()

    def on_step_end(self, args, state, control, **_) -> None:
        between = time.process_time()
        self.ours()
        if state.global_step > WARM_UP:
            self.seconds["trl"].append(between - self.start)
            self.seconds[OURS].append(time.process_time() - between)


def our_step(prompts: list[str]) -> Callable[[], None]:
    """A function that samples, rewards and updates once."""
    model, generator = our_model(WIDTH), torch.Generator().manual_seed(0)
    settings = R1ZeroSettings(minibatches=1, learning_rate=1e-6)
    run = start_run(model, arithmetic(), settings, seed=0)

    def step() -> None:
        rollouts = write(model, prompts, GROUP, generator, Pen(0, 0, 0), NEW, forbidden=NEVER)
        advantages = group_advantages(
            torch.tensor([earned(text) for text in decode_rows(rollouts.responses)]), GROUP
        )
        assert (rollouts.lengths == NEW).all() and advantages.all()
        update(run, rollouts, advantages, settings)

    return step


def run(repetitions: int = 15) -> Seconds:
    """CPU seconds of every step, ours and trl's."""
    prompts, steps = prompts_of_32_tokens(PROMPTS), repetitions + WARM_UP
    callback = Alternate(our_step(prompts))
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
            generation_kwargs={"suppress_tokens": encode(NEVER)},
            max_steps=steps,
            learning_rate=1e-6,
            logging_strategy="no",
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        )
        trainer = GRPOTrainer(
            llama(WIDTH),
            reward_funcs=lambda completions, **_: [earned(text) for text in completions],
            args=config,
            train_dataset=Dataset.from_dict({"prompt": prompts}),
            processing_class=our_words_as_tokenizer(),
            callbacks=[callback],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    assert trainer.state.num_input_tokens_seen == steps * PROMPTS * GROUP * (32 + NEW)
    return callback.seconds
