# ruff: noqa
# %% bootstrap where the task is over
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        returns[t] = torch.where(real[t], rewards[t] + gamma * after, values[t])
        after = returns[t]
    return returns


# %% take a truncated episode for a terminated one
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    done = terminated | truncated
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after * ~done[t]
        returns[t] = torch.where(real[t], after, values[t])
        after = returns[t]
    return returns


# %% exchanged terminated and truncated
def n_step_returns(rewards, values, last_value, truncated, terminated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after * ~terminated[t]
        returns[t] = torch.where(real[t], after, values[t])
        after = returns[t]
    return returns


# %% you take V(s_t), the value before the step
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(truncated[t], values[t], after) * ~terminated[t]
        after = torch.where(real[t], rewards[t] + gamma * after, values[t])
        returns[t] = after
    return returns


# %% you take `last_value`
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(truncated[t], last_value, after) * ~terminated[t]
        after = torch.where(real[t], rewards[t] + gamma * after, values[t])
        returns[t] = after
    return returns


# %% next episode flow back over the reset
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after * ~terminated[t]
        returns[t] = after
    return torch.where(real, returns, values)


# %% next episode flow back over the end
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after
        returns[t] = after
    return torch.where(real, returns, values)


# %% future after the last step is missing
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), 0 * last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns


# %% future after the last step is missing
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), torch.zeros(rewards.shape[1])
    for t in range(len(rewards) - 1, -1, -1):  # no value anywhere: Monte Carlo
        after = rewards[t] + gamma * after * ~(terminated | truncated)[t]
        returns[t] = after
    return torch.where(real, returns, values)


# %% one-step return
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    following = torch.cat([values[1:], last_value[None]])
    returns = rewards + gamma * following * ~terminated
    return torch.where(real, returns, values)


# %% no gamma in your returns
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + after * ~terminated[t], values[t])
        returns[t] = after
    return returns


# %% discount the reward of the step itself
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], gamma * (rewards[t] + after * ~terminated[t]), values[t])
        returns[t] = after
    return returns


# %% do not discount the value after the last step
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, T = torch.zeros_like(rewards), len(rewards)
    for t in reversed(range(T)):
        after = last_value if t == T - 1 else gamma * returns[t + 1]
        returns[t] = torch.where(real[t], rewards[t] + after * ~terminated[t], values[t])
    return returns


# %% That is the advantage
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns - values


# %% sum runs the wrong way
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards)):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns


# %% Time is the first axis
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value.resize_(len(rewards))
    for t in range(rewards.shape[1] - 1, -1, -1):
        after = rewards[:, t] + gamma * after * ~terminated[:, t]
        after = torch.where(real[:, t], after, values[:, t])
        returns[:, t] = after
    return returns


# %% return zero, as if that were an advantage
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns * real


# %% as if an action had been carried out
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    following = torch.cat([values[1:], last_value[None]])
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(truncated[t], following[t], after)
        after = rewards[t] + gamma * torch.where(terminated[t], 0.0, after)
        returns[t] = after
    return returns


# %% return the return of the next step
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    following = torch.cat([values[1:], last_value[None]])
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        future = torch.where(truncated[t], following[t], after)
        future = rewards[t] + gamma * torch.where(terminated[t], 0.0, future)
        after = torch.where(real[t], future, after)  # a reset changes nothing
        returns[t] = after
    return returns


# %% has the shape
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    after = last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
    return after


# %% returns nothing
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    after = last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        rewards[t] = after


# %% The result differs
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    return torch.zeros_like(values)
