# ruff: noqa
# %% You found 2 of 3 faulty lines
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {4: "D", 6: "B"}


# %% Line 9 is innocent. The smaller of the two is PPO's choice
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {4: "D", 6: "B", 7: "E", 9: "C"}


# %% Line 10 is innocent. An optimiser descends
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {4: "D", 6: "B", 7: "E", 10: "F"}


# %% Line 6 is faulty, but not for reason (D)
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {4: "D", 6: "D", 7: "E"}


# %% found ✔, explained ✔, mended ✘
def mended_ratio(*arguments):
    raise NotImplementedError()


# %% The program has no line 12
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {4: "D", 12: "B"}


# %% A dictionary is asked for, and this is a list
def found_ratio():
    return [4, 6, 7]


def mended_ratio(*arguments):
    raise NotImplementedError()


# %% There is no answer yet.
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {}


# %% The keys are numbers of lines
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {"4": "D", "6": "B", "7": "E"}


# %% Line 7 needs one letter
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {4: "D", 6: "B", 7: "the gradient"}


# %% There is no explanation (K)
# -     return {4: "D", 6: "B", 7: "E"}
# +     return {4: "K", 6: "B", 7: "E"}


# %% The program still does what it did before
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    probs = policy(states).softmax(dim=-1)
    log_probs = probs.gather(1, actions[:, None]).squeeze(1)
    ratio = torch.exp(log_probs - old_log_probs)
    values = probs[torch.arange(len(actions)), actions]
    advantages = returns - values
    clipped = ratio.clamp(1 - clip, 1 + clip)
    gain = torch.min(ratio * advantages, clipped * advantages)
    return -gain.mean()


# %% a probability still stands in for the value
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = (returns - dist.log_prob(actions).exp()).detach()
    return -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()


# %% a probability is still passed off as its logarithm.
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    p = torch.softmax(policy(states), -1)[range(len(actions)), actions]
    v = critic(states)
    adv = returns - v.detach()
    r = torch.exp(p - old_log_probs)
    actor = torch.min(r * adv, r.clamp(1 - clip, 1 + clip) * adv).mean()
    return 0.5 * ((v - returns) ** 2).mean() - actor


# %% nothing teaches the critic
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = returns - critic(states).detach()
    return -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()


# %% the policy's part still pulls at the critic
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = returns - critic(states)
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return actor + 0.5 * F.mse_loss(critic(states), returns)


# %% The critic gets no gradient
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    with torch.no_grad():
        values = critic(states)
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    adv = returns - values
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return actor + 0.5 * F.mse_loss(values, returns)


# %% yours counts in full
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    values = critic(states)
    adv = (returns - values).detach()
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return actor + F.mse_loss(values, returns)


# %% No gradient flows back
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    dist = torch.distributions.Categorical(logits=policy(states))
    ratio = (dist.log_prob(actions) - old_log_probs).exp()
    values = critic(states)
    adv = (returns - values).detach()
    actor = -torch.minimum(ratio * adv, torch.clip(ratio, 1 - clip, 1 + clip) * adv).mean()
    return (actor + F.mse_loss(values, returns) / 2).item()
