# ruff: noqa
# %% minus infinity for the others, and counting
def routing(logits, k):
    last = logits.sort(dim=1, descending=True).values[:, k - 1 : k]
    return logits.masked_fill(logits < last, -math.inf).softmax(dim=1)


def unevenness(weights, logits):
    total = 0.0
    for i in range(weights.shape[1]):
        f = weights[:, i].count_nonzero() / len(weights)
        total = total + f * logits.softmax(dim=1)[:, i].mean()
    return weights.shape[1] * total
