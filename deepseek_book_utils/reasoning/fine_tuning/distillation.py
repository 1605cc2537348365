"""Distillation of language models: a small one learns from what a large one writes, or
from what the large one says of the small one's own writing.

Off-policy, the teacher writes; `cold_start.fine_tune` on `stages.rejection_sample` is
how DeepSeek-R1's students were made (arXiv 2501.12948, section 2.4). On-policy, the
student writes and the teacher scores every word (GKD; Agarwal et al., arXiv
2306.13649). Left out: a reward beside the divergence, and teachers with other words
than the student's.

Letters: P the teacher's distribution, Q the student's, M words that carry loss, V
vocabulary.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from ...lm.model import LanguageModel
from ...lm.policy import Policy
from ...lm.pretraining import (
    Document,
    PretrainSettings,
    pack,
    pretrain,
    pretraining_loss,
)
from ...lm.sampling import Rollouts
from ...nn.schedules import warm_up
from ...settings import check_range, check_ranges
from ..corpus import CorpusSettings
from ..instructions import WIDER, GeneralSettings, sample_wider_page
from ..tasks import Task, sample_responses


def divergence(log_p: Tensor, log_q: Tensor) -> Tensor:
    """KL(P || Q) of log-probabilities (..., V), shape (...)."""
    return (log_p.exp() * (log_p - log_q)).sum(dim=-1)


def token_divergence(
    student: Tensor, teacher: Tensor, beta: float, temperature: float = 1.0
) -> Tensor:
    """How far student and teacher are apart at every word: logits (..., V) -> (...).

    beta 0 is the forward KL(P || Q), beta 1 the reverse KL(Q || P); between them lies
    the generalised Jensen-Shannon divergence. Raises ValueError for another beta.
    """
    check_range("beta", beta, "fraction")
    log_q = (student / temperature).log_softmax(dim=-1)
    log_p = (teacher / temperature).log_softmax(dim=-1)
    if beta == 0:
        return divergence(log_p, log_q)
    if beta == 1:
        return divergence(log_q, log_p)
    # M = beta P + (1 - beta) Q
    log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log1p(-beta))
    # D = beta KL(P || M) + (1 - beta) KL(Q || M)            Agarwal et al. 2024, eq. 1
    return beta * divergence(log_p, log_m) + (1 - beta) * divergence(log_q, log_m)


def sampled_reverse_kl(log_probs: Tensor, teacher_log_probs: Tensor) -> Tensor:
    """log Q(o_t) - log P(o_t) of words that the student drew: what Schulman calls k1,
    right on average, and below zero where the teacher likes the word better.
    """
    return log_probs - teacher_log_probs


def sampled_reverse_loss(log_probs: Tensor, teacher_log_probs: Tensor) -> Tensor:
    """One number a word that the student drew, whose gradient is on average that of
    the reverse KL; its value means nothing.

    The gradient of k1 itself is zero on average. So the word is made less probable, as
    far as k1 is high: a policy gradient whose reward is -k1, one for every word.
    """
    return sampled_reverse_kl(log_probs, teacher_log_probs).detach() * log_probs


@dataclass(frozen=True)
class GKDSettings:
    """One run of distillation by a teacher that scores every word; raises ValueError on
    values without sense.
    """

    updates: int = 30
    prompts: int = 64  # problems an update
    group_size: int = 2  # answers a problem
    minibatches: int = 2  # steps of AdamW for one set of answers
    student_share: float = 1.0  # of the updates: the student writes, else the teacher
    beta: float = 0.0  # of the divergence: 0 forward KL, 1 reverse KL
    sampled: bool = False  # the reverse KL, estimated from the drawn words alone
    temperature: float = 1.0  # softens both, as in `compress.distillation`
    learning_rate: float = 1e-3
    warm_up: int = 3  # updates in which the rate rises
    max_grad_norm: float = 1.0  # a longer gradient is shortened to this
    max_new_tokens: int = 90

    def __post_init__(self) -> None:
        counts = ("updates", "prompts", "group_size", "minibatches", "warm_up")
        check_ranges(
            self,
            count=(*counts, "max_new_tokens"),
            fraction=("student_share", "beta"),
            positive=("temperature", "learning_rate", "max_grad_norm"),
        )
        if self.sampled and (self.student_share, self.temperature) != (1, 1):
            raise ValueError(
                "sampled = True estimates from words that the student drew: take "
                "student_share = 1 and temperature = 1."
            )


def answer_logits(policy: Policy, rollouts: Rollouts, rows: Sequence[int]) -> Tensor:
    """Logits (M, V) of this policy where these rows of the rollouts carry loss, whoever
    wrote them.
    """
    T = int(rollouts.lengths[rows].max())
    prompts, responses = rollouts.prompts[rows], rollouts.responses[rows, :T]
    different, which = prompts.unique(dim=0, return_inverse=True)
    cache = policy.read(different[:, :-1])
    cache.keep(which)
    tokens = torch.cat((prompts[:, -1:], responses[:, :-1]), dim=1)
    return policy(tokens, cache, select=rollouts.loss_mask[rows, :T]).float()


def scored(
    student: Policy,
    teacher: Policy,
    rollouts: Rollouts,
    rows: Sequence[int],
    settings: GKDSettings,
) -> tuple[Tensor, Tensor]:
    """The loss of these rows, summed over their words, and what the teacher thinks of
    them: the summed divergence, in nats.
    """
    logits = answer_logits(student, rollouts, rows)
    with torch.no_grad():
        wanted = answer_logits(teacher, rollouts, rows)
    if not settings.sampled:
        apart = token_divergence(logits, wanted, settings.beta, settings.temperature)
        return apart.sum(), apart.sum().detach()
    drawn = rollouts.responses[rows][rollouts.loss_mask[rows]][:, None]
    log_probs, theirs = (
        one.log_softmax(dim=-1).gather(1, drawn)[:, 0] for one in (logits, wanted)
    )
    loss = sampled_reverse_loss(log_probs, theirs).sum()
    return loss, sampled_reverse_kl(log_probs, theirs).sum().detach()


def learn_scored(
    student: Policy,
    teacher: Policy,
    rollouts: Rollouts,
    optimizer: torch.optim.Optimizer,
    rng: random.Random,
    settings: GKDSettings,
) -> float:
    """One step of the optimiser a minibatch of answers; returns how far student and
    teacher are apart, in nats a word.
    """
    lengths, apart = rollouts.lengths.tolist(), 0.0
    rows = rng.sample(range(len(lengths)), len(lengths))
    for i in range(settings.minibatches):
        part = sorted(rows[i :: settings.minibatches], key=lengths.__getitem__)
        optimizer.zero_grad()
        for start in range(0, len(part), 32):  # rows of like length: less padding
            micro = part[start : start + 32]
            loss, nats = scored(student, teacher, rollouts, micro, settings)
            (loss / rollouts.loss_mask[part].sum()).backward()
            apart += nats.item()
        torch.nn.utils.clip_grad_norm_(student.parameters(), settings.max_grad_norm)
        optimizer.step()
    return apart / rollouts.loss_mask.sum().item()


def train_gkd(
    student: Policy, teacher: Policy, task: Task, settings: GKDSettings, seed: int
) -> list[dict[str, float]]:
    """Train the student in place; returns for every update who wrote, how far both are
    apart, in nats a word, and what the task measured of the answers.

    No reward is asked for. Nobody learns from words that the pen wrote, but they stand
    in the text that the teacher reads. Raises ValueError if there are fewer answers
    than minibatches.
    """
    answers = settings.prompts * settings.group_size
    if answers < settings.minibatches:
        raise ValueError(f"{answers} answers an update: take fewer minibatches.")
    rng, weights = random.Random(seed), list(student.parameters())
    generator = torch.Generator(weights[0].device).manual_seed(seed)
    optimizer = torch.optim.AdamW(
        weights, settings.learning_rate, betas=(0.9, 0.98), weight_decay=0
    )
    history: list[dict[str, float]] = []
    for update in range(settings.updates):
        own = rng.random() < settings.student_share
        problems = [task.sample(rng) for _ in range(settings.prompts)]
        rollouts, texts = sample_responses(
            student if own else teacher,
            task,
            problems,
            settings.group_size,
            generator,
            settings.max_new_tokens,
        )
        rate = warm_up(update, settings.warm_up)
        optimizer.param_groups[0]["lr"] = settings.learning_rate * rate
        apart = learn_scored(student, teacher, rollouts, optimizer, rng, settings)
        measured = task.measure(texts, problems)
        history.append({"own": float(own), "divergence": apart, **measured})
    return history


# --- how much one example can teach ---------------------------------------------------


@torch.no_grad()
def surprise(model: LanguageModel, documents: Sequence[Document]) -> list[float]:
    """Bits of each document, as this model sees it: -log2 of the probability of the
    words that carry loss. A document that the model could have written has few.
    """
    bits = []
    for ids, weights in documents:
        packed = pack([(ids, weights)], len(ids) - 1, model.settings.padding)
        device = next(model.parameters()).device
        loss = pretraining_loss(model, *(part.to(device) for part in packed))
        bits.append(loss.item() * sum(weights[1:]) / math.log(2))
    return bits


def verdict_bits(share: float) -> float:
    """The most that one verdict, right or wrong, can tell, in bits: its entropy, where
    this share is right.
    """
    check_range("share", share, "fraction")
    return sum(-p * math.log2(p) for p in (share, 1 - share) if p > 0)


# --- the students of the miniature ----------------------------------------------------

SMALL = replace(WIDER, layers=1)  # a half of the teacher's work for every word
_STYLES = (("direct", 0.62), ("skip", 0.14), ("full", 0.19), ("broken", 0.05))
WITHOUT_CHECKS = CorpusSettings(  # nobody checks a value; whole chains take the place
    drill_checks=0.0, textbook_checks=0.0, long_checks=0.0, web_styles=_STYLES
)


def student_base(
    seed: int,
    corpus: CorpusSettings = CorpusSettings(),
    settings: PretrainSettings = PretrainSettings(),
    general: GeneralSettings = GeneralSettings(),
) -> LanguageModel:
    """A small base that has read this corpus; the global random state stays as it
    was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        student = LanguageModel(SMALL)
    page = partial(sample_wider_page, corpus=corpus, general=general)
    pretrain(student, settings, seed, page)
    return student
