"""The loop: updates that must not move, minibatches that add up, and runs that go on where they stopped."""

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import Rollouts, response_log_probs
from deepseek_book_utils.reasoning.arithmetic import arithmetic
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.grpo import group_advantages, grpo_loss
from deepseek_book_utils.reasoning.language import DIGITS, EOS, PAD, TOKEN_ID, VOCABULARY, Problem, encode
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.r1_zero import (
    R1ZeroSettings,
    start_run,
    train_r1_zero,
    update,
)
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import sample_responses

SMALL = R1ZeroSettings(updates=4, prompts=3, group_size=4, max_new_tokens=12)
PROBLEMS, TASK = [Problem(9, ("*3",)), Problem(1, ("+1", "+2"))], arithmetic()


def new_model(width: int = 80) -> LanguageModel:
    """A base that mostly says `<think> </think> <ans> D </ans> <eos>` with any digit D.

    Its head reads the last word, so that there is something to reward without pretraining.
    """
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=width, layers=1))
    sentence = ["?", "<think>", "</think>", "<ans>", "D", "</ans>", EOS]
    with torch.no_grad():
        for weight in model.parameters():
            weight *= 0.3
        model.embeddings[0].weight[:, : len(VOCABULARY)] = torch.eye(len(VOCABULARY))
        for before, after in zip(sentence, sentence[1:], strict=False):
            rows = encode(DIGITS if after == "D" else [after])
            columns = encode(DIGITS if before == "D" else [before])
            model.head.weight[torch.tensor(rows)[:, None], torch.tensor(columns)] = 0.8
    return model


@pytest.fixture
def model() -> LanguageModel:
    return new_model()


def weights_of(model: LanguageModel) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in model.state_dict().items()}


