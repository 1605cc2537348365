"""The joint loss: its gradient by hand, whose steps it joins, and when it leaves."""

import copy
import random

import pytest
import torch

from deepseek_book_utils.lm.pretraining import pack, pretraining_loss
from deepseek_book_utils.reasoning.fine_tuning.cold_start import cold_start_documents
from deepseek_book_utils.reasoning.fine_tuning.joint import JointSettings, beside, cold_start_loss
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, train_r1_zero
from tests.unit.reasoning.fine_tuning.test_stages import small_model
from tests.unit.settings_runs.loops import EVEN

JOINT = JointSettings(weight=0.7, documents=3, row=128)
DOCUMENTS = cold_start_documents(6, 0)


def test_a_step_takes_both_gradients() -> None:
    """By hand: SGD moves each weight by the gradient of one loss plus 0.7 times that of the other."""
    model = small_model()
    tokens = torch.tensor([[5, 6, 7, 8]])
    before = copy.deepcopy(model)
    reward_loss = -before(tokens).log_softmax(dim=-1)[0, 1, 9]
    packed = pack(random.Random(4).choices(DOCUMENTS, k=3), 128, before.settings.padding)
    (reward_loss + 0.7 * pretraining_loss(before, *packed)).backward()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    (-model(tokens).log_softmax(dim=-1)[0, 1, 9]).backward()
    with beside(model, cold_start_loss(model, DOCUMENTS, JOINT, 4)):
        optimizer.step()
    for mine, start in zip(model.parameters(), before.parameters(), strict=True):
        torch.testing.assert_close(mine.data, start.data - 0.5 * start.grad, atol=1e-6, rtol=1e-5)


def test_it_joins_the_steps_of_this_model_alone_and_leaves() -> None:
    model, other = small_model(), torch.nn.Linear(1, 1)
    asked = []

    def loss() -> torch.Tensor:
        asked.append(1)
        return sum(weight.sum() for weight in model.parameters())

    with beside(model, loss):
        torch.optim.SGD(other.parameters(), lr=0.1).step()
        assert not asked
        torch.optim.SGD(model.parameters(), lr=0.1).step()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert len(asked) == 1
    with pytest.raises(RuntimeError, match="stop"), beside(model, loss):
        raise RuntimeError("stop")
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    assert len(asked) == 1


def test_the_loop_of_rewards_knows_nothing_of_it() -> None:
    """Without weight the run is the run without; with it, the cold start is learned on the way."""
    settings, runs = R1ZeroSettings(updates=4, prompts=2, group_size=4, max_new_tokens=3), {}
    for weight in (None, 0.0, 5.0):
        torch.manual_seed(0)
        model = small_model()
        if weight is None:
            train_r1_zero(model, EVEN, settings, 0)
        else:
            joint = JointSettings(weight=weight, documents=6)
            with beside(model, cold_start_loss(model, DOCUMENTS, joint, 0)):
                train_r1_zero(model, EVEN, settings, 0)
        packed = pack(DOCUMENTS, 128, model.settings.padding)
        runs[weight] = pretraining_loss(model, *packed).item()
    assert runs[None] == runs[0.0]
    assert runs[5.0] < runs[None] - 0.01


def test_nothing_to_learn_from() -> None:
    with pytest.raises(ValueError, match="at least one document"):
        cold_start_loss(small_model(), [], JOINT, 0)
