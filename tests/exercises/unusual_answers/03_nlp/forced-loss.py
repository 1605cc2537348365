# ruff: noqa
# %% the library's function
def forced_loss(logits, target, padding, smoothing):
    return F.cross_entropy(
        logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=padding, label_smoothing=smoothing
    )


# %% labels as a table, float64
def forced_loss(logits, target, padding, smoothing):
    V = logits.shape[-1]
    labels = (1 - smoothing) * F.one_hot(target[:, 1:], V).double() + smoothing / V
    real = target[:, 1:].ne(padding)
    losses = -(labels * F.log_softmax(logits.double(), -1)).sum(-1)
    return torch.where(real, losses, 0.0).sum() / real.sum()


# %% word by word
def forced_loss(logits, target, padding, smoothing):
    losses = []
    for row, words in zip(logits, target[:, 1:].tolist()):
        for z, y in zip(row, words):
            if y != padding:
                whole = z.logsumexp(0)
                losses.append((1 - smoothing) * (whole - z[y]) + smoothing * (whole - z).mean())
    return sum(losses) / len(losses)
