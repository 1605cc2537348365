"""Grader of the exercise to chapter 3 about byte-pair encoding: a pair, a merge, the tokens of a text."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

from ..parts import judge_parts
from .exact import Fault, judge_exactly

Words = dict[tuple[int, ...], int]
Pair = tuple[int, int]
TEXTS = ("banana bandana", "aaaaaaa", "词语词语和词", "हिन्दी हिन्दी", "naïve 🙂🙂", "", "x")


def byte_pairs(answer: tuple[Callable, Callable, Callable], seed: int) -> None:
    """Grades `best_pair(words)`, `merge(tokens, pair, new)` and `encode(text, merges)`."""
    best_pair, merge, encode = answer
    rng = random.Random(seed)
    judge_parts(
        {
            "`best_pair`": lambda: judge_exactly(
                best_pair, _best, [(_words(rng, n),) for n in range(4)], BEST
            ),
            "`merge`": lambda: judge_exactly(merge, _merge, [_row(rng, n) for n in range(7)], MERGE),
            "`encode`": lambda: judge_exactly(
                encode, _encode, [*_rivals(rng), *(_learned(rng, text) for text in TEXTS)], ENCODE
            ),
        }
    )


# --- the best pair ---


def _counts(words: Words, times: bool = True, once: bool = False) -> Counter[Pair]:
    counts: Counter[Pair] = Counter()
    for word, n in words.items():
        pairs = list(pairwise(word))
        for pair in set(pairs) if once else pairs:
            counts[pair] += n if times else 1
    return counts


def _best(words: Words, sign: int = 1, **options: bool) -> Pair:
    counts = _counts(words, **options)
    return min(counts, key=lambda pair: (-counts[pair], sign * pair[0], sign * pair[1]))


def _words(rng: random.Random, number: int) -> Words:
    """Words whose best pair is another one for every misconception that this number is for."""
    a, b, c, d, e = rng.sample(range(90, 120), 5)
    n = rng.randint(4, 9)
    low, middle, high = sorted((a, b, e))
    words: dict[int, Words] = {
        # (a, b) stands most often; (c, d) in most words; (d, d) overlaps; (e, a) across borders
        0: {(e, a, b, e): 5 * n, (a, b): 1, (c, d, 7): 1, (8, c, d): 2, (c, d): 3, (c, d, e): 1},
        1: {(d, d, d): 2 * n, (e, d, d, d, e): n, (a, b): 4 * n, (c,): 99 * n},
        2: {(middle, low): n, (high, low): n, (low, high): n, (c + 200, d): n - 1, (high,): 3 * n},
        3: {(c, a, b, a, b): n, (c, e): 2 * n - 1, (b,): 50 * n, (e, d): n},
    }
    shuffled = list(words[number].items())
    if number != 2:
        rng.shuffle(shuffled)
    return dict(shuffled)


def _joined(words: Words) -> Pair:
    row = [token for word, n in words.items() for token in word * n]
    counts = Counter(pairwise(row))
    return min(counts, key=lambda pair: (-counts[pair], pair))


BEST: list[Fault] = [
    (
        lambda words: _best(words, times=False),
        "You count each word once. It stands in the text many times.",
        "`times`",
    ),
    (lambda words: _best(words, once=True), "You count a pair once a word. It may stand there twice.", ""),
    (lambda words: _best(words, sign=-1), "Of pairs that stand equally often you take the largest.", ""),
    (
        lambda words: _counts(words).most_common(1)[0][0],
        "Of equal pairs you take the first one met.",
        "The smallest.",
    ),
    (lambda words: max(_counts(words)), "You take the largest pair, not the most frequent one.", ""),
    (lambda words: min(_counts(words)), "You take the smallest pair, not the most frequent one.", ""),
    (
        lambda words: min(_counts(words), key=lambda p: (_counts(words)[p], p)),
        "You take the rarest pair.",
        "",
    ),
    (_joined, "You join the words: a pair crosses a border.", "Count within each word."),
    (
        lambda words: _counts(words)[_best(words)],
        "You return how often it stands there. Asked is the pair.",
        "",
    ),
    (lambda words: _best(words)[::-1], "The two tokens have changed places.", ""),
    (
        lambda words: _best({w: n for w, n in words.items() if len(w) == 2}),
        "You look at words of two tokens.",
        "",
    ),
    (lambda words: max(words, key=lambda w: words[w])[:2], "You look at the most frequent word alone.", ""),
]


# --- one merge ---


def _merge(
    tokens: Sequence[int], pair: Pair, new: int, right_first: bool = False, short: int = 0
) -> list[int]:
    if right_first:
        return _merge(list(tokens)[::-1], (pair[1], pair[0]), new)[::-1]
    merged: list[int] = []
    i = 0
    while i < len(tokens) - short:
        found = tuple(tokens[i : i + 2]) == tuple(pair)
        merged.append(new if found else tokens[i])
        i += 1 + found
    return merged


def _row(rng: random.Random, number: int) -> tuple[list[int], Pair, int]:
    a, b, c = rng.sample(range(100), 3)
    new = rng.randint(256, 900)
    rows: tuple[tuple[list[int], Pair], ...] = (
        ([c, a, b, a, b, c, b, a, a, b], (a, b)),
        ([a, a, a, b, a, a, a, a, a], (a, a)),
        ([a, c, b, a], (a, b)),
        ([b, a, c, b, c, b], (b, c)),
        ([a], (a, a)),
        ([a, b], (a, b)),
        ([], (a, b)),
    )
    return *rows[number], new


def _first(tokens: list[int], pair: Pair, new: int) -> list[int]:
    for i, here in enumerate(pairwise(tokens)):
        if here == tuple(pair):
            return [*tokens[:i], new, *tokens[i + 2 :]]
    return tokens


def _overlapping(tokens: list[int], pair: Pair, new: int) -> list[int]:
    """Every pair that stands in the old tokens becomes the new one, and its second token goes."""
    at = [i for i, here in enumerate(pairwise(tokens)) if here == tuple(pair)]
    return [new if i in at else token for i, token in enumerate(tokens) if i - 1 not in at or i in at]


MERGE: list[Fault] = [
    (_first, "You merge the first pair alone. Each one in the tokens is merged.", ""),
    (
        lambda t, p, new: _merge(t, p, new, right_first=True),
        "You read from right to left.",
        "(5, 5, 5) gives (new, 5).",
    ),
    (_overlapping, "A token belongs to two pairs in yours.", "Behind a merge go on two places later."),
    (lambda t, p, new: _merge(t, p, 256), "Your new token is always 256.", "`new`"),
    (lambda t, p, new: _merge(t, (p[1], p[0]), new), "You merge the pair in the other order.", ""),
    (
        lambda t, p, new: _merge(_merge(t, p, new), (p[1], p[0]), new),
        "You merge the pair in both orders.",
        "",
    ),
    (
        lambda t, p, new: [x for x in _merge(t, p, new) if x != new],
        "You take the pair out and put nothing there.",
        "",
    ),
    (
        lambda t, p, new: [y for x in _merge(t, p, new) for y in ([new, new] if x == new else [x])],
        "Two new tokens stand for each pair. It is one.",
        "",
    ),
    (
        lambda t, p, new: _merge(t, p, new, short=1),
        "The last token is lost where no pair ends the row.",
        "",
    ),
    (
        lambda t, p, new: [new if x in p else x for x in t],
        "You replace the two tokens wherever they stand.",
        "Neighbours.",
    ),
    (lambda t, p, new: t, "Nothing is merged.", ""),
    (
        lambda t, p, new: [token for i in range(0, len(t), 2) for token in _merge(t[i : i + 2], p, new)],
        "You look at every second place alone: a pair may begin anywhere.",
        "",
    ),
]


# --- the tokens of a text ---


def _encode(text: str, merges: list[Pair], first: int = 256) -> list[int]:
    tokens = list(text.encode())
    for k, pair in enumerate(merges):
        tokens = _merge(tokens, pair, first + k)
    return tokens


def _learned(rng: random.Random, text: str) -> tuple[str, list[Pair]]:
    """A text and merges that were learned from it and from a few others; some are of no use to it."""
    rows = [
        list(one.encode())
        for one in (text * rng.randint(1, 3), "nana ban", "词和语", f"a{rng.randint(10, 99)}aa")
    ]
    merges: list[Pair] = []
    for k in range(9):
        counts = Counter(pair for row in rows for pair in pairwise(row))
        if not counts:
            break
        frequent = [pair for pair, _ in counts.most_common(3)]
        merges.append(rng.choice(frequent))
        rows = [_merge(row, merges[-1], 256 + k) for row in rows]
    return text, merges


def _rivals(rng: random.Random) -> list[tuple[str, list[Pair]]]:
    """Texts in which a longer token, or one further left, was learned later."""
    a, b, c, d = rng.sample(range(97, 123), 4)
    text = bytes((a, b, c, d)).decode()
    return [(text + text, [(b, c), (a, b), (257, c)]), (text, [(c, d), (a, b), (b, 256), (a, 258)])]


def _characters(text: str, merges: list[Pair]) -> list[int]:
    tokens = [ord(c) for c in text]
    for k, pair in enumerate(merges):
        tokens = _merge(tokens, pair, 256 + k)
    return tokens


def _longest(text: str, merges: list[Pair]) -> list[int]:
    """The longest known token first, from left to right."""
    known = {bytes([b]): b for b in range(256)}
    pieces = {b: bytes([b]) for b in range(256)}
    for k, (a, b) in enumerate(merges):
        pieces[256 + k] = pieces[a] + pieces[b]
        known.setdefault(pieces[256 + k], 256 + k)
    data, tokens = text.encode(), list[int]()
    while data:
        size = max(n for n in range(1, len(data) + 1) if data[:n] in known)
        tokens.append(known[data[:size]])
        data = data[size:]
    return tokens


def _backwards(text: str, merges: list[Pair]) -> list[int]:
    tokens = list(text.encode())
    for k in reversed(range(len(merges))):
        tokens = _merge(tokens, merges[k], 256 + k)
    return tokens


def _leftmost(text: str, merges: list[Pair]) -> list[int]:
    """Whatever learned pair stands leftmost, again and again."""
    tokens, number = list(text.encode()), {tuple(pair): 256 + k for k, pair in enumerate(merges)}
    while at := [i for i, pair in enumerate(pairwise(tokens)) if pair in number]:
        i = at[0]
        tokens[i : i + 2] = [number[tokens[i], tokens[i + 1]]]
    return tokens


def _once(text: str, merges: list[Pair]) -> list[int]:
    tokens = list(text.encode())
    for k, pair in enumerate(merges):
        tokens = _first(tokens, pair, 256 + k)
    return tokens


ENCODE: list[Fault] = [
    (lambda text, merges: list(text.encode()), "Nothing is merged: these are the bytes.", ""),
    (_characters, "You begin with characters. 词 is one character and three bytes.", "`list(text.encode())`"),
    (lambda text, merges: _encode(text, merges, first=257), "Your first merge makes 257. It makes 256.", ""),
    (
        lambda text, merges: _encode(text, merges, first=0),
        "Your merges make 0, 1, …: these are bytes.",
        "256 + k",
    ),
    (_backwards, "You begin with the merge that was learned last.", "The first one first."),
    (_longest, "You take the longest known token. Here the merge that was learned first goes first.", ""),
    (_leftmost, "You merge the pair that stands leftmost. The one that was learned first goes first.", ""),
    (_once, "You merge each learned pair at one place. Merge it everywhere.", ""),
    (lambda text, merges: _encode(text, merges[:1]), "You stop after one merge.", ""),
    (lambda text, merges: _encode(text, merges[:-1]), "You leave out the last merge.", ""),
    (lambda text, merges: [t for w in text.split() for t in _encode(w, merges)], "White space is lost.", ""),
    (
        lambda text, merges: [t for c in text for t in _encode(c, merges)],
        "You merge within each character alone.",
        "",
    ),
]
