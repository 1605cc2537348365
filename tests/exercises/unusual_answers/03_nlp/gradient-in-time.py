# ruff: noqa
# %% autograd: each state is a leaf of the step that follows; the library's clipping
def sizes_back(states, weight, last):
    sizes, gradient = [torch.linalg.vector_norm(last)], last
    for t in range(len(states) - 2, -1, -1):
        before = states[t].detach().clone().requires_grad_()
        # the same slope at the same state: atanh gives what stood in the tanh
        rest = torch.atanh(states[t + 1]) - weight @ states[t]
        with torch.enable_grad():
            after = torch.tanh(weight @ before + rest)
        (gradient,) = torch.autograd.grad(after, before, gradient)
        sizes.insert(0, torch.linalg.vector_norm(gradient))
    return torch.stack(sizes)


def clip(gradients, most):
    weights = [torch.nn.Parameter(g.clone()) for g in gradients]
    for w, g in zip(weights, gradients):
        w.grad = g
    torch.nn.utils.clip_grad_norm_(weights, most)
    return [w.grad for w in weights]


# %% matrices of the whole way, numpy; in place, a tuple
def sizes_back(states, weight, last):
    import numpy as np

    h, w = states.double().numpy(), weight.double().numpy()
    way, sizes = np.eye(len(w)), np.zeros(len(h))
    for t in reversed(range(len(h))):
        sizes[t] = np.sqrt(np.sum((last.double().numpy() @ way) ** 2))
        way = way @ np.diag(1 - h[t] ** 2) @ w
    return sizes


def clip(gradients, most):
    size = torch.cat([g.reshape(-1) for g in gradients]).norm()
    for g in gradients:
        g.mul_(min(1.0, most / (size.item() + 1e-6)))
    return tuple(gradients)


# %% plain numbers
def sizes_back(states, weight, last):
    h, w, g = states.tolist(), weight.tolist(), last.tolist()
    sizes = [math.hypot(*g)]
    for row in reversed(h[1:]):
        inner = [a * (1 - b * b) for a, b in zip(g, row)]
        g = [sum(w[i][j] * inner[i] for i in range(len(w))) for j in range(len(w))]
        sizes.append(math.hypot(*g))
    sizes.reverse()
    return sizes


def clip(gradients, most):
    size = math.sqrt(sum((g**2).sum() for g in gradients))
    return [g / max(1, size / most) for g in gradients]
