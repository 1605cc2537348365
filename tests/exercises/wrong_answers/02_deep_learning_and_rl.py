# ruff: noqa
# Wrong answers that people give. Each cell: the exercise, then words that the student must be told.

# %% softmax-backward | by the sum of the whole array
def softmax(a):
    e = np.exp(a - np.max(a))
    return e / np.sum(e)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% softmax-backward | You take the sum along the first axis
def softmax(a):
    e = np.exp(a - a.max(axis=0))
    return e / e.sum(axis=0)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=0)),)


# %% softmax-backward | row i is divided by the sum of other rows
def softmax(a):
    e = np.exp(a - a.max())
    return e / e.sum(axis=-1)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% softmax-backward | You do not divide
def softmax(a):
    return np.exp(a)


def softmax_backward(g, y, a):
    return (g * y,)


# %% softmax-backward | logarithm of the softmax
def softmax(a):
    top = a.max(axis=-1, keepdims=True)
    return a - top - np.log(np.exp(a - top).sum(axis=-1, keepdims=True))


def softmax_backward(g, y, a):
    return (g - np.exp(y) * g.sum(axis=-1, keepdims=True),)


# %% softmax-backward | forward pass overflows
def softmax(a):
    return np.exp(a) / np.exp(a).sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% softmax-backward | largest number of the whole array
def softmax(a):
    e = np.exp(a - a.max())
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% softmax-backward | each output by its own input only
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (g * y * (1 - y),)  # as for the logistic function


# %% softmax-backward | backward pass of exp
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (g * y,)


# %% softmax-backward | no `g` in your gradient
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y - y**2,)


# %% softmax-backward | gradient has the wrong sign
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    gradient = np.zeros_like(a)
    for place in np.ndindex(*a.shape[:-1]):
        jacobian = np.outer(y[place], y[place]) - np.diag(y[place])
        gradient[place] = jacobian @ g[place]
    return (gradient,)


# %% softmax-backward | sum g y over the whole array
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - np.sum(g * y)),)


# %% softmax-backward | You sum along the first axis
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - sum(g * y)),)  # Python's sum goes along the first axis


# %% softmax-backward | row i gets the sums of other rows
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1)),)


# %% softmax-backward | You subtract the sum of g
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - g.sum(axis=-1, keepdims=True)),)


# %% softmax-backward | plain mean of g
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return ((g - g.mean(axis=-1, keepdims=True)) * y,)


# %% softmax-backward | factor y in front is missing
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (g - (g * y).sum(axis=-1, keepdims=True),)


# %% softmax-backward | softmax and cross-entropy in one
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y - g,)


# %% softmax-backward | input a where the output y belongs
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, a, y):  # the arguments in another order
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% softmax-backward | You return an array
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return y * (g - (g * y).sum(axis=-1, keepdims=True))


# %% softmax-backward | You return 3 gradients
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    gradient = y * (g - (g * y).sum(axis=-1, keepdims=True))
    return gradient, np.zeros_like(y), np.zeros_like(a)


# %% softmax-backward | changes its input `a` in place
def softmax(a):
    a -= a.max(axis=-1, keepdims=True)
    np.exp(a, out=a)
    return a / a.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% softmax-backward | changes the output `y` in place
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    s = (g * y).sum(axis=-1, keepdims=True)
    y *= g - s
    return (y,)


# %% softmax-backward | changes `g` in place
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    g -= (g * y).sum(axis=-1, keepdims=True)
    g *= y
    return (g,)


# %% softmax-backward | has the shape
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    jacobian = y[..., :, None] * (np.eye(y.shape[-1]) - y[..., None, :])
    return (jacobian,)


# %% softmax-backward | returns nothing
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (y * (g - (g * y).sum(axis=-1, keepdims=True)),)


# %% softmax-backward | The result differs in the backward pass
def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(g, y, a):
    return (np.zeros_like(a),)


# %% learning-rate | first rate is zero
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * step / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | There is no warm-up
def learning_rate(step, warm_up, total, peak, floor):
    p = min(1, max(0, step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | warm-up rises from the floor
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return floor + (peak - floor) * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | counts from the start of training
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * min(step / total, 1)))


# %% learning-rate | counts from the start of training
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(step / (total - warm_up), 1)
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | takes `total` steps by itself
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / total)
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | one step ahead
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step + 1 - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | one step too early
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up - 1))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | add the floor to the whole cosine
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * peak * (1 + math.cos(math.pi * p))


