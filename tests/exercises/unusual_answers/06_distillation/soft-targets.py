# ruff: noqa
# %% row by row, plain numbers
def soft_targets(logits, temperature):
    rows = []
    for row in logits.tolist():
        most = max(row)
        weights = [math.exp((v - most) / temperature) for v in row]
        rows.append([w / sum(weights) for w in weights])
    return rows


def classes_told(probabilities):
    return [math.exp(-sum(p * math.log(p) for p in row if p > 0)) for row in probabilities.tolist()]


# %% the sharp probabilities to the power of 1/T, the library of distributions
def soft_targets(logits, temperature):
    sharp = logits.double().softmax(dim=-1) ** (1 / temperature)
    return sharp / sharp.sum(dim=-1, keepdim=True)


def classes_told(probabilities):
    return torch.distributions.Categorical(probs=probabilities.double()).perplexity()


# %% numpy, bits
def soft_targets(logits, temperature):
    z = logits.numpy().astype("float64") / temperature
    z -= z.max(axis=1, keepdims=True)
    import numpy as np

    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def classes_told(probabilities):
    bits = -torch.where(probabilities > 0, probabilities * probabilities.log2(), 0.0).sum(dim=1)
    return 2**bits
