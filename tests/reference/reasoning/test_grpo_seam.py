"""The loop of R1-Zero, untouched, with another vocabulary, another task and another model class.

The words are characters, the task and its scorer are `reasoning-gym`'s, the policy is transformers' Llama.
Every loss that the loop takes a gradient of is held against trl's, on the same weights and rows.
"""

import string
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import LlamaForCausalLM
from transformers.cache_utils import DynamicCache

from deepseek_book_utils.lm.sampling import Rollouts
from deepseek_book_utils.reasoning import r1_zero
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.tasks import Task
from tests.reference.reasoning.trl_side import distance, gradients, make_trainer, toy_llama, word_tokenizer

# reasoning-gym asks for it, for logic puzzles alone, and installing it takes a C compiler.
sys.modules.setdefault("pycosat", ModuleType("pycosat"))
from reasoning_gym import create_dataset  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")  # trl uses names that transformers will drop
PAD, END = 0, 1
CHARACTERS = string.ascii_letters + string.digits + " -+=:."
IDS = {character: i for i, character in enumerate(CHARACTERS, start=2)}
SMALL = R1ZeroSettings(updates=3, prompts=4, group_size=6, learning_rate=5e-3, max_new_tokens=5)


def gym_task(name: str = "chain_sum", **options: Any) -> Task:
    """A task of reasoning-gym, read by character; a response may hold digits and a minus."""
    problems = create_dataset(name, size=50, seed=0, **options)

    def score(text: str, entry: dict[str, Any]) -> float:
        return problems.score_answer(text, entry)

    def measure(texts: list[str], entries: list[dict[str, Any]]) -> dict[str, float]:
        scores = [score(text, entries[i * len(entries) // len(texts)]) for i, text in enumerate(texts)]
        return {"score": sum(scores) / len(scores)}

    return Task(
        name=f"reasoning-gym {name} {options}",
        sample=lambda rng: problems[rng.randrange(len(problems))],
        encode=lambda entry: [IDS[character] for character in entry["question"]],
        decode=lambda ids: "".join(CHARACTERS[i - 2] for i in ids if i != END),
        right=lambda text, entry: score(text, entry) == 1,
        reward=score,
        measure=measure,
        end=END,
        pad=PAD,
        forbidden=tuple(i for character, i in IDS.items() if character not in "-0123456789"),
    )


TASK = gym_task(min_terms=2, max_terms=3, max_digits=1)


@dataclass(frozen=True)
class Sizes:
    context: int = 128
    padding: int = PAD


@dataclass
class LlamaCache:
    """transformers' cache, and which of its places are real."""

    keys_and_values: DynamicCache
    real: Tensor  # (B, length)

    def keep(self, rows: Tensor) -> None:
        rows = rows.nonzero()[:, 0] if rows.dtype == torch.bool else rows
        self.keys_and_values.batch_select_indices(rows)
        self.real = self.real[rows]


class Llama(nn.Module):
    """A Llama as the loops want a policy: `read`, `forward` and `settings`."""

    def __init__(self, llama: LlamaForCausalLM) -> None:
        super().__init__()
        self.llama, self.settings = llama, Sizes()

    def read(self, prompts: Tensor, group_size: int = 1) -> LlamaCache:
        nothing = torch.ones(len(prompts), 0, dtype=torch.bool)
        cache = LlamaCache(DynamicCache(), nothing)
        self.extend(prompts, cache, prompts != PAD)
        cache.keep(torch.arange(len(prompts)).repeat_interleave(group_size))
        return cache

    def extend(self, tokens: Tensor, cache: LlamaCache, real: Tensor) -> Tensor:
        """Logits (B, T, V), where `real` (B, T) says which of the tokens are no padding."""
        before, T = cache.real.sum(dim=1, keepdim=True), tokens.shape[1]
        cache.real = torch.cat((cache.real, real), dim=1)
        return self.llama(
            tokens,
            attention_mask=cache.real.long(),
            position_ids=(before + real.cumsum(dim=1) - 1).clamp(min=0),
            past_key_values=cache.keys_and_values,
            use_cache=True,
        ).logits[:, -T:]

    def forward(
        self,
        tokens: Tensor,
        cache: LlamaCache | None = None,
        mask: Tensor | None = None,
        select: Tensor | None = None,
    ) -> Tensor:
        if cache is None:  # whole texts: transformers adds a mask (B, 1, T, T) to its scores
            hidden = None if mask is None else torch.zeros(mask.shape).double().masked_fill(~mask, -1e9)
            logits = self.llama(tokens, attention_mask=hidden).logits
        else:
            assert mask is None
            logits = self.extend(tokens, cache, torch.ones_like(tokens, dtype=torch.bool))
        return logits if select is None else logits[select]


def new_policy() -> Llama:
    return Llama(toy_llama(len(CHARACTERS) + 2).train())


@dataclass
class Step:
    """One gradient that the loop took: the weights before it, the rows, the loss and its gradient."""

    weights: dict[str, Tensor]
    rows: tuple[Tensor, ...]  # prompts (B, Tp), responses (B, T), mask (B, T)
    old_log_probs: Tensor
    advantages: Tensor
    log_probs: Tensor
    loss: Tensor
    gradient: Tensor


def listen(monkeypatch: pytest.MonkeyPatch, policy: Llama) -> list[Step]:
    """Write down every loss of the loop; change nothing."""
    steps: list[Step] = []
    rows: list[tuple[Tensor, ...]] = []
    score, lose = r1_zero.response_log_probs, r1_zero.grpo_loss

    def scoring(model: Llama, *asked: Tensor) -> Tensor:
        rows.append(asked)
        return score(model, *asked)

    def losing(log_probs: Tensor, old: Tensor, advantages: Tensor, mask: Tensor, **options: Any) -> Tensor:
        loss = lose(log_probs, old, advantages, mask, **options)
        weights = {name: weight.clone() for name, weight in policy.llama.state_dict().items()}
        gradient = gradients(policy.llama, loss)
        steps.append(Step(weights, rows[-1], old, advantages, log_probs.detach(), loss.detach(), gradient))
        return loss

    monkeypatch.setattr(r1_zero, "response_log_probs", scoring)
    monkeypatch.setattr(r1_zero, "grpo_loss", losing)
    return steps


def trl_of(step: Step, folder: Path, **settings: Any) -> tuple[Tensor, Tensor]:
    """trl's loss on the same weights and rows, and its gradient."""
    llama = toy_llama(len(CHARACTERS) + 2).train()
    llama.load_state_dict(step.weights)
    prompts, responses, mask = step.rows
    settings = {"loss_type": "bnpo", "beta": 0.0, "epsilon": SMALL.clip_range} | settings
    trainer = make_trainer(llama, word_tokenizer(len(CHARACTERS)), folder, **settings)
    loss = trainer._compute_loss(
        llama,
        {
            "prompt_ids": prompts,
            "prompt_mask": (prompts != PAD).long(),
            "completion_ids": responses,
            "completion_mask": mask.long(),
            "advantages": step.advantages,
            "old_per_token_logps": step.old_log_probs,
            "num_items_in_batch": mask.sum(),
        },
    )
    return loss.detach(), gradients(llama, loss)


def test_the_same_loop_trains_a_llama_on_reasoning_gym(monkeypatch, tmp_path) -> None:
    policy = new_policy()
    before = {name: weight.clone() for name, weight in policy.state_dict().items()}
    steps, seen = listen(monkeypatch, policy), []

    def watch(step: int, rollouts: Rollouts) -> None:
        seen.append(rollouts)

    history = train_r1_zero(policy, TASK, SMALL, seed=0, watch=watch)
    assert len(history) == len(seen) == SMALL.updates and len(steps) == 2 * SMALL.updates
    assert all(0 < row["reward"] < 1 and row["reward"] == pytest.approx(row["score"]) for row in history)
    after = policy.state_dict()
    assert all(weight.isfinite().all() for weight in after.values())
    assert all(not torch.equal(after[name], before[name]) for name in before)
    lengths = torch.cat([rollouts.lengths for rollouts in seen])
    assert len(lengths.unique()) > 2 and len({(r != PAD).sum().item() for r in seen[0].prompts}) > 1
    clipped = 0
    for step in steps:
        loss, gradient = trl_of(step, tmp_path)
        assert abs(step.loss - loss) < 1e-5
        assert distance(step.gradient, gradient) < 1e-4
        ratio = (step.log_probs - step.old_log_probs)[step.rows[2]].exp()
        clipped += int(((ratio - 1).abs() > SMALL.clip_range).sum())
    assert clipped > 10  # so that the clip is part of what was compared


def test_the_first_ratio_is_one(monkeypatch) -> None:
    """The wrapped model gives the same log-probabilities one token at a time and whole."""
    policy = new_policy()
    steps = listen(monkeypatch, policy)
    train_r1_zero(policy, TASK, replace(SMALL, updates=1), seed=1)
    first = steps[0]
    assert torch.allclose(first.log_probs, first.old_log_probs, atol=1e-5)


WRONG: dict[str, dict[str, Any]] = {
    "another average": {"loss_type": "grpo"},
    "another clip range": {"epsilon": 0.05},
    "the ratio of whole responses": {"importance_sampling_level": "sequence"},
}


@pytest.mark.parametrize("mistake", WRONG)
def test_another_loss_would_show(mistake, monkeypatch, tmp_path) -> None:
    policy = new_policy()
    steps = listen(monkeypatch, policy)
    train_r1_zero(policy, TASK, SMALL, seed=0)
    far = [distance(step.gradient, trl_of(step, tmp_path, **WRONG[mistake])[1]) for step in steps]
    assert max(far) > 0.01
