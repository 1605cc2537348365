"""What attacks, a second kind of pictures, and new classes do to a network of digits, and what helps.

For every seed: accuracy on clean and attacked test digits, by the share of attacked pictures in training;
accuracy on dark and on light ink, by the weight of the second; and what is left of a first task after a
second one, when five new digits come, and when the pixels change places.
"""

from typing import Any

import torch
from torch import Tensor

from deepseek_book_utils.nn.continual import ContinualSettings, learn_in_turn
from deepseek_book_utils.nn.digits import digit_arrays, digit_network, split
from deepseek_book_utils.nn.fitting import FitSettings, accuracy
from deepseek_book_utils.nn.robustness import AttackSettings, fgsm, pgd, train_against, train_on_domains
from experiments.measuring import Stopwatch

TRAINING = FitSettings()
ATTACK = AttackSettings()
SHARES = (0.0, 0.5, 1.0)
WEIGHTS = (0.0, 0.02, 0.1, 0.5, 0.9, 0.98, 1.0)
REMEDIES = {
    "none": ContinualSettings(),
    "replay": ContinualSettings(replayed=50),
    "ewc": ContinualSettings(ewc=100.0),
    "distillation": ContinualSettings(distilled=1.0),
}
SETTINGS = {
    "training": TRAINING,
    "attack": ATTACK,
    "shares": SHARES,
    "weights": WEIGHTS,
    "remedies": REMEDIES,
}


def under_attack(images: Tensor, labels: Tensor, train: Tensor, test: Tensor, seed: int) -> list[Any]:
    """Clean, FGSM and PGD accuracy for every share of attacked pictures."""
    found = []
    for share in SHARES:
        model = digit_network(seed)
        train_against(model, (images[train], labels[train]), ATTACK, TRAINING, seed, share)
        clean, answers = images[test], labels[test]
        attacked = pgd(model, clean, answers, ATTACK, torch.Generator().manual_seed(seed))
        moved = fgsm(model, clean, answers, ATTACK.size)
        found.append(
            {
                "share": share,
                "clean": accuracy(model, clean, answers),
                "fgsm": accuracy(model, moved, answers),
                "pgd": accuracy(model, attacked, answers),
            }
        )
    return found


def two_domains(images: Tensor, labels: Tensor, train: Tensor, test: Tensor, seed: int) -> list[Any]:
    """Accuracy on dark and on light ink for every weight of light ink."""
    domains, found = (images, 1 - images), []
    for weight in WEIGHTS:
        model = digit_network(seed)
        seen = [(domain[train], labels[train]) for domain in domains]
        train_on_domains(model, seen, (1 - weight, weight), TRAINING, seed)
        dark, light = (accuracy(model, domain[test], labels[test]) for domain in domains)
        found.append({"weight": weight, "dark": dark, "light": light})
    return found


def in_turn(first: tuple[Tensor, ...], second: tuple[Tensor, ...], seed: int) -> dict[str, Any]:
    """What each remedy keeps; a task is its images and labels to learn from, then those of the test."""
    found = {}
    for name, remedy in REMEDIES.items():
        stages = [(task[0], task[1]) for task in (first, second)]
        before, after = learn_in_turn(digit_network(seed), stages, remedy, TRAINING, seed)
        found[name] = {
            "old_before": accuracy(before, first[2], first[3]),
            "old_after": accuracy(after, first[2], first[3]),
            "new_after": accuracy(after, second[2], second[3]),
        }
    return found


def run_seed(seed: int) -> dict[str, Any]:
    """All three questions for one seed; seconds are CPU seconds on one thread."""
    pictures, digits = digit_arrays()
    images, labels = torch.tensor(pictures, dtype=torch.float32), torch.tensor(digits)
    train, test = (torch.tensor(part) for part in split(seed))
    watch = Stopwatch()
    halves = []
    for low in (True, False):
        mine, asked = train[(labels[train] < 5) == low], test[(labels[test] < 5) == low]
        halves.append((images[mine], labels[mine], images[asked], labels[asked]))
    mixed = images[:, torch.randperm(64, generator=torch.Generator().manual_seed(seed))]
    orders = [(x[train], labels[train], x[test], labels[test]) for x in (images, mixed)]
    found = {
        "attack": under_attack(images, labels, train, test, seed),
        "domains": two_domains(images, labels, train, test, seed),
        "new_digits": in_turn(halves[0], halves[1], seed),
        "new_pixels": in_turn(orders[0], orders[1], seed),
        "seconds": watch.seconds(),
    }
    print(f"seed {seed}: {found}", flush=True)
    return found
