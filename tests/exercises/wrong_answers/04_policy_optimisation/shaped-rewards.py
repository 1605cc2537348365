# ruff: noqa
# %% You keep the potential of the state in which the task ends
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + gamma * following - potentials


# %% truncated episode for a terminated one
# -     return rewards + gamma * following * ~terminated - potentials
# +     done = terminated | truncated
# +     return rewards + gamma * following * (1 - done.float()) - potentials


# %% exchanged terminated and truncated
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + gamma * following * ~truncated - potentials


# %% no gamma in your shaping
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + following.masked_fill(terminated, 0) - potentials


# %% the wrong way round
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + potentials - gamma * following * ~terminated


# %% Your gamma stands before
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + following * ~terminated - gamma * potentials


# %% You discount the potential of s_t too
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + gamma * (following * ~terminated - potentials)


# %% The reward itself is lost
# -     return rewards + gamma * following * ~terminated - potentials
# +     return gamma * following * ~terminated - potentials


# %% You pay for being somewhere
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + gamma * following * ~terminated


# %% leave out the shaping of the step that ends the task
# -     return rewards + gamma * following * ~terminated - potentials
# +     return rewards + torch.where(terminated, 0.0, gamma * following - potentials)


# %% That belongs to another episode
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    following = torch.cat((potentials[1:], last_potential[None]))
    following = torch.where(truncated, last_potential, following)
    return rewards + gamma * following * ~terminated - potentials


# %% The potential after the last step is missing
# -     following = torch.cat((potentials[1:], last_potential[None]))  # (T, N)
# +     following = torch.zeros_like(potentials)
# +     following[:-1] = potentials[1:]


# %% You take the step before
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    before = torch.cat((potentials[:1], potentials[:-1]))
    return rewards + gamma * potentials * ~terminated - before


# %% You sweep once
def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    return (transitions * (rewards + gamma * q.max(dim=1).values)).sum(-1)


# %% You stop too early
def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(10):
        q = (transitions * (rewards + gamma * q.max(dim=1).values)).sum(-1)
    return q


# %% You average over the actions
def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = (transitions * (rewards + gamma * q.mean(dim=1))).sum(-1)
    return q


# %% without their probabilities
def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = rewards.sum(-1) + gamma * transitions @ q.max(dim=1).values
    return q


# %% You discount the reward too
def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = gamma * (transitions * (rewards + q.max(dim=1).values)).sum(-1)
    return q


# %% has the shape
def optimal_q(transitions, rewards, gamma):
    q = torch.zeros(transitions.shape[:2], dtype=rewards.dtype)
    for _ in range(500):
        q = (transitions * (rewards + gamma * q.max(dim=1).values)).sum(-1)
    return q.max(dim=1).values
