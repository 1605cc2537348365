# ruff: noqa
# %% sign is missing
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.unsqueeze(1)
    return torch.min(r * a, torch.clip(r, 1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% larger of the two
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.unsqueeze(1)
    objective = torch.max(r * a, torch.clip(r, 1 - epsilon, 1 + epsilon) * a)
    return -(objective * mask).sum() / mask.sum()


# %% larger of the two
def clipped_loss(
    log_probs, old_log_probs, advantages, mask, epsilon
):  # minus within, as in a loss of PPO, but min
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages.unsqueeze(1)
    return torch.min(-r * a, -torch.clip(r, 1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% Nothing is clipped
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    return -(r * advantages.view(-1, 1) * mask).sum() / mask.sum()


# %% leave out the minimum
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach()).clip(1 - epsilon, 1 + epsilon)
    return -(r * advantages.view(-1, 1))[mask].mean()


# %% product of ratio and advantage
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    gain = torch.exp(log_probs - old_log_probs.detach()) * advantages[:, None]
    return -torch.min(gain, gain.clip(1 - epsilon, 1 + epsilon))[mask].mean()


# %% clip from above only
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    top = torch.full_like(r, 1 + epsilon)
    a = advantages[:, None]
    return -torch.min(r * a, torch.min(r, top) * a)[mask].mean()


# %% clip from below only
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, torch.max(r, torch.full_like(r, 1 - epsilon)) * a)[mask].mean()


# %% that is REINFORCE
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    return -(log_probs * advantages[:, None])[mask].mean()


# %% the old policy belongs below
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = old_log_probs.detach().exp() / log_probs.exp()
    r = torch.where(mask, r, 0)
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% logarithm of the ratio
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = log_probs - old_log_probs.detach()
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% ratio of the whole response
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = ((log_probs - old_log_probs.detach()) * mask).sum(1).exp()
    gain = torch.min(r * advantages, r.clip(1 - epsilon, 1 + epsilon) * advantages)
    return -(gain * mask.sum(1)).sum() / mask.sum()


# %% whatever `epsilon` is
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(0.8, 1.2) * a)[mask].mean()


# %% tokens with a zero advantage
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    keep = advantages != 0
    r = torch.exp(log_probs - old_log_probs.detach())[keep]
    a = advantages[keep, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask[keep]].mean()


# %% padding counts in your mean
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).mean()


# %% number of all places
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).mean()


# %% average within each response first
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    gain = torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)
    return -(gain.sum(1) / mask.sum(1)).mean()


# %% and average then
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).sum() / len(mask)


# %% add up the tokens and do not divide
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a).sum()


# %% advantages along the time axis
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    gain = torch.min(r * advantages, r.clip(1 - epsilon, 1 + epsilon) * advantages)
    return -gain[mask].mean()


# %% no gradient flows
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs).detach()
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% no gradient flows
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs)
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean().item()


# %% flows through `old_log_probs` too
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs)
    a = advantages[:, None]
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% you detach the clipped ratio
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None]
    return -torch.min(r * a, r.detach().clip(1 - epsilon, 1 + epsilon) * a)[mask].mean()


# %% gradient of your result cannot be taken
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    clipped = r.clip(1 - epsilon, 1 + epsilon)
    r *= advantages[:, None]
    clipped *= advantages[:, None]
    return -torch.min(r, clipped)[mask].mean()


# %% has the shape
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    r = torch.exp(log_probs - old_log_probs.detach())
    a = advantages[:, None] * mask
    return -torch.min(r * a, r.clip(1 - epsilon, 1 + epsilon) * a)


# %% The result differs
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    return 0.0 * log_probs.sum()
