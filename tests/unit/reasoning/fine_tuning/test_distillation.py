"""A teacher that scores every word: whose words, which words, and what the loop does with them."""

import copy
import math
import random
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pretrain
from deepseek_book_utils.lm.sampling import response_log_probs
from deepseek_book_utils.reasoning.corpus import CorpusSettings, sample_document
from deepseek_book_utils.reasoning.fine_tuning import distillation
from deepseek_book_utils.reasoning.fine_tuning.distillation import (
    SMALL,
    WITHOUT_CHECKS,
    GKDSettings,
    answer_logits,
    learn_scored,
    sampled_reverse_kl,
    sampled_reverse_loss,
    scored,
    student_base,
    surprise,
    token_divergence,
    train_gkd,
    verdict_bits,
)
from deepseek_book_utils.reasoning.fine_tuning.stages import scenarios
from deepseek_book_utils.reasoning.instructions import GeneralSettings, encode_words, sample_wider_page
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.tasks import Task, sample_responses

TINY = GKDSettings(updates=2, prompts=4, minibatches=1, max_new_tokens=12, warm_up=1)
TASK = scenarios(pen=Pen(0.5, 0.5, 0.5))


def model(seed: int, width: int = 8) -> LanguageModel:
    torch.manual_seed(seed)
    made = LanguageModel(replace(SMALL, width=width, layers=1))
    torch.nn.init.normal_(made.head.weight)
    return made


def flat(policy: LanguageModel) -> torch.Tensor:
    return torch.nn.utils.parameters_to_vector(policy.parameters()).detach()


def rollouts(policy: LanguageModel, task: Task = TASK):
    rng = random.Random(0)
    problems = [task.sample(rng) for _ in range(4)]
    return sample_responses(policy, task, problems, 3, torch.Generator().manual_seed(0), 12)[0]


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_divergence_in_plain_numbers(beta: float) -> None:
    """Word by word in Python: beta KL(P || M) + (1 - beta) KL(Q || M), softened; any axes before the last."""
    dice = torch.Generator().manual_seed(1)
    student, teacher = (torch.randn(2, 3, 4, generator=dice, dtype=torch.float64) for _ in range(2))

    def softened(logits: torch.Tensor) -> list[float]:
        each = [math.exp(logit / 2.5) for logit in logits.tolist()]
        return [one / sum(each) for one in each]

    def kl(one: list[float], other: list[float]) -> float:
        return sum(a * math.log(a / b) for a, b in zip(one, other, strict=True))

    found = token_divergence(student, teacher, beta, temperature=2.5)
    assert found.shape == (2, 3)
    for i in range(2):
        for j in range(3):
            q, p = softened(student[i, j]), softened(teacher[i, j])
            m = [beta * a + (1 - beta) * b for a, b in zip(p, q, strict=True)]
            expected = {0.0: kl(p, q), 1.0: kl(q, p)}.get(beta, beta * kl(p, m) + (1 - beta) * kl(q, m))
            assert found[i, j].item() == pytest.approx(expected, rel=1e-9)
            assert token_divergence(student[i, j], teacher[i, j], beta, 2.5).item() == pytest.approx(expected)


def test_a_drawn_word_is_made_less_probable_as_far_as_its_log_ratio_is_high() -> None:
    mine, theirs = torch.tensor([-1.0, -2.0], requires_grad=True), torch.tensor([-3.0, -0.5])
    assert sampled_reverse_kl(mine, theirs).tolist() == [2.0, -1.5]
    sampled_reverse_loss(mine, theirs).sum().backward()
    assert mine.grad.tolist() == [2.0, -1.5]


