# ruff: noqa
# %% recursion over plain numbers
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    def go(x, m, v, t):
        if t > len(gradients):
            return []
        g = gradients[t - 1].tolist()
        m = [beta1 * a + (1 - beta1) * b for a, b in zip(m, g)]
        v = [beta2 * a + (1 - beta2) * b * b for a, b in zip(v, g)]
        x = [
            p - eta * (a / (1 - beta1**t) / (math.sqrt(b / (1 - beta2**t)) + epsilon) + decay * p)
            for p, a, b in zip(x, m, v)
        ]
        return [x] + go(x, m, v, t + 1)

    n = len(theta)
    return go(theta.tolist(), [0.0] * n, [0.0] * n, 1)


# %% in place
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v, path = 0 * theta, 0 * theta, torch.empty(len(gradients), len(theta), dtype=theta.dtype)
    for t in range(len(gradients)):
        m.mul_(beta1).add_(gradients[t], alpha=1 - beta1)
        v.mul_(beta2).addcmul_(gradients[t], gradients[t], value=1 - beta2)
        hat = m / (1 - beta1 ** (t + 1)) / ((v / (1 - beta2 ** (t + 1))).sqrt_() + epsilon)
        theta.sub_(eta * (hat + decay * theta))
        path[t] = theta
    return path
