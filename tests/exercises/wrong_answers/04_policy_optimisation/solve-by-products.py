# ruff: noqa
# %% That is steepest descent
def conjugate_gradient(product, b, steps, tolerance):
    x, r = torch.zeros_like(b), b
    for _ in range(steps):
        if r.norm() <= tolerance:
            break
        ar = product(r)
        alpha = (r @ r) / (r @ ar)
        x, r = x + alpha * r, r - alpha * ar
    return x


# %% beta is upside down
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + rr / new * p, new
    return x


# %% Is the old r.r still there
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        rr = r @ r
        p = r + (r @ r) / rr * p
    return x


# %% no matrix below
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ p)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% alpha is upside down
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = (p @ ap) / rr
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% p and r are one tensor
def conjugate_gradient(product, b, steps, tolerance):
    x, r = torch.zeros_like(b), b.clone()
    p, rr = r, r @ r
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% change the caller's `b` in place
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p = torch.zeros_like(b), b, b.clone()
    rr = r @ r
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% You build the matrix
def conjugate_gradient(product, b, steps, tolerance):
    matrix = torch.stack([product(e) for e in torch.eye(len(b), dtype=b.dtype)])
    return torch.linalg.solve(matrix, b)


# %% That is too much work
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(len(b)):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% You move x along the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * r, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% You add to the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r + alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% It is alpha Ap
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        alpha = rr / (p @ product(p))
        x, r = x + alpha * p, r - alpha * p
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% begins with the old residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x = x + alpha * p
        left = r - alpha * ap
        p = r + (left @ left) / rr * p
        r, rr = left, left @ left
    return x


# %% You begin at x = b.
def conjugate_gradient(product, b, steps, tolerance):
    x = b.clone()
    r = b - product(x)
    p, rr = r.clone(), r @ r
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% You return the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return r


# %% one step too few
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(1, steps):
        if rr.sqrt() <= tolerance:
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x


# %% That is too much work
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p = torch.zeros_like(b), b.clone(), b.clone()
    for _ in range(steps):
        if r.norm() <= tolerance:
            break
        alpha = (r @ r) / (p @ product(p))
        x, rr = x + alpha * p, r @ r
        r = r - alpha * product(p)
        p = r + (b - product(x)) @ r / rr * p
    return x


# %% You go on after the residual
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        ap = product(p)
        alpha = rr / (p @ ap + 1e-30)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / (rr + 1e-30) * p, new
    return x


# %% divide zero by zero
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        if new.sqrt() < tolerance:
            break
        p, rr = r + new / rr * p, new
    return x


# %% still larger than the tolerance
def conjugate_gradient(product, b, steps, tolerance):
    x, r, p, rr = torch.zeros_like(b), b.clone(), b.clone(), b @ b
    for _ in range(steps):
        if rr.sqrt() <= tolerance or (tolerance > 0 and rr < b @ b):
            break
        ap = product(p)
        alpha = rr / (p @ ap)
        x, r = x + alpha * p, r - alpha * ap
        new = r @ r
        p, rr = r + new / rr * p, new
    return x
