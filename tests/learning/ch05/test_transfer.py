"""Two labelled digits of each kind: layers that learned without labels must be worth something."""

import pytest
import torch

from deepseek_book_utils.nn.digits import digit_arrays, split
from deepseek_book_utils.nn.fitting import FitSettings
from deepseek_book_utils.nn.transfer import (
    TransferLearningModel,
    TransferLearningTrainer,
    few_of_each,
    pretrain_without_labels,
)
from deepseek_book_utils.records import TEST_SEEDS


@pytest.mark.learning
def test_pretrained_layers_beat_training_from_scratch_on_twenty_digits() -> None:
    torch.set_num_threads(1)
    pictures, digits = digit_arrays()
    images, labels = torch.tensor(pictures, dtype=torch.float32), torch.tensor(digits)
    gains = []
    for seed in TEST_SEEDS[:5]:
        torch.manual_seed(seed)
        train, test = (torch.tensor(part) for part in split(seed))
        chosen = few_of_each(labels, train, range(10), 2)
        accuracy = {}
        source = TransferLearningModel(64, 64, 10)
        losses = pretrain_without_labels(source, images[train], FitSettings(updates=500), seed)
        assert sum(losses[-50:]) < 0.5 * sum(losses[:50])
        for arm in ("scratch", "frozen", "fine-tuned"):
            torch.manual_seed(seed)
            trainer = TransferLearningTrainer(TransferLearningModel(64, 64, 10), FitSettings(updates=100))
            if arm != "scratch":
                trainer.load(source.state_dict(), frozen=arm == "frozen")
            trainer.fit(images[chosen], labels[chosen], seed)
            accuracy[arm] = trainer.validate(images[test], labels[test])
        gains.append([accuracy[arm] - accuracy["scratch"] for arm in ("frozen", "fine-tuned")])
    print(gains)
    frozen, tuned = (sum(column) / 5 for column in zip(*gains, strict=True))
    assert min(gain for gain, _ in gains) > 0
    assert frozen > 0.03 and tuned > 0.01
