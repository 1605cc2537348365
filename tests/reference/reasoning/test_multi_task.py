"""Answers against Python itself and an independent reader of the questions; the model against its parts."""

import random

import pytest
import torch
from torch import nn

from deepseek_book_utils.reasoning.multi_task import (
    MultiTaskModel,
    answer_accuracy,
    multi_task_encoder,
    multi_task_loss,
)
from deepseek_book_utils.reasoning.questions import (
    CALCULATIONS,
    QUESTION_WORDS,
    TASKS,
    WORD_NUMBER,
    as_program,
    in_words,
    question_tokens,
    sample_questions,
)

SIGN = {"plus": "+", "add": "+", "minus": "-", "less": "-", "times": "*", "by": "*"}


def read_words(text: str) -> int:
    """The answer to a question in words: an expression for Python, bracketed from the left."""
    words = [SIGN.get(word, word) for word in text.split() if word not in ("then", ",", "?")]
    expression = words[0]
    for sign, number in zip(words[1::2], words[2::2], strict=True):
        expression = f"({expression} {sign} {number})"
    return eval(expression)  # noqa: S307


def run_program(text: str) -> int:
    """What Python itself leaves in the one variable of the program."""
    names: dict[str, int] = {}
    exec(text, {"__builtins__": {}}, names)  # noqa: S102
    assert len(names) == 1
    return next(iter(names.values()))


def test_every_answer_is_pythons() -> None:
    """All calculations, each worded several times."""
    rng = random.Random(0)
    for calculation in CALCULATIONS:
        for _ in range(8):
            assert run_program(as_program(calculation, rng)) == calculation.values[-1]
            assert read_words(in_words(calculation, rng)) == calculation.values[-1]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kept_out", [False, True])
def test_sampled_answers_and_tokens(task, kept_out) -> None:
    questions = sample_questions(task, 500, random.Random(1), kept_out)
    read = read_words if task == "maths" else run_program
    assert all(read(question.text) == question.answer for question in questions)
    tokens, answers = question_tokens(questions)
    for question, row, answer in zip(questions, tokens.tolist(), answers.tolist(), strict=True):
        words = [QUESTION_WORDS[token] for token in row if token != WORD_NUMBER["[PAD]"]]
        assert words == ["[CLS]", *question.text.split()]
        assert QUESTION_WORDS[answer] == str(question.answer)
    # bidirectional models read the answer off nothing but the question
    assert len({question.answer for question in questions}) == 10


def test_calculations_are_all_there_and_kept_out_ones_are_in_neither_task() -> None:
    by_hand = set()
    operations = [(s, n) for s in "+-" for n in range(1, 10)] + [("*", 2), ("*", 3)]
    for start in range(1, 10):
        for first in operations:
            one = eval(f"{start} {first[0]} {first[1]}")  # noqa: S307
            if 0 <= one <= 9:
                by_hand.add((start, (first,)))
                for second in operations:
                    if 0 <= eval(f"{one} {second[0]} {second[1]}") <= 9:  # noqa: S307
                        by_hand.add((start, (first, second)))
    assert {(c.start, c.operations) for c in CALCULATIONS} == by_hand
    assert len(CALCULATIONS) == len(by_hand)

    rng = random.Random(2)
    seen = {q.calculation for task in TASKS for q in sample_questions(task, 20_000, rng)}
    kept = {q.calculation for task in TASKS for q in sample_questions(task, 20_000, rng, kept_out=True)}
    assert not seen & kept
    assert seen | kept == set(CALCULATIONS)  # and nothing falls between
    assert 0.15 < len(kept) / len(CALCULATIONS) < 0.25
    # read back from the text, not from what the question says of itself
    texts = {(task, q.text) for task in TASKS for q in sample_questions(task, 20_000, rng)}
    test = {(task, q.text) for task in TASKS for q in sample_questions(task, 20_000, rng, kept_out=True)}
    assert not texts & test
    # every step of a kept-out calculation occurs in training: it is new as a whole only
    steps = {(v, o) for c in seen for v, o in zip(c.values, c.operations, strict=False)}
    assert all((v, o) in steps for c in kept for v, o in zip(c.values, c.operations, strict=False))


def some_model() -> MultiTaskModel:
    torch.manual_seed(0)
    return MultiTaskModel(multi_task_encoder(width=16)).double()


def batches(sizes: tuple[int, ...] = (5, 9)) -> dict:
    rng = random.Random(3)
    return {
        task: question_tokens(sample_questions(task, size, rng))
        for task, size in zip(TASKS, sizes, strict=True)
    }


def test_logits_and_losses_from_the_parts() -> None:
    model, found = some_model(), batches()
    losses = multi_task_loss(model, found)
    assert list(losses) == list(TASKS)
    for task, (tokens, answers) in found.items():
        states = model.encoder(tokens, tokens != 0)
        head = model.heads[task]
        logits = states[:, 0] @ head.weight.T + head.bias
        assert torch.allclose(model(tokens, task), logits, rtol=0, atol=1e-12)
        assert logits.shape == (len(tokens), len(QUESTION_WORDS))
        p = logits.exp() / logits.exp().sum(dim=1, keepdim=True)
        by_hand = -sum(p[i, answer].log() for i, answer in enumerate(answers)) / len(answers)
        assert losses[task].item() == pytest.approx(by_hand.item(), rel=1e-12)


def gradients(model: nn.Module, loss: torch.Tensor) -> dict:
    model.zero_grad(set_to_none=True)
    loss.backward()
    return {name: p.grad for name, p in model.named_parameters()}


def test_a_tasks_loss_does_not_touch_the_other_head() -> None:
    model, found = some_model(), batches()
    alone = {}
    for task, other in (TASKS, TASKS[::-1]):
        alone[task] = gradients(model, multi_task_loss(model, {task: found[task]})[task])
        for name, gradient in alone[task].items():
            if name.startswith(f"heads.{other}"):
                assert gradient is None
            else:
                assert gradient.abs().max() > 0 or name.endswith("positions.weight"), name
    # of both together: each head's own, and in the encoder the sum
    both = gradients(model, sum(multi_task_loss(model, found).values()))
    for name, gradient in both.items():
        parts = [alone[task][name] for task in TASKS if alone[task][name] is not None]
        assert len(parts) == (1 if name.startswith("heads") else 2)
        assert torch.allclose(gradient, sum(parts), rtol=1e-9, atol=1e-12), name


def test_accuracy_of_a_model_that_was_told() -> None:
    """A head that always says 7 is right exactly as often as the answer is 7; other words are never right."""
    model = some_model()
    questions = sample_questions("code", 300, random.Random(4))
    head = model.heads["code"]
    nn.init.zeros_(head.weight)
    for word, share in (("7", sum(q.answer == 7 for q in questions) / 300), ("plus", 0.0)):
        nn.init.zeros_(head.bias)
        with torch.no_grad():
            head.bias[WORD_NUMBER[word]] = 1.0
        assert answer_accuracy(model, "code", questions) == pytest.approx(share)
