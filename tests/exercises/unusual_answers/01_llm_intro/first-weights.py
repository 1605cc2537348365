# ruff: noqa
# %% logarithms, and tensors
def weight_std(inputs, passed):
    return math.exp(-(math.log(inputs) + math.log(passed)) / 2)


def adding_std(std, layers):
    return torch.tensor(std, dtype=torch.float64) * torch.tensor(2.0 * layers, dtype=torch.float64).rsqrt()
