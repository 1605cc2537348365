"""The four stages: what is asked and paid, what rejection keeps, which model learns from which."""

import random
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import Rollouts
from deepseek_book_utils.reasoning.fine_tuning import stages
from deepseek_book_utils.reasoning.fine_tuning.cold_start import FineTuneSettings, readable
from deepseek_book_utils.reasoning.fine_tuning.stages import (
    StageSettings,
    general_documents,
    measure,
    rejection_sample,
    run_stages,
    scenarios,
    worth,
)
from deepseek_book_utils.reasoning.instructions import (
    INSTRUCTIONS,
    WIDER,
    WORD_ID,
    ListProblem,
    Wish,
    decode_words,
    encode_words,
)
from deepseek_book_utils.reasoning.language import Problem, sample_problem
from deepseek_book_utils.reasoning.pen import Pen
from deepseek_book_utils.reasoning.r1_zero import R1ZeroSettings
from deepseek_book_utils.reasoning.rewards import RewardWeights
from deepseek_book_utils.reasoning.tasks import evaluate

PROBLEM = Problem(9, ("*3", "-1"))
LIST = ListProblem("<forward>", "<english>", PROBLEM)
WISH = Wish("<chinese>", "<brief>", PROBLEM)
RIGHT = "<think> 9 a *3 7 b -1 6 </think> <ans> 6 </ans> <eos>"
WRITTEN = "<think> </think> <ans> a *3 b -1 </ans> <eos>"
GRANTED = "<think> </think> <ans> 六 </ans> <eos>"
TINY = StageSettings(
    cold_documents=8,
    cold=FineTuneSettings(epochs=1, documents=4),
    rl=R1ZeroSettings(updates=2, prompts=4, group_size=4, max_new_tokens=20),
    problems=6,
    answers=2,
    general_documents=6,
    second=FineTuneSettings(epochs=1, documents=4),
)


def small_model() -> LanguageModel:
    torch.manual_seed(0)
    return LanguageModel(replace(WIDER, width=8, layers=1, heads=2))


@pytest.mark.parametrize(
    ("text", "asked", "paid"),
    [
        (RIGHT, PROBLEM, 1 + 0.2 + 0.5),
        (GRANTED, PROBLEM, 0.0),
        (WRITTEN, LIST, 1.2),
        (WRITTEN.replace("-1", "-2"), LIST, 0.2),
        (WRITTEN.replace("</think> ", ""), LIST, 0.0),
        (GRANTED, WISH, 1.2),
        (RIGHT, WISH, 0.2),  # it shows its steps, in English
    ],
)
def test_what_a_response_earns(text: str, asked: Problem | ListProblem | Wish, paid: float) -> None:
    """The language reward is for reasoning alone: a wish may ask for Chinese."""
    assert worth(text, asked, RewardWeights(language=0.5)) == pytest.approx(paid)


def test_each_kind_is_measured_by_itself() -> None:
    texts = [RIGHT, RIGHT.replace("<ans> 6", "<ans> 5"), WRITTEN, WRITTEN, GRANTED, RIGHT]
    found = measure(texts, [PROBLEM, LIST, WISH])
    assert found["accuracy"] == 0.5 and found["readable"] == 1.0
    assert found["lists"] == 1.0 and found["wishes"] == 0.5
    alone = measure([WRITTEN, WRITTEN], [LIST])
    assert alone["lists"] == 1.0 and "accuracy" not in alone


def test_instructions_are_never_drawn() -> None:
    task = scenarios(0.4, 0.3)
    model = small_model()
    with torch.no_grad():  # a model that would write nothing else
        model.head.weight.zero_()
        model.head.weight[list(encode_words(INSTRUCTIONS))] = 1.0
    rng = random.Random(0)
    asked = [task.sample(rng) for _ in range(8)]
    assert {type(one) for one in asked} == {Problem, ListProblem, Wish}
    texts: list[str] = []
    evaluate(model, replace(task, measure=lambda t, p: texts.extend(t) or {}), asked, 2, max_new_tokens=20)
    assert texts and not any(word in text for word in INSTRUCTIONS for text in texts)


