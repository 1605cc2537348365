"""Byte-pair encoding against the `tokenizers` library: words, merges with their ties, tokens and texts."""

import json
import pydoc_data.topics
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path
from unicodedata import category

import pytest
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, trainers

from deepseek_book_utils.lm.tokenizers import Tokenizer, count_words, split_words, train_bpe

BYTE_LEVEL = pre_tokenizers.ByteLevel(add_prefix_space=False)
SPECIAL = ("<|begin|>", "<think>", "<think>>")


def train_theirs(texts: list[str], vocabulary: int, least: int = 0) -> tokenizers.Tokenizer:
    theirs = tokenizers.Tokenizer(models.BPE())
    theirs.pre_tokenizer, theirs.decoder = BYTE_LEVEL, decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=least,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    theirs.train_from_iterator(texts, trainer)
    return theirs


def merges_of(theirs: tokenizers.Tokenizer) -> list[str]:
    """Their merges with a character for each number, as ours are."""
    model = json.loads(theirs.to_str())["model"]
    return ["".join(chr(model["vocab"][token]) for token in pair) for pair in model["merges"]]


@pytest.fixture(scope="module")
def texts(root: Path) -> list[str]:
    """120 kB: the reference of Python's language, Python itself, and words in two languages."""
    prose = "\n".join(text for _, text in sorted(pydoc_data.topics.topics.items()))
    glossary = (root / "book" / "glossary.md").read_text("utf-8")
    return [prose[:70_000], Path(json.__file__).with_name("decoder.py").read_text("utf-8"), glossary[:35_000]]


@pytest.fixture(scope="module")
def both(texts: list[str]) -> tuple[Tokenizer, tokenizers.Tokenizer]:
    theirs = train_theirs(texts, 1500)
    theirs.add_special_tokens(list(SPECIAL))
    return Tokenizer(train_bpe(count_words(texts), 1500), SPECIAL), theirs


def test_merges_of_a_text_equal_theirs(both: tuple[Tokenizer, tokenizers.Tokenizer]) -> None:
    ours, theirs = both
    assert len(ours.merges) == 1500 - 256
    assert ours.merges == merges_of(theirs)
    longest = max(ours.tokens, key=len)
    assert len(longest) > 8, longest


@pytest.mark.parametrize("least", [1, 2, 3])
@pytest.mark.parametrize("alphabet", ["ab", "abc", "ab 世界\n", "\x00\x7f\u00ad ab"])
def test_ties_are_settled_as_theirs(alphabet: str, least: int) -> None:
    """Small texts of few letters, where most pairs tie; the bytes are not in the order of their numbers."""
    rng = random.Random(len(alphabet) * least)
    for _ in range(40):
        texts = ["".join(rng.choices(alphabet, k=rng.randrange(1, 60))) for _ in range(3)]
        size = rng.choice([256, 260, 300, 1000])
        assert train_bpe(count_words(texts), size, least) == merges_of(train_theirs(texts, size, least)), (
            texts
        )


def recount(counts: Counter[str], merges: int) -> list[tuple[int, int]]:
    """Merges by the definition: all pairs are counted anew each time, and tokens are lists of numbers."""
    order = [byte for byte in range(256) if chr(byte).isprintable() and not chr(byte).isspace()]
    order += [byte for byte in range(256) if byte not in order]
    words = {word: [order.index(byte) for byte in word.encode()] for word in counts}
    learned: list[tuple[int, int]] = []
    for new in range(256, 256 + merges):
        pairs: Counter[tuple[int, int]] = Counter()
        for word, tokens in words.items():
            for pair in pairwise(tokens):
                pairs[pair] += counts[word]
        learned.append(min(pairs, key=lambda pair: (-pairs[pair], pair)))
        for word, tokens in words.items():
            joined: list[int] = []
            while tokens:
                found = tuple(tokens[:2]) == learned[-1]
                joined.append(new if found else tokens[0])
                tokens = tokens[2 if found else 1 :]
            words[word] = joined
    return learned


def test_merges_by_counting_all_again() -> None:
    """The first words are the paper's (section 3.2); in the last one a pair overlaps itself."""
    counts = Counter({"low": 5, "lower": 2, "newest": 6, "widest": 3, "aaaaa": 4})
    ours = train_bpe(counts, 256 + 12)
    assert [tuple(map(ord, pair)) for pair in ours] == recount(counts, 12)
    assert Tokenizer(ours).tokens[256:259] == [b"aa", b"es", b"est"]


