# ruff: noqa
# %% group by group
def round_groups(weight, size, bits):
    out = torch.empty_like(weight)
    for i in range(weight.shape[0]):
        for j in range(0, weight.shape[1], size):
            group = weight[i, j : j + size]
            scale = group.abs().max() / (2 ** (bits - 1) - 1)
            out[i, j : j + size] = torch.round(group / scale) * scale
    return out


def bits_a_number(size, bits):
    return (size * bits + 16) / size