def test_a_textbook_prompt_differs_in_its_first_word() -> None:
    plain, book = (scenarios(textbook=textbook).encode(WISH) for textbook in (False, True))
    assert book[0] == WORD_ID["<book>"] and book[1:] == plain[1:] and decode_words(plain) == WISH.prompt


def test_rejection_keeps_what_is_right_and_readable(monkeypatch) -> None:
    """Answers from outside: a good one, a wrong one, one in Chinese; the pen wrote the good one's fifth."""
    task = scenarios(pen=Pen(0, 0, 0))
    asked = sample_problem(random.Random(5))
    thought, value = [str(asked.start)], asked.start
    for label, operation in zip(asked.labels, asked.operations, strict=True):
        value = Problem(value, (operation,)).answer
        thought += [label, operation, str(value)]
    good = f"<think> {' '.join(thought)} </think> <ans> {value} </ans> <eos>"
    wrong = good.replace(f"<ans> {value}", f"<ans> {(value + 1) % 10}")
    foreign = good.replace(f"<think> {asked.start}", "<think> 零")
    texts = [good, wrong, foreign]
    rows = [encode_words(text) for text in texts]
    responses = torch.tensor(rows)
    mask = torch.ones_like(responses, dtype=torch.bool)
    mask[0, 4] = False
    prompts = torch.tensor([task.encode(asked)] * 3)
    rollouts = Rollouts(prompts, responses, mask.float(), mask, task.end, task.pad)
    monkeypatch.setattr(stages, "sample_responses", lambda *arguments: (rollouts, texts))
    [(ids, weights)] = rejection_sample(small_model(), task, 1, 3, seed=5)
    assert decode_words(ids) == f"{asked.prompt} {good}" and readable(good, asked)
    asked_for = len(asked.prompt.split())
    assert weights == [0.0] * asked_for + [float(i != 4) for i in range(len(rows[0]))]


def test_general_documents_are_as_many_as_asked_for() -> None:
    documents = general_documents(replace(TINY, general_documents=40), 0)
    assert len(documents) == 40 and all(len(ids) == len(weights) for ids, weights in documents)
    assert any(WORD_ID["<reverse>"] in ids for ids, _ in documents)


def test_each_stage_starts_where_the_paper_says(monkeypatch) -> None:
    """Dev1 from the base, Dev2 from Dev1, Dev3 from the base again, R1 from Dev3."""
    base, started = small_model(), []

    def note(kind: str):
        def run(model, *arguments):
            started.append((kind, tuple(p.sum().item() for p in model.parameters())))
            with torch.no_grad():
                for p in model.parameters():
                    p.add_(0.01 * len(started))
            return []

        return run

    monkeypatch.setattr(stages, "fine_tune", note("read"))
    monkeypatch.setattr(stages, "train_r1_zero", note("climb"))
    before = tuple(p.sum().item() for p in base.parameters())
    models = run_stages(base, TINY, 0)
    sums = {name: tuple(p.sum().item() for p in model.parameters()) for name, model in models.items()}
    assert list(models) == ["dev1", "dev2", "dev3", "r1"]
    assert started == [("read", before), ("climb", sums["dev1"]), ("read", before), ("climb", sums["dev3"])]
    assert tuple(p.sum().item() for p in base.parameters()) == before


def test_the_whole_recipe_runs_and_repeats() -> None:
    base = small_model()
    first, second = (run_stages(base, TINY, 3) for _ in range(2))
    for name in first:
        for a, b in zip(first[name].parameters(), second[name].parameters(), strict=True):
            assert torch.equal(a, b)
        assert not torch.equal(next(first[name].parameters()), next(base.parameters()))


def test_shares_of_more_than_one() -> None:
    with pytest.raises(ValueError, match="reasoning . lists = 1.2"):
        StageSettings(reasoning=0.8, lists=0.4)
