"""What is a word to a model? Byte-pair encoding learns its vocabulary from text: it
joins the most frequent pair of neighbours into a new token, again and again (Sennrich
et al., arXiv 1508.07909, section 3.2).

It starts from the 256 bytes of UTF-8, so that no text is unknown, as in GPT-2 (Radford
et al. 2019, section 2.2). GPT-2's expression cuts a text into words first, and no token
crosses the border of a word.

A tie is settled as in the `tokenizers` library: among the pairs of the highest count
the one whose left token has the smallest number, then the right one. Numbers 0 to 255
are the bytes in GPT-2's order, the printable ones first; the merges follow.

A word under way is a string in which every token is one character, chr(number); then
a merge is Python's own `replace`.

Left out: normal forms of Unicode, templates of a chat, merges that are skipped at
random as a regulariser, and unigram models.
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import add
from unicodedata import category

# GPT-2 writes bytes as visible characters; the bytes that are visible already go first.
VISIBLE = (*range(33, 127), *range(161, 173), *range(174, 256))
BYTES = bytes((*VISIBLE, *(byte for byte in range(256) if byte not in VISIBLE)))
NUMBER_OF = {byte: number for number, byte in enumerate(BYTES)}
# White space as Unicode has it; Python's \s has four control characters more.
SPACE = "\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"


@cache
def characters(kind: str) -> str:
    """All characters of a Unicode category, L letters or N numbers, as ranges for the
    brackets of a regular expression: those that this Python's Unicode knows. What was
    assigned later counts as another sign.
    """
    ranges = []
    # the planes 0 to 3; there is neither letter nor number in the others
    for found, group in groupby(range(0x40000), lambda c: category(chr(c))[0] == kind):
        members = list(group)
        if found:
            ranges.append(f"{chr(members[0])}-{chr(members[-1])}")
    return "".join(ranges)


@cache
def word_pattern() -> re.Pattern[str]:
    """GPT-2's words: an English ending, letters, numbers or other signs, each with the
    space before it, and white space, which leaves its last space to the next word.
    """
    letter, number, space = characters("L"), characters("N"), SPACE
    # 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
    #                                                              GPT-2, encoder.py
    return re.compile(
        f"'(?:[stmd]|re|ve|ll)| ?[{letter}]+| ?[{number}]+"
        f"| ?[^{space}{letter}{number}]+|[{space}]+(?![^{space}])|[{space}]+"
    )


def split_words(text: str) -> list[str]:
    """Cut a text as GPT-2 does; the words together are the text again."""
    return word_pattern().findall(text)


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in the texts: all that training needs of them."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(split_words(text))
    return counts


def bytes_of(word: str) -> str:
    """The bytes of a word in UTF-8, as tokens: one character each, below chr(256).

    Raises ValueError if the word holds half a character (a surrogate).
    """
    return "".join(chr(NUMBER_OF[byte]) for byte in word.encode())


@dataclass
class Corpus:
    """A text that is being merged: its different words as tokens, how often each stands
    there, how often each pair does, and in which words.
    """

    words: list[str]
    times: list[int]
    pairs: Counter[str]
    where: defaultdict[str, set[int]]


def index_pairs(counts: Mapping[str, int]) -> Corpus:
    """The corpus of words and their counts, all in bytes."""
    words, times = [bytes_of(word) for word in counts], list(counts.values())
    corpus = Corpus(words, times, Counter(), defaultdict(set))
    for i, word in enumerate(words):
        for pair in map(add, word, word[1:]):  # in "aaa" the pair "aa" stands twice
            corpus.pairs[pair] += times[i]
            corpus.where[pair].add(i)
    return corpus


def apply_merge(corpus: Corpus, pair: str, new: str) -> set[str]:
    """Replace the pair by `new` in all words, and count again around it; returns the
    pairs that are new.
    """
    fresh = set()
    for i in corpus.where.pop(pair):
        word, times = corpus.words[i], corpus.times[i]
        first, last = word.find(pair), word.rfind(pair)
        if first < 0:  # another merge took it
            continue
        # from the neighbour before the first to the neighbour after the last
        start, end = max(0, first - 1), last + 3
        before = word[start:end]
        after = before.replace(pair, new)  # from left to right: "aaa" becomes "Aa"
        corpus.words[i] = word[:start] + after + word[end:]
        for gone in map(add, before, before[1:]):
            corpus.pairs[gone] -= times
        for come in map(add, after, after[1:]):
            corpus.pairs[come] += times
            if new in come:
                corpus.where[come].add(i)
                fresh.add(come)
    return fresh


def train_bpe(counts: Mapping[str, int], vocabulary: int, least: int = 1) -> list[str]:
    """Learn merges from words and how often each of them stands in the text: the k-th
    is the pair of tokens that becomes token 256 + k.

    It ends before the vocabulary is full if no pair stands in the text `least` times.
    Raises ValueError if vocabulary < 256 or least < 1.
    """
    if vocabulary < 256 or least < 1:
        raise ValueError(
            f"vocabulary = {vocabulary}, least = {least}: the bytes alone are 256 "
            "tokens, and a pair must stand in the text; take 256 and 1, or more."
        )
    corpus, merges = index_pairs(counts), list[str]()
    # the largest count first, then the smallest numbers
    queue = [(-count, pair) for pair, count in corpus.pairs.items()]
    heapq.heapify(queue)
    while queue and len(merges) < vocabulary - 256:
        count, pair = heapq.heappop(queue)
        if -count != corpus.pairs[pair]:  # other merges took some of them: queue again
            heapq.heappush(queue, (-corpus.pairs[pair], pair))
        elif -count < least:
            break
        else:
            for found in apply_merge(corpus, pair, chr(256 + len(merges))):
                heapq.heappush(queue, (-corpus.pairs[found], found))
            merges.append(pair)
    return merges


class Tokenizer:
    """Text to token numbers and back, by the merges that `train_bpe` learned, in their
    order; the special tokens follow them.

    Raises ValueError if a merge is no pair of earlier tokens, or a name comes twice.
    """

    def __init__(self, merges: Sequence[str], special: Sequence[str] = ()) -> None:
        self.merges, self.special = list(merges), list(special)
        self.ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.tokens = [bytes([byte]) for byte in BYTES]
        for pair in self.merges:
            if len(pair) != 2 or ord(max(pair)) >= len(self.tokens):
                raise ValueError(
                    f"Merge {len(self.tokens) - 256} is {list(map(ord, pair))}: give "
                    f"two tokens below {len(self.tokens)}, as train_bpe does."
                )
            self.tokens.append(b"".join(self.tokens[ord(token)] for token in pair))
        if any(len({*names}) < len(names) for names in (self.merges, special)):
            raise ValueError("A merge or a special token comes twice: give it once.")
        self.tokens += [token.encode() for token in special]
        self.known: dict[str, list[int]] = {}  # words met before, for speed

    def encode_word(self, word: str) -> list[int]:
        """The tokens of one word: the merge that was learned first goes first."""
        tokens = bytes_of(word)
        while len(tokens) > 1:
            pairs = map(add, tokens, tokens[1:])
            first = min(pairs, key=lambda pair: self.ranks.get(pair, math.inf))
            if first not in self.ranks:
                break
            tokens = tokens.replace(first, chr(256 + self.ranks[first]))
        return list(map(ord, tokens))

    def encode(self, text: str) -> list[int]:
        """The tokens of a text; a special token is one wherever it stands,
        the longest one where two begin.
        """
        tokens: list[int] = []
        longest_first = sorted(self.special, key=len, reverse=True)
        borders = "|".join(map(re.escape, longest_first))
        for part in re.split(f"({borders})", text) if borders else [text]:
            if part in self.special:
                tokens.append(256 + len(self.merges) + self.special.index(part))
                continue
            for word in split_words(part):
                if word not in self.known:
                    self.known[word] = self.encode_word(word)
                tokens += self.known[word]
        return tokens

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of tokens; what is no whole character becomes U+FFFD."""
        return b"".join(self.tokens[token] for token in tokens).decode(errors="replace")
