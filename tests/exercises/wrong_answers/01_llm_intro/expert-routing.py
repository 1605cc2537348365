# ruff: noqa
# %% Every expert has a weight
# -     return torch.zeros_like(logits).scatter(1, places, best.softmax(dim=1))
# +     return logits.softmax(dim=1)

# %% add up to less than 1
# -     return torch.zeros_like(logits).scatter(1, places, best.softmax(dim=1))
# +     return torch.zeros_like(logits).scatter(1, places, logits.softmax(dim=1).gather(1, places))

# %% who was chosen
# -     return torch.zeros_like(logits).scatter(1, places, best.softmax(dim=1))
# +     return torch.zeros_like(logits).scatter(1, places, 1.0)

# %% weigh the same
# -     return torch.zeros_like(logits).scatter(1, places, best.softmax(dim=1))
# +     return torch.zeros_like(logits).scatter(1, places, 1 / k)

# %% You return scores
# -     return torch.zeros_like(logits).scatter(1, places, best.softmax(dim=1))
# +     return torch.zeros_like(logits).scatter(1, places, best)

# %% k lowest
# -     best, places = logits.topk(k, dim=1)
# +     best, places = logits.topk(k, dim=1, largest=False)

# %% factor E is missing
# -     return logits.shape[1] * (shares * wanted).sum()
# +     return (shares * wanted).sum()

# %% add up their weights
# -     shares = (weights > 0).double().mean(dim=0)
# +     shares = weights.mean(dim=0)

# %% P is missing
# -     return logits.shape[1] * (shares * wanted).sum()
# +     return logits.shape[1] * (shares * shares).sum()

# %% f is missing
# -     return logits.shape[1] * (shares * wanted).sum()
# +     return logits.shape[1] * (wanted * wanted).sum()

# %% not a number of them
# -     shares = (weights > 0).double().mean(dim=0)
# +     shares = (weights > 0).double().sum(dim=0)

# %% for each of its k experts
# -     shares = (weights > 0).double().mean(dim=0)
# +     shares = (weights > 0).double().sum(dim=0) / (weights > 0).sum()
