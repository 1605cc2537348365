# ruff: noqa
# %% temperature changes nothing
# -     scaled = logits / temperature
# +     scaled = logits

# %% multiply by T
# -     scaled = logits / temperature
# +     scaled = logits * temperature

# %% square belongs to the loss
# -     scaled = logits / temperature
# +     scaled = logits / temperature**2

# %% divide the probabilities
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return logits.softmax(dim=1) / temperature

# %% soften the probabilities
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return logits.softmax(dim=1) ** (1 / temperature)

# %% columns add up to 1
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return (logits / temperature).softmax(dim=0)

# %% return logarithms
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return (logits / temperature).log_softmax(dim=1)

# %% The softmax is missing
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return logits / temperature

# %% Nothing makes a row add up
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return (logits / temperature).exp()

# %% The result differs
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return weights

# %% judged by itself
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return (logits / temperature).sigmoid()

# %% whole batch adds up to 1
# -     return weights / weights.sum(dim=1, keepdim=True)
# +     return scaled.exp() / scaled.exp().sum()

# %% The result is not finite
# -     weights = (scaled - scaled.amax(dim=1, keepdim=True)).exp()
# +     weights = scaled.exp()

# %% The result is not finite
# -     weights = (scaled - scaled.amax(dim=1, keepdim=True)).exp()
# +     weights = scaled.double().exp()

# %% not a number
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return (-(probabilities * probabilities.log()).sum(dim=1)).exp()

# %% entropy, in nats
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return torch.special.entr(probabilities).sum(dim=1)

# %% entropy, in bits
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return torch.special.entr(probabilities).sum(dim=1) / math.log(2)

# %% raise e to it
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return (torch.special.entr(probabilities).sum(dim=1) / math.log(2)).exp()

# %% raise 2 to it
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return 2 ** torch.special.entr(probabilities).sum(dim=1)

# %% A sign is lost
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return (-torch.special.entr(probabilities).sum(dim=1)).exp()

# %% average over the classes
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return torch.special.entr(probabilities).mean(dim=1).exp()

# %% weigh by squares
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return 1 / probabilities.square().sum(dim=1)

# %% largest probability alone
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return 1 / probabilities.amax(dim=1)

# %% classes above 0
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return (probabilities > 0).sum(dim=1)

# %% has the shape
# -     return torch.special.entr(probabilities).sum(dim=1).exp()
# +     return torch.special.entr(probabilities).sum(dim=1).exp().mean()
