# ruff: noqa
# %% do not correct the bias
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m = v = torch.zeros_like(theta)
    path = []
    for g in gradients:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        theta = theta - eta * (m / (v.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% correct m, but not v
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         theta = theta - eta * (m / (1 - beta1**t) / (v.sqrt() + epsilon) + decay * theta)


# %% correct v, but not m
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         theta = theta - eta * (m / (torch.sqrt(v / (1 - beta2**t)) + epsilon) + decay * theta)


# %% you count the steps from 0
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% t is one too large
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path, t = [], 1
    for g in gradients:
        t += 1
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% same at every step
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for g in gradients:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1), v / (1 - beta2)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% forget at every step
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    path = []
    for t, g in enumerate(gradients, 1):
        m, v = torch.zeros_like(theta), torch.zeros_like(theta)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% forget at every step
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    path = []
    for g in gradients:
        theta = theta - eta * (g / (g.abs() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% write the corrected moments over m and v
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
        v = (beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)
        theta = theta - eta * (m / (v.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% under the root
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta - eta * (m_hat / torch.sqrt(v_hat + epsilon) + decay * theta)


# %% no epsilon
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta - eta * (m_hat / v_hat.sqrt() + decay * theta)


# %% Adam divides by its root
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta - eta * (m_hat / (v_hat + epsilon) + decay * theta)


# %% mean of m squared
# -         v = beta2 * v + (1 - beta2) * g**2
# +         v = beta2 * v + (1 - beta2) * m**2


# %% mean of the gradients themselves
# -         v = beta2 * v + (1 - beta2) * g**2
# +         v = beta2 * v + (1 - beta2) * g


# %% mean of absolute values
# -         v = beta2 * v + (1 - beta2) * g**2
# +         v = beta2 * v + (1 - beta2) * g.abs()


# %% exchanged beta1 and beta2
def adamw_path(theta, gradients, eta, beta2, beta1, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% beta is the share that stays
# -         m = beta1 * m + (1 - beta1) * g
# -         v = beta2 * v + (1 - beta2) * g**2
# +         m = (1 - beta1) * m + beta1 * g
# +         v = (1 - beta2) * v + beta2 * g**2


# %% add the whole gradient
# -         m = beta1 * m + (1 - beta1) * g
# -         v = beta2 * v + (1 - beta2) * g**2
# +         m = beta1 * m + g
# +         v = beta2 * v + g**2


# %% You climb
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta + eta * (m_hat / (v_hat.sqrt() + epsilon) - decay * theta)


# %% that is an L2 penalty
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        g = g + decay * theta
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon)
        path.append(theta)
    return torch.stack(path)


# %% that is an L2 penalty
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    theta = theta.clone().requires_grad_()
    optimizer = torch.optim.Adam([theta], lr=eta, betas=(beta1, beta2), eps=epsilon, weight_decay=decay)
    path = []
    for g in gradients:
        theta.grad = g.clone()
        optimizer.step()
        path.append(theta.detach().clone())
    return torch.stack(path)


# %% no decay in your step
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon)


# %% decay is not multiplied by eta
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon) - decay * theta


# %% makes the weights grow
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon) + eta * decay * theta


# %% shrink the weights after the step
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon)
# +         theta = theta - eta * decay * theta


# %% All rows of your result are the last position
# -         direction = m / (1 - beta1**t) / ((v / (1 - beta2**t)).sqrt() + epsilon)
# -         theta = theta - eta * (direction + decay * theta)
# +         m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
# +         theta -= eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)


# %% the start is among them
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = [theta]
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        path.append(path[-1] - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * path[-1]))
    return torch.stack(path)


# %% has the shape
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
    return theta


# %% The result differs
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    return theta - eta * gradients.cumsum(dim=0)  # plain gradient descent
