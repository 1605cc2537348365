# ruff: noqa
# %% sign is the wrong way round
def group_advantages(rewards, group_size):
    groups = rewards.reshape(-1, group_size)
    mean, std = groups.mean(1, keepdim=True), groups.std(1, keepdim=True)
    return ((mean - groups) / (std + 1e-6)).flatten()


# %% own group only
def group_advantages(rewards, group_size):
    return (rewards - rewards.mean()) / (rewards.std() + 1e-6)


# %% but the deviation is that of the whole batch
def group_advantages(rewards, group_size):
    out = []
    for group in rewards.split(group_size):
        out.append((group - group.mean()) / (rewards.std() + 1e-8))
    return torch.cat(out)


# %% divide zero by zero
def group_advantages(rewards, group_size):
    groups = rewards.split(group_size)
    return torch.cat([(g - g.mean()) / g.std() for g in groups])


# %% do not divide
def group_advantages(rewards, group_size):
    means = rewards.unflatten(0, (-1, group_size)).mean(dim=-1)
    return rewards - means.repeat_interleave(group_size)


# %% standard deviation is its square root
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    return ((groups - groups.mean(-1, True)) / (groups.var(-1, keepdim=True) + 1e-4)).view(-1)


# %% do not subtract the mean
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    return (groups / (groups.std(dim=1, keepdim=True) + 1e-4)).view(-1)


# %% divides by G;
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    std = ((groups - groups.mean(1, keepdim=True)) ** 2).mean(1, keepdim=True).sqrt()
    return ((groups - groups.mean(1, keepdim=True)) / (std + 1e-4)).view(-1)


# %% has the shape
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    return (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)


# %% The result differs
def group_advantages(rewards, group_size):
    return torch.zeros_like(rewards)


# %% returns nothing
def group_advantages(rewards, group_size):
    groups = rewards.view(-1, group_size)
    advantages = (groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)


# %% The result differs
def group_advantages(rewards, group_size):  # without spread: not zero but one
    groups = rewards.view(-1, group_size)
    std = groups.std(1, keepdim=True)
    return torch.where(std == 0, 1.0, (groups - groups.mean(1, keepdim=True)) / (std + 1e-4)).view(-1)


# %% still running
def group_advantages(rewards, group_size):
    while True:
        try:
            advantages = rewards - rewards.mean()
        except Exception:
            break
