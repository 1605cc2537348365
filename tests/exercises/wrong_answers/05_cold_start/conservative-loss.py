# ruff: noqa
# %% naive Q-learning
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return 0.5 * errors.square().mean()

# %% raises what nobody has tried
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (chosen - q.logsumexp(dim=1)).mean()

# %% logged action is missing
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = q.logsumexp(dim=1).mean()

# %% log-sum-exp is missing
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = -chosen.mean()

# %% take the largest value
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (q.amax(dim=1) - chosen).mean()

# %% take the mean value
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (q.mean(dim=1) - chosen).mean()

# %% logarithm is missing
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (q.exp().sum(dim=1) - chosen).mean()

# %% average exponentials
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (q.exp().mean(dim=1).log() - chosen).mean()

# %% not finite
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (q.exp().sum(dim=1).log() - chosen).mean()

# %% sum over the batch
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = q.logsumexp(dim=0).mean() - chosen.mean()

# %% that of the next state
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (next_q.detach().logsumexp(dim=1) - chosen).mean()

# %% add the penalties up
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (q.logsumexp(dim=1) - chosen).sum()

# %% does not weigh the penalty
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return penalty + 0.5 * errors.square().mean()

# %% weighs the wrong part
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return penalty + alpha * 0.5 * errors.square().mean()

# %% weighs both parts
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return alpha * (penalty + 0.5 * errors.square().mean())

# %% factor 1/2
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return alpha * penalty + errors.square().mean()

# %% squared errors up
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return alpha * penalty + 0.5 * errors.square().sum()

# %% look behind the end
# -     errors = chosen - (rewards + discount * best * ~terminated)
# +     errors = chosen - (rewards + discount * best)

# %% turn `terminated` round
# -     errors = chosen - (rewards + discount * best * ~terminated)
# +     errors = chosen - (rewards + discount * best * terminated)

# %% `discount` is missing
# -     errors = chosen - (rewards + discount * best * ~terminated)
# +     errors = chosen - (rewards + best * ~terminated)

# %% logged action in the next state
# -     best = next_q.detach().amax(dim=1)  # (B, A) -> (B,)
# +     best = next_q.detach().gather(1, actions[:, None]).squeeze(1)

# %% mean of the next values
# -     best = next_q.detach().amax(dim=1)  # (B, A) -> (B,)
# +     best = next_q.detach().mean(dim=1)

# %% values of this state
# -     best = next_q.detach().amax(dim=1)  # (B, A) -> (B,)
# +     best = q.detach().amax(dim=1)

# %% Your target is soft
# -     best = next_q.detach().amax(dim=1)  # (B, A) -> (B,)
# +     best = next_q.detach().logsumexp(dim=1)

# %% flows through `next_q` too
# -     best = next_q.detach().amax(dim=1)  # (B, A) -> (B,)
# +     best = next_q.amax(dim=1)

# %% no gradient flows
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return (alpha * penalty + 0.5 * errors.square().mean()).item()

# %% in the gradient
# -     penalty = (q.logsumexp(dim=1) - chosen).mean()
# +     penalty = (q.logsumexp(dim=1) - chosen.detach()).mean()

# %% has the shape
# -     return alpha * penalty + 0.5 * errors.square().mean()
# +     return alpha * penalty + 0.5 * errors.square()
