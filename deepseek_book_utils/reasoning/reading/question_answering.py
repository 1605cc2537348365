"""Answers that are marked in a text: one encoder and two heads, one that imitates and
one that is rewarded, trained together.

Both heads score every word as the first and as the last of the answer, as BERT does for
SQuAD (Devlin et al., arXiv 1810.04805, section 4.2). The supervised head learns from
marked answers by cross-entropy. The policy head draws answers, and learns from their
reward alone by the policy gradient (REINFORCE; Williams, 1992).

Left out: pretraining (the encoder starts from random weights), a critic, and clipping:
every sample is used once.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ...nn.encoder import Encoder, EncoderSettings
from ...nn.schedules import cosine, warm_up
from ...settings import check_ranges
from .docstrings import LONGEST, QUESTIONS, WORD, Reading, reading_tokens

MODES = ("supervised", "rl")


class QuestionAnsweringModel(nn.Module):
    """One encoder; for each mode a head that marks the first and the last word."""

    def __init__(self, vocabulary: tuple[str, ...], width: int = 48) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        sizes = EncoderSettings(
            len(vocabulary), context=LONGEST + 3, width=width, layers=2
        )
        self.encoder = Encoder(sizes)
        self.heads = nn.ModuleDict({mode: nn.Linear(width, 2) for mode in MODES})

    def forward(self, tokens: Tensor, inside: Tensor) -> dict[str, Tensor]:
        """For each mode, log p of every word to be the first and to be the last one:
        tokens (B, T) -> (B, 2, T). Words outside of the sentence have log p = -inf.
        """
        states = self.encoder(tokens, tokens != 0)  # (B, T) -> (B, T, C); 0 is [PAD]
        found = {}
        for mode, head in self.heads.items():
            scores = head(states).transpose(1, 2)  # (B, T, C) -> (B, T, 2) -> (B, 2, T)
            scores = scores.masked_fill(~inside[:, None], -torch.inf)
            found[mode] = scores.log_softmax(dim=2)
        return found


def overlap_f1(found: Tensor, wanted: Tensor) -> Tensor:
    """How well answers cover the wanted ones: 1 if equal, 0 without a common word, or
    with the end before the start. Firsts and lasts (..., 2) each -> (...).
    """
    first = torch.maximum(found[..., 0], wanted[..., 0])
    last = torch.minimum(found[..., 1], wanted[..., 1])
    common = (last - first + 1).clamp(min=0)
    lengths = [
        (spans[..., 1] - spans[..., 0] + 1).clamp(min=0) for spans in (found, wanted)
    ]
    # F1 = 2 precision recall / (precision + recall) = 2 common / (found + wanted)
    return 2 * common / (lengths[0] + lengths[1])


def span_log_probs(log_probs: Tensor, spans: Tensor) -> Tensor:
    """log p(first) + log p(last): (B, 2, T) and spans (B, K, 2) -> (B, K)."""
    # (B, 2, K) -> (B, K)
    return log_probs.gather(2, spans.transpose(1, 2)).sum(dim=1)


def policy_loss(
    log_probs: Tensor, wanted: Tensor, samples: int, dice: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The policy gradient's loss on `samples` drawn answers a question, and their mean
    reward; log_probs (B, 2, T), wanted (B, 2).
    """
    B, _, T = log_probs.shape
    probs = log_probs.detach().exp().view(2 * B, T)
    drawn = torch.multinomial(probs, samples, replacement=True, generator=dice)
    spans = drawn.view(B, 2, samples).transpose(1, 2)  # (2B, K) -> (B, K, 2)
    rewards = overlap_f1(spans, wanted[:, None])  # (B, K)
    # A = r - mean of the rewards of the same question
    advantages = rewards - rewards.mean(dim=1, keepdim=True)
    # L = mean of -A log pi(answer)                                  Williams 1992
    return -(advantages * span_log_probs(log_probs, spans)).mean(), rewards.mean()


@dataclass(frozen=True)
class AnsweringSettings:
    """Settings of `train_answering`; raises ValueError on values without sense."""

    updates: int = 400
    batch_size: int = 32  # questions
    samples: int = 8  # answers that the policy draws for each question
    supervised_weight: float = 1.0  # of the cross-entropy; 0 trains by reward alone
    policy_weight: float = 1.0  # of the policy gradient; 0 trains by imitation alone
    learning_rate: float = 3e-3  # AdamW
    warm_up: int = 30  # updates: post-norm layers do not bear a large first step
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("updates", "batch_size", "samples", "warm_up"),
            positive=("learning_rate", "max_grad_norm"),
            not_negative=("supervised_weight", "policy_weight", "weight_decay"),
        )
        if not self.supervised_weight + self.policy_weight:
            raise ValueError(
                "supervised_weight and policy_weight are both 0: nothing would be "
                "learned. Take one of them above 0."
            )


