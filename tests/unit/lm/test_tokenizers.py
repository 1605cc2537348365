"""What the tokenizer refuses, and the edges of its training; the reference tests say that it is right."""

import pytest

from deepseek_book_utils.lm.tokenizers import BYTES, Tokenizer, count_words, split_words, train_bpe


def test_words_together_are_the_text() -> None:
    text = "It's 42 世界, isn't  it?\n  x=1"
    words = split_words(text)
    assert "".join(words) == text
    assert words[:6] == ["It", "'s", " 42", " 世界", ",", " isn"]
    assert count_words([text, "It's"])["It"] == 2
    assert split_words("") == []


def test_bytes_stand_in_the_order_of_gpt2() -> None:
    assert sorted(BYTES) == list(range(256))
    assert Tokenizer([]).encode("!~ é") == [0, 93, 220, 127, 102]  # of its published vocabulary, vocab.json
    assert Tokenizer([]).decode([220, 0]) == " !"


@pytest.mark.parametrize(("vocabulary", "least"), [(255, 1), (300, 0), (0, 1)])
def test_training_without_sense(vocabulary: int, least: int) -> None:
    with pytest.raises(ValueError, match="take 256 and 1, or more"):
        train_bpe({"ab": 1}, vocabulary, least)


def test_training_ends_when_nothing_is_left_to_merge() -> None:
    assert train_bpe({"a": 9}, 300) == train_bpe({}, 300) == train_bpe({"abc": 9}, 256) == []
    assert len(train_bpe({"abc": 9}, 300)) == 2
    assert len(train_bpe({"abc": 2, "xyz": 1}, 300, 2)) == 2
    assert len(train_bpe({"abc": 2, "xyz": 1}, 257)) == 1


@pytest.mark.parametrize(
    ("merges", "special", "message"),
    [
        (["ab", "a"], (), "Merge 1 is .* give two tokens below 257"),
        (["abc"], (), "Merge 0"),
        (["a" + chr(256)], (), "two tokens below 256"),
        ([chr(256) + "a"], (), "two tokens below 256"),
        (["ab", "ab"], (), "comes twice"),
        ([], ("<s>", "<s>"), "comes twice"),
    ],
)
def test_tables_without_sense(merges, special, message) -> None:
    with pytest.raises(ValueError, match=message):
        Tokenizer(merges, special)


def test_a_special_token_may_look_like_a_merge() -> None:
    tokenizer = Tokenizer(["AB"], ("AB",))
    assert tokenizer.encode("AB") == [257]
    assert (
        tokenizer.encode("bc") == Tokenizer(["AB"]).encode("bc") == [256]
    )  # tokens 65 and 66 are the letters b and c
    assert tokenizer.decode([257, 256]) == "ABbc"


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        Tokenizer([]).encode("\ud800")
