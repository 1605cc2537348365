# ruff: noqa
# %% the library of statistics
def group_advantages(rewards, group_size):
    import statistics

    out, values = [], [float(r) for r in rewards]
    for i in range(0, len(values), group_size):
        group = values[i : i + group_size]
        mean, deviation = statistics.fmean(group), statistics.stdev(group)
        out += [(r - mean) / (deviation + 1e-4) for r in group]
    return out


# %% in place, numpy
def group_advantages(rewards, group_size):
    groups = rewards.numpy().reshape(-1, group_size)
    groups -= groups.mean(axis=1, keepdims=True)
    groups /= groups.std(axis=1, ddof=1, keepdims=True) + 1e-4
    return groups.ravel()
