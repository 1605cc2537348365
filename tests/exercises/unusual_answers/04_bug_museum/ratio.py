# ruff: noqa
# %% distributions, and a sum by hand
def mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip):
    new = torch.distributions.Categorical(logits=policy(states)).log_prob(actions)
    v = critic(states)
    total = 0
    for l, o, r, b in zip(new, old_log_probs, returns, v):
        rho, a = (l - o).exp(), (r - b).detach()
        total = total - torch.minimum(rho * a, rho.clamp(1 - clip, 1 + clip) * a) + 0.5 * (b - r) ** 2
    return total / len(new)
