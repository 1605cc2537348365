# ruff: noqa
# %% You found 1 of 3 faulty lines
def found_shapes():
    return {8: "F"}  # the loud one


def mended_shapes(*arguments):
    raise NotImplementedError()


# %% Line 7 is innocent. The loop went backwards
# -     return {8: "F", 10: "A", 12: "C"}
# +     return {7: "E", 8: "F", 10: "A", 12: "C"}


# %% Line 10 is faulty, but not for reason (C)
# -     return {8: "F", 10: "A", 12: "C"}
# +     return {8: "F", 10: "C", 12: "A"}


# %% Line 8 is faulty, but not for reason (C)
# -     return {8: "F", 10: "A", 12: "C"}
# +     return {8: "C", 10: "A", 12: "C"}


# %% Your code stops with TypeError
def mended_shapes(log_probs, actions, values, rewards, discount):  # unchanged
    returns, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + discount * following
        returns.append(following)
    returns.reverse()
    advantages = returns - values.detach()
    chosen = log_probs.gather(2, actions[:, :, None])
    losses = -chosen * advantages
    policy_loss = losses.mean()
    value_loss = (values - torch.tensor(returns)).square().mean()
    return policy_loss + 0.5 * value_loss


# %% still meet in silence, in both parts
def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in reversed(rewards):
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns)
    advantages = returns - values.detach()  # (T, T)
    chosen = log_probs.gather(2, actions[:, :, None])
    return (-chosen * advantages).mean() + 0.5 * (values - returns).square().mean()


# %% every action still meets the advantage of every step
def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns).unsqueeze(1)
    chosen = log_probs.gather(2, actions.unsqueeze(2))
    return -torch.mean(chosen * (returns - values.detach())) + 0.5 * F.mse_loss(values, returns)


# %% every value is still compared with every return
def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns)
    chosen = log_probs.gather(2, actions.unsqueeze(2)).squeeze()
    advantages = returns - values.detach().squeeze()
    return -torch.mean(chosen * advantages) + 0.5 * (values - returns).pow(2).mean()


# %% A list became a tensor (T,)
def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns = torch.tensor(returns)
    chosen = log_probs.gather(2, actions.unsqueeze(2)).squeeze(2)
    advantages = returns - values.detach()
    return -torch.mean(chosen * advantages) + 0.5 * F.mse_loss(values.squeeze(1), returns)


# %% The critic's part is gone
def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    chosen = log_probs.gather(2, actions.unsqueeze(2)).flatten()
    return -(chosen * (torch.tensor(returns) - values.detach().flatten())).mean()


# %% in the gradient of values
def mended_shapes(log_probs, actions, values, rewards, discount):
    returns, following = [], 0.0
    for reward in rewards[::-1]:
        following = reward + discount * following
        returns.insert(0, following)
    returns, values = torch.tensor(returns), values.flatten()
    chosen = log_probs.gather(2, actions.unsqueeze(2)).flatten()
    return -(chosen * (returns - values)).mean() + F.mse_loss(values, returns) / 2
