# ruff: noqa
# %% Your sign is turned round
# -     return loss[following != padding].mean()
# +     return -loss[following != padding].mean()

# %% Padding carries loss
# -     return loss[following != padding].mean()
# +     return loss.mean()

# %% divide by all places
# -     return loss[following != padding].mean()
# +     return loss.masked_fill(following == padding, 0).mean()

# %% do not divide
# -     return loss[following != padding].mean()
# +     return loss[following != padding].sum()

# %% the texts' means
# -     return loss[following != padding].mean()
# +     return torch.stack([row[words != padding].mean() for row, words in zip(loss, following)]).mean()

# %% the number of texts
# -     return loss[following != padding].mean()
# +     return loss[following != padding].sum() / len(loss)

# %% that was just read
# -     following = target[:, 1:]
# +     following = target[:, :-1]

# %% that was just read
# -     following = target[:, 1:]
# +     following = target[:, :-1]

# -     return loss[following != padding].mean()
# +     return loss[target[:, 1:] != padding].mean()

# %% one place too early
# -     return loss[following != padding].mean()
# +     return loss[target[:, :-1] != padding].mean()

# %% You shift the wrong way
# -     following = target[:, 1:]
# +     following, logits = target[:, :-2], logits[:, 1:]

# %% You shift twice
# -     following = target[:, 1:]
# +     following, logits = target[:, 2:], logits[:, :-1]

# %% Nothing is smoothed
# -     loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=2)
# +     loss = -right

# %% among the other words
# -     loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=2)
# +     loss = -(1 - smoothing) * right - smoothing * (log_p.sum(dim=2) - right) / (log_p.shape[2] - 1)

# %% They share it
# -     loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=2)
# +     loss = -(1 - smoothing) * right - smoothing * log_p.sum(dim=2)

# %% The right word keeps 1
# -     loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=2)
# +     loss = -right - smoothing * log_p.mean(dim=2)

# %% nobody gets it
# -     loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=2)
# +     loss = -(1 - smoothing) * right

# %% have changed places
# -     loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=2)
# +     loss = -smoothing * right - (1 - smoothing) * log_p.mean(dim=2)

# %% always 0.1
# -     loss = -(1 - smoothing) * right - smoothing * log_p.mean(dim=2)
# +     loss = -0.9 * right - 0.1 * log_p.mean(dim=2)

# %% taken twice
# -     log_p = logits.log_softmax(dim=2)
# +     log_p = logits.softmax(dim=2).log_softmax(dim=2)

# %% The softmax is missing
# -     log_p = logits.log_softmax(dim=2)
# +     log_p = logits

# %% The logarithm is missing
# -     log_p = logits.log_softmax(dim=2)
# +     log_p = logits.softmax(dim=2)

# %% That is the perplexity
# -     return loss[following != padding].mean()
# +     return loss[following != padding].mean().exp()

# %% Your loss is in bits
# -     return loss[following != padding].mean()
# +     return loss[following != padding].mean() / math.log(2)

# %% leave out the last word
# -     return loss[following != padding].mean()
# +     return loss[:, :-1][following[:, 1:] != padding].mean()

# %% always token 0
# -     return loss[following != padding].mean()
# +     return loss[following != 0].mean()

# %% no gradient flows
# -     return loss[following != padding].mean()
# +     return loss[following != padding].mean().item()

# %% has the shape
# -     return loss[following != padding].mean()
# +     return loss * (following != padding)
