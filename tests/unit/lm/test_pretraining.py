"""Pretraining: its rates rise and fall, its loss falls, and the seed repeats it."""

import copy
import random
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from deepseek_book_utils.lm import pretraining
from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pack, pretrain, pretraining_loss
from deepseek_book_utils.nn.muon import Muon
from deepseek_book_utils.reasoning.base import MINIATURE, sample_page

TINY = replace(MINIATURE, width=32, layers=1)


def test_the_loss_falls_and_repeats_with_the_seed() -> None:
    settings = PretrainSettings(updates=25, documents=8)
    losses = []
    for seed in (0, 0, 1):
        torch.manual_seed(0)
        losses.append(pretrain(LanguageModel(TINY), settings, seed, sample_page))
    assert losses[0] == losses[1] != losses[2]
    assert len(losses[0]) == 25 and losses[0][-1] < 0.95 * losses[0][0]


def test_rates_rise_for_thirty_updates_and_fall_to_a_few_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[list[float]] = [[], []]
    make = pretraining.make_optimizers

    def watched(*arguments) -> list[torch.optim.Optimizer]:
        optimizers = make(*arguments)
        for optimizer, rates in zip(optimizers, used, strict=True):
            optimizer.register_step_pre_hook(lambda o, *_, rates=rates: rates.append(o.param_groups[0]["lr"]))
        return optimizers

    monkeypatch.setattr(pretraining, "make_optimizers", watched)
    settings = PretrainSettings(updates=60, documents=1, row=64)
    pretrain(LanguageModel(TINY), settings, 0, sample_page)
    for rates, peak in zip(used, (settings.muon_rate, settings.learning_rate), strict=True):
        assert len(rates) == 60
        assert rates[:30] == sorted(rates[:30]) and rates[29] > 10 * rates[0] > 0
        assert rates[29:] == sorted(rates[29:], reverse=True)
        assert rates[29] == pytest.approx(peak * (1 - 0.97 * 29 / 60))
        assert rates[-1] < 0.06 * peak


def test_documents_are_asked_for_with_the_progress() -> None:
    asked: list[float] = []

    def sample(rng, progress: float):
        asked.append(progress)
        return sample_page(rng, progress)

    pretrain(LanguageModel(TINY), PretrainSettings(updates=4, documents=2, row=64), 0, sample)
    assert asked == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75]


@pytest.mark.parametrize("change", [{"updates": 0}, {"documents": 0}, {"row": 0}, {"muon_rate": 0.0}])
def test_settings_without_sense_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        PretrainSettings(**change)


def test_a_batch_in_which_no_word_has_weight_is_refused() -> None:
    inputs, targets, weights, mask = pack([([3, 4, 5], [0.0, 0.0, 0.0])], 4, TINY.padding)
    with pytest.raises(ValueError, match="No word has weight: there is nothing to learn from"):
        pretraining_loss(LanguageModel(TINY), inputs, targets, weights, mask)


def test_the_loop_by_hand() -> None:
    """Rates up in thirty updates, then down in a line; gradients of length 1 at most; Muon and AdamW."""
    torch.manual_seed(0)
    model = LanguageModel(TINY)
    torch.nn.init.normal_(model.head.weight, std=3.0)  # so sure and so wrong that gradients are long
    other = copy.deepcopy(model)
    settings = PretrainSettings(updates=40, documents=2, row=48)
    losses = pretrain(model, settings, 5, sample_page)
    matrices = list(other.blocks.parameters())
    inner = Muon(matrices, lr=1.0, weight_decay=0.0)
    outer = torch.optim.AdamW(
        [*other.embeddings.parameters(), *other.head.parameters()],
        lr=1.0,
        betas=(0.9, 0.98),
        weight_decay=0.0,
    )
    rng, cut = random.Random(5), 0
    for update in range(40):
        rate = min(1, (update + 1) / 30) * (1 - 0.97 * update / 40)
        inner.param_groups[0]["lr"] = settings.muon_rate * rate
        outer.param_groups[0]["lr"] = settings.learning_rate * rate
        packed = pack([sample_page(rng, update / 40) for _ in range(2)], 48, TINY.padding)
        loss = pretraining_loss(other, *packed)
        slopes = torch.autograd.grad(loss, list(other.parameters()))
        norm = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        cut += norm > 1
        for parameter, slope in zip(other.parameters(), slopes, strict=True):
            parameter.grad = slope / max(1.0, norm + 1e-6)
        inner.step(), outer.step()
        assert losses[update] == pytest.approx(loss.item(), rel=2e-2), update
    assert cut > 5
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-2, atol=1e-2)


