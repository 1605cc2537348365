# ruff: noqa
# %% the first learned pair that stands there, again and again; strings
def best_pair(words):
    rows = {}
    for word, times in words.items():
        for i in range(1, len(word)):
            rows[word[i - 1 : i + 1]] = rows.get(word[i - 1 : i + 1], 0) + times
    return sorted(rows.items(), key=lambda item: (-item[1], item[0]))[0][0]


def merge(tokens, pair, new):
    return list(map(ord, "".join(map(chr, tokens)).replace("".join(map(chr, pair)), chr(new))))


def encode(text, merges):
    ranks = {tuple(pair): k for k, pair in enumerate(merges)}
    tokens = list(text.encode("utf-8"))
    while True:
        here = [ranks[pair] for pair in zip(tokens, tokens[1:]) if pair in ranks]
        if not here:
            return tokens
        tokens = merge(tokens, merges[min(here)], 256 + min(here))


# %% lists for tuples, in place, numpy, tensors
def best_pair(words):
    import numpy as np

    pairs = [
        (word[i], word[i + 1]) for word, n in words.items() for _ in range(n) for i in range(len(word) - 1)
    ]
    found, counts = np.unique(np.array(pairs), axis=0, return_counts=True)
    return found[counts.argmax()]


def merge(tokens, pair, new):
    i = 0
    while i < len(tokens) - 1:
        if tokens[i] == pair[0] and tokens[i + 1] == pair[1]:
            tokens[i] = new
            del tokens[i + 1]
        i += 1
    return torch.tensor(tokens)


def encode(text, merges):
    tokens = list(text.encode())
    for k in range(len(merges)):
        tokens = merge(tokens, merges[k], 256 + k).tolist()
    return tuple(tokens)
