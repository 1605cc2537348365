"""What questions and two-headed models refuse, and what the training loop does with its tasks."""

import random
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot
from torch.nn.utils import parameters_to_vector

from deepseek_book_utils.nn.encoder import EncoderSettings
from deepseek_book_utils.nn.schedules import cosine
from deepseek_book_utils.reasoning import multi_task
from deepseek_book_utils.reasoning.multi_task import (
    MultiTaskModel,
    MultiTaskSettings,
    answer_accuracy,
    encoder_optimizers,
    multi_task_encoder,
    train_multi_task,
)
from deepseek_book_utils.reasoning.questions import (
    QUESTION_WORDS,
    TASKS,
    WORD_NUMBER,
    Calculation,
    Question,
    question_tokens,
    sample_questions,
)

SMALL = MultiTaskSettings(updates=6, batch_size=8, warm_up=2)


def model(seed: int = 0, tasks: tuple[str, ...] = TASKS) -> MultiTaskModel:
    torch.manual_seed(seed)
    return MultiTaskModel(multi_task_encoder(width=16), tasks)


def data(count: int = 50) -> dict[str, list[Question]]:
    rng = random.Random(0)
    return {task: sample_questions(task, count, rng) for task in TASKS}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"updates": 0}, "updates = 0 makes no sense: take updates >= 1"),
        ({"batch_size": 0}, "take batch_size >= 1"),
        ({"learning_rate": float("nan")}, "take learning_rate > 0"),
        ({"muon_rate": -1.0}, "take muon_rate > 0"),
        ({"warm_up": 0}, "take warm_up >= 1"),
        ({"weight_decay": -0.1}, "weight_decay = -0.1"),
    ],
)
def test_settings_without_sense(change, message) -> None:
    with pytest.raises(ValueError, match=message):
        MultiTaskSettings(**change)
    assert MultiTaskSettings(weight_decay=0.0).weight_decay == 0


def test_questions_that_cannot_be_asked() -> None:
    with pytest.raises(ValueError, match="Unknown task 'poetry': choose one of maths, code"):
        sample_questions("poetry", 1, random.Random(0))
    with pytest.raises(ValueError, match="No questions"):
        question_tokens([])
    wrong = Question("x=2 ; x += 4", 6, Calculation(2, (("+", 4),)))
    with pytest.raises(ValueError, match="'x=2' is not in the vocabulary. Write words apart"):
        question_tokens([wrong])


def test_words() -> None:
    assert len(set(QUESTION_WORDS)) == len(QUESTION_WORDS) == len(WORD_NUMBER)
    assert WORD_NUMBER["[PAD]"] == 0  # the model hides this word
    calculation = Calculation(2, (("+", 4), ("-", 3)))
    assert calculation.values == [2, 6, 3]
    assert Calculation(3, (("*", 3),)).values == [3, 9]
    assert not Calculation(3, (("*", 3),)).kept_out  # tables of one step are all in training


def test_padding_and_company_change_no_answer() -> None:
    network = model()
    questions = sample_questions("code", 40, random.Random(1))
    tokens, _ = question_tokens(questions)
    together = network(tokens, "code")
    for question, logits in zip(questions, together, strict=True):
        alone, _ = question_tokens([question])
        assert torch.allclose(network(alone, "code")[0], logits, atol=1e-5)
    assert len({len(q.text.split()) for q in questions}) > 1


def test_tasks_that_do_not_fit() -> None:
    tokens, _ = question_tokens(data()["code"])
    with pytest.raises(ValueError, match="No head for 'code': this model has maths"):
        model(tasks=("maths",))(tokens, "code")
    for wrong in ({}, {"maths": data()["maths"], "code": []}):
        with pytest.raises(ValueError, match="needs at least one question"):
            train_multi_task(model(), wrong, SMALL, seed=0)
    with pytest.raises(ValueError, match="needs at least one question"):
        train_multi_task(model(), data(), replace(SMALL, batch_size=1), seed=0)


def test_every_weight_has_one_optimizer() -> None:
    network = model()
    muon, adamw = encoder_optimizers(network, SMALL)
    owned = [p for o in (muon, adamw) for group in o.param_groups for p in group["params"]]
    assert sorted(map(id, owned)) == sorted(map(id, network.parameters()))
    matrices = {name for name, p in network.named_parameters() if any(p is q for q in owned[:8])}
    assert len(matrices) == 8 and all("layers" in name and "weight" in name for name in matrices)
    for optimizer in (muon, adamw):
        assert optimizer.param_groups[0]["weight_decay"] == SMALL.weight_decay


