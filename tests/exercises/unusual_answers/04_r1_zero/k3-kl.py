# ruff: noqa
# %% expm1, token by token
def k3_kl(log_probs, ref_log_probs, mask):
    total, count = 0.0, 0
    for i in range(mask.shape[0]):
        for t in range(mask.shape[1]):
            if mask[i, t]:
                d = ref_log_probs[i, t] - log_probs[i, t]
                total, count = total + torch.expm1(d) - d, count + 1
    return total / count


# %% float64, where
def k3_kl(log_probs, ref_log_probs, mask):
    d = torch.where(mask, ref_log_probs.double() - log_probs.double(), 0.0)
    return (d.exp() - d - 1).sum() / mask.sum()
