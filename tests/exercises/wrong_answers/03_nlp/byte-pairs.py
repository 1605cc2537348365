# ruff: noqa
# %% You count each word once
# -             counts[pair] += times
# +             counts[pair] += 1

# %% You count a pair once a word
# -         for pair in pairwise(word):
# +         for pair in set(pairwise(word)):

# %% you take the largest.
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return max(counts, key=lambda pair: (counts[pair], pair))

# %% you take the first one met
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return counts.most_common(1)[0][0]

# %% You take the largest pair
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return max(counts)

# %% You take the smallest pair
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return min(counts)

# %% You take the rarest pair
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return min(counts, key=lambda pair: (counts[pair], pair))

# %% crosses a border
def best_pair(words):
    counts = Counter(pairwise([token for word, times in words.items() for token in word * times]))
    return min(counts, key=lambda pair: (-counts[pair], pair))


# %% Asked is the pair
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return max(counts.values())

# %% The two tokens have changed places
# -         for pair in pairwise(word):
# -             counts[pair] += times
# +         for a, b in pairwise(word):
# +             counts[a, b] += times

# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return min(counts, key=lambda pair: (-counts[pair], pair))[::-1]


# %% the most frequent word alone
def best_pair(words):
    return max(words, key=words.get)[:2]


# %% You look at words of two tokens
# -         for pair in pairwise(word):
# -             counts[pair] += times
# +         if len(word) == 2:
# +             counts[word] += times

# %% returns nothing
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     counts.most_common(1)

# %% holds other things than tokens
# -     return min(counts, key=lambda pair: (-counts[pair], pair))
# +     return max(counts.items(), key=lambda item: item[1])


# %% You merge the first pair alone
def merge(tokens, pair, new):
    for i in range(len(tokens) - 1):
        if tuple(tokens[i : i + 2]) == tuple(pair):
            return tokens[:i] + [new] + tokens[i + 2 :]
    return tokens


# %% from right to left
def merge(tokens, pair, new):
    i = len(tokens) - 2
    while i >= 0:
        if tuple(tokens[i : i + 2]) == tuple(pair):
            tokens[i : i + 2] = [new]
            i -= 1
        i -= 1
    return tokens


# %% belongs to two pairs
def merge(tokens, pair, new):
    at = {i for i in range(len(tokens) - 1) if (tokens[i], tokens[i + 1]) == tuple(pair)}
    return [new if i in at else t for i, t in enumerate(tokens) if i in at or i - 1 not in at]


# %% always 256
# -         merged.append(new if found else tokens[i])
# +         merged.append(256 if found else tokens[i])

# %% in the other order
# -         found = tuple(tokens[i : i + 2]) == tuple(pair)
# +         found = tuple(tokens[i : i + 2]) == tuple(pair)[::-1]

# %% You take the pair out
# -         merged.append(new if found else tokens[i])
# +         merged += [] if found else [tokens[i]]

# %% Two new tokens
# -         merged.append(new if found else tokens[i])
# +         merged += [new, new] if found else [tokens[i]]

# %% The last token is lost
# -     while i < len(tokens):
# +     while i < len(tokens) - 1:


# %% wherever they stand
def merge(tokens, pair, new):
    return [new if token in pair else token for token in tokens]


# %% Nothing is merged.
def merge(tokens, pair, new):
    return tokens


# %% every second place
# -         found = tuple(tokens[i : i + 2]) == tuple(pair)
# -         merged.append(new if found else tokens[i])
# -         i += 2 if found else 1
# +         found = tuple(tokens[i : i + 2]) == tuple(pair)
# +         merged += [new] if found else tokens[i : i + 2]
# +         i += 2

# %% The result differs
# -         i += 2 if found else 1
# +         i += 1

# %% these are the bytes
# -         tokens = merge(tokens, pair, 256 + k)
# +         merge(tokens, pair, 256 + k)

# %% You begin with characters
# -     tokens = list(text.encode())
# +     tokens = [ord(c) for c in text]

# %% makes 257
# -     for k, pair in enumerate(merges):
# +     for k, pair in enumerate(merges, start=1):

# %% these are bytes
# -         tokens = merge(tokens, pair, 256 + k)
# +         tokens = merge(tokens, pair, k)

# %% learned last
# -     for k, pair in enumerate(merges):
# +     for k, pair in reversed(list(enumerate(merges))):


# %% the longest known token
def encode(text, merges):
    pieces = [bytes([b]) for b in range(256)]
    for a, b in merges:
        pieces.append(pieces[a] + pieces[b])
    data, tokens = text.encode(), []
    while data:
        best = max((p for p in pieces if data.startswith(p)), key=len)
        tokens.append(pieces.index(best))
        data = data[len(best) :]
    return tokens


# %% stands leftmost
def encode(text, merges):
    number = {tuple(pair): 256 + k for k, pair in enumerate(merges)}
    tokens, i = list(text.encode()), 0
    while i < len(tokens) - 1:
        if (tokens[i], tokens[i + 1]) in number:
            tokens[i : i + 2] = [number[tokens[i], tokens[i + 1]]]
            i = 0
        else:
            i += 1
    return tokens


# %% at one place
def encode(text, merges):
    tokens = list(text.encode())
    for k, pair in enumerate(merges):
        for i in range(len(tokens) - 1):
            if (tokens[i], tokens[i + 1]) == tuple(pair):
                tokens[i : i + 2] = [256 + k]
                break
    return tokens


# %% stop after one merge
# -         tokens = merge(tokens, pair, 256 + k)
# +         return merge(tokens, pair, 256 + k)

# %% leave out the last merge
# -     for k, pair in enumerate(merges):
# +     for k, pair in enumerate(merges[:-1]):

# %% White space is lost
# -     tokens = list(text.encode())
# -     for k, pair in enumerate(merges):
# -         tokens = merge(tokens, pair, 256 + k)
# -     return tokens
# +     found = []
# +     for word in text.split():
# +         tokens = list(word.encode())
# +         for k, pair in enumerate(merges):
# +             tokens = merge(tokens, pair, 256 + k)
# +         found += tokens
# +     return found

# %% within each character
# -     tokens = list(text.encode())
# -     for k, pair in enumerate(merges):
# -         tokens = merge(tokens, pair, 256 + k)
# -     return tokens
# +     found = []
# +     for word in text:
# +         tokens = list(word.encode())
# +         for k, pair in enumerate(merges):
# +             tokens = merge(tokens, pair, 256 + k)
# +         found += tokens
# +     return found
