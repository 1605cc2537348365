# ruff: noqa
# %% The sign is missing
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a)
    return gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% larger of the two products
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.max(ratio * a, torch.clamp(ratio, 1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% You clip the logarithm of the ratio
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    log_ratio = log_probs - old_log_probs.detach()
    ratio = log_ratio.exp()
    gain = torch.min(ratio * a, log_ratio.clamp(-epsilon, epsilon).exp() * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% leave out the minimum
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    loss = -(ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()
    return loss, ((ratio - 1).abs() > epsilon).float().mean()


# %% whatever the sign of its advantage
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return -(ratio.clamp_max(1 + epsilon) * a).mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% clip the product
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, (ratio * a).clamp(1 - epsilon, 1 + epsilon))
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% Nothing is clipped
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return -(ratio * a).mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% change the caller's tensors in place
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    advantages -= advantages.mean()
    advantages /= advantages.std() + 1e-8
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% do not normalise
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * advantages, ratio.clamp(1 - epsilon, 1 + epsilon) * advantages)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% but do not divide
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = advantages - advantages.mean()
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% divides by B - 1
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std(unbiased=False) + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% flows through `old_log_probs` too
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs)
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% no gradient flows
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs).detach()
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% half of your gradient is missing
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    clipped = ratio.detach().clamp(1 - epsilon, 1 + epsilon)
    return -torch.min(ratio * a, clipped * a).mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% the old policy belongs below
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(old_log_probs.detach() - log_probs)
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).float().mean()


# %% takes the clipped product
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    plain, clipped = ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a
    return -torch.min(plain, clipped).mean(), (clipped < plain).float().mean()


# %% count with the logarithm
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    log_ratio = log_probs - old_log_probs.detach()
    ratio = log_ratio.exp()
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), (log_ratio.abs() > epsilon).float().mean()


# %% Asked is their share
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), ((ratio - 1).abs() > epsilon).sum()


# %% not what lies below
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a)
    return -gain.mean(), (ratio > 1 + epsilon).float().mean()


# %% Return two numbers
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    a = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(log_probs - old_log_probs.detach())
    return -torch.min(ratio * a, ratio.clamp(1 - epsilon, 1 + epsilon) * a).mean()


# %% Where all advantages are the same, your loss is not finite
# -     advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
# +     advantages = (advantages - advantages.mean()) / advantages.std()