# %% learning-rate | cut the cosine off at the floor
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return max(floor, 0.5 * peak * (1 + math.cos(math.pi * p)))


# %% learning-rate | down to zero, not to the floor
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return 0.5 * peak * (1 + math.cos(math.pi * p))


# %% learning-rate | floor for a share of the peak
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return peak * (floor + 0.5 * (1 - floor) * (1 + math.cos(math.pi * p)))


# %% learning-rate | climbs again
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = (step - warm_up) / (total - warm_up)
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | below the floor, to minus one
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + (peak - floor) * math.cos(math.pi * p)


# %% learning-rate | quarter of a wave
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + (peak - floor) * math.cos(math.pi / 2 * p)


# %% learning-rate | a whole wave
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(2 * math.pi * p))


# %% learning-rate | count in degrees
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(180 * p))


# %% learning-rate | no pi in your cosine
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(p))


# %% learning-rate | Your cosine rises
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return peak + 0.5 * (floor - peak) * (1 + math.cos(math.pi * p))


# %% learning-rate | down in a straight line
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak - (peak - floor) * min(1, (step - warm_up) / (total - warm_up))


# %% learning-rate | stops with ZeroDivisionError
def learning_rate(step, warm_up, total, peak, floor):
    rise = peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return rise if step < warm_up else floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% learning-rate | The result differs
def learning_rate(step, warm_up, total, peak, floor):
    return peak


