# ruff: noqa
# %% the new policy belongs above, the old one below
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = torch.where(mask, old_log_probs - log_probs, 0)
    return d.exp() if level == "token" else d.sum(1, keepdim=True).exp()


# %% the new policy belongs above, the old below
def policy_ratio(log_probs, old_log_probs, mask, level):
    new, old = log_probs * mask, old_log_probs * mask
    if level == "token":
        return (new - old).exp()
    return (old.sum(1, True) - new.sum(1, True)).exp()


# %% logarithm of the ratio
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d if level == "token" else d.sum(-1, keepdim=True)


# %% That is the logarithm of the ratio
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "token" else d.sum(-1, keepdim=True)


# %% divide log-probabilities
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return torch.where(mask, log_probs / old_log_probs, 1)
    return (log_probs * mask).sum(1, True) / (old_log_probs * mask).sum(1, True)


# %% divide log-probabilities
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return ((log_probs - old_log_probs) * mask).exp()
    return (log_probs * mask).sum(1, True) / (old_log_probs * mask).sum(1, True)


# %% padding carries junk
def policy_ratio(log_probs, old_log_probs, mask, level):
    ratio = torch.exp(log_probs) / torch.exp(old_log_probs)
    d = log_probs - old_log_probs
    return d.exp() if level == "token" else (d * mask).sum(1, keepdim=True).exp()


# %% padding has the ratio 0
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = log_probs - old_log_probs
    return torch.exp(d) * mask if level == "token" else torch.exp((d * mask).sum(1, keepdim=True))


# %% padding counts in your product
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = log_probs - old_log_probs
    if level == "token":
        return d.masked_fill(~mask, 0).exp()
    return d.exp().prod(dim=1, keepdim=True)


# %% meets a zero in the padding
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = log_probs - old_log_probs
    if level == "token":
        return d.masked_fill(~mask, 0).exp()
    return (d.exp() * mask).prod(dim=1, keepdim=True)


# %% which is GSPO's
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    if level == "token":
        return d.exp()
    return torch.exp(d.sum(1) / mask.sum(1)).unsqueeze(1)


# %% which is GSPO's
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "token" else torch.exp(d.mean(1, keepdim=True))


# %% average the ratios of the tokens
def policy_ratio(log_probs, old_log_probs, mask, level):
    ratio = ((log_probs - old_log_probs) * mask).exp()
    if level == "token":
        return ratio
    return torch.stack([r[m].mean() for r, m in zip(ratio, mask)])[:, None]


# %% add up the ratios of the tokens
def policy_ratio(log_probs, old_log_probs, mask, level):
    ratio = ((log_probs - old_log_probs) * mask).exp()
    return ratio if level == "token" else (ratio * mask).sum(1, keepdim=True)


# %% You add up probabilities
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return ((log_probs - old_log_probs) * mask).exp()
    new = [p[m].exp().sum() for p, m in zip(log_probs, mask)]
    old = [p[m].exp().sum() for p, m in zip(old_log_probs, mask)]
    return (torch.stack(new) / torch.stack(old)).view(-1, 1)


# %% too small for a floating-point number
def policy_ratio(log_probs, old_log_probs, mask, level):
    if level == "token":
        return ((log_probs - old_log_probs) * mask).exp()
    new = log_probs.exp().masked_fill(~mask, 1).prod(1, keepdim=True)
    old = old_log_probs.exp().masked_fill(~mask, 1).prod(1, keepdim=True)
    return new / old


# %% once for each token
def policy_ratio(log_probs, old_log_probs, mask, level):
    whole = ((log_probs - old_log_probs) * mask).sum(1, keepdim=True).exp()
    return whole.repeat(1, mask.shape[1]) if level == "token" else whole


# %% each token has a ratio of its own
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "sequence" else d.sum(1, keepdim=True).exp()


# %% A response has one
def policy_ratio(log_probs, old_log_probs, mask, level):
    return ((log_probs - old_log_probs) * mask).exp()


# %% has the shape
def policy_ratio(log_probs, old_log_probs, mask, level):
    d = (log_probs - old_log_probs) * mask
    return d.exp() if level == "token" else d.sum(1).exp()


# %% The result differs
def policy_ratio(log_probs, old_log_probs, mask, level):
    return torch.ones_like(log_probs) if level == "token" else torch.ones(len(mask), 1)
