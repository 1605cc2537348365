# ruff: noqa
# %% numpy
def lamb_step(layers, directions, eta, decay):
    out = []
    for x, r in zip(layers, directions):
        x, r = x.numpy(), r.numpy()
        u = r + decay * x
        a, b = np.sqrt((x * x).sum()), np.sqrt((u * u).sum())
        out.append(x - eta * (a / b if a > 0 and b > 0 else 1) * u)
    return out


# %% a tuple, in place
def lamb_step(layers, directions, eta, decay):
    for x, r in zip(layers, directions):
        u = r.add(x, alpha=decay)
        ratio = torch.linalg.vector_norm(x) / torch.linalg.vector_norm(u)
        x.sub_(u * eta * (ratio if ratio > 0 and ratio.isfinite() else 1))
    return tuple(layers)
