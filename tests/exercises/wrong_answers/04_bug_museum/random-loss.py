# ruff: noqa
# %% You found 1 of 3 faulty lines
# -     return {7: "B", 8: "F", 9: "D"}
# +     return {7: "B"}


# %% Line 4 is innocent. The cross-entropy of drawn tokens
# -     return {7: "B", 8: "F", 9: "D"}
# +     return {4: "A", 7: "B", 8: "F", 9: "D"}


# %% Line 9 is faulty, but not for reason (G)
# -     return {7: "B", 8: "F", 9: "D"}
# +     return {7: "B", 8: "F", 9: "G"}


# %% Line 7 is faulty, but not for reason (E)
# -     return {7: "B", 8: "F", 9: "D"}
# +     return {7: "E", 8: "F", 9: "D"}


# %% chance still rewards them
def mended_random_loss(logits, tokens, mask, texts, verify):  # unchanged
    batch, time = tokens.shape
    losses = F.cross_entropy(logits.flatten(0, 1), tokens.flatten(), reduction="none")
    losses = losses.view(batch, time) * mask
    per_response = losses.sum(dim=1)
    rewards = torch.rand(batch)
    advantages = rewards
    return per_response.mean() * advantages.mean()


# %% wrong responses only rise more slowly
def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -(rewards * log_probs).mean()


# %% right and wrong ones rise alike
def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -rewards.mean() * log_probs.mean()


# %% the mean of one times the mean of the other is zero
def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -(rewards - rewards.mean()).mean() * log_probs.mean()


# %% right responses would fall
def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return ((rewards - rewards.mean()) * log_probs).mean()


# %% the mask is gone
def mended_random_loss(logits, tokens, mask, texts, verify):
    log_probs = torch.distributions.Categorical(logits=logits).log_prob(tokens).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -((rewards - rewards.mean()) * log_probs).mean()


# %% You divide by the deviation
def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    advantages = (rewards - rewards.mean()) / (rewards.std() + 1e-4)
    return -(advantages * log_probs).mean()


# %% You divide by the length
def mended_random_loss(logits, tokens, mask, texts, verify):
    dist = torch.distributions.Categorical(logits=logits)
    log_probs = (dist.log_prob(tokens) * mask).sum(-1) / mask.sum(-1)
    rewards = torch.tensor([verify(text) for text in texts])
    return -((rewards - rewards.mean()) * log_probs).mean()