@pytest.mark.parametrize(
    "settings",
    [
        replace(TINY, minibatches=2, beta=0.3, temperature=2.0, max_grad_norm=0.05),
        replace(TINY, minibatches=2, sampled=True, max_grad_norm=1e9),
    ],
)
def test_minibatches_by_hand(settings: GKDSettings) -> None:
    """Two steps down the mean of a half of the words, each cut to one length at most, with plain descent."""
    student, teacher = model(0), model(1, 16)
    written, by_hand, start = rollouts(student), copy.deepcopy(student), flat(student)
    step = torch.optim.SGD(student.parameters(), 0.7)
    apart = learn_scored(student, teacher, written, step, random.Random(2), settings)
    rows, total = random.Random(2).sample(range(12), 12), 0.0
    for part in (rows[::2], rows[1::2]):
        mine = answer_logits(by_hand, written, part)
        with torch.no_grad():
            theirs = answer_logits(teacher, written, part)
        if settings.sampled:
            drawn = written.responses[part][written.loss_mask[part]]
            log_q, log_p = (one.log_softmax(1)[range(len(drawn)), drawn] for one in (mine, theirs))
            nats, loss = (log_q - log_p).sum(), ((log_q - log_p).detach() * log_q).sum()
        else:
            nats = loss = token_divergence(mine, theirs, 0.3, 2.0).sum()
        total += nats.item()
        slopes = torch.autograd.grad(loss / len(mine), list(by_hand.parameters()))
        norm = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        assert norm > 0.05
        with torch.no_grad():
            for weight, slope in zip(by_hand.parameters(), slopes, strict=True):
                weight -= 0.7 * slope * min(1, settings.max_grad_norm / norm)
    assert type(apart) is float and apart == pytest.approx(total / written.loss_mask.sum().item(), rel=1e-4)
    assert (flat(student) - flat(by_hand)).norm() < 0.01 * (flat(by_hand) - start).norm()
    loss, nats = scored(student, teacher, written, rows, settings)
    assert loss.requires_grad and not nats.requires_grad


