# ruff: noqa
# %% You go on behind `end`
# -     while len(words) < longest and end not in words:
# +     while len(words) < longest:

# %% The word `end` is missing
# -     return list(words)
# +     return [word for word in words if word != end]

# %% You return one word
# -     while len(words) < longest and end not in words:
# +     while not words:

# %% one more than you allow
# -     while len(words) < longest and end not in words:
# +     while len(words) < longest - 1 and end not in words:

# %% has more than `longest`
# -     while len(words) < longest and end not in words:
# +     while len(words) <= longest and end not in words:

# %% You do not look at `longest`
# -     while len(words) < longest and end not in words:
# +     while len(words) < 99 and end not in words:

# %% Your `end` is always word 0
# -     while len(words) < longest and end not in words:
# +     while len(words) < longest and 0 not in words:

# %% the least probable word
# -         words = (*words, int(next_word(words).argmax()))
# +         words = (*words, next_word(words).argmin().item())

# %% sees the last word alone
# -         words = (*words, int(next_word(words).argmax()))
# +         words = (*words, next_word(words[-1:]).argmax().item())

# %% You ask the model once
# -     while len(words) < longest and end not in words:
# -         words = (*words, int(next_word(words).argmax()))
# +     words = [next_word(()).argmax().item()] * longest

# %% Asked are tokens
# -     return list(words)
# +     return " ".join(map(str, words))

# %% That is greedy search
def beam_search(next_word, end, width, alpha, longest):
    return greedy(next_word, end, longest)


# %% `alpha` changes nothing
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best, _ = max(finished, key=lambda text: text[1])

# %% whatever `alpha` is
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best, _ = max(finished, key=lambda text: text[1] / len(text[0]))

# %% You multiply by
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best, _ = max(finished, key=lambda text: text[1] * len(text[0]) ** alpha)

# %% do not count `end`
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best, _ = max(finished, key=lambda text: text[1] / max(len(text[0]) - 1, 0.1) ** alpha)

# %% the penalty of GNMT
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best, _ = max(finished, key=lambda text: text[1] / ((5 + len(text[0])) / 6) ** alpha)

# %% You divide by α |y|
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best, _ = max(finished, key=lambda text: text[1] / ((alpha or 1 / len(text[0])) * len(text[0])))

# %% texts of every beginning
# -         longer = [
# -             ((*words, word), log_p + more)
# -             for words, log_p in running
# -             for word, more in enumerate(next_word(words).tolist())
# -         ]
# -         longer.sort(key=lambda text: -text[1])
# -         running = []
# -         for words, log_p in longer[:width]:
# +         kept = []
# +         for words, log_p in running:
# +             best = next_word(words).topk(min(width, len(next_word(words))))
# +             kept += [((*words, w), log_p + p) for p, w in zip(best.values.tolist(), best.indices.tolist())]
# +         running = []
# +         for words, log_p in kept:

# %% You keep all texts
# -         for words, log_p in longer[:width]:
# +         for words, log_p in longer:

# %% leaves its place
# -         for words, log_p in longer[:width]:
# -             over = words[-1] == end or len(words) == longest
# -             (finished if over else running).append((words, log_p))
# +         for place, (words, log_p) in enumerate(longer):
# +             over = words[-1] == end or len(words) == longest
# +             if over and place < width:
# +                 finished.append((words, log_p))
# +             elif not over and len(running) < width:
# +                 running.append((words, log_p))


# %% take the places of beginnings
def beam_search(next_word, end, width, alpha, longest):
    def over(words):
        return words and (words[-1] == end or len(words) == longest)

    texts = [((), 0.0)]
    while not all(over(words) for words, _ in texts):
        longer = []
        for words, log_p in texts:
            if over(words):
                longer.append((words, log_p))
            else:
                longer += [((*words, w), log_p + p) for w, p in enumerate(next_word(words).tolist())]
        texts = sorted(longer, key=lambda text: -text[1])[:width]
    return list(max(texts, key=lambda text: text[1] / len(text[0]) ** alpha)[0])


# %% at the first finished text
# -     while running:
# +     while running and not finished:

# %% finished last
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best, _ = finished[-1]

# %% without `end`
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     finished = [text for text in finished if text[0][-1] == end] or finished
# +     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)

# %% one word more than
# -             over = words[-1] == end or len(words) == longest
# +             over = words[-1] == end or len(words) > longest

# %% one word less than
# -             over = words[-1] == end or len(words) == longest
# +             over = words[-1] == end or len(words) >= longest - 1

# %% compare the last words alone
# -             ((*words, word), log_p + more)
# +             ((*words, word), more)

# %% You add up probabilities
# -             ((*words, word), log_p + more)
# +             ((*words, word), log_p + math.exp(more))

# %% the least probable texts
# -         longer.sort(key=lambda text: -text[1])
# +         longer.sort(key=lambda text: text[1])

# %% The word `end` is missing
# -     return list(best)
# +     return [word for word in best if word != end]

# %% always 2
# -         for words, log_p in longer[:width]:
# +         for words, log_p in longer[:2]:

# %% one text more than
# -         for words, log_p in longer[:width]:
# +         for words, log_p in longer[: width + 1]:

# %% Your `end` is always word 0
# -             over = words[-1] == end or len(words) == longest
# +             over = words[-1] == 0 or len(words) == longest

# %% holds other things
# -     best, _ = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
# +     best = max(finished, key=lambda text: text[1] / len(text[0]) ** alpha)
