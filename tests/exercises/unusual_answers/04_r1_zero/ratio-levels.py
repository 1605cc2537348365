# ruff: noqa
# %% row by row, numpy
def policy_ratio(log_probs, old_log_probs, mask, level):
    rows = []
    for new, old, real in zip(log_probs.numpy(), old_log_probs.numpy(), mask.numpy()):
        difference = (new.astype("float64") - old) * real
        rows.append(
            [math.exp(difference.sum())] if level == "sequence" else [math.exp(d) for d in difference]
        )
    return rows
