# ruff: noqa
# %% tensors filled in place, a dictionary
def lesson(questions, chains, good, end, width):
    kept = {}
    for q, c, g in zip(questions, chains, good):
        if g and len(q) + len(c) < width:
            kept.setdefault((*q, -1, *c), (q, c))
    ids, weights = (
        torch.zeros(len(kept), width, dtype=torch.int32),
        torch.zeros(len(kept), width, dtype=torch.bool),
    )
    for row, (q, c) in enumerate(kept.values()):
        ids[row, : len(q) + len(c) + 1] = torch.tensor([*q, *c, end])
        weights[row, len(q) : len(q) + len(c) + 1] = True
    return ids, weights


# %% lists, by recursion
def lesson(questions, chains, good, end, width):
    if not questions:
        return [], []
    *before, (q, c, g) = zip(questions, chains, good)
    rows, weights = lesson(questions[:-1], chains[:-1], good[:-1], end, width)
    again = any(one[2] and one[:2] == (q, c) for one in before)
    empty = width - len(q) - len(c) - 1
    if not g or again or empty < 0:
        return rows, weights
    return rows + [q + c + [end] + [0] * empty], weights + [
        [0.0] * len(q) + [1.0] * (len(c) + 1) + [0.0] * empty
    ]