# %% adamw-path | do not correct the bias
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m = v = torch.zeros_like(theta)
    path = []
    for g in gradients:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        theta = theta - eta * (m / (v.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | correct m, but not v
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m = v = torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        theta = theta - eta * (m / (1 - beta1**t) / (v.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | correct v, but not m
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m = v = torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        theta = theta - eta * (m / (torch.sqrt(v / (1 - beta2**t)) + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | you count the steps from 0
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


# %% adamw-path | t is one too large
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


# %% adamw-path | same at every step
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


# %% adamw-path | forget at every step
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


# %% adamw-path | forget at every step
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    path = []
    for g in gradients:
        theta = theta - eta * (g / (g.abs() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | write the corrected moments over m and v
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
        v = (beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)
        theta = theta - eta * (m / (v.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | under the root
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / torch.sqrt(v_hat + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | no epsilon
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / v_hat.sqrt() + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | Adam divides by its root
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | mean of m squared
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * m**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | mean of the gradients themselves
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | mean of absolute values
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g.abs()
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | exchanged beta1 and beta2
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


# %% adamw-path | beta is the share that stays
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = (1 - beta1) * m + beta1 * g
        v = (1 - beta2) * v + beta2 * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | add the whole gradient
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + g
        v = beta2 * v + g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | You climb
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta + eta * (m_hat / (v_hat.sqrt() + epsilon) - decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | that is an L2 penalty
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


# %% adamw-path | that is an L2 penalty
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    theta = theta.clone().requires_grad_()
    optimizer = torch.optim.Adam([theta], lr=eta, betas=(beta1, beta2), eps=epsilon, weight_decay=decay)
    path = []
    for g in gradients:
        theta.grad = g.clone()
        optimizer.step()
        path.append(theta.detach().clone())
    return torch.stack(path)


# %% adamw-path | no decay in your step
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | decay is not multiplied by eta
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon) - decay * theta
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | makes the weights grow
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon) + eta * decay * theta
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | shrink the weights after the step
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * m_hat / (v_hat.sqrt() + epsilon)
        theta = theta - eta * decay * theta
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | All rows of your result are the last position
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = []
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta -= eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
        path.append(theta)
    return torch.stack(path)


# %% adamw-path | the start is among them
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    path = [theta]
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        path.append(path[-1] - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * path[-1]))
    return torch.stack(path)


# %% adamw-path | has the shape
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    m, v = torch.zeros_like(theta), torch.zeros_like(theta)
    for t, g in enumerate(gradients, 1):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1**t), v / (1 - beta2**t)
        theta = theta - eta * (m_hat / (v_hat.sqrt() + epsilon) + decay * theta)
    return theta


# %% adamw-path | The result differs
def adamw_path(theta, gradients, eta, beta1, beta2, epsilon, decay):
    return theta - eta * gradients.cumsum(dim=0)  # plain gradient descent


# %% lamb-step | A layer of zeros stays zero
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * x.norm() / (u.norm() + 1e-9) * u)
    return moved


# %% lamb-step | norm of an update that is zero
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = x.norm() / u.norm() if x.norm() > 0 else 1.0
        moved.append(x - eta * trust * u)
    return moved


# %% lamb-step | no trust ratio
def lamb_step(layers, directions, eta, decay):
    return [x - eta * (r + decay * x) for x, r in zip(layers, directions)]


# %% lamb-step | upside down
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        ok = x.norm() > 0 and u.norm() > 0
        moved.append(x - eta * (u.norm() / x.norm() if ok else 1) * u)
    return moved


# %% lamb-step | do not divide by the norm of the update
def lamb_step(layers, directions, eta, decay):
    return [x - eta * (x.norm() or 1) * (r + decay * x) for x, r in zip(layers, directions)]


# %% lamb-step | norm of the weights is missing
def lamb_step(layers, directions, eta, decay):
    us = [r + decay * x for x, r in zip(layers, directions)]
    return [x - eta * u / (u.norm() or 1) for x, u in zip(layers, us)]


# %% lamb-step | over all layers together
def lamb_step(layers, directions, eta, decay):
    us = [r + decay * x for x, r in zip(layers, directions)]
    above = math.sqrt(sum((x**2).sum() for x in layers))
    below = math.sqrt(sum((u**2).sum() for u in us))
    return [x - eta * above / below * u for x, u in zip(layers, us)]


# %% lamb-step | norm for each row
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        trust = trust / torch.linalg.vector_norm(u, dim=-1, keepdim=True)
        moved.append(x - eta * trust * u)
    return moved


# %% lamb-step | leave out the roots
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * (x**2).sum() / (u**2).sum() * u)
    return moved


# %% lamb-step | a root too many
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * torch.sqrt(x.norm() / u.norm()) * u)
    return moved


# %% lamb-step | add up absolute values
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * x.norm(p=1) / u.norm(p=1) * u)
    return moved


# %% lamb-step | largest entries
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * x.norm(p=float("inf")) / u.norm(p=float("inf")) * u)
    return moved


# %% lamb-step | limit the ratio to 10
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = x.norm() / u.norm() if x.norm() * u.norm() > 0 else torch.tensor(1.0)
        moved.append(x - eta * min(trust, 10.0) * u)
    return moved


# %% lamb-step | limit the ratio to 1.
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = (x.norm() / u.norm()).clamp(max=1.0) if x.norm() > 0 and u.norm() > 0 else 1.0
        moved.append(x - eta * trust * u)
    return moved


# %% lamb-step | learning rate is missing
def lamb_step(layers, directions, eta, decay):
    return [x - x.norm() / (r + decay * x).norm() * (r + decay * x) for x, r in zip(layers, directions)]


# %% lamb-step | You add the step
def lamb_step(layers, directions, eta, decay):
    return [x + eta * x.norm() / (r + decay * x).norm() * (r + decay * x) for x, r in zip(layers, directions)]


# %% lamb-step | return the steps
def lamb_step(layers, directions, eta, decay):
    return [eta * x.norm() / (r + decay * x).norm() * (r + decay * x) for x, r in zip(layers, directions)]


# %% lamb-step | leave the decay out of it
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        trust = x.norm() / r.norm() if x.norm() > 0 and r.norm() > 0 else 1.0
        moved.append(x - eta * trust * (r + decay * x))
    return moved


# %% lamb-step | no decay in your step
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        trust = x.norm() / r.norm() if x.norm() > 0 and r.norm() > 0 else 1.0
        moved.append(x - eta * trust * r)
    return moved


# %% lamb-step | outside of the trust ratio
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        trust = x.norm() / r.norm() if x.norm() > 0 and r.norm() > 0 else 1.0
        moved.append(x - eta * (trust * r + decay * x))
    return moved


# %% lamb-step | makes the weights grow
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r - decay * x
        trust = x.norm() / u.norm() if x.norm() > 0 and u.norm() > 0 else 1.0
        moved.append(x - eta * trust * u)
    return moved


# %% lamb-step | one for each layer
def lamb_step(layers, directions, eta, decay):
    for x, r in zip(layers, directions):
        u = r + decay * x
        return x - eta * x.norm() / u.norm() * u


# %% lamb-step | returns nothing
def lamb_step(layers, directions, eta, decay):
    for x, r in zip(layers, directions):
        u = r + decay * x
        both = x.norm() > 0 and u.norm() > 0
        x -= eta * (x.norm() / u.norm() if both else 1.0) * u


# %% lamb-step | weights do not move
def lamb_step(layers, directions, eta, decay):
    for x, r in zip(layers, directions):
        u = r + decay * x
        x = x - eta * x.norm() / u.norm() * u
    return layers


# %% lamb-step | The result differs
def lamb_step(layers, directions, eta, decay):
    return [torch.zeros_like(x) for x in layers]


# %% q-learning | bootstrap from a state behind the end
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        q[t.state, t.action] += alpha * (t.reward + gamma * q[t.next_state].max() - q[t.state, t.action])
    return q


# %% q-learning | take a truncated episode for a terminated one
def q_learning(q, transitions, alpha, gamma):
    for s, a, r, s2, terminated, truncated in transitions:
        done = terminated or truncated
        q[s, a] += alpha * (r + gamma * q[s2].max() * (not done) - q[s, a])
    return q


# %% q-learning | exchanged terminated and truncated
def q_learning(q, transitions, alpha, gamma):
    for s, a, r, s2, truncated, terminated in transitions:
        q[s, a] += alpha * (r + gamma * q[s2].max() * (not terminated) - q[s, a])
    return q


# %% q-learning | without a future
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        q[t.state, t.action] += alpha * (t.reward - q[t.state, t.action])
    return q


# %% q-learning | no reward in your target
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state].max()
        q[t.state, t.action] += alpha * (gamma * best - q[t.state, t.action])
    return q


# %% q-learning | no gamma
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state].max()
        q[t.state, t.action] += alpha * (t.reward + best - q[t.state, t.action])
    return q


# %% q-learning | discount the reward too
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state].max()
        q[t.state, t.action] += alpha * (gamma * (t.reward + best) - q[t.state, t.action])
    return q


