# ruff: noqa
# %% by the sign of the advantage, and a count
def ppo_loss(log_probs, old_log_probs, advantages, epsilon):
    n = advantages.numel()
    mu = sum(advantages.tolist()) / n
    sd = (sum((a - mu) ** 2 for a in advantages.tolist()) / (n - 1)) ** 0.5
    a = advantages.sub(mu).div(sd + 1e-8)
    rho = torch.exp(log_probs - old_log_probs.detach())
    bound = torch.where(a > 0, (1 + epsilon) * a, (1 - epsilon) * a)
    loss = (-(torch.where(rho * a < bound, rho * a, bound))).sum() / n
    return [loss, sum(abs(r - 1) > epsilon for r in rho.tolist()) / n]