def joint_loss(
    log_probs: dict[str, Tensor],
    wanted: Tensor,
    settings: AnsweringSettings,
    dice: torch.Generator,
) -> tuple[Tensor, dict[str, float]]:
    """Imitation and reward in one loss, and the parts of it; wanted (B, 2)."""
    # L = w_s CE + w_p mean of -A log pi
    loss = torch.zeros(())
    told: dict[str, float] = {}
    if settings.supervised_weight:
        marked = span_log_probs(log_probs["supervised"], wanted[:, None])  # (B, 1)
        cross_entropy = -marked.mean()
        loss = loss + settings.supervised_weight * cross_entropy
        told["cross_entropy"] = cross_entropy.item()
    if settings.policy_weight:
        rewarded, reward = policy_loss(log_probs["rl"], wanted, settings.samples, dice)
        loss = loss + settings.policy_weight * rewarded
        told["reward"] = reward.item()
    return loss, told


def tokens_of(
    data: Sequence[Reading], vocabulary: tuple[str, ...]
) -> tuple[Tensor, Tensor, Tensor]:
    """Tokens (B, T), where the sentence is (B, T), and the marked answers (B, 2)."""
    pairs = [(reading.question, reading.sentence) for reading in data]
    marked = torch.tensor([(reading.start, reading.end) for reading in data])
    return *reading_tokens(pairs, vocabulary), marked + 3  # after [CLS] question [SEP]


def train_answering(
    model: QuestionAnsweringModel,
    data: Sequence[Reading],
    settings: AnsweringSettings,
    seed: int,
) -> list[dict[str, float]]:
    """Train in place; returns the cross-entropy and the mean reward of every step.

    All kinds of questions come equally often. Raises ValueError without questions.
    """
    if not data:
        raise ValueError("No questions to learn from: give at least one.")
    tokens, inside, wanted = tokens_of(data, model.vocabulary)
    kinds: dict[str, list[int]] = {}
    for number, reading in enumerate(data):
        kinds.setdefault(reading.question, []).append(number)
    pools = list(kinds.values())
    rng, dice = random.Random(seed), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), betas=(0.9, 0.98), weight_decay=settings.weight_decay
    )
    history: list[dict[str, float]] = []
    for step in range(settings.updates):
        rows = [rng.choice(rng.choice(pools)) for _ in range(settings.batch_size)]
        log_probs = model(tokens[rows], inside[rows])
        loss, told = joint_loss(log_probs, wanted[rows], settings, dice)
        rate = warm_up(step, settings.warm_up) * cosine(step, settings.updates)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * rate
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), settings.max_grad_norm)
        optimizer.step()
        history.append(told)
    return history


def best_spans(log_probs: Tensor) -> tuple[Tensor, Tensor]:
    """The most probable answers that do not end before they start, (B, 2), and their
    probabilities (B,); log_probs (B, 2, T).
    """
    T = log_probs.shape[2]
    pairs = log_probs[:, 0, :, None] + log_probs[:, 1, None, :]  # (B, first, last)
    pairs = pairs.masked_fill(~torch.ones(T, T, dtype=torch.bool).triu(), -torch.inf)
    best, place = pairs.flatten(1).max(dim=1)
    return torch.stack([place // T, place % T], dim=1), best.exp()


@torch.no_grad()
def measure_answering(
    model: QuestionAnsweringModel, data: Sequence[Reading], mode: str
) -> dict[str, float]:
    """Share of answers of this head that are exactly right, and their mean F1."""
    tokens, inside, wanted = tokens_of(data, model.vocabulary)
    spans, _ = best_spans(model(tokens, inside)[mode])
    exact = (spans == wanted).all(dim=1).float().mean().item()
    return {"exact": exact, "f1": overlap_f1(spans, wanted).mean().item()}


def read_text(text: str) -> tuple[str, str]:
    """Question and sentence of a text such as `of what? Return the number of items`.

    Raises ValueError for another form, an unknown question, no sentence, or one that is
    too long.
    """
    asked, mark, sentence = text.partition("?")
    known = [word for word in WORD.findall(asked.lower()) if word in QUESTIONS]
    if not mark or not known:
        raise ValueError(
            "Write a question, then a sentence, as in 'of what? Return the number of "
            f"items'. Questions are {', '.join(QUESTIONS)}."
        )
    length = len(WORD.findall(sentence))
    if not 0 < length <= LONGEST:
        raise ValueError(
            f"The sentence has {length} words and marks: write 1 to {LONGEST}."
        )
    return known[0], sentence  # the question `of what` is about `of`


def answer_with(
    model: QuestionAnsweringModel, mode: str
) -> Callable[[list[str]], list[dict[str, Any]]]:
    """A function that answers a batch of texts with the head of this mode, as a service
    needs it. It raises ValueError where `read_text` does.
    """
    if mode not in model.heads:
        raise ValueError(f"No head for {mode!r}: this model has {', '.join(MODES)}.")

    @torch.no_grad()
    def answer(texts: list[str]) -> list[dict[str, Any]]:
        pairs = [read_text(text) for text in texts]
        spans, sure = best_spans(model(*reading_tokens(pairs, model.vocabulary))[mode])
        found: list[dict[str, Any]] = []
        spans = spans - 3  # after [CLS] question [SEP]
        for (_, sentence), span, p in zip(pairs, spans.tolist(), sure, strict=True):
            places = [match.span() for match in WORD.finditer(sentence)]
            words = sentence[places[span[0]][0] : places[span[1]][1]]
            found.append({"answer": words, "probability": round(p.item(), 4)})
        return found

    return answer
