"""Digits: a teacher's soft answers to a hundred pictures must be worth more than their labels, and must tell
what a 3 is to a student that never saw one.
"""

import pytest
import torch
import torch.nn.functional as F

from deepseek_book_utils.compress.distillation import DistillSettings, distil
from deepseek_book_utils.nn.digits import digit_arrays, digit_network, split
from deepseek_book_utils.nn.fitting import FitSettings, accuracy, fit
from deepseek_book_utils.nn.transfer import few_of_each
from deepseek_book_utils.records import TEST_SEEDS


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_soft_answers_tell_more_than_labels(seed: int) -> None:
    torch.set_num_threads(1)
    pictures, digits = digit_arrays()
    images, labels = torch.tensor(pictures, dtype=torch.float32), torch.tensor(digits)
    train, test = (torch.tensor(part) for part in split(seed))
    teacher = digit_network(seed, (64, 128, 128, 10))

    def loss_of(batch: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(teacher(images[train[batch]]), labels[train[batch]])

    fit(teacher.parameters(), loss_of, len(train), FitSettings(updates=400, learning_rate=1e-3), seed)

    def pupil(alpha: float, chosen: torch.Tensor, asked: torch.Tensor) -> float:
        student = digit_network(seed + 1000, (64, 32, 10))
        settings = DistillSettings(alpha=alpha, learning_rate=1e-2, updates=400)
        distil(student, teacher, images[chosen], labels[chosen], settings, seed)
        return accuracy(student, images[asked], labels[asked])

    few = few_of_each(labels, train, range(10), 10)
    hard, soft = (pupil(alpha, few, test) for alpha in (0.0, 1.0))
    best = accuracy(teacher, images[test], labels[test])
    others, threes = train[labels[train] != 3], test[labels[test] == 3]
    never, told = (pupil(alpha, others, threes) for alpha in (0.0, 1.0))
    print(hard, soft, best, never, told)
    assert best > 0.9 and soft - hard > 0.3 * (best - hard)
    assert never == 0 and told > 0.3