def test_embeddings_and_head_by_hand_while_the_blocks_stay() -> None:
    """Blocks that hardly move leave AdamW alone, whose steps can be followed closely; nothing decays."""
    torch.manual_seed(0)
    model = LanguageModel(TINY)
    torch.nn.init.normal_(model.head.weight, std=0.05)
    before = copy.deepcopy(model)
    other = copy.deepcopy(model)
    settings = PretrainSettings(updates=4, documents=2, row=48, muon_rate=1e-12)
    losses = pretrain(model, settings, 5, sample_page)
    outer = torch.optim.AdamW(
        [*other.embeddings.parameters(), *other.head.parameters()], betas=(0.9, 0.98), weight_decay=0.0
    )
    rng = random.Random(5)
    for update in range(4):
        outer.param_groups[0]["lr"] = 1e-2 * (update + 1) / 30 * (1 - 0.97 * update / 4)
        packed = pack([sample_page(rng, update / 4) for _ in range(2)], 48, TINY.padding)
        loss = pretraining_loss(other, *packed)
        slopes = torch.autograd.grad(loss, list(other.parameters()))
        norm = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        assert 1 < norm < 10
        for parameter, slope in zip(other.parameters(), slopes, strict=True):
            parameter.grad = slope / norm
        outer.step()
        assert losses[update] == pytest.approx(loss.item(), rel=1e-4)
    assert {type(loss) for loss in losses} == {float}
    for mine, theirs in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-5)
    unread = model.embeddings[0].weight == before.embeddings[0].weight
    assert unread.all(dim=1).any() and not unread.all()  # a word that no page held stays as it was


def test_the_loss_is_a_weighted_mean_over_documents_that_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    model = LanguageModel(TINY)
    torch.nn.init.normal_(model.head.weight)
    start = TINY.starts[0]  # of each document: what stands to its left is of another one
    documents = [([start, 6, 9, 8], [1.0, 0.5, 0.0, 2.0]), ([start, 8, 3], [1.0, 0.25, 1.0])]
    documents.append(([start, 4], [1.0, 3.0]))
    total = weight = 0.0
    for ids, weights in documents:
        losses = F.cross_entropy(model(torch.tensor([ids[:-1]]))[0], torch.tensor(ids[1:]), reduction="none")
        total, weight = total + (losses * torch.tensor(weights[1:])).sum().item(), weight + sum(weights[1:])
    packed = pack(documents, 9, TINY.padding)
    assert packed[0].shape == (1, 9)
    assert pretraining_loss(model, *packed).item() == pytest.approx(total / weight, rel=1e-5)


def test_a_document_has_a_weight_for_every_token() -> None:
    with pytest.raises(ValueError, match="shorter"):
        pack([([5, 6, 7], [1.0, 1.0])], 4, TINY.padding)


def test_no_weight_decays() -> None:
    optimizers = pretraining.make_optimizers(LanguageModel(TINY), PretrainSettings())
    assert [optimizer.param_groups[0]["weight_decay"] for optimizer in optimizers] == [0.0, 0.0]


def test_documents_are_laid_as_a_packer_would() -> None:
    """The longest first, each in the first row with room, what is too long cut; by hand for rows of four."""
    documents = [([5, 6], [1.0, 0.5]), ([7, 8, 9, 10, 11, 12, 13], [1.0] * 7), ([1, 2, 3], [1.0, 0.0, 1.0])]
    inputs, targets, weights, mask = pack(documents, 4, 0)
    # rows of five tokens: 7 8 9 10 11 | 1 2 3 5 6
    assert inputs.tolist() == [[7, 8, 9, 10], [1, 2, 3, 5]]
    assert targets.tolist() == [[8, 9, 10, 11], [2, 3, 5, 6]]
    assert weights.tolist() == [[1, 1, 1, 1], [0, 1, 0, 0.5]]  # nothing tells the first word of a document
    assert mask.shape == (2, 1, 4, 4)
    assert mask[1, 0].int().tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]]
    assert torch.equal(mask[0, 0], torch.ones(4, 4).tril().bool())


def test_a_row_that_is_not_full_is_filled_with_padding_that_nobody_reads() -> None:
    inputs, targets, weights, mask = pack([([5, 6, 7], [1.0] * 3), ([8, 9, 4], [1.0] * 3)], 4, 70)
    assert inputs.tolist() == [[5, 6, 7, 70], [8, 9, 4, 70]]
    assert targets.tolist() == [[6, 7, 70, 70], [9, 4, 70, 70]]
    assert weights.tolist() == [[1, 1, 0, 0]] * 2
    assert mask[:, 0, 3].tolist() == [[False, False, False, True]] * 2
