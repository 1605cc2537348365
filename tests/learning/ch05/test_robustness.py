"""Digits under attack, and digits learned in two halves: each remedy must be worth its price."""

import pytest
import torch

from deepseek_book_utils.nn.continual import ContinualSettings, learn_in_turn
from deepseek_book_utils.nn.digits import digit_arrays, digit_network, split
from deepseek_book_utils.nn.fitting import FitSettings, accuracy
from deepseek_book_utils.nn.robustness import AttackSettings, pgd, train_against
from deepseek_book_utils.records import TEST_SEEDS


@pytest.fixture(scope="module")
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    torch.set_num_threads(1)
    pictures, labels = digit_arrays()
    return torch.tensor(pictures, dtype=torch.float32), torch.tensor(labels)


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_training_against_an_attack_withstands_it(digits, seed) -> None:
    images, labels = digits
    train, test = (torch.tensor(part) for part in split(seed))
    attack, found = AttackSettings(), {}
    for share in (0.0, 0.5):
        model = digit_network(seed)
        train_against(model, (images[train], labels[train]), attack, FitSettings(), seed, share)
        clean, answers = images[test], labels[test]
        attacked = pgd(model, clean, answers, attack, torch.Generator().manual_seed(seed))
        found[share] = accuracy(model, clean, answers), accuracy(model, attacked, answers)
    print(found)
    assert found[0.0][0] > 0.9 and found[0.5][0] > 0.85
    assert found[0.5][1] > found[0.0][1] + 0.15


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_old_digits_are_forgotten_and_replay_keeps_them(digits, seed) -> None:
    images, labels = digits
    train, test = (torch.tensor(part) for part in split(seed))
    halves = [train[labels[train] < 5], train[labels[train] >= 5]]
    stages = [(images[half], labels[half]) for half in halves]
    old = test[labels[test] < 5]
    kept = {}
    for name, remedies in {"none": ContinualSettings(), "replay": ContinualSettings(replayed=50)}.items():
        after = learn_in_turn(digit_network(seed), stages, remedies, FitSettings(), seed)
        kept[name] = [accuracy(model, images[old], labels[old]) for model in after]
    print(kept)
    assert kept["none"][0] > 0.95 and kept["none"][1] < 0.3 and kept["replay"][1] > 0.7