# %% q-learning | along the wrong axis
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[:, t.next_state].max()
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | along the wrong axis
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q.max(axis=0)[t.next_state]
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | maximum of the whole table
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q.max()
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | state that was left
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else max(q[t.state])
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | same action is taken once more
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else q[t.next_state, t.action]
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | acting at random
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else np.mean(q[t.next_state])
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | worst of the actions
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else sorted(q[t.next_state])[0]
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | number of the best action
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        best = 0 if t.terminated else np.argmax(q[t.next_state])
        q[t.state, t.action] += alpha * (t.reward + gamma * best - q[t.state, t.action])
    return q


# %% q-learning | that is SARSA
def q_learning(q, transitions, alpha, gamma):
    for i, t in enumerate(transitions):
        if t.terminated:
            future = 0
        elif i + 1 < len(transitions):
            future = q[t.next_state, transitions[i + 1].action]
        else:
            future = q[t.next_state].max()
        q[t.state, t.action] += alpha * (t.reward + gamma * future - q[t.state, t.action])
    return q


# %% q-learning | add alpha times the whole target
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * target
    return q


# %% q-learning | target is not weighted with alpha
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = (1 - alpha) * q[t.state, t.action] + target
    return q


# %% q-learning | old value is forgotten
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = alpha * target
    return q


# %% q-learning | You store the change
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = alpha * (target - q[t.state, t.action])
    return q


# %% q-learning | store the target itself
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        q[t.state, t.action] = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
    return q


# %% q-learning | exchanged alpha and 1 - alpha
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] = alpha * q[t.state, t.action] + (1 - alpha) * target
    return q


# %% q-learning | away from the target
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (q[t.state, t.action] - target)
    return q


# %% q-learning | value of the next state
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.next_state, t.action] += alpha * (target - q[t.next_state, t.action])
    return q


# %% q-learning | table as it was at first
def q_learning(q, transitions, alpha, gamma):
    targets = [t.reward + gamma * q[t.next_state].max() * (1 - t.terminated) for t in transitions]
    for t, target in zip(transitions, targets):
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return q


# %% q-learning | transitions backward
def q_learning(q, transitions, alpha, gamma):
    while transitions:
        t = transitions.pop()
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return q


# %% q-learning | Only the last transition
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        new = q.copy()
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        new[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return new


# %% q-learning | Only the first transition
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])
        return q


# %% q-learning | as it was before
def q_learning(q, transitions, alpha, gamma):
    new = q.copy()
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        new[t.state, t.action] += alpha * (target - q[t.state, t.action])
    return q


