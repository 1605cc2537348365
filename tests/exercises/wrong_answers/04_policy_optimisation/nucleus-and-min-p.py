# ruff: noqa
# %% You drop the token with which the sum reaches p
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    values[values.cumsum(-1) > p] = 0
    probs = torch.zeros_like(values).scatter(-1, indices, values)
    return probs / probs.sum(-1, keepdim=True)


# %% You drop the token with which the sum reaches p
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    remove = values.cumsum(-1) > p
    remove[:, 0] = False
    probs = torch.zeros_like(values).scatter(-1, indices, values.masked_fill(remove, 0))
    return probs / probs.sum(-1, keepdim=True)


# %% one token too many
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    out = torch.zeros_like(values)
    for b in range(len(values)):
        n = int((values[b].cumsum(0) < p).sum()) + 2
        out[b, indices[b, :n]] = values[b, :n]
    return out / out.sum(1, keepdim=True)


# %% Your result is still sorted
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    before = values.cumsum(-1) - values
    kept = values * (before < p)
    return kept / kept.sum(-1, keepdim=True)


# %% You put the sorted values back with `gather
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    kept = kept / kept.sum(-1, keepdim=True)
    return kept.gather(-1, indices)


# %% you lay it over the unsorted ones
def top_p_probs(logits, p):
    probs = logits.softmax(-1)
    values = probs.sort(dim=-1, descending=True).values
    kept = probs * (values.cumsum(-1) - values < p)
    return kept / kept.sum(-1, keepdim=True)


# %% What is left does not sum to one
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    kept = values * (values.cumsum(-1) - values < p)
    return torch.zeros_like(kept).scatter(-1, indices, kept)


# %% least likely tokens
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1)
    kept = values * (values.cumsum(-1) <= p)
    probs = torch.zeros_like(kept).scatter(-1, indices, kept)
    return probs / probs.sum(-1, keepdim=True)


# %% whose own probability is at least p
def top_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs = probs * (probs >= p)
    return probs / probs.sum(-1, keepdim=True)


# %% You sum logits
def top_p_probs(logits, p):
    values, indices = logits.sort(dim=-1, descending=True)
    before = values.cumsum(-1) - values
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, before < p)
    return logits.masked_fill(~keep, -torch.inf).softmax(-1)


# %% You set logits to 0
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, values.cumsum(-1) - values < p)
    return (logits * keep).softmax(-1)


# %% These are logits
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    keep = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, indices, values.cumsum(-1) - values < p)
    return logits.masked_fill(~keep, float("-inf"))


# %% You work down the columns
def top_p_probs(logits, p):
    values, indices = logits.softmax(0).sort(dim=0, descending=True)
    kept = values * (values.cumsum(0) - values < p)
    probs = torch.zeros_like(kept).scatter(0, indices, kept)
    return probs / probs.sum(0, keepdim=True)


# %% as many tokens as the first
def top_p_probs(logits, p):
    values, indices = logits.softmax(-1).sort(dim=-1, descending=True)
    n = int((values.cumsum(-1)[0] < p).sum()) + 1
    kept = torch.zeros_like(values).scatter(-1, indices[:, :n], values[:, :n])
    return kept / kept.sum(-1, keepdim=True)


# %% Of equally likely tokens you keep all
def top_p_probs(logits, p):
    probs = logits.softmax(-1)
    values = probs.sort(dim=-1, descending=True).values
    n = (values.cumsum(-1) < p).sum(-1, keepdim=True)
    probs = probs * (probs >= values.gather(-1, n))
    return probs / probs.sum(-1, keepdim=True)


# %% You compare with p itself
def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs = probs * (probs >= p)
    return probs / probs.sum(-1, keepdim=True)


# %% In min-p: You compare logits
def min_p_probs(logits, p):
    return logits.masked_fill(logits < p * logits.amax(-1, keepdim=True), -torch.inf).softmax(-1)


# %% For p = 1 you keep no token
def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    probs = probs * (probs > p * probs.amax(-1, keepdim=True))
    return probs / probs.sum(-1, keepdim=True)


# %% In min-p: What is left does not sum to one
def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    return probs * (probs >= p * probs.amax(-1, keepdim=True))


# %% largest of the whole batch
def min_p_probs(logits, p):
    probs = logits.softmax(-1)
    keep = probs >= p * probs.max()
    return probs * keep / (probs * keep).sum(-1, keepdim=True)