def test_the_rate_rises_and_who_never_writes_never_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the dice show, and the smallest number that they show is 0."""
    dice, rates = random.Random(0), []

    def note(student, teacher, rollouts, optimizer, *_) -> float:
        rates.append(optimizer.param_groups[0]["lr"])
        return 0.0

    monkeypatch.setattr(dice, "random", lambda: 0.0)
    monkeypatch.setattr(distillation, "random", SimpleNamespace(Random=lambda seed: dice))
    monkeypatch.setattr(distillation, "learn_scored", note)
    settings = replace(TINY, updates=3, warm_up=2, learning_rate=0.04, student_share=0.0)
    assert [step["own"] for step in train_gkd(model(0), model(1), TASK, settings, 0)] == [0.0] * 3
    assert rates == pytest.approx([0.02, 0.04, 0.04])


def test_logits_are_of_full_precision_whatever_the_policy() -> None:
    policy = model(0)
    written = rollouts(policy)
    assert answer_logits(policy.double(), written, [0, 1]).dtype == torch.float32


def test_logits_of_answers_are_those_of_scoring() -> None:
    policy, rows = model(0), [7, 2, 2, 5]
    written = rollouts(policy)
    mask = written.loss_mask[rows]
    assert not mask.all()  # the pen wrote some words
    scored = response_log_probs(policy, written.prompts[rows], written.responses[rows], mask)
    drawn = written.responses[rows][mask][:, None]
    picked = answer_logits(policy, written, rows).log_softmax(1).gather(1, drawn)[:, 0]
    torch.testing.assert_close(picked, scored[mask])


def test_a_step_is_that_of_one_batch_by_hand() -> None:
    """The mean over all words of the answers, though they are scored a few rows at a time."""
    student, teacher = model(0), model(1, 16)
    task, by_hand = replace(TASK, sample=lambda rng: TASK.sample(random.Random(3))), copy.deepcopy(student)
    settings = replace(TINY, updates=1, prompts=20, beta=0.5, max_grad_norm=1e9)
    history = train_gkd(student, teacher, task, settings, 4)
    generator = torch.Generator().manual_seed(4)
    written = sample_responses(by_hand, task, [task.sample(None)] * 20, 2, generator, 12)[0]
    rows = list(range(40))
    with torch.no_grad():
        wanted = answer_logits(teacher, written, rows)
    loss = token_divergence(answer_logits(by_hand, written, rows), wanted, 0.5).mean()
    loss.backward()
    torch.optim.AdamW(by_hand.parameters(), 1e-3, betas=(0.9, 0.98), weight_decay=0).step()
    assert history[0]["divergence"] == pytest.approx(loss.item(), rel=1e-4)
    torch.testing.assert_close(
        dict(student.named_parameters()), dict(by_hand.named_parameters()), rtol=1e-3, atol=2e-5
    )


@pytest.mark.parametrize(("share", "writer"), [(1.0, "student"), (0.0, "teacher")])
def test_who_writes(monkeypatch, share: float, writer: str) -> None:
    student, teacher, seen = model(0), model(1, 16), []

    def note(policy, *arguments):
        seen.append("student" if policy is student else "teacher")
        return sample_responses(policy, *arguments)

    monkeypatch.setattr(distillation, "sample_responses", note)
    before = copy.deepcopy(teacher.state_dict())
    history = train_gkd(student, teacher, TASK, replace(TINY, student_share=share), 0)
    assert seen == [writer] * 2 and [step["own"] for step in history] == [share] * 2
    torch.testing.assert_close(dict(teacher.state_dict()), dict(before), rtol=0, atol=0)


@pytest.mark.parametrize(
    "settings", [replace(TINY, beta=0.0), replace(TINY, beta=1.0), replace(TINY, sampled=True)]
)
def test_the_student_comes_nearer_to_its_teacher(settings: GKDSettings) -> None:
    student, teacher = model(0, 16), model(1, 16)
    longer = replace(settings, updates=40, prompts=16, learning_rate=0.05)
    apart = [step["divergence"] for step in train_gkd(student, teacher, TASK, longer, 0)]
    assert sum(apart[-5:]) < 0.7 * sum(apart[:5])


def test_what_cannot_be_estimated_is_refused() -> None:
    with pytest.raises(ValueError, match="take student_share = 1 and temperature = 1"):
        GKDSettings(sampled=True, student_share=0.5)
    with pytest.raises(ValueError, match="8 answers an update: take fewer minibatches"):
        train_gkd(model(0), model(1), TASK, replace(TINY, minibatches=9), 0)
    assert len(train_gkd(model(0), model(1), TASK, replace(TINY, minibatches=8), 0)) == 2
    with pytest.raises(ValueError, match="take student_share = 1 and temperature = 1"):
        GKDSettings(sampled=True, temperature=2.0)
    with pytest.raises(ValueError, match="share = 1.5 makes no sense"):
        verdict_bits(1.5)
    with pytest.raises(ValueError, match="beta = 1.5 makes no sense"):
        token_divergence(torch.zeros(2, 3), torch.zeros(2, 3), 1.5)


def test_bits_of_a_document_by_hand() -> None:
    reader = model(0)
    ids = encode_words("<bos> 9 a *3 ? <think> 9 a *3 7 </think>")
    weights = [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0]  # nobody asks for the first word
    log_probs = reader(torch.tensor([ids])).log_softmax(-1)[0]
    expected = -sum(log_probs[i - 1, ids[i]].item() for i in (1, 5, 6, 7, 8, 10)) / math.log(2)
    found = surprise(reader, [(ids, weights)] * 2)
    assert {type(bits) for bits in found} == {float} and found == pytest.approx([expected] * 2, rel=1e-4)


def test_a_verdict_tells_one_bit_at_most() -> None:
    assert [verdict_bits(share) for share in (0.0, 0.5, 1.0)] == [0, 1, 0]
    assert verdict_bits(0.11) == pytest.approx(0.5, abs=0.001)


def test_a_corpus_without_checks_has_none() -> None:
    rng = random.Random(0)
    words = [word for _ in range(300) for word in sample_document(rng, 0.5, WITHOUT_CHECKS)[0]]
    assert not {"check", "wait", "查", "等"} & set(words)


def test_a_base_of_a_student_is_repeatable_and_leaves_the_random_state() -> None:
    state = torch.get_rng_state()
    bases = [student_base(3, settings=PretrainSettings(updates=2, documents=4)) for _ in range(2)]
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(dict(bases[0].named_parameters()), dict(bases[1].named_parameters()))
    teacher = sum(weight.numel() for weight in LanguageModel(replace(SMALL, layers=2)).parameters())
    assert sum(weight.numel() for weight in bases[0].parameters()) < 0.6 * teacher


def test_a_student_reads_the_corpus_that_was_asked_for() -> None:
    settings, seed = PretrainSettings(updates=1, documents=4), 9
    corpus, general = CorpusSettings(drill_share=(0.0, 0.0)), GeneralSettings(share=1.0)
    for chosen in ({"corpus": corpus}, {"corpus": corpus, "general": general}):
        torch.manual_seed(seed)
        expected = LanguageModel(SMALL)
        pretrain(expected, settings, seed, partial(sample_wider_page, **chosen))
        assert torch.equal(flat(student_base(seed, settings=settings, **chosen)), flat(expected))


def test_a_word_that_the_student_never_says_is_pulled_by_the_forward_kl_alone() -> None:
    """The pulls by hand: P - Q, and Q (KL - log(Q / P))."""
    p, q = torch.tensor([0.45, 0.45, 0.1]), torch.tensor([0.998, 0.001, 0.001])
    logits = q.log().requires_grad_()
    pulls = [
        -torch.autograd.grad(token_divergence(logits, p.log(), beta), logits)[0] for beta in (0.0, 0.5, 1.0)
    ]
    apart = (q * (q / p).log()).sum()
    torch.testing.assert_close(pulls[0], p - q)
    torch.testing.assert_close(pulls[2], q * (apart - (q / p).log()))
    assert pulls[0][1] > 0.4 and 0 < pulls[1][1] < 0.01 and 0 < pulls[2][1] < 0.01