def test_each_step_reads_as_many_questions_however_many_tasks(monkeypatch) -> None:
    read: list[dict[str, int]] = []
    loss = multi_task.multi_task_loss

    def counting(network, batches):
        read.append({task: len(answers) for task, (_, answers) in batches.items()})
        return loss(network, batches)

    monkeypatch.setattr(multi_task, "multi_task_loss", counting)
    watched: list[int] = []
    both = train_multi_task(model(), data(), SMALL, 0, watched.append)
    one = train_multi_task(model(), {"code": data()["code"]}, SMALL, 0)
    assert read[:6] == [{"maths": 4, "code": 4}] * 6 and read[6:] == [{"code": 8}] * 6
    assert watched == [1, 2, 3, 4, 5, 6]
    assert [set(row) for row in both] == [set(TASKS)] * 6 and [set(row) for row in one] == [{"code"}] * 6


def test_a_specialist_leaves_the_other_head_alone_and_both_tasks_move_theirs() -> None:
    for tasks in (("code",), TASKS):
        network, before = model(), dict(model().named_parameters())
        train_multi_task(network, {task: data()[task] for task in tasks}, SMALL, 0)
        for name, parameter in network.named_parameters():
            moved = not torch.equal(parameter, before[name])
            assert moved == ("maths" not in name or "maths" in tasks), name


def test_rates_rise_then_fall_and_seeds_repeat(monkeypatch) -> None:
    rates: list[list[float]] = []
    make = multi_task.encoder_optimizers

    def spying(network, settings):
        optimizers = make(network, settings)
        for optimizer in optimizers:
            step = optimizer.step
            rates.append([])
            row = rates[-1]

            def watched(step=step, optimizer=optimizer, row=row):
                row.append(optimizer.param_groups[0]["lr"])
                return step()

            optimizer.step = watched
        return optimizers

    monkeypatch.setattr(multi_task, "encoder_optimizers", spying)
    networks = [model() for _ in range(2)]
    histories = [train_multi_task(network, data(), SMALL, seed=5) for network in networks]
    factors = [0.5, *(cosine(step, 6) for step in range(1, 6))]
    assert rates[0] == pytest.approx([SMALL.muon_rate * factor for factor in factors])
    assert rates[1] == pytest.approx([SMALL.learning_rate * factor for factor in factors])
    assert histories[0] == histories[1]
    assert histories[0] != train_multi_task(model(), data(), SMALL, seed=6)
    first, second = (answer_accuracy(network, "code", data()["code"]) for network in networks)
    assert first == second


@pytest.mark.parametrize("longest", [0.05, 1e9])
def test_the_loop_by_hand(longest: float) -> None:
    """The sum of both losses, its gradient cut to one length at most, and nothing kept of the last step."""
    settings, questions = replace(SMALL, updates=3, max_grad_norm=longest), data()
    network, other = model(), model()
    start = parameters_to_vector(other.parameters()).detach()
    history = train_multi_task(network, questions, settings, seed=3)
    rng, optimizers, weights = random.Random(3), encoder_optimizers(other, settings), list(other.parameters())
    for step in range(3):
        batches = {task: question_tokens(rng.choices(asked, k=4)) for task, asked in questions.items()}
        losses = {
            task: cross_entropy(other(tokens, task), right) for task, (tokens, right) in batches.items()
        }
        for task, loss in losses.items():
            said = history[step][task]
            assert type(said) is float and said == pytest.approx(loss.item(), rel=1e-4)
        slopes = torch.autograd.grad(losses["maths"] + losses["code"], weights, materialize_grads=True)
        norm = torch.cat([slope.flatten() for slope in slopes]).norm().item()
        assert norm > 0.05
        for weight, slope in zip(weights, slopes, strict=True):
            weight.grad = slope * min(1, longest / norm)
        for optimizer, peak in zip(optimizers, (settings.muon_rate, settings.learning_rate), strict=True):
            optimizer.param_groups[0]["lr"] = peak * min(1, (step + 1) / 2) * cosine(step, 3)
            optimizer.step()
    for mine, theirs in zip(network.parameters(), weights, strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad, rtol=1e-3, atol=1e-5)
    one, two = parameters_to_vector(network.parameters()), parameters_to_vector(weights)
    assert (one - two).norm() < 0.01 * (two - start).norm()


def test_each_question_is_marked_by_its_own_best_word() -> None:
    questions = data()["code"][:4]
    answers = [WORD_NUMBER[str(question.answer)] for question in questions]
    assert len(set(answers)) > 1
    said = one_hot(torch.tensor([WORD_NUMBER["plus"], *answers[1:]]), len(QUESTION_WORDS))
    share = answer_accuracy(lambda tokens, task: said, "code", questions)
    assert type(share) is float and share == 3 / 4


def test_sizes_of_the_encoder() -> None:
    assert multi_task_encoder() == EncoderSettings(len(QUESTION_WORDS), width=32, layers=2)
    assert multi_task_encoder(layers=1) == EncoderSettings(len(QUESTION_WORDS), width=32, layers=1)
