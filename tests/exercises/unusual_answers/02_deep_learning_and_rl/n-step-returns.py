# ruff: noqa
# %% each environment by itself, in plain numbers
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    T, N = rewards.shape
    out = np.zeros((T, N))
    for n in range(N):
        nxt = float(last_value[n])
        for t in range(T - 1, -1, -1):
            if not real[t, n]:
                nxt = float(values[t, n])
            elif terminated[t, n]:
                nxt = float(rewards[t, n])
            else:
                after = float(values[t + 1, n] if t + 1 < T else last_value[n])
                nxt = float(rewards[t, n]) + gamma * (after if truncated[t, n] else nxt)
            out[t, n] = nxt
    return out


# %% recursion
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    if not len(rewards):
        return rewards
    rest = n_step_returns(rewards[1:], values[1:], last_value, terminated[1:], truncated[1:], real[1:], gamma)
    after = values[1] if len(values) > 1 else last_value
    following = rest[0] if len(rest) else last_value
    following = torch.where(truncated[0], after, following).masked_fill(terminated[0], 0)
    first = torch.where(real[0], rewards[0] + gamma * following, values[0])
    return torch.cat((first[None], rest))
