"""Every setting and step of the loop is seen from outside: in its weights, its gradients, its rates."""

import copy
import random
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import Rollouts, response_log_probs
from deepseek_book_utils.reasoning import r1_zero
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.grpo import group_advantages, grpo_loss, rewards_alone
from deepseek_book_utils.reasoning.language import Problem
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings, start_run, train_r1_zero, update
from deepseek_book_utils.reasoning.tasks import Task, sample_responses
from tests.unit.reasoning.test_r1_zero import new_model, some_rollouts

SMALL = R1ZeroSettings(updates=5, prompts=3, group_size=4, max_new_tokens=12)
PROBLEMS = [Problem(9, ("*3",)), Problem(1, ("+1", "+2"))]
# A task that pays even a policy that knows nothing: every word is right or wrong by its length.
TASK: Task = replace(arithmetic(), reward=lambda text, problem: float(len(text) % 7))


@pytest.fixture
def model() -> LanguageModel:
    torch.manual_seed(0)
    policy = LanguageModel(replace(MINIATURE, width=32, layers=1))
    torch.nn.init.normal_(policy.head.weight, std=0.2)
    return policy


def weights(model: LanguageModel) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in model.parameters()]).clone()


def updated(model: LanguageModel, settings: R1ZeroSettings = SMALL, seed: int = 0) -> torch.Tensor:
    """The weights after one update on the same rollouts, always the same but for settings and seed."""
    policy = copy.deepcopy(model)
    rollouts: Rollouts
    rollouts, _ = sample_responses(policy, TASK, PROBLEMS, 8, torch.Generator().manual_seed(0), 12)
    run = start_run(policy, TASK, settings, seed)
    update(run, rollouts, group_advantages(torch.arange(16.0) % 5, 8), settings)
    return weights(policy)


def test_the_clip_reaches_the_loss(model) -> None:
    """It acts from the second minibatch on, and not before."""
    narrow, wide = (replace(SMALL, clip_range=clip, learning_rate=0.01) for clip in (1e-3, 10.0))
    assert not torch.equal(updated(model, narrow), updated(model, wide))
    narrow, wide = (replace(settings, minibatches=1) for settings in (narrow, wide))
    assert torch.equal(updated(model, narrow), updated(model, wide))