# %% q-learning | returns nothing
def q_learning(q, transitions, alpha, gamma):
    for t in transitions:
        target = t.reward + gamma * q[t.next_state].max() * (1 - t.terminated)
        q[t.state, t.action] += alpha * (target - q[t.state, t.action])


# %% q-learning | The result differs
def q_learning(q, transitions, alpha, gamma):
    return np.zeros_like(q)


# %% double-dqn | The target network names the action and evaluates it
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q_target.max(dim=1).values.detach()
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | that is Double DQN. Asked is DQN
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = next_q.argmax(dim=1)
    future = next_q_target[torch.arange(len(best)), best].detach()
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | The target network has no say
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q.max(dim=1).values.detach()
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | The target network has no say
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = (next_q if double else next_q_target).detach().amax(1)
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | networks are exchanged
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = next_q_target.argmax(dim=1, keepdim=True)
    future = (next_q if double else next_q_target).gather(1, best).squeeze(1).detach()
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | smaller of two maxima
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q_target.amax(1)
    if double:
        future = torch.minimum(future, next_q.amax(1))
    return (rewards + gamma * future * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | acting at random
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    return rewards + gamma * next_q_target.detach().mean(dim=1) * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | number of the best action
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    names = next_q if double else next_q_target
    return rewards + gamma * names.argmax(dim=1) * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | along the wrong axis
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    future = next_q_target.max(0)[0].detach()
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | along the wrong axis
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = next_q.argmax(0) if double else next_q_target.argmax(1)
    future = next_q_target.detach().gather(1, best.unsqueeze(1)).squeeze(1)
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | You gather along dim=0
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    if double:
        best = next_q.argmax(1)
        future = next_q_target.gather(0, best.unsqueeze(0)).squeeze(0).detach()
    else:
        future = next_q_target.max(1).values.detach()
    return rewards + gamma * future * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | bootstrap from a state behind the end
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | take a truncated episode for a terminated one
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    done = terminated | truncated
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach() * (1 - done.float())


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | stop where the task goes on
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach() * terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | exchanged terminated and truncated
def dqn_targets(rewards, next_q, next_q_target, truncated, terminated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0].detach() * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | lose the reward too
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    targets = rewards + gamma * next_q_target.gather(1, best)[:, 0].detach()
    targets[terminated] = 0.0
    return targets


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | no gamma
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return rewards + next_q_target.gather(1, best)[:, 0].detach() * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | discount the reward too
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return gamma * (rewards + next_q_target.gather(1, best)[:, 0].detach() * ~terminated)


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | no reward in your target
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, True)
    return gamma * next_q_target.gather(1, best)[:, 0].detach() * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | without a future
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    return rewards


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | is broadcast to (B, B): you return
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best) * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | A gradient flows through your targets
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | compare the best action
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q.max(dim=1).values - targets).pow(2).mean()


# %% double-dqn | compare all actions with the target
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q - targets[:, None]).pow(2).mean()


# %% double-dqn | every value is compared with every target
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return torch.nn.functional.mse_loss(q.gather(1, actions.unsqueeze(1)), targets)


# %% double-dqn | which takes rows of the batch
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q.gather(0, actions.unsqueeze(0)).squeeze(0) - targets).pow(2).mean()


# %% double-dqn | `q[actions]` takes rows
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return ((q[actions] - targets) ** 2).mean()


# %% double-dqn | add up the squares
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).sum()


# %% double-dqn | half of the squares
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return 0.5 * (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | root of the mean
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean().sqrt()


# %% double-dqn | absolute errors
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return torch.nn.functional.l1_loss(q[torch.arange(len(q)), actions], targets)


# %% double-dqn | do not square the errors
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).mean()


# %% double-dqn | You square the mean
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).mean() ** 2


# %% double-dqn | Huber loss
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return torch.nn.HuberLoss()(q[torch.arange(len(q)), actions], targets)


# %% double-dqn | no gradient flows from it back
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


@torch.no_grad()
def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% double-dqn | gradient of your loss cannot be taken
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    error = q[torch.arange(len(q)), actions] - targets
    squares = error**2
    error /= error.abs().max()  # to print it, say
    return squares.mean()


# %% double-dqn | has the shape
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    best = (next_q if double else next_q_target).argmax(1, keepdim=True)
    return (rewards + gamma * next_q_target.gather(1, best)[:, 0] * ~terminated).detach()


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2)


