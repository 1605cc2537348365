"""The arithmetic language: words, problems, and which problems are kept for testing."""

import random

import pytest

from deepseek_book_utils.reasoning.corpus import CorpusSettings, sample_document
from deepseek_book_utils.reasoning.language import (
    CHINESE,
    ENGLISH,
    HELD_OUT_TRIPLES,
    LABELS,
    OPERATIONS,
    TO_CHINESE,
    TO_ENGLISH,
    VOCABULARY,
    Problem,
    apply,
    decode,
    encode,
    held_out_problems,
    is_held_out,
    parse_problem,
    sample_problem,
)


def test_every_word_is_one_token_and_comes_back() -> None:
    assert len(set(VOCABULARY)) == len(VOCABULARY)
    assert all(" " not in word for word in VOCABULARY)
    text = " ".join(VOCABULARY[1:])
    assert decode(encode(text)) == text
    assert encode(text) == encode(list(VOCABULARY[1:])) == list(range(1, len(VOCABULARY)))
    assert decode([0, 0, *encode("<bos> 9")]) == "<bos> 9"  # padding is no text


def test_each_language_says_the_same() -> None:
    assert [TO_ENGLISH[TO_CHINESE[word]] for word in ENGLISH] == list(ENGLISH)
    assert TO_CHINESE["*3"] == "乘三" and TO_CHINESE["7"] == "七" and TO_CHINESE["wait"] == "等"
    assert not set(ENGLISH) & set(CHINESE)


@pytest.mark.parametrize(
    ("value", "operation", "result"), [(9, "*3", 7), (7, "-1", 6), (0, "-5", 5), (8, "+5", 3), (4, "*9", 6)]
)
def test_apply(value, operation, result) -> None:
    assert apply(value, operation) == result


def test_problem_worked_by_hand() -> None:
    problem = Problem(9, ("*3", "-1", "+5"), first_label=10)
    assert problem.answer == 1  # 9 -> 27 -> 7, 6, 11 -> 1
    assert problem.labels == ["k", "l", "a"]  # labels wrap round
    assert problem.prompt == "<bos> 9 k *3 l -1 a +5 ?"


def test_parse_is_the_inverse_of_prompt() -> None:
    rng = random.Random(0)
    for _ in range(500):
        problem = sample_problem(rng, 1, 12)
        assert parse_problem(problem.prompt) == problem
        assert parse_problem(problem.prompt.replace("<bos>", "<book>")) == problem


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "9 a *3 ?",  # no <bos>
        "<bos> a *3 ?",  # no start digit
        "<bos> 9 ?",  # no operation
        "<bos> 9 a *3",  # no question mark
        "<bos> 9 a *3 ? ",  # a blank too many
        "<bos> 9 a *4 ?",  # an operation that does not exist
        "<bos> 9 a 乘三 ?",  # questions are in English
        "<bos> 9 a *3 c -1 ?",  # labels skip
        "<bos> 9 b *3 a -1 ?",  # labels run backwards
        "<bos> 12 a *3 ?",
        "<bos> 9 m *3 ?",
        "What is 9 times 3?",
    ],
)
def test_malformed_prompt_is_told_what_a_prompt_looks_like(prompt) -> None:
    with pytest.raises(ValueError, match=r"is not a problem\..*as in '<bos> 9 a \*3 b -1 \?'") as error:
        parse_problem(prompt)
    assert repr(prompt) in str(error.value)


@pytest.mark.parametrize(("text", "word"), [("<bos> 9a", "9a"), ("<bos> 9 a *4 ?", "*4"), ("Hello", "Hello")])
def test_unknown_word_is_named(text, word) -> None:
    with pytest.raises(ValueError, match="is not a word of this language. Write words apart") as error:
        encode(text)
    assert repr(word) in str(error.value)


# --- nothing of the test leaks into training ----------------------------------------------------------------


def runs_of_operations(words: list[str]) -> list[list[str]]:
    """The operations of a document in English, in runs of steps whose labels follow each other.

    A step written anew counts once. A run ends where the question does, and where a writer skips a step.
    """
    english = [TO_ENGLISH.get(word, word) for word in words]
    runs: list[list[str]] = []
    last = ("", "")
    for label, operation in zip(english, english[1:], strict=False):
        if label in LABELS and operation in OPERATIONS and (label, operation) != last:
            follows = last[0] and LABELS[(LABELS.index(last[0]) + 1) % len(LABELS)] == label
            if not follows:
                runs.append([])
            runs[-1].append(operation)
            last = (label, operation)
        elif label == "?":
            last = ("", "")
    return runs


def test_no_training_document_contains_a_held_out_triple() -> None:
    rng, settings, triples = random.Random(0), CorpusSettings(), 0
    for i in range(6000):
        words, _ = sample_document(rng, (i % 100) / 100, settings)
        for operations in runs_of_operations(words):
            triples += max(0, len(operations) - 2)
            assert not is_held_out(operations), words
    assert triples > 20_000


def test_the_test_above_would_find_one() -> None:
    words = held_out_problems(1)[0].prompt.split()
    assert any(is_held_out(run) for run in runs_of_operations(words))
    chinese = [TO_CHINESE.get(word, word) for word in words]
    assert any(is_held_out(run) for run in runs_of_operations(chinese))


def test_no_training_problem_contains_a_held_out_triple() -> None:
    rng = random.Random(0)
    assert not any(is_held_out(sample_problem(rng).operations) for _ in range(20_000))


def test_every_test_problem_contains_one_and_can_be_asked() -> None:
    problems = held_out_problems(500, seed=1)
    assert all(is_held_out(problem.operations) for problem in problems)
    assert all(problem.operations[:3] in HELD_OUT_TRIPLES for problem in problems)
    assert {len(problem.operations) for problem in problems} == {3, 4, 5, 6, 7}
    assert [parse_problem(problem.prompt) for problem in problems] == problems
    assert held_out_problems(500, seed=1) == problems != held_out_problems(500, seed=2)


def test_held_out_triples_are_about_two_percent_and_touch_every_operation() -> None:
    assert 0.015 < len(HELD_OUT_TRIPLES) / len(OPERATIONS) ** 3 < 0.03
    for place in range(3):
        assert {triple[place] for triple in HELD_OUT_TRIPLES} == set(OPERATIONS)