@pytest.mark.parametrize("average", ["bnpo", "grpo", "dr_grpo"])
def test_parts_of_a_minibatch_add_up_to_its_average(average, model) -> None:
    """The gradient of 48 rows in parts of 32 is that of the loss of all at once."""
    settings = replace(SMALL, minibatches=1, average=average, max_grad_norm=1e9)
    rollouts, _ = sample_responses(model, TASK, PROBLEMS, 24, torch.Generator().manual_seed(0), 12)
    advantages = 1 + torch.arange(48.0) % 5
    mask, max_length = rollouts.loss_mask, settings.max_new_tokens
    whole = copy.deepcopy(model)
    log_probs = response_log_probs(whole, rollouts.prompts, rollouts.responses, mask)
    how = {"variant": average, "max_length": max_length}
    grpo_loss(log_probs, rollouts.log_probs, advantages, mask, **how).backward()
    run = start_run(model, TASK, settings, 0)
    update(run, rollouts, advantages, settings)
    for one, other in zip(model.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize(("minibatches", "rows"), [(2, 80), (7, 5)])
def test_an_update_by_hand(minibatches: int, rows: int) -> None:
    """Shuffled, each minibatch whole, cut to one length, down with momentum; without rows no step."""
    settings = replace(SMALL, minibatches=minibatches, clip_range=0.02, max_grad_norm=0.3)
    policy = new_model()
    start, rollouts = weights(policy), some_rollouts(policy, 40)
    assert len(set(rollouts.lengths.tolist())) > 5
    advantages = torch.arange(80.0) % 5 - 2
    advantages[rows:] = 0
    by_hand, run = copy.deepcopy(policy), start_run(policy, TASK, settings, 3)
    run.optimizer = torch.optim.SGD(policy.parameters(), lr=9.9, momentum=0.5)
    update(run, rollouts, advantages, replace(settings, learning_rate=2.0), rise=0.25)
    kept = [row for row in range(80) if advantages[row]]
    random.Random(3).shuffle(kept)
    speed = [torch.zeros_like(p) for p in by_hand.parameters()]
    for part in (kept[i::minibatches] for i in range(min(minibatches, len(kept)))):
        mask = rollouts.loss_mask[part]
        log_probs = response_log_probs(by_hand, rollouts.prompts[part], rollouts.responses[part], mask)
        how = {"variant": "bnpo", "clip_low": 0.02, "clip_high": 0.02}
        loss = grpo_loss(log_probs, rollouts.log_probs[part], advantages[part], mask, **how)
        slopes = torch.autograd.grad(loss, list(by_hand.parameters()))
        scale = min(1, 0.3 / torch.cat([slope.flatten() for slope in slopes]).norm().item())
        with torch.no_grad():
            for i, (weight, slope) in enumerate(zip(by_hand.parameters(), slopes, strict=True)):
                speed[i] = 0.5 * speed[i] + scale * slope
                weight -= 0.5 * speed[i]
    assert (weights(policy) - weights(by_hand)).norm() < 0.01 * (weights(by_hand) - start).norm()


def test_the_run_compares_as_it_was_told_and_says_so(model, monkeypatch) -> None:
    seen: list[torch.Tensor] = []
    names: set[str] = set()
    monkeypatch.setattr(
        r1_zero, "update", lambda run, rows, advantages, *rest: (seen.append(advantages), names.add(run.name))
    )
    for advantages_of in (group_advantages, rewards_alone):
        train_r1_zero(model, TASK, replace(SMALL, updates=1), 0, advantages_of=advantages_of)
    assert torch.equal(seen[0], group_advantages(seen[1], SMALL.group_size)) and len(names) == 2


def test_rows_are_shuffled_into_minibatches(model) -> None:
    """By the generator of the run: one seed, one order."""
    assert torch.equal(updated(model, seed=1), updated(model, seed=1))
    assert not torch.equal(updated(model, seed=1), updated(model, seed=2))


@pytest.mark.parametrize("length", [1, 3, 4])
def test_the_rate_rises_in_a_straight_line_and_stays(length, model, monkeypatch) -> None:
    rates: list[float] = []
    start = r1_zero.start_run

    def watched(*arguments):
        run = start(*arguments)
        step = run.optimizer.step
        run.optimizer.step = lambda: (rates.append(run.optimizer.param_groups[0]["lr"]), step())
        return run

    monkeypatch.setattr(r1_zero, "start_run", watched)
    settings = replace(SMALL, warm_up=length, minibatches=1)
    train_r1_zero(model, TASK, settings, seed=0)
    expected = [settings.learning_rate * min(1, (step + 1) / length) for step in range(5)]
    assert rates == pytest.approx(expected) and rates[0] > 0


def test_the_first_update_already_moves_the_weights(model) -> None:
    before = weights(model)
    train_r1_zero(model, TASK, replace(SMALL, updates=1), seed=0)
    assert not torch.equal(weights(model), before)


@pytest.mark.parametrize("longest", [1e-3, 1e-2])
def test_a_long_gradient_is_shortened(longest, model) -> None:
    """What the last update left behind is exactly as long as the setting allows."""
    train_r1_zero(model, TASK, replace(SMALL, max_grad_norm=longest), seed=0)
    norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    assert norm.item() == pytest.approx(longest, rel=1e-3)


def test_the_loop_asks_the_task_for_everything(model) -> None:
    """Its problems, its rewards and its measures: other functions, other history."""
    drawn: list[Problem] = []

    def sample(rng: random.Random) -> Problem:
        drawn.append(rng.choice(PROBLEMS))
        return drawn[-1]

    task = replace(
        TASK,
        sample=sample,
        reward=lambda text, problem: float(problem == PROBLEMS[0]),
        measure=lambda texts, problems: {"asked": len(problems), "written": len(texts)},
    )
    history = train_r1_zero(model, task, SMALL, seed=0)
    assert len(drawn) == 15 and all(row["asked"] == 3 and row["written"] == 12 for row in history)
    for i, row in enumerate(history):  # a group of equal rewards each: nothing to learn, but to report
        asked = drawn[3 * i : 3 * i + 3]
        assert type(row["reward"]) is float
        assert row["reward"] == pytest.approx(asked.count(PROBLEMS[0]) / 3)


@pytest.mark.parametrize(
    "change",
    [{"updates": 0}, {"group_size": 1}, {"warm_up": 0}, {"clip_range": -0.2}, {"learning_rate": 0.0}],
)
def test_settings_without_sense_are_refused(change) -> None:
    with pytest.raises(ValueError, match=f"take .*{next(iter(change))} >"):
        R1ZeroSettings(**change)
    assert R1ZeroSettings(group_size=2).group_size == 2  # two are enough to compare