# %% double-dqn | The result differs
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    return torch.zeros_like(rewards)


def dqn_loss(q, actions, targets):
    return (q[torch.arange(len(q)), actions] - targets).pow(2).mean()


# %% n-step-returns | bootstrap where the task is over
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        returns[t] = torch.where(real[t], rewards[t] + gamma * after, values[t])
        after = returns[t]
    return returns


# %% n-step-returns | take a truncated episode for a terminated one
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    done = terminated | truncated
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after * ~done[t]
        returns[t] = torch.where(real[t], after, values[t])
        after = returns[t]
    return returns


# %% n-step-returns | exchanged terminated and truncated
def n_step_returns(rewards, values, last_value, truncated, terminated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after * ~terminated[t]
        returns[t] = torch.where(real[t], after, values[t])
        after = returns[t]
    return returns


# %% n-step-returns | you take V(s_t), the value before the step
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(truncated[t], values[t], after) * ~terminated[t]
        after = torch.where(real[t], rewards[t] + gamma * after, values[t])
        returns[t] = after
    return returns


# %% n-step-returns | you take `last_value`
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(truncated[t], last_value, after) * ~terminated[t]
        after = torch.where(real[t], rewards[t] + gamma * after, values[t])
        returns[t] = after
    return returns


# %% n-step-returns | next episode flow back over the reset
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after * ~terminated[t]
        returns[t] = after
    return torch.where(real, returns, values)


# %% n-step-returns | next episode flow back over the end
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = rewards[t] + gamma * after
        returns[t] = after
    return torch.where(real, returns, values)


# %% n-step-returns | future after the last step is missing
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), 0 * last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns


# %% n-step-returns | future after the last step is missing
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), torch.zeros(rewards.shape[1])
    for t in range(len(rewards) - 1, -1, -1):  # no value anywhere: Monte Carlo
        after = rewards[t] + gamma * after * ~(terminated | truncated)[t]
        returns[t] = after
    return torch.where(real, returns, values)


# %% n-step-returns | one-step return
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    following = torch.cat([values[1:], last_value[None]])
    returns = rewards + gamma * following * ~terminated
    return torch.where(real, returns, values)


# %% n-step-returns | no gamma in your returns
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + after * ~terminated[t], values[t])
        returns[t] = after
    return returns


# %% n-step-returns | discount the reward of the step itself
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], gamma * (rewards[t] + after * ~terminated[t]), values[t])
        returns[t] = after
    return returns


# %% n-step-returns | do not discount the value after the last step
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, T = torch.zeros_like(rewards), len(rewards)
    for t in reversed(range(T)):
        after = last_value if t == T - 1 else gamma * returns[t + 1]
        returns[t] = torch.where(real[t], rewards[t] + after * ~terminated[t], values[t])
    return returns


# %% n-step-returns | That is the advantage
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns - values


# %% n-step-returns | sum runs the wrong way
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards)):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns


# %% n-step-returns | Time is the first axis
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value.resize_(len(rewards))
    for t in range(rewards.shape[1] - 1, -1, -1):
        after = rewards[:, t] + gamma * after * ~terminated[:, t]
        after = torch.where(real[:, t], after, values[:, t])
        returns[:, t] = after
    return returns


# %% n-step-returns | return zero, as if that were an advantage
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        returns[t] = after
    return returns * real


# %% n-step-returns | as if an action had been carried out
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    following = torch.cat([values[1:], last_value[None]])
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(truncated[t], following[t], after)
        after = rewards[t] + gamma * torch.where(terminated[t], 0.0, after)
        returns[t] = after
    return returns


# %% n-step-returns | return the return of the next step
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    following = torch.cat([values[1:], last_value[None]])
    returns, after = torch.zeros_like(rewards), last_value
    for t in range(len(rewards) - 1, -1, -1):
        future = torch.where(truncated[t], following[t], after)
        future = rewards[t] + gamma * torch.where(terminated[t], 0.0, future)
        after = torch.where(real[t], future, after)  # a reset changes nothing
        returns[t] = after
    return returns


# %% n-step-returns | has the shape
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    after = last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
    return after


# %% n-step-returns | returns nothing
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    after = last_value
    for t in range(len(rewards) - 1, -1, -1):
        after = torch.where(real[t], rewards[t] + gamma * after * ~terminated[t], values[t])
        rewards[t] = after


# %% n-step-returns | The result differs
def n_step_returns(rewards, values, last_value, terminated, truncated, real, gamma):
    return torch.zeros_like(values)


