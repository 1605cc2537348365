"""At the rate of the inner steps, a start that was learned for one step bears it; a joint start is wrecked.

Without the inner steps the learned start is the joint one. That MAML beats joint training at the rival's own
rate is more than so short a run can promise (EXPERIMENTS.md).
"""

from functools import partial

import pytest
import torch

from deepseek_book_utils.nn.meta_learning import (
    MAMLSettings,
    draw_sinusoids,
    errors_of_steps,
    meta_learn,
    squared_error,
)
from deepseek_book_utils.records import TEST_SEEDS


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_a_step_wrecks_a_joint_start_and_not_mamls(seed: int) -> None:
    torch.set_num_threads(1)
    draw = partial(draw_sinusoids, 10)
    test, errors = draw(300, torch.Generator().manual_seed(1000 + seed)), {}
    for method in ("second order", "joint"):
        settings = MAMLSettings(method=method, updates=500)
        start = meta_learn(draw, squared_error, settings, seed)
        rows = errors_of_steps(start, test, squared_error, 1, settings.inner_learning_rate)
        errors[method] = rows.mean(dim=1).tolist()
    print(errors)
    assert errors["second order"][1] < 0.5 * errors["joint"][1]
