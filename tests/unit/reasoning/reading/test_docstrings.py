"""What the rule marks, word by word; what is kept out; how questions become tokens."""

import pytest

from deepseek_book_utils.reasoning.reading.docstrings import (
    LONGEST,
    QUESTIONS,
    SENTENCE,
    SPECIAL,
    WORD,
    Reading,
    reading_tokens,
    readings,
    split_readings,
    vocabulary_of,
)


def marked(sentence: str) -> dict[str, str]:
    """The answers of a sentence as text, by their questions."""
    words = WORD.findall(sentence)
    return {r.question: " ".join(words[r.start : r.end + 1]) for r in readings(sentence)}


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (
            "Return the number of elements in the listbox",
            {"what": "the number", "of": "elements", "in": "the listbox"},
        ),
        (
            "Return True if the operand is infinite; otherwise return False",
            {"what": "True", "when": "the operand is infinite"},
        ),
        ("Returns type hints for an object", {"what": "type hints", "for": "an object"}),
        ("Return the data from path as raw bytes", {"what": "the data", "from": "path"}),
        ("Return", {}),
    ],
)
def test_answers_that_the_rule_marks(sentence, expected) -> None:
    assert marked(sentence) == expected


def test_sentences_end_where_they_end() -> None:
    text = '"""Return the   sum\n    of it. More.\n    """\n"""Returns x"""\n"""Returns y\n\n    Z"""'
    assert [" ".join(s.split()) for s in SENTENCE.findall(text)] == [
        "Return the sum of it",
        "Returns x",
        "Returns y",
    ]


def test_this_python_has_enough_and_no_sentence_is_in_both_parts() -> None:
    train, test = split_readings()
    assert len(train) > 800 and len(test) > 200
    assert {r.question for r in train} == {r.question for r in test} == set(QUESTIONS)
    assert not {r.sentence for r in train} & {r.sentence for r in test}
    assert len({r.sentence.split()[0] for r in train}) == 2
    for reading in [*train, *test]:
        assert 0 <= reading.start <= reading.end < len(WORD.findall(reading.sentence)) <= LONGEST


def test_tokens() -> None:
    data = [Reading("of", f"Return the sum of item {i}", 4, 5) for i in "abc"]
    vocabulary = vocabulary_of(data)
    assert vocabulary[: len(SPECIAL) + len(QUESTIONS)] == (*SPECIAL, *QUESTIONS)
    assert set(vocabulary[10:]) == {"return", "the", "sum", "item"}
    tokens, inside = reading_tokens([("of", "Return THE answer"), ("in", "sum of item x")], vocabulary)
    words = [[vocabulary[i] for i in row] for row in tokens]
    assert words == [
        ["[CLS]", "of", "[SEP]", "return", "the", "[UNK]", "[PAD]"],
        ["[CLS]", "in", "[SEP]", "sum", "of", "item", "[UNK]"],
    ]
    assert inside.tolist() == [[False] * 3 + [True] * 3 + [False], [False] * 3 + [True] * 4]
    with pytest.raises(ValueError, match="No questions: give at least one"):
        reading_tokens([], vocabulary)
