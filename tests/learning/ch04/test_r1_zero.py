"""The loop of R1-Zero must teach a model that knows nothing, by rewards alone. With a wrong sign, or with the
rewards of other responses, it answers nothing right; to ignore the question is right in one of five at most.
"""

from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from deepseek_book_utils.reasoning.tasks import evaluate
from deepseek_book_utils.records import TEST_SEEDS
from tests.learning.successor import DIGITS, SUCCESSOR, new_model

SETTINGS = R1ZeroSettings(updates=120, prompts=10, group_size=16, learning_rate=1e-2, max_new_tokens=2)


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_rewards_alone_teach_the_loop(seed: int) -> None:
    torch.set_num_threads(1)
    model, problems = new_model(seed), list(range(DIGITS))
    before = evaluate(model, SUCCESSOR, problems, samples=64, max_new_tokens=2)["accuracy"]
    history = train_r1_zero(model, SUCCESSOR, SETTINGS, seed)
    after = evaluate(model, SUCCESSOR, problems, samples=64, max_new_tokens=2)["accuracy"]
    assert before < 0.1 and after > 0.7, (before, after)
    thirds = [history[i : i + 40] for i in (0, 40, 80)]
    first, second, last = (sum(row["accuracy"] for row in third) for third in thirds)
    assert first < min(second, last)  # in the beginning it was worse


@pytest.mark.learning
def test_what_is_paid_to_all_alike_teaches_nothing() -> None:
    """Each answer is compared with its group: four points more for everybody change no weight, to the bit."""
    few, trained = replace(SETTINGS, updates=3), []
    for present in (0.0, 4.0):
        paid = replace(SUCCESSOR, reward=lambda text, digit, on_top=present: on_top + (text[0] == str(digit)))
        trained.append(new_model(30))
        history = train_r1_zero(trained[-1], paid, few, 30)
        assert len({row["reward"] for row in history} - {present}) > 0  # some answers were paid more
    for plain, richer in zip(*(model.parameters() for model in trained), strict=True):
        assert torch.equal(plain, richer)
