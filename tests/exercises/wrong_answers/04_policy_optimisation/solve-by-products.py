# ruff: noqa
# %% That is steepest descent
# -         p = r + squared / before * p
# +         p = r


# %% beta is upside down
# -         p = r + squared / before * p
# +         p = r + before / squared * p


# %% Is the old r.r still there
# -         before, squared = squared, r @ r
# -         p = r + squared / before * p
# +         squared = r @ r
# +         p = r + (r @ r) / squared * p


# %% no matrix below
# -         alpha = squared / (p @ curved)
# +         alpha = squared / (p @ p)


# %% alpha is upside down
# -         alpha = squared / (p @ curved)
# +         alpha = (p @ curved) / squared


# %% p and r are one tensor
# -     x, r, p = torch.zeros_like(b), b, b
# +     x, r = torch.zeros_like(b), b.clone()
# +     p = r
# -         r = r - alpha * curved
# +         r -= alpha * curved


# %% change the caller's `b` in place
# -     x, r, p = torch.zeros_like(b), b, b
# +     x, r, p = torch.zeros_like(b), b, b.clone()
# -         r = r - alpha * curved
# +         r -= alpha * curved


# %% You build the matrix
def conjugate_gradient(product, b, steps, tolerance):
    matrix = torch.stack([product(e) for e in torch.eye(len(b), dtype=b.dtype)])
    return torch.linalg.solve(matrix, b)


# %% That is too much work
# -     for _ in range(steps):
# +     for _ in range(len(b)):


# %% You move x along the residual
# -         x = x + alpha * p
# +         x = x + alpha * r


# %% You add to the residual
# -         r = r - alpha * curved
# +         r = r + alpha * curved


# %% It is alpha Ap
# -         r = r - alpha * curved
# +         r = r - alpha * p


# %% begins with the old residual
# -         r = r - alpha * curved
# -         before, squared = squared, r @ r
# -         p = r + squared / before * p
# +         left = r - alpha * curved
# +         p = r + (left @ left) / squared * p
# +         r, squared = left, left @ left


# %% You begin at x = b.
# -     x, r, p = torch.zeros_like(b), b, b
# +     x, r = b.clone(), b - product(b)
# +     p = r


# %% You return the residual
# -     return x
# +     return r


# %% one step too few
# -     for _ in range(steps):
# +     for _ in range(1, steps):


# %% That is too much work
# -         curved = product(p)
# -         alpha = squared / (p @ curved)
# +         alpha = squared / (p @ product(p))
# -         r = r - alpha * curved
# -         before, squared = squared, r @ r
# -         p = r + squared / before * p
# +         r = r - alpha * product(p)
# +         before, squared = squared, (b - product(x)) @ r
# +         p = r + squared / before * p


# %% You go on after the residual
# -         if squared.sqrt() <= tolerance:
# -             break
# -         curved = product(p)
# -         alpha = squared / (p @ curved)
# +         curved = product(p)
# +         alpha = squared / (p @ curved + 1e-30)
# -         p = r + squared / before * p
# +         p = r + squared / (before + 1e-30) * p


# %% divide zero by zero
# -         if squared.sqrt() <= tolerance:
# -             break
# -         curved = product(p)
# +         curved = product(p)
# -         before, squared = squared, r @ r
# +         before, squared = squared, r @ r
# +         if squared.sqrt() < tolerance:
# +             break


# %% still larger than the tolerance
# -         if squared.sqrt() <= tolerance:
# +         if squared.sqrt() <= tolerance or (tolerance > 0 and squared < b @ b):
