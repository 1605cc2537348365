"""The pretraining corpus: right where it should be, wrong as often as its settings say, weights in place."""

import random
from dataclasses import replace

import pytest

from deepseek_book_utils.reasoning.corpus import (
    CorpusSettings,
    checked_step,
    choose,
    drill,
    plain_step,
    sample_document,
    textbook,
    web_page,
    write_chain,
)
from deepseek_book_utils.reasoning.language import (
    DIGITS,
    LABELS,
    OPERATIONS,
    SPECIAL,
    TO_CHINESE,
    TO_ENGLISH,
    Problem,
    apply,
    encode,
    parse_problem,
)
from deepseek_book_utils.reasoning.rewards import format_reward

CLEAN = CorpusSettings(error=0.0, clumsy_error=0.0, slip=0.0, drill_slip=0.0)


def english(words: list[str]) -> list[str]:
    return [TO_ENGLISH.get(word, word) for word in words]


def documents(kind, settings: CorpusSettings, count: int = 400) -> list:
    rng = random.Random(0)
    return [kind(rng, settings) for _ in range(count)]


def true_values(words: list[str]) -> list[tuple[int, bool]]:
    """(place, whether it is true) of every computed digit, given the digit that its step starts with."""
    said, found, state = english(words), [], 0
    start = said.index("<think>") + 1 if "<think>" in said else 1
    state = before = int(said[start])
    for i in range(start + 1, len(said)):
        if said[i] in OPERATIONS and said[i - 1] in LABELS:
            before, operation = state, said[i]
            state = int(said[i + 1])
            found.append((i + 1, state == apply(before, operation)))
        elif said[i] == "check":
            found.append((i + 1, int(said[i + 1]) == apply(before, operation)))
        elif said[i] == "wait":
            assert int(said[i + 1]) == before, "wait returns to the value before the step"
            state = before
    return found


@pytest.mark.parametrize("kind", [drill, textbook])
def test_without_errors_all_arithmetic_is_right(kind) -> None:
    for words, weights in documents(kind, CLEAN):
        assert len(words) == len(weights)
        assert all(right for _, right in true_values(words)), words
        encode(words)


def test_textbooks_answer_their_question() -> None:
    for words, weights in documents(textbook, CLEAN):
        end = words.index("?")
        problem = parse_problem(" ".join(words[: end + 1]))
        assert words[-5:-1] == ["</think>", "<ans>", str(problem.answer), "</ans>"]
        assert not any(weights[: end + 1]), "nobody learns to pose questions"
        assert all(weights[end + 1 :]), "without slips the whole solution is learned"


def test_web_pages_keep_the_form_or_break_it_as_often_as_they_should() -> None:
    settings = replace(CLEAN, web_styles=(("full", 0.5), ("broken", 0.5)))
    kept = [
        format_reward(" ".join(words[words.index("?") + 1 :])) for words, _ in documents(web_page, settings)
    ]
    assert 0.4 < sum(kept) / len(kept) < 0.6


def test_direct_pages_answer_without_a_thought() -> None:
    settings = replace(CLEAN, web_styles=(("direct", 1.0),))
    for words, _ in documents(web_page, settings, 50):
        problem = parse_problem(" ".join(words[: words.index("?") + 1]))
        response = words[words.index("?") + 1 :]
        assert response == ["<think>", "</think>", "<ans>", str(problem.answer), "</ans>", "<eos>"]


def test_slips_carry_no_weight_and_are_waited_for() -> None:
    """In drills nothing but the slip is wrong: every wrong digit has weight 0, every right one weight 1."""
    settings = replace(CLEAN, drill_slip=0.3, drill_checks=1.0)
    slips = 0
    for words, weights in documents(drill, settings):
        for place, right in true_values(words):
            assert weights[place] == float(right), (words, place)
            slips += not right
    assert slips > 300