LETTERS = {
    "Chinese": "的一是不了人我在有他这中大来上个国说们为子和你地出道也时年得就那要下以生会自着去之过家",
    "signs": "，。！？；：“”《》、…·￥（）【】—～",
    "rare": "𠀀𪚥㐀龥鿿豈",
    "emoji": "😀🎉👍🏽❤️👨\u200d👩\u200d👧🇨🇳🧑🏿\u200d🚀☺✨",
    "code": "abcdefxyz_ABC(){}[]<>=+-*/%&|!~^:;,.'\"\\#@$`",
    "numbers": "0123456789½²Ⅷ٣४①〇",
    "space": "  \t\n\r\u3000\u00a0\u2028\u200b\x0b\x0c\x85",
    "others": "éèßñøžЖдяабвαβγअआइिीु्नमسلامกขคąçŁ\u0301\u0308",
    "control": "\x00\x01\x1c\x1d\x1e\x1f\x7f\x9f\ufeff\ufffd",
}
PHRASES = (
    "don't",
    "I'll've",
    " we're",
    "'S",
    "''s",
    "def f(x):\n    return x\n",
    "机器学习",
    "transformer",
    "  ",
)


def random_texts(count: int) -> list[str]:
    rng = random.Random(7)
    kinds = [*LETTERS.values()]
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(rng.randrange(8)):
            letters = rng.choice(kinds)
            parts.append("".join(rng.choices(letters, k=rng.randrange(1, 6))))
            if rng.random() < 0.3:
                parts.append(rng.choice(PHRASES))
        texts.append("".join(parts))
    return texts


def test_every_character_is_of_their_kind() -> None:
    """All that this Python knows: between a letter and a digit it shows whether it is either, or a space."""
    for block in range(0, 0x20000, 0x1000):
        known = [
            chr(code) for code in range(block, block + 0x1000) if category(chr(code)) not in ("Cn", "Cs")
        ]
        text = "".join(f"a{character}1" for character in known)
        theirs = [text[start:end] for _, (start, end) in BYTE_LEVEL.pre_tokenize_str(text)]
        assert split_words(text) == theirs, hex(block)


def test_words_equal_theirs(both: tuple[Tokenizer, tokenizers.Tokenizer]) -> None:
    for text in random_texts(4000):
        theirs = [text[start:end] for _, (start, end) in BYTE_LEVEL.pre_tokenize_str(text)]
        assert split_words(text) == theirs, repr(text)


def test_tokens_of_ten_thousand_texts_equal_theirs(both: tuple[Tokenizer, tokenizers.Tokenizer]) -> None:
    ours, theirs = both
    for text in random_texts(10_000):
        tokens = theirs.encode(text).ids
        assert ours.encode(text) == tokens, repr(text)
        assert ours.decode(tokens) == text


def test_tokens_of_prose_equal_theirs(both: tuple[Tokenizer, tokenizers.Tokenizer], texts: list[str]) -> None:
    ours, theirs = both
    for text in texts:
        tokens = ours.encode(text)
        assert tokens == theirs.encode(text).ids
        assert max(map(len, map(ours.tokens.__getitem__, tokens))) > 8


def test_special_tokens_equal_theirs(both: tuple[Tokenizer, tokenizers.Tokenizer]) -> None:
    """The longest one wins where two begin; inside a word, at the ends, and twice."""
    ours, theirs = both
    for text in ("<|begin|>a<think>b", "x<think>>y", "<think><think>", "<thin<|begin|>k>", " <think> ", ""):
        tokens = theirs.encode(text).ids
        assert ours.encode(text) == tokens, text
        assert ours.decode(tokens) == theirs.decode(tokens, skip_special_tokens=False)


def test_pieces_of_characters_are_written_as_theirs(both: tuple[Tokenizer, tokenizers.Tokenizer]) -> None:
    ours, theirs = both
    rng = random.Random(3)
    for _ in range(500):
        tokens = [rng.choice([rng.randrange(1500), rng.randrange(94, 256)]) for _ in range(rng.randrange(12))]
        assert ours.decode(tokens) == theirs.decode(tokens, skip_special_tokens=False)
