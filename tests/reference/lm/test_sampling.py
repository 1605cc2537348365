"""Samples: their log-probabilities are those of the training pass, and draws follow the distribution."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from deepseek_book_utils.lm.cache import padded_mask
from deepseek_book_utils.lm.model import (
    LanguageModel,
)
from deepseek_book_utils.lm.sampling import Rollouts, draw, response_log_probs
from deepseek_book_utils.reasoning.language import (
    BOS,
    EOS,
    PAD,
    TOKEN_ID,
    VOCABULARY,
    encode,
)
from deepseek_book_utils.reasoning.pen import Pen
from tests.writing import write

UNEQUAL_PROMPTS = [
    "<bos> 9 a *3 ?",
    "<book> 4 k *3 l -1 a +2 b *7 c -5 ?",
    "<bos> 0 c -1 d *9 e +1 ?",
]


def plain_log_probs(model: LanguageModel, rollouts: Rollouts) -> Tensor:
    """Those of one pass over every row, prompt and response together; (B, T)."""
    tokens = torch.cat((rollouts.prompts, rollouts.responses), dim=1)
    log_probs = model(tokens, mask=padded_mask(tokens == TOKEN_ID[PAD])).log_softmax(dim=-1)[
        :, rollouts.prompts.shape[1] - 1 : -1
    ]
    return log_probs.gather(2, rollouts.responses[:, :, None])[:, :, 0]


@torch.no_grad()
def worst_difference(model: LanguageModel, rollouts: Rollouts) -> float:
    """Between the log-probabilities of the sampler, of the training pass and of the plain pass."""
    trained = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
    found = torch.stack((rollouts.log_probs, trained)) - plain_log_probs(model, rollouts)
    return found.abs()[:, rollouts.loss_mask].max().item()


@pytest.mark.parametrize("pen", [Pen(0, 0, 0), Pen(0.5, 0.5, 0.5)])
def test_sampler_log_probs_are_those_of_the_training_pass(pen, model) -> None:
    """Left padding, rows that end early and leave the batch, slips, document starts in mid-response."""
    rollouts = write(model, UNEQUAL_PROMPTS, 40, torch.Generator().manual_seed(3), pen, 80)
    ends = rollouts.lengths[rollouts.ended]
    assert 20 < len(ends) < 120 and ends.max() - ends.min() > 30  # at many places
    assert (rollouts.responses == TOKEN_ID[BOS]).any()
    assert worst_difference(model, rollouts) < 1e-5


def test_gradients_of_the_training_pass_are_those_of_the_plain_pass(model) -> None:
    """Each prompt is read once for all of its rows, and receives what each of them has to say."""
    rollouts = write(model, UNEQUAL_PROMPTS, 6, torch.Generator().manual_seed(3), Pen(), 20)
    order = torch.randperm(
        18, generator=torch.Generator().manual_seed(4)
    )  # rows of a minibatch come shuffled
    prompts, responses = rollouts.prompts[order], rollouts.responses[order]
    loss_mask = rollouts.loss_mask[order]
    rollouts = replace(rollouts, prompts=prompts, responses=responses, loss_mask=loss_mask)
    mask = rollouts.loss_mask & (torch.rand(rollouts.loss_mask.shape) < 0.5)
    weights = torch.randn(mask.shape, generator=torch.Generator().manual_seed(5)) * mask
    ours, plain = (
        torch.cat(
            [g.flatten() for g in torch.autograd.grad((found * weights).sum(), list(model.parameters()))]
        )
        for found in (
            response_log_probs(model, rollouts.prompts, rollouts.responses, mask),
            plain_log_probs(model, rollouts),
        )
    )
    assert (ours - plain).norm() < 1e-4 * plain.norm()


def test_forbidden_words_leave_the_first_ratio_at_one(model) -> None:
    """Otherwise a control that forbids `check` trains on ratios that are wrong from the start."""
    rollouts = write(
        model, UNEQUAL_PROMPTS, 40, torch.Generator().manual_seed(3), Pen(), 40, forbidden=("check", "查")
    )
    assert not torch.isin(rollouts.responses, torch.tensor(encode("check 查"))).any()
    assert worst_difference(model, rollouts) < 1e-5


def test_sampler_of_a_prompt_shorter_than_the_neighbourhood(model) -> None:
    rollouts = write(model, ["<bos>"], 20, torch.Generator().manual_seed(0), Pen(0, 0, 0), 20)
    assert worst_difference(model, rollouts) < 1e-5


@torch.no_grad()
def test_greedy_sampling_takes_the_likeliest_word(model) -> None:
    rollouts = write(
        model, UNEQUAL_PROMPTS, 2, torch.Generator().manual_seed(0), Pen(0, 0, 0), 15, temperature=0.0
    )
    tokens = torch.cat((rollouts.prompts, rollouts.responses), dim=1)
    Tp = rollouts.prompts.shape[1]
    likeliest = model(tokens, mask=padded_mask(tokens == TOKEN_ID[PAD]))[:, Tp - 1 : -1].argmax(dim=-1)
    assert (likeliest == rollouts.responses)[rollouts.loss_mask].all()
    assert torch.equal(rollouts.responses[::2], rollouts.responses[1::2])


def excess(counts: Tensor, p: Tensor) -> float:
    """Standard deviations of chi-square above its mean; words expected less than 10 times are pooled."""
    expected = p.double() * counts.sum()
    rare = expected < 10
    counts = torch.cat((counts[~rare].double(), counts[rare].sum().double()[None]))
    expected = torch.cat((expected[~rare], expected[rare].sum()[None]))
    keep = expected > 0
    statistic = ((counts - expected)[keep] ** 2 / expected[keep]).sum()
    freedom = int(keep.sum()) - 1
    return ((statistic - freedom) / math.sqrt(2 * freedom)).item()


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_draws_follow_the_distribution(temperature) -> None:
    logits = 1.5 * torch.randn(len(VOCABULARY), generator=torch.Generator().manual_seed(0))
    tokens, log_probs = draw(
        logits.repeat(200_000, 1),
        [],
        temperature,
        torch.Generator().manual_seed(1),
    )
    counts = torch.bincount(tokens, minlength=len(VOCABULARY))
    assert abs(excess(counts, (logits / temperature).softmax(dim=0))) < 4
    assert excess(counts, (logits / (temperature * 1.05)).softmax(dim=0)) > 20  # the test has power
    assert torch.allclose(log_probs, logits.log_softmax(dim=0)[tokens])  # at temperature 1, whatever was used


@torch.no_grad()
def test_sampled_pairs_follow_the_distribution(model) -> None:
    """First words, and second words after the commonest first, in a group of ten thousand."""
    generator = torch.Generator().manual_seed(0)
    rollouts = write(model, UNEQUAL_PROMPTS[:2], 10_000, generator, Pen(0, 0, 0), 2)
    for n in range(2):
        first, second = rollouts.responses[n * 10_000 : (n + 1) * 10_000].T
        counts = torch.bincount(first, minlength=len(VOCABULARY))
        prompt = rollouts.prompts[n * 10_000][None]
        p = model(prompt, mask=padded_mask(prompt == TOKEN_ID[PAD]))[0, -1].softmax(dim=0)
        assert abs(excess(counts, p)) < 4
        common = counts.masked_fill(torch.arange(len(counts)) == TOKEN_ID[EOS], 0).argmax()
        longer = torch.cat((prompt, common[None, None]), dim=1)
        p = model(longer, mask=padded_mask(longer == TOKEN_ID[PAD]))[0, -1].softmax(dim=0)
        assert abs(excess(torch.bincount(second[first == common], minlength=len(VOCABULARY)), p)) < 4


def test_rows_of_a_group_are_independent_draws(model) -> None:
    rollouts = write(model, UNEQUAL_PROMPTS[:1], 50, torch.Generator().manual_seed(0), Pen(), 10)
    assert len({tuple(row) for row in rollouts.responses.tolist()}) > 40
