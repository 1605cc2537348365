# ruff: noqa
# %% row by row, with the whole Jacobian
def softmax(a):
    out = np.empty_like(a)
    for row in np.ndindex(a.shape[:-1]):
        shifted = [x - max(a[row]) for x in a[row]]
        out[row] = np.exp(shifted) / sum(math.exp(x) for x in shifted)
    return out


def softmax_backward(g, y, a):
    out = np.empty_like(a)
    for row in np.ndindex(a.shape[:-1]):
        jacobian = np.diag(y[row]) - np.outer(y[row], y[row])
        out[row] = jacobian @ g[row]
    return [out]


# %% torch, and back
def softmax(a):
    return torch.from_numpy(a).softmax(-1).numpy()


def softmax_backward(g, y, a):
    x = torch.from_numpy(a.copy()).requires_grad_()
    x.softmax(-1).backward(torch.from_numpy(g.copy()))
    return (x.grad.numpy(),)