# %% overestimation | wrong sign
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(max(problem) - draws.mean(axis=1).max(axis=1).mean())
        double.append(max(problem) - second[np.arange(setup.trials), best].mean())
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | report the estimate itself
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean())
        double.append(second[np.arange(setup.trials), best].mean())
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | subtract the mean of the true values
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - np.mean(problem))
        double.append(second[np.arange(setup.trials), best].mean() - np.mean(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | double estimator where the single one belongs
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(double), torch.tensor(single)


# %% overestimation | noise is gone before the maximum
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        single.append(draws.mean(axis=(0, 1)).max() - max(problem))  # of all trials together
        double.append(second.mean(axis=0)[first.mean(axis=0).argmax()] - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | noise is gone before the maximum
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        noise = rng.normal(0, setup.noise, (setup.trials, setup.samples, 1))  # one for all actions
        draws = np.array(problem) + noise
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | half of the samples. It may use all
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(first.max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | one sample in your trials
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        first, second = rng.normal(problem, setup.noise, (2, setup.trials, len(problem)))
        best = first.argmax(axis=1)
        single.append(first.max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | maximum of the samples
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.max(axis=(1, 2)).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | standard deviation, not a variance
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise**0.5, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | evaluates it too
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(first[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | evaluates it too
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(((first.max(axis=1) + second.max(axis=1)) / 2).mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | Your double estimator is the single one
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        means = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem))).mean(axis=1)
        single.append(means.max(axis=1).mean() - max(problem))
        double.append(means[np.arange(setup.trials), means.argmax(axis=1)].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | The result differs in the double estimator
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(0.0)  # unbiased, it is said
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | nobody can repeat your experiment
def estimation_bias(setup, seed):
    single, double = torch.zeros(3), torch.zeros(3)
    for i, problem in enumerate(setup.problems):
        values = torch.tensor(problem)
        draws = values + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
        single[i] = draws.mean(1).amax(1).mean() - values.max()
        double[i] = second[torch.arange(setup.trials), first.argmax(1)].mean() - values.max()
    return single, double


# %% overestimation | You do not use `seed`
def estimation_bias(setup, seed):
    torch.manual_seed(0)
    single, double = torch.zeros(3), torch.zeros(3)
    for i, problem in enumerate(setup.problems):
        values = torch.tensor(problem)
        draws = values + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
        single[i] = draws.mean(1).amax(1).mean() - values.max()
        double[i] = second[torch.arange(setup.trials), first.argmax(1)].mean() - values.max()
    return single, double


# %% overestimation | is the exact bias, to the last digit
def estimation_bias(setup, seed):
    single = [overestimation._single(problem, setup).bias for problem in setup.problems]
    double = [overestimation._double(problem, setup).bias for problem in setup.problems]
    return torch.tensor(single), torch.tensor(double)


# %% overestimation | with another setup
def estimation_bias(setup, seed):
    setup = overestimation._setup_of(seed)  # as if there were no other
    generator = torch.Generator().manual_seed(seed)
    single, double = torch.zeros(3), torch.zeros(3)
    for i, problem in enumerate(setup.problems):
        values = torch.tensor(problem)
        noise = torch.randn(setup.trials, setup.samples, len(problem), generator=generator)
        draws = values + setup.noise * noise
        first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
        single[i] = draws.mean(1).amax(1).mean() - values.max()
        double[i] = second[torch.arange(setup.trials), first.argmax(1)].mean() - values.max()
    return single, double


# %% overestimation | must return two things
def estimation_bias(setup, seed):
    torch.manual_seed(seed)
    single = []
    for problem in setup.problems:
        draws = torch.tensor(problem) + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        single.append(draws.mean(1).amax(1).mean() - max(problem))
    return torch.stack(single)


# %% overestimation | has the shape
def estimation_bias(setup, seed):
    torch.manual_seed(seed)
    problem = setup.problems[0]
    draws = torch.tensor(problem) + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
    first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
    single = draws.mean(1).amax(1).mean() - max(problem)
    return single, second[torch.arange(setup.trials), first.argmax(1)].mean() - max(problem)


# %% overestimation | returns nothing
def estimation_bias(setup, seed):
    torch.manual_seed(seed)
    for problem in setup.problems:
        draws = torch.tensor(problem) + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        print(draws.mean(1).amax(1).mean() - max(problem))
