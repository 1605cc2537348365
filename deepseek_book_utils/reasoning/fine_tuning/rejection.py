"""Rejection-sampling fine-tuning (RFT): sample, keep the right answers, and train on
them as on any text.

Yuan et al. (arXiv 2308.01825). `rounds` above one samples anew from the policy as it
has become: expert iteration, as in STaR (arXiv 2203.14465) without its hints. Wrong
answers teach nothing here; reinforcement learning makes them less probable. Left out of
the papers: duplicates are kept, and no round starts again from the base.
"""

import random
from dataclasses import dataclass

import torch

from ...lm.policy import Policy
from ...lm.sampling import Rollouts, response_log_probs
from ...settings import check_ranges
from ..tasks import Task, sample_responses


@dataclass(frozen=True)
class RFTSettings:
    """One run of rejection sampling; raises ValueError on values without sense."""

    batches: int = 40  # of `prompts` problems: as many answers as R1-Zero samples
    prompts: int = 16  # problems a batch
    group_size: int = 16  # answers a problem
    rounds: int = 1  # how often the policy is asked anew; 1 asks the base alone
    epochs: int = 2  # passes over the right answers of a round
    learning_rate: float = 5e-4
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this
    max_new_tokens: int = 90

    def __post_init__(self) -> None:
        counts = ("batches", "prompts", "group_size", "rounds", "epochs")
        check_ranges(
            self,
            count=(*counts, "max_new_tokens"),
            positive=("learning_rate", "max_grad_norm"),
        )
        if self.batches < self.rounds:
            raise ValueError(f"Take at least one batch a round; got {self}.")


def sample_right(
    model: Policy,
    task: Task,
    settings: RFTSettings,
    rng: random.Random,
    generator: torch.Generator,
) -> tuple[Rollouts, list[int]]:
    """The answers to one batch of problems, and the rows of the right ones."""
    problems, G = (
        [task.sample(rng) for _ in range(settings.prompts)],
        settings.group_size,
    )
    rollouts, texts = sample_responses(
        model, task, problems, G, generator, settings.max_new_tokens
    )
    rows = [i for i, text in enumerate(texts) if task.right(text, problems[i // G])]
    return rollouts, rows


def train_rft(
    model: Policy, task: Task, settings: RFTSettings, seed: int
) -> list[dict[str, float]]:
    """Train the model in place; returns for every update its round, the loss and the
    number of right answers. A batch without a right answer gives no update.
    """
    rng = random.Random(seed)
    device = next(model.parameters()).device
    generator = torch.Generator(device).manual_seed(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0
    )
    history: list[dict[str, float]] = []
    for number in range(1, settings.rounds + 1):
        batches = [
            sample_right(model, task, settings, rng, generator)
            for _ in range(settings.batches // settings.rounds)
        ]
        batches = [(rollouts, rows) for rollouts, rows in batches if rows]
        for _ in range(settings.epochs):
            for rollouts, rows in rng.sample(batches, len(batches)):
                mask = rollouts.loss_mask[rows]
                log_probs = response_log_probs(
                    model, rollouts.prompts[rows], rollouts.responses[rows], mask
                )
                loss = -log_probs.sum() / mask.sum()  # per word that the policy drew
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(
                    model.parameters(), settings.max_grad_norm
                )
                optimizer.step()
                right = len(rows)
                history.append({"round": number, "loss": loss.item(), "right": right})
    return history
