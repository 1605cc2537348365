# ruff: noqa
# %% estimate is negative
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    return (1 + d - d.exp())[mask].mean()


# %% reference belongs above
def k3_kl(log_probs, ref_log_probs, mask):
    d = (log_probs - ref_log_probs)[mask]
    return (torch.expm1(d) - d).mean()


# %% equal policies would get one
def k3_kl(log_probs, ref_log_probs, mask):
    ratio = torch.exp(ref_log_probs - log_probs)
    return ((ratio - ratio.log()) * mask).sum() / mask.sum()


# %% logarithm has the wrong sign
def k3_kl(log_probs, ref_log_probs, mask):
    ratio = torch.exp(ref_log_probs - log_probs)
    return (ratio + torch.log(ratio) - 1)[mask].mean()


# %% half the square
def k3_kl(log_probs, ref_log_probs, mask):
    return 0.5 * torch.masked_select(log_probs - ref_log_probs, mask).pow(2).mean()


# %% can be negative
def k3_kl(log_probs, ref_log_probs, mask):
    return (log_probs - ref_log_probs)[mask].mean()


# %% with the wrong sign too
def k3_kl(log_probs, ref_log_probs, mask):
    return ((ref_log_probs - log_probs) * mask).sum() / mask.sum()


# %% divide log-probabilities
def k3_kl(log_probs, ref_log_probs, mask):
    ratio = ref_log_probs / log_probs
    return (ratio - ratio.log() - 1)[mask].mean()


# %% padding counts in your mean
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    return torch.mean(d.exp() - d - 1)


# %% number of all places
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    return ((d.exp() - d - 1) * mask).mean()


# %% average within each response first
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    rows = [(x[m].exp() - x[m] - 1).mean() for x, m in zip(d, mask)]
    return torch.stack(rows).mean()


# %% no gradient flows
def k3_kl(log_probs, ref_log_probs, mask):
    with torch.no_grad():
        d = ref_log_probs - log_probs
        return (d.exp() - d - 1)[mask].mean()


# %% no gradient flows
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs)[mask]
    return sum(math.expm1(x) - x for x in d.tolist()) / len(d)


# %% detach the ratio
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs)[mask]
    return (d.exp().detach() - d - 1).mean()


# %% detach the logarithm of the ratio
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs)[mask]
    return (d.exp() - d.data - 1).mean()


# %% gradient of your result cannot be taken
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    ratio = d.exp()
    k3 = ratio - d - 1
    ratio *= mask
    return k3[mask].mean()


# %% has the shape
def k3_kl(log_probs, ref_log_probs, mask):
    d = (ref_log_probs - log_probs) * mask
    return d.exp() - d - 1


# %% returns nothing
def k3_kl(log_probs, ref_log_probs, mask):
    d = ref_log_probs - log_probs
    print((d.exp() - d - 1)[mask].mean())


# %% The result differs
def k3_kl(log_probs, ref_log_probs, mask):
    return (log_probs - log_probs).sum()