def same_weights(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def some_rollouts(model: LanguageModel, group_size: int = 8) -> Rollouts:
    """Rollouts that tests may change and take gradients of."""
    generator = torch.Generator().manual_seed(0)
    rollouts = sample_responses(
        model, arithmetic(pen=Pen(0.3, 0.3, 0.3)), PROBLEMS, group_size, generator, 20
    )[0]
    parts = {name: part.clone() for name, part in vars(rollouts).items() if isinstance(part, torch.Tensor)}
    return replace(rollouts, **parts)


# --- update -------------------------------------------------------------------------------------------------


def test_all_advantages_zero_leave_the_weights_alone(model) -> None:
    before, run = weights_of(model), start_run(model, TASK, SMALL, 0)
    update(run, some_rollouts(model), torch.zeros(16), SMALL)
    assert same_weights(before, weights_of(model))


def test_a_run_without_any_spread_leaves_the_weights_alone(model) -> None:
    """Rules that pay nothing: every group is equal, at every step."""
    before = weights_of(model)
    history = train_r1_zero(model, arithmetic(RewardWeights(0.0, 0.0, 0.0)), SMALL, seed=0)
    assert len(history) == SMALL.updates
    assert same_weights(before, weights_of(model))


def test_an_update_moves_towards_what_was_better(model) -> None:
    rollouts, run = some_rollouts(model), start_run(model, TASK, SMALL, 0)
    advantages = group_advantages(torch.arange(16.0) % 5, 8)

    def gain() -> float:
        with torch.no_grad():
            log_probs = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
        return (log_probs * advantages[:, None]).sum().item()

    before = gain()
    update(run, rollouts, advantages, SMALL)
    assert gain() > before + 0.01


@pytest.mark.parametrize("group_size", [8, 40])  # 16 and 80 rows: one micro-batch, and three
def test_micro_batches_add_up_to_the_gradient_of_the_minibatch(group_size, model) -> None:
    rollouts = some_rollouts(model, group_size)
    advantages = group_advantages(torch.arange(2.0 * group_size) % 7, group_size)
    advantages[::5] = 0.0
    keep = advantages != 0
    log_probs = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
    loss = grpo_loss(
        log_probs[keep], rollouts.log_probs[keep], advantages[keep], rollouts.loss_mask[keep], variant="bnpo"
    )
    expected = torch.autograd.grad(loss, list(model.parameters()))
    norm = torch.cat([g.flatten() for g in expected]).norm()
    run = start_run(model, TASK, SMALL, 0)
    update(run, rollouts, advantages, replace(SMALL, minibatches=1))
    for weight, gradient in zip(model.parameters(), expected, strict=True):
        clipped = gradient * min(1.0, 1.0 / norm.item())
        assert torch.allclose(weight.grad, clipped, atol=2e-6)


def test_more_minibatches_than_rows_is_no_error(model) -> None:
    rollouts, run = some_rollouts(model), start_run(model, TASK, SMALL, 0)
    advantages = torch.zeros(16)
    advantages[3], advantages[5] = 1.0, -1.0
    before = weights_of(model)
    update(run, rollouts, advantages, replace(SMALL, minibatches=5))
    assert not same_weights(before, weights_of(model))
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_rows_without_a_chosen_token_do_no_harm(model) -> None:
    rollouts, run = some_rollouts(model), start_run(model, TASK, SMALL, 0)
    rollouts.loss_mask[2] = False
    advantages = torch.zeros(16)
    advantages[2], advantages[3] = 1.0, -1.0
    update(run, rollouts, advantages, replace(SMALL, minibatches=1))
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_truncated_responses_are_learned_from(model) -> None:
    """They earn nothing, so they are made less likely; they are not left out."""
    generator = torch.Generator().manual_seed(0)
    task = arithmetic(pen=Pen(0, 0, 0), forbidden=(EOS,))
    rollouts, _ = sample_responses(model, task, PROBLEMS, 8, generator, 6)
    assert not rollouts.ended.any() and (rollouts.lengths == 6).all()
    advantages, run = torch.zeros(16), start_run(model, TASK, SMALL, 0)
    advantages[0] = -1.0

    def likely() -> float:
        with torch.no_grad():
            log_probs = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
        return log_probs[0].sum().item()

    before = likely()
    update(run, rollouts, advantages, replace(SMALL, minibatches=1))
    assert likely() < before - 0.01


def test_rollouts_can_be_trained_on_as_they_are(model) -> None:
    """What `generate` returns must not remember that it was made without gradients."""
    rollouts, _ = sample_responses(model, TASK, PROBLEMS, 2, torch.Generator().manual_seed(0), 8)
    log_probs = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
    log_probs.sum().backward()
    assert model.head.weight.grad.any()


def test_padding_and_slips_have_no_log_probability(model) -> None:
    rollouts = some_rollouts(model, 100)
    log_probs = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
    assert (log_probs[~rollouts.loss_mask] == 0).all() and (log_probs[rollouts.loss_mask] < 0).all()
    assert ((rollouts.responses != TOKEN_ID[PAD]) & ~rollouts.loss_mask).any()


def test_a_group_of_one_is_refused(model) -> None:
    with pytest.raises(ValueError, match="take group_size >= 2"):
        train_r1_zero(model, TASK, replace(SMALL, group_size=1), seed=0)


def test_a_reward_that_is_no_number_is_refused_before_it_does_harm(model) -> None:
    before = weights_of(model)
    with pytest.raises(ValueError, match="repair the reward function"):
        train_r1_zero(model, replace(TASK, reward=lambda text, problem: math.nan), SMALL, seed=0)
    assert same_weights(before, weights_of(model))


# --- interrupted runs ---------------------------------------------------------------------------------------


class PowerCutError(Exception):
    pass


def until(last: int):
    """A progress bar that breaks before step `last`."""

    def steps(iterable: Iterable[int]) -> Iterable[int]:
        for step in iterable:
            if step == last:
                raise PowerCutError
            yield step

    return steps


@pytest.mark.parametrize("cuts", [(2,), (1, 3), (0,), (1, 1, 2)])
def test_an_interrupted_run_goes_on_to_the_same_numbers(cuts, tmp_path) -> None:
    whole = new_model()
    expected = train_r1_zero(whole, TASK, SMALL, seed=5)
    assert all(0 < step["reward"] < 1.2 for step in expected)  # there is something to learn from
    assert not same_weights(weights_of(whole), weights_of(new_model()))
    file = tmp_path / "run.pt"
    for cut in cuts:
        with pytest.raises(PowerCutError):
            train_r1_zero(new_model(), TASK, SMALL, seed=5, checkpoint=file, progress=until(cut))
    resumed = new_model()
    history = train_r1_zero(resumed, TASK, SMALL, seed=5, checkpoint=file)
    assert repr(history) == repr(expected)  # to the last digit, not-a-numbers included
    assert same_weights(weights_of(resumed), weights_of(whole))


def test_a_run_interrupted_in_its_first_step_begins_again_with_the_same_numbers(tmp_path) -> None:
    """The cell is run again with the same model, whose weights the step has changed already."""
    whole, model = new_model(), new_model()
    expected = train_r1_zero(whole, TASK, SMALL, seed=5)
    with pytest.raises(KeyError):
        train_r1_zero(
            model, TASK, SMALL, seed=5, checkpoint=tmp_path / "run.pt", watch=lambda step, _: {}[step]
        )
    assert not same_weights(weights_of(model), weights_of(new_model()))
    assert repr(train_r1_zero(model, TASK, SMALL, seed=5, checkpoint=tmp_path / "run.pt")) == repr(expected)
    assert same_weights(weights_of(model), weights_of(whole))


def test_a_checkpoint_changes_no_numbers_and_a_finished_run_is_not_run_again(tmp_path) -> None:
    plain, saved = new_model(), new_model()
    expected = train_r1_zero(plain, TASK, SMALL, seed=5)
    assert repr(train_r1_zero(saved, TASK, SMALL, seed=5, checkpoint=tmp_path / "run.pt")) == repr(expected)
    again = new_model()
    watched: list[int] = []
    history = train_r1_zero(
        again, TASK, SMALL, seed=5, checkpoint=tmp_path / "run.pt", watch=lambda step, _: watched.append(step)
    )
    assert repr(history) == repr(expected) and watched == []
    assert same_weights(weights_of(again), weights_of(plain))


def test_seeds_make_runs_differ() -> None:
    first, second = (train_r1_zero(new_model(), TASK, SMALL, seed) for seed in (1, 2))
    assert repr(first) != repr(second)


@pytest.mark.parametrize(
    "other",
    [{"seed": 6}, {"settings": replace(SMALL, learning_rate=1e-3)}, {"task": arithmetic(pen=Pen(slip=0.1))}],
)
def test_the_checkpoint_of_another_run_is_refused(other, tmp_path) -> None:
    file = tmp_path / "run.pt"
    train_r1_zero(new_model(), TASK, replace(SMALL, updates=4), seed=5, checkpoint=file)
    arguments = {"task": TASK, "settings": SMALL, "seed": 5} | other
    with pytest.raises(ValueError, match="holds another run .* Name another file, or delete this one"):
        train_r1_zero(new_model(), **arguments, checkpoint=file)


def test_the_checkpoint_of_a_model_of_another_shape_is_refused(tmp_path) -> None:
    file = tmp_path / "run.pt"
    train_r1_zero(new_model(), TASK, SMALL, seed=5, checkpoint=file)
    with pytest.raises(ValueError, match=r"\(71, 80\) in the checkpoint and \(71, 96\) in the model"):
        train_r1_zero(new_model(width=96), TASK, SMALL, seed=5, checkpoint=file)


def test_a_damaged_checkpoint_is_refused(tmp_path) -> None:
    file = tmp_path / "run.pt"
    file.write_bytes(b"half a file")
    with pytest.raises(ValueError, match="damaged: delete it and train again"):
        train_r1_zero(new_model(), TASK, SMALL, seed=5, checkpoint=file)


def test_a_watcher_sees_every_step(model) -> None:
    seen: list[tuple[int, int]] = []
    train_r1_zero(
        model, TASK, SMALL, seed=0, watch=lambda step, rollouts: seen.append((step, len(rollouts.lengths)))
    )
    assert seen == [(step, 12) for step in range(4)]


def test_a_run_in_bfloat16_keeps_its_ratios_near_one(model) -> None:
    """The preset for GPUs trains under autocast."""
    with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):  # as the book's own
        history = train_r1_zero(model, TASK, replace(SMALL, updates=2), seed=0)
        rollouts, _ = sample_responses(model, TASK, PROBLEMS, 8, torch.Generator().manual_seed(0), 20)
        again = response_log_probs(model, rollouts.prompts, rollouts.responses, rollouts.loss_mask)
    assert len(history) == 2 and rollouts.log_probs.dtype == again.dtype == torch.float32
    assert (again - rollouts.log_probs).abs()[rollouts.loss_mask].mean() < 0.02