def test_two_different_digits_bring_a_wait_and_two_equal_ones_none() -> None:
    settings = replace(CLEAN, drill_slip=0.3, drill_checks=1.0)
    for words, weights in documents(drill, settings):
        said = english(words)
        for i, word in enumerate(said[:-2]):
            if word == "check":
                differ = said[i - 1] != said[i + 1]
                assert (said[i + 2] == "wait") == differ
                assert not differ or weights[i + 2] == 1.0


def test_drills_learn_digits_and_waits_not_what_is_random() -> None:
    """Labels and operations of a step that is written for the first time are random: weight 0."""
    plain = replace(CLEAN, drill_checks=0.0)
    for words, weights in documents(drill, plain, 50):
        for i, word in enumerate(english(words)):
            assert weights[i] == float(word in DIGITS and i > 1)


def test_own_errors_are_learned_and_as_frequent_as_they_should_be() -> None:
    rng, wrong = random.Random(0), 0
    for _ in range(4000):
        (words, weights), value = plain_step(rng, "a", "+3", 4, error=0.2)
        assert weights == [1.0, 1.0, 1.0] and words[2] == DIGITS[value]
        wrong += value != 7
    assert 0.17 < wrong / 4000 < 0.23


def test_checked_step_returns_what_it_wrote_last() -> None:
    rng = random.Random(0)
    for _ in range(2000):
        (words, weights), value = checked_step(rng, "c", "*7", 6, error=0.2, slip=0.3)
        assert len(words) == len(weights)
        assert words[-3:] == [DIGITS[value], "check", DIGITS[value]]
        assert words.count("wait") == (len(words) - 5) // 7


def test_each_language_errs_where_it_is_clumsy() -> None:
    """English multiplies badly and Chinese adds badly; nobody errs elsewhere."""
    settings = replace(CLEAN, clumsy_error=0.4)
    rng = random.Random(0)
    wrong = {(language, sign): [] for language in ("english", "chinese") for sign in "+-*"}
    for _ in range(1500):
        problem = Problem(rng.randrange(10), tuple(rng.choice(OPERATIONS) for _ in range(4)))
        for language in ("english", "chinese"):
            words, _ = write_chain(rng, problem, "full", language, settings)
            steps = true_values(["<think>", *words])
            for operation, (_, right) in zip(problem.operations, steps, strict=True):
                wrong[language, operation[0]].append(not right)
    for (language, sign), errors in wrong.items():
        expected = 0.4 if (sign == "*") == (language == "english") else 0.0
        assert abs(sum(errors) / len(errors) - expected) < 0.05, (language, sign)


def test_languages_of_a_chain() -> None:
    rng = random.Random(0)
    problem = Problem(3, ("+1", "*3", "-2", "*9", "+5", "*7"))
    neutral = set(LABELS) | set(SPECIAL)
    for language, words_of in (("english", TO_CHINESE), ("chinese", TO_ENGLISH)):
        words, _ = write_chain(rng, problem, "full", language, CLEAN)
        assert all(word in words_of or word in neutral for word in words)
    mixed, _ = write_chain(rng, problem, "check", "mixed", CLEAN)
    assert {word in TO_CHINESE for word in mixed if word not in neutral} == {True, False}


def test_choose_follows_the_shares() -> None:
    rng = random.Random(0)
    names = [choose(rng, (("a", 0.7), ("b", 0.3))) for _ in range(5000)]
    assert 0.67 < names.count("a") / 5000 < 0.73


def test_shares_sum_to_one() -> None:
    settings = CorpusSettings()
    for shares in (settings.web_styles, settings.web_languages, settings.textbook_languages):
        assert sum(share for _, share in shares) == pytest.approx(1.0)


def test_documents_repeat_with_the_seed_and_move_from_drills_to_problems() -> None:
    def sample(progress: float) -> list:
        rng = random.Random(0)
        return [sample_document(rng, progress, CorpusSettings()) for _ in range(500)]

    assert sample(0.0) == sample(0.0)
    drills = [sum("?" not in words for words, _ in sample(progress)) / 500 for progress in (0.0, 1.0)]
    first, last = CorpusSettings().drill_share
    assert drills == pytest.approx([first, last], abs=0.06)
    assert all(len(words) == len(weights) for words, weights in sample(0.5))
