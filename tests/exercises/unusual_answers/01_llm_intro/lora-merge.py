# ruff: noqa
# %% sums of outer products, and shapes
def merge(weight, A, B, alpha):
    new = weight.clone()
    for row, column in zip(A, B.T):
        new += torch.outer(column, row) * (alpha / A.shape[0])
    return new


def trained_numbers(outputs, inputs, rank):
    return torch.empty(rank, inputs).numel() + torch.empty(outputs, rank).numel()
