"""The four stages: what is asked and paid, what rejection keeps, which model learns from which."""

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.lm.sampling import Rollouts
from deepseek_book_utils.reasoning.fine_tuning import stages
from deepseek_book_utils.reasoning.fine_tuning.cold_start import (
    FineTuneSettings,
    cold_start_documents,
    readable,
)
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
    dearer = RewardWeights(accuracy=3.0, format=0.6, language=1.5)
    assert worth(text, asked, dearer) == pytest.approx(3 * paid)


def test_each_kind_is_measured_by_itself() -> None:
    texts = [RIGHT, RIGHT.replace("<ans> 6", "<ans> 5"), WRITTEN, WRITTEN, GRANTED, RIGHT]
    found = measure(texts, [PROBLEM, LIST, WISH])
    assert found["accuracy"] == 0.5 and found["readable"] == 1.0
    assert found["lists"] == 1.0 and found["wishes"] == 0.5
    other = Problem(9, ("*3",))  # to which no answer here is readable
    assert measure([RIGHT] * 4, [PROBLEM, other])["readable"] == 0.5
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
    assert {type(weight) for weight in weights} == {float}


def test_rejection_asks_sixty_four_problems_at_a_time(monkeypatch) -> None:
    """A policy that writes nothing is asked all the same, and no question comes twice."""
    asked: list[list[Problem]] = []

    def silent(policy, task, problems, answers, generator):
        asked.append(problems)
        return SimpleNamespace(lengths=torch.zeros(2 * len(problems))), [""] * (2 * len(problems))

    monkeypatch.setattr(stages, "sample_responses", silent)
    assert rejection_sample(small_model(), scenarios(), 130, 2, seed=5) == []
    rng = random.Random(5)
    assert asked == [[sample_problem(rng) for _ in range(count)] for count in (64, 64, 2)]


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


def test_each_stage_gets_what_the_settings_say(monkeypatch) -> None:
    """Its documents or its task, its settings, its seed."""
    said: list[tuple] = []
    kept, pen = [([1, 2], [0.0, 1.0])], Pen(0.1, 0.2, 0.3)

    def keep(policy, task, *rest):
        said.append((task.name, *rest))
        return list(kept)

    monkeypatch.setattr(stages, "fine_tune", lambda model, documents, *rest: said.append((documents, *rest)))
    monkeypatch.setattr(stages, "train_r1_zero", lambda model, task, *rest: said.append((task.name, *rest)))
    monkeypatch.setattr(stages, "rejection_sample", keep)
    chosen = replace(TINY, language=0.7, reasoning=0.6, lists=0.3, cold_checks=1.0)
    run_stages(small_model(), chosen, 5, pen)
    rewards = RewardWeights(language=0.7)
    reasoning, everything = scenarios(1.0, 0.0, rewards, pen), scenarios(0.6, 0.3, rewards, pen)
    assert said == [
        (cold_start_documents(8, 5, 1.0), TINY.cold, 5),
        (reasoning.name, TINY.rl, 5),
        (reasoning.name, 6, 2, 5),
        (kept + general_documents(chosen, 5), TINY.second, 5),
        (everything.name, TINY.rl, 6),
    ]


def test_what_a_task_asks_and_how_its_pen_writes() -> None:
    drawn = [scenarios().sample(random.Random(seed)) for seed in range(20)]
    assert drawn == [sample_problem(random.Random(seed)) for seed in range(20)]
    assert {type(scenarios(0.0, 1.0).sample(random.Random(seed))) for seed in range(20)} == {ListProblem}
    tokens, before, previous = (torch.tensor(encode_words(word) * 9) for word in ("7", "a", "+3"))
    for pen, slips in ((Pen(1.0, 0.0, 0.0), True), (Pen(0.0, 1.0, 1.0), False)):
        _, slipped = scenarios(pen=pen).alter(tokens, before, previous, torch.Generator().manual_seed(0))
        assert slipped.tolist() == [slips] * 9


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
    assert StageSettings(reasoning=0.75, lists=0.25).lists == 0.25  # and no wishes
