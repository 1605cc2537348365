# ruff: noqa
# %% looks at those after it
# -     return scores.masked_fill(later, -math.inf).softmax(dim=1) @ v
# +     return scores.softmax(dim=1) @ v

# %% not divided by the root of D
# -     scores = q @ k.T / q.shape[1] ** 0.5  # (T, S)
# +     scores = q @ k.T

# %% You divide by D
# -     scores = q @ k.T / q.shape[1] ** 0.5  # (T, S)
# +     scores = q @ k.T / q.shape[1]

# %% add up to less than 1
# -     return scores.masked_fill(later, -math.inf).softmax(dim=1) @ v
# +     return scores.softmax(dim=1).masked_fill(later, 0) @ v

# %% hides nothing
# -     return scores.masked_fill(later, -math.inf).softmax(dim=1) @ v
# +     return scores.masked_fill(later, 0).softmax(dim=1) @ v

# %% sees one key
# -     later = torch.ones_like(scores, dtype=torch.bool).triu(len(k) - len(q) + 1)
# +     later = torch.ones_like(scores, dtype=torch.bool).triu(1)

# %% see those after them
# -     later = torch.ones_like(scores, dtype=torch.bool).triu(len(k) - len(q) + 1)
# +     later = torch.ones_like(scores, dtype=torch.bool).tril(-1)

# %% columns add up to 1
# -     return scores.masked_fill(later, -math.inf).softmax(dim=1) @ v
# +     return scores.masked_fill(later, -math.inf).softmax(dim=0) @ v

# %% shape
# -     return scores.masked_fill(later, -math.inf).softmax(dim=1) @ v
# +     return scores.masked_fill(later, -math.inf).softmax(dim=1)

# %% a number of tokens
# -     scores = q @ k.T / q.shape[1] ** 0.5  # (T, S)
# +     scores = q @ k.T / q.shape[0] ** 0.5
