# ruff: noqa
# %% numpy
import numpy as np


def conjugate_gradient(product, b, steps, tolerance):
    x, r = np.zeros(len(b)), b.numpy().astype(float)
    p, rr = r.copy(), float(r @ r)
    while steps > 0 and rr > tolerance**2:
        ap = np.asarray(product(torch.from_numpy(p.copy())))
        alpha = rr / float(p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        rr, old = float(r @ r), rr
        p, steps = r + rr / old * p, steps - 1
    return x
