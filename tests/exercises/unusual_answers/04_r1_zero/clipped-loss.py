# ruff: noqa
# %% response by response, by the sign of its advantage
def clipped_loss(log_probs, old_log_probs, advantages, mask, epsilon):
    total = 0.0
    for new, old, a, real in zip(log_probs, old_log_probs.detach(), advantages.tolist(), mask):
        ratio = torch.exp(new[real] - old[real])
        capped = ratio.clamp(max=1 + epsilon) if a >= 0 else ratio.clamp(min=1 - epsilon)
        total = total - (a * capped).sum()
    return total / int(mask.sum())
