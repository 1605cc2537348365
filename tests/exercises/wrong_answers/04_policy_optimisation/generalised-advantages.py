# ruff: noqa
# %% truncated episode for a terminated one
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    done = (terminated | truncated).double()
    advantages, last = torch.zeros_like(rewards), 0.0
    for t in reversed(range(len(rewards))):
        nxt = last_value if t == len(rewards) - 1 else values[t + 1]
        delta = rewards[t] + gamma * nxt * (1 - done[t]) - values[t]
        last = delta + gamma * lam * (1 - done[t]) * last
        advantages[t] = last
    return advantages


# %% bootstrap where the task is over
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    nxt = torch.cat([values[1:], last_value.unsqueeze(0)])
    delta = rewards + gamma * nxt - values
    out, run = [], torch.zeros_like(last_value)
    for t in range(len(rewards) - 1, -1, -1):
        run = torch.where(terminated[t] | truncated[t], delta[t], delta[t] + gamma * lam * run)
        out.insert(0, run)
    return torch.stack(out)


# %% exchanged terminated and truncated
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    nxt = torch.cat([values[1:], last_value.unsqueeze(0)])
    delta = rewards + gamma * nxt * ~truncated - values
    out, run = [], torch.zeros_like(last_value)
    for t in range(len(rewards) - 1, -1, -1):
        run = torch.where(terminated[t] | truncated[t], delta[t], delta[t] + gamma * lam * run)
        out.insert(0, run)
    return torch.stack(out)


# %% runs on where the time has run out
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    advantages = torch.zeros_like(rewards)
    adv = torch.zeros_like(last_value)
    for t in reversed(range(rewards.shape[0])):
        following = values[t + 1] if t + 1 < rewards.shape[0] else last_value
        alive = 1.0 - terminated[t].double()
        delta = rewards[t] + gamma * following * alive - values[t]
        adv = delta + gamma * lam * alive * adv
        advantages[t] = adv
    return advantages


# %% runs on where the task is over
# -     goes_on = ~(terminated | truncated)

# -         after = errors[t] + gamma * lam * after * goes_on[t]
# +         after = errors[t] + gamma * lam * after * ~truncated[t]


# %% runs through every end
# -     goes_on = ~(terminated | truncated)

# -         after = errors[t] + gamma * lam * after * goes_on[t]
# +         after = errors[t] + gamma * lam * after


# %% do not look at the ends of episodes at all
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following - values
    T = len(rewards)
    rows = []
    for t in range(T):
        weights = (gamma * lam) ** torch.arange(T - t, dtype=torch.float64)
        rows.append((weights[:, None] * errors[t:]).sum(0))
    return torch.stack(rows)


# %% There is no lambda in your recursion
# -     goes_on = ~(terminated | truncated)

# -         after = errors[t] + gamma * lam * after * goes_on[t]
# +         after = errors[t] + gamma * after * ~(terminated | truncated)[t]


# %% There is no lambda in your recursion
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):  # returns minus values
    returns, following = torch.empty_like(values), last_value
    after = torch.cat((values[1:], last_value[None]))
    for t in reversed(range(len(rewards))):
        following = torch.where(truncated[t], after[t], following)
        following = torch.where(terminated[t], 0.0, following)
        following = returns[t] = rewards[t] + gamma * following
    return returns - values


# %% exchanged gamma and lambda
def gae(rewards, values, last_value, terminated, truncated, lam, gamma):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% There is no gamma in your recursion
# -     goes_on = ~(terminated | truncated)

# -         after = errors[t] + gamma * lam * after * goes_on[t]
# +         after = errors[t] + lam * after * ~(terminated | truncated)[t]


# %% There is no gamma in your delta
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% for V(s_t+1): one step off
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        delta = rewards[t] + gamma * values[t] * ~terminated[t] - values[t]
        after = delta + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% These are returns
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages + values


# %% error of one step
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    return rewards + gamma * following * ~terminated - values


# %% The future after the last step is missing
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], torch.zeros(1, values.shape[1])))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% Your recursion begins with `last_value`
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), last_value
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% the value before the step. Asked is that after it
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    following = torch.where(truncated, values, following)
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% multiply by 1 - lambda
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return (1 - lam) * advantages


# %% normalise the advantages
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return (advantages - advantages.mean()) / (advantages.std() + 1e-8)


# %% it holds the past
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in range(len(rewards)):
        after = errors[t] + gamma * lam * after * ~(terminated | truncated)[t]
        advantages[t] = after
    return advantages


# %% You go along the environments
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[:, 1:], last_value[:, None]), dim=1)
    errors = rewards + gamma * following * ~terminated - values
    advantages, after = torch.empty_like(values), torch.zeros(len(values))
    for t in reversed(range(rewards.shape[1])):
        after = errors[:, t] + gamma * lam * after * ~(terminated | truncated)[:, t]
        advantages[:, t] = after
    return advantages


# %% returns nothing
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    following = torch.cat((values[1:], last_value[None]))
    errors = rewards + gamma * following * ~terminated - values
