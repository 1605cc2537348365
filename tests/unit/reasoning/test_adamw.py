"""Every stage of the miniature trains with the AdamW of its pretraining: one kind of step for all of them."""

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.pretraining import PretrainSettings, make_optimizers
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.multi_task import (
    MultiTaskModel,
    MultiTaskSettings,
    encoder_optimizers,
    multi_task_encoder,
)
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, start_run
from tests.unit.settings_runs import loops
from tests.unit.settings_runs.case import Case


def walked(optimizer: torch.optim.Optimizer) -> list[list[float]]:
    """Where the first number of the first parameter stands after each of three gradients, 1, -3 and 2."""
    parameter, path = optimizer.param_groups[0]["params"][0], []
    with torch.no_grad():
        parameter.fill_(0.5)
    for gradient in (1.0, -3.0, 2.0):
        parameter.grad = torch.full_like(parameter, gradient)
        optimizer.step()
        path.append(parameter.flatten()[0].item())
    return path


def by_hand(rate: float, decay: float = 0.0) -> list[float]:
    """Kingma and Ba's m and v with 0.9 and 0.98, the decay apart (Loshchilov and Hutter)."""
    x, m, v, path = 0.5, 0.0, 0.0, []
    for t, g in enumerate((1.0, -3.0, 2.0), start=1):
        m, v = 0.9 * m + 0.1 * g, 0.98 * v + 0.02 * g * g
        x -= rate * (m / (1 - 0.9**t) / ((v / (1 - 0.98**t)) ** 0.5 + 1e-8) + decay * x)
        path.append(x)
    return path


def test_steps_by_hand() -> None:
    model = LanguageModel(MINIATURE)
    run = start_run(model, arithmetic(), R1ZeroSettings(learning_rate=0.01), 0)
    assert walked(run.optimizer) == pytest.approx(by_hand(0.01), rel=1e-5)
    adamw = make_optimizers(model, PretrainSettings(learning_rate=0.03))[1]
    assert walked(adamw) == pytest.approx(by_hand(0.03), rel=1e-5)
    encoder = MultiTaskModel(multi_task_encoder(width=16))
    adamw = encoder_optimizers(encoder, MultiTaskSettings(learning_rate=0.02, weight_decay=0.3))[1]
    assert walked(adamw) == pytest.approx(by_hand(0.02, 0.3), rel=1e-5)


STAGES = [case for case in loops.CASES if ".reasoning." in type(case.settings).__module__]


@pytest.mark.parametrize("case", STAGES, ids=lambda case: type(case.settings).__name__)
def test_every_stage_takes_it(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict] = []

    class Recorded(torch.optim.AdamW):
        def __init__(self, *arguments, **named) -> None:
            super().__init__(*arguments, **named)
            made.append(self.defaults)

    monkeypatch.setattr(torch.optim, "AdamW", Recorded)
    case.run(case.settings)
    decay = getattr(case.settings, "weight_decay", 0)  # encoders have one, policies none
    assert all((one["betas"], one["weight_decay"]) == ((0.9, 0.98), decay) for one in made), made
