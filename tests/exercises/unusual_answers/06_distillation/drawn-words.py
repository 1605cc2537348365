# ruff: noqa
# %% the library of statistics; half a square
def estimate(log_probs, teacher, mask):
    import statistics

    k1 = [q - p for q, p in zip(log_probs[mask].tolist(), teacher[mask].tolist())]
    return [statistics.fmean(k1), statistics.stdev(k1) / math.sqrt(len(k1))]


def sampled_loss(log_probs, teacher, mask):
    return (log_probs - teacher.detach())[mask].square().mean() / 2


# %% float64, one tensor of two numbers; a ratio that is 1
def estimate(log_probs, teacher, mask):
    k1 = (log_probs.double() - teacher.double())[mask]
    return torch.stack([k1.mean(), (k1.var() / mask.sum()).sqrt()])


def sampled_loss(log_probs, teacher, mask):
    log_q, log_p = log_probs[mask], teacher[mask].detach()
    ratio = (log_q - log_q.detach()).exp()
    return (ratio * (log_q - log_p)).mean()
