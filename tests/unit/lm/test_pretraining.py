"""Pretraining: its rates rise and fall, its loss falls, and the seed repeats it."""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm import pretraining
from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, pack, pretrain, pretraining_loss
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
