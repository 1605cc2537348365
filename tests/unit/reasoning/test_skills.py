"""What a base can do before reinforcement learning: words that a document leaves no choice of, by hand."""

import random
from collections import Counter
from dataclasses import replace

import pytest
import torch

from deepseek_book_utils.lm.model import LanguageModel
from deepseek_book_utils.reasoning import evaluation
from deepseek_book_utils.reasoning.base import MINIATURE
from deepseek_book_utils.reasoning.corpus import CorpusSettings, drill, textbook
from deepseek_book_utils.reasoning.evaluation import GATE, base_skills
from deepseek_book_utils.reasoning.language import (
    DIGITS,
    OPERATIONS,
    TO_CHINESE,
    TO_ENGLISH,
    TOKEN_ID,
    VOCABULARY,
)


def test_tested_positions_are_those_with_one_right_word() -> None:
    rng = random.Random(0)
    clean = CorpusSettings(error=0.0, clumsy_error=0.0, textbook_checks=0.0, long_share=0.0)
    found = Counter()
    for _ in range(50):
        for words, weights in (textbook(rng, clean), drill(rng, clean)):
            for place, skill in evaluation.tested_positions((words, weights)):
                word = TO_ENGLISH.get(words[place], words[place])
                before = TO_ENGLISH.get(words[place - 1], words[place - 1])
                found[skill] += 1
                if skill == "operation":
                    label = words[place - 1]
                    assert words[words.index(label) + 1] == word, "as in the question"
                if skill == "answer":
                    assert before == "<ans>" and word == TO_ENGLISH.get(words[place - 3], words[place - 3])
                if skill == "wait":
                    assert word == "wait" and words[place - 1] != words[place - 3]
                if skill == "check":
                    assert before == "check" and word in DIGITS
                if skill == "value":
                    assert before in OPERATIONS and word in DIGITS
    assert set(found) == set(GATE) and min(found.values()) > 10


@pytest.mark.parametrize(
    ("text", "slipped", "expected"),
    [
        (
            "<book> 9 a *3 b -1 ? <think> 九 a 乘三 七 b -1 6 </think> <ans> 6 </ans> <eos>",
            (),
            {10: "operation", 11: "value", 13: "operation", 14: "value", 17: "answer"},
        ),
        (
            "<book> 9 a *3 ? <think> 9 a *3 7 </think> <ans> 7 </ans> <eos>",
            (9, 12),
            {8: "operation"},
        ),
        (
            "<book> 9 a *3 5 check 7 wait 9 a *3 7 查 七 b +1 8 check 8",
            (4,),
            {6: "check", 7: "wait", 11: "value", 13: "check", 16: "value", 18: "check"},
        ),
    ],
)
def test_tested_positions_by_hand(text: str, slipped: tuple[int, ...], expected: dict[int, str]) -> None:
    """Not the question's operations, and no digit that slipped."""
    words = text.split()
    weights = [0.0 if i in slipped else 1.0 for i in range(len(words))]
    assert evaluation.tested_positions((words, weights)) == list(expected.items())


def test_skills_are_what_the_model_says_after_the_words_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each word asked for by itself, of writers who make no error, check nothing, and are brief."""
    torch.manual_seed(0)
    model = LanguageModel(replace(MINIATURE, width=8, layers=1, heads=2))
    torch.nn.init.normal_(model.head.weight)
    documents: list[tuple[list[str], list[float]]] = []

    def noted(write):
        def noting(rng: random.Random, settings: CorpusSettings):
            wrong = (settings.error, settings.clumsy_error, settings.textbook_checks, settings.long_share)
            assert wrong == (0.0,) * 4
            documents.append(write(rng, settings))
            return documents[-1]

        return noting

    monkeypatch.setattr(evaluation, "textbook", noted(textbook))
    monkeypatch.setattr(evaluation, "drill", noted(drill))
    found = base_skills(model, documents=4, seed=1)
    assert len(documents) == 8
    said: dict[str, list[float]] = {skill: [] for skill in GATE}
    for words, weights in documents:
        for place, skill in evaluation.tested_positions((words, weights)):
            before = torch.tensor([[TOKEN_ID[word] for word in words[:place]]])
            with torch.no_grad():
                chances = model(before)[0, -1].softmax(0)
            english = TO_ENGLISH.get(words[place], words[place])
            either = {english, TO_CHINESE.get(english, english)}
            said[skill].append(sum(chances[TOKEN_ID[word]].item() for word in either))
    for skill, each in said.items():
        assert type(found[skill]) is float and found[skill] == pytest.approx(sum(each) / len(each), rel=1e-4)


def test_an_untrained_base_has_no_skill_and_fails_the_gate() -> None:
    skills = base_skills(LanguageModel(MINIATURE), documents=5)
    assert set(skills) == set(GATE)
    right = 2 / len(VOCABULARY)  # a new model's head is zero: all words are equally likely, two are right
    for skill, probability in skills.items():
        assert probability == pytest.approx(right, rel=1e-4) and probability < GATE[skill]
