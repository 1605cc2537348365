# ruff: noqa
# %% a queue, scores that are divided on the way: texts of a step are equally long
def greedy(next_word, end, longest):
    words = []
    for _ in range(longest):
        log_p = next_word(words).tolist()
        words.append(log_p.index(max(log_p)))
        if words[-1] == end:
            break
    return tuple(words)


def beam_search(next_word, end, width, alpha, longest):
    import heapq

    beams, best = [(0.0, [])], (-math.inf, None)
    for length in range(1, longest + 1):
        every = [(p + q.item(), words + [w]) for p, words in beams for w, q in enumerate(next_word(words))]
        beams = []
        for p, words in heapq.nlargest(width, every, key=lambda text: text[0] / length**alpha):
            if words[-1] == end or length == longest:
                best = max(best, (p / length**alpha, words))
            else:
                beams.append((p, words))
    return best[1]


# %% greedy as a beam of one; tensors
def greedy(next_word, end, longest):
    return beam_search(next_word, end, 1, 0.0, longest)


def beam_search(next_word, end, width, alpha, longest):
    words, total = torch.zeros(1, 0, dtype=torch.long), torch.zeros(1)
    aside = []
    while len(words):
        log_p = torch.stack([next_word(row) for row in words])
        V = log_p.shape[1]
        both = (total[:, None] + log_p).flatten()
        best = both.topk(min(width, len(both)))
        words = torch.cat((words[best.indices // V], (best.indices % V)[:, None]), dim=1)
        total = best.values
        over = (words[:, -1] == end) | (words.shape[1] == longest)
        aside += [(p / words.shape[1] ** alpha, row) for p, row in zip(total[over].tolist(), words[over])]
        words, total = words[~over], total[~over]
    return max(aside, key=lambda text: text[0])[1]
