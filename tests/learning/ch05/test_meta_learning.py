"""One step from a start that was learned for it must be worth more than one step from the mean of all tasks.

With the inner steps left out of training, or their sign turned, it is worth no more.
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

RATES = (1e-3, 3e-3, 1e-2)


@pytest.mark.learning
@pytest.mark.parametrize("seed", TEST_SEEDS[:3])
def test_a_few_steps_are_worth_more_from_mamls_start(seed: int) -> None:
    torch.set_num_threads(1)
    draw = partial(draw_sinusoids, 10)
    test, errors = draw(300, torch.Generator().manual_seed(1000 + seed)), {}
    for method in ("second order", "joint"):
        settings = MAMLSettings(method=method, updates=1000)
        start = meta_learn(draw, squared_error, settings, seed)
        rates = RATES if method == "joint" else (settings.inner_learning_rate,)
        rows = [errors_of_steps(start, test, squared_error, 5, rate).mean(dim=1) for rate in rates]
        errors[method] = torch.stack(rows).amin(dim=0)  # the rival at its best, for every number of steps
    print({method: found.tolist() for method, found in errors.items()})
    assert errors["second order"][1] < 0.8 * errors["joint"][1]
    assert errors["second order"][5] < 0.8 * errors["joint"][5]
