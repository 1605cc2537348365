# ruff: noqa
# %% The sign is wrong
# -     k1 = (log_probs - teacher)[mask]
# +     k1 = (teacher - log_probs)[mask]

# %% Padding counts in yours
# -     k1 = (log_probs - teacher)[mask]
# +     k1 = (log_probs - teacher).flatten()

# %% divide by all places
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.sum() / mask.numel(), k1.std() / len(k1) ** 0.5

# %% add the words up
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.sum(), k1.std() / len(k1) ** 0.5

# %% within each answer
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     each = ((log_probs - teacher) * mask).sum(1) / mask.sum(1)
# +     return each.mean(), k1.std() / len(k1) ** 0.5

# %% That is k3
# -     k1 = (log_probs - teacher)[mask]
# +     d = (teacher - log_probs)[mask]
# +     k1 = d.exp() - d - 1

# %% That is k2
# -     k1 = (log_probs - teacher)[mask]
# +     k1 = (log_probs - teacher)[mask].square() / 2

# %% No `abs`
# -     k1 = (log_probs - teacher)[mask]
# +     k1 = (log_probs - teacher)[mask].abs()

# %% weigh by the student's probability
# -     k1 = (log_probs - teacher)[mask]
# +     k1 = (log_probs.exp() * (log_probs - teacher))[mask]

# %% subtract probabilities
# -     k1 = (log_probs - teacher)[mask]
# +     k1 = (log_probs.exp() - teacher.exp())[mask]

# %% divide logarithms
# -     k1 = (log_probs - teacher)[mask]
# +     k1 = (log_probs / teacher)[mask]

# %% the spread of one word
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.std()

# %% You return the variance
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.var()

# %% square of the standard error
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.var() / len(k1)

# %% Divide by its root
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.std() / len(k1)

# %% variance for the standard deviation
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.var() / len(k1) ** 0.5

# %% You divide by n.
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.std(correction=0) / len(k1) ** 0.5

# %% Your n counts padding
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.std() / mask.numel() ** 0.5

# %% Your n counts answers
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.std() / len(mask) ** 0.5

# %% Padding counts in your spread
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), ((log_probs - teacher) * mask).std() / len(k1) ** 0.5

# %% one around 0
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean(), k1.square().mean().sqrt() / len(k1) ** 0.5

# %% Return two numbers
# -     return k1.mean(), k1.std() / len(k1) ** 0.5
# +     return k1.mean()

# %% On average your gradient is zero
# -     return (k1 * log_probs)[mask].mean()
# +     return (log_probs - teacher)[mask].mean()

# %% drives the student away
# -     return (k1 * log_probs)[mask].mean()
# +     return -(k1 * log_probs)[mask].mean()

# %% *forward* divergence
# -     return (k1 * log_probs)[mask].mean()
# +     d = (teacher - log_probs)[mask]
# +     return (d.exp() - d - 1).mean()

# %% add the words up
# -     return (k1 * log_probs)[mask].mean()
# +     return (k1 * log_probs)[mask].sum()

# %% divide by all places
# -     return (k1 * log_probs)[mask].mean()
# +     return (k1 * log_probs * mask).mean()

# %% divide by the answers
# -     return (k1 * log_probs)[mask].mean()
# +     return (k1 * log_probs * mask).sum() / len(mask)

# %% teacher's log-probability alone
# -     k1 = (log_probs - teacher).detach()
# +     k1 = -teacher.detach()

# %% k1 is not detached in your product
# -     k1 = (log_probs - teacher).detach()
# +     k1 = log_probs - teacher

# %% k1 is not detached, and the sign is wrong
# -     k1 = (log_probs - teacher).detach()
# +     k1 = teacher - log_probs

# %% whether k1 is above 0
# -     k1 = (log_probs - teacher).detach()
# +     k1 = (log_probs - teacher).detach().sign()

# %% its sign is lost
# -     k1 = (log_probs - teacher).detach()
# +     k1 = (log_probs - teacher).detach().abs()

# %% take the probability for its logarithm
# -     return (k1 * log_probs)[mask].mean()
# +     return (k1 * log_probs.exp())[mask].mean()

# %% weigh by Q once more
# -     return (k1 * log_probs)[mask].mean()
# +     return (log_probs.exp() * (log_probs - teacher.detach()))[mask].mean()

# %% twice too large
# -     return (k1 * log_probs)[mask].mean()
# +     return (log_probs - teacher.detach())[mask].square().mean()

# %% it would move
# -     return (k1 * log_probs)[mask].mean()
# +     return (log_probs - teacher)[mask].square().mean() / 2

# %% junk under the padding
# -     return (k1 * log_probs)[mask].mean()
# +     return (k1 * log_probs).sum() / mask.sum()

# %% baseline that comes from the batch
# -     return (k1 * log_probs)[mask].mean()
# +     return ((k1 - k1[mask].mean()) * log_probs)[mask].mean()

# %% No gradient flows
# -     return (k1 * log_probs)[mask].mean()
# +     return (k1 * log_probs.detach())[mask].mean()

# %% has the shape
# -     return (k1 * log_probs)[mask].mean()
# +     return k1 * log_probs
