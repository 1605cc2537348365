# ruff: noqa
# %% token that the model has just read
def answer_loss(logits, ids, weights, documents):
    losses = F.cross_entropy(logits.flatten(0, 1), ids.flatten(), reduction="none").view(ids.shape)
    return (losses * weights).sum() / weights.sum()


# %% token that the model has just read
# -     predictions = logits[:, :-1].transpose(1, 2)  # (B, T, V) -> (B, V, T - 1)
# +     predictions = logits[:, 1:].transpose(1, 2)


# %% logits predict the past
def answer_loss(logits, ids, weights, documents):
    losses = F.cross_entropy(logits[:, 1:].transpose(1, 2), ids[:, :-1], reduction="none")
    real = weights[:, :-1] * (documents[:, 1:] == documents[:, :-1])
    return (losses * real).sum() / real.sum()


# %% predicted from another document
# -     real = weights[:, 1:] * together  # (B, T - 1)
# +     real = weights[:, 1:]

# %% weight of the token before
# -     real = weights[:, 1:] * together  # (B, T - 1)
# +     real = weights[:, :-1] * together

# %% weight of the token before
# -     real = weights[:, 1:] * together  # (B, T - 1)
# +     real = weights[:, :-1]

# %% Questions, padding and all
# -     return (losses * real).sum() / real.sum()
# +     return losses.mean()

# %% Questions carry loss
# -     return (losses * real).sum() / real.sum()
# +     return losses[together].mean()

# %% weights for a mask
# -     return (losses * real).sum() / real.sum()
# +     return losses[real > 0].mean()

# %% divide by all places
# -     return (losses * real).sum() / real.sum()
# +     return (losses * real).mean()

# %% number of tokens with loss
# -     return (losses * real).sum() / real.sum()
# +     return (losses * real).sum() / (real != 0).sum()

# %% weights that do not count
# -     return (losses * real).sum() / real.sum()
# +     return (losses * real).sum() / weights.sum()

# %% weights that do not count
# -     return (losses * real).sum() / real.sum()
# +     return (losses * real).sum() / weights[:, 1:].sum()

# %% do not divide
# -     return (losses * real).sum() / real.sum()
# +     return (losses * real).sum()

# %% within each row
# -     return (losses * real).sum() / real.sum()
# +     return ((losses * real).sum(1) / real.sum(1)).mean()

# %% sign is missing
# -     return (losses * real).sum() / real.sum()
# +     return -(losses * real).sum() / real.sum()

# %% average probabilities
# -     return (losses * real).sum() / real.sum()
# +     return ((-losses).exp() * real).sum() / real.sum()

# %% no gradient flows
# -     return (losses * real).sum() / real.sum()
# +     return ((losses * real).sum() / real.sum()).item()

# %% has the shape
# -     return (losses * real).sum() / real.sum()
# +     return losses * real / real.sum()
