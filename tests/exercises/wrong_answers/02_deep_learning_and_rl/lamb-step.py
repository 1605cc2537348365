# ruff: noqa
# %% A layer of zeros stays zero
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * x.norm() / (u.norm() + 1e-9) * u)
    return moved


# %% norm of an update that is zero
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = x.norm() / u.norm() if x.norm() > 0 else 1.0
        moved.append(x - eta * trust * u)
    return moved


# %% no trust ratio
def lamb_step(layers, directions, eta, decay):
    return [x - eta * (r + decay * x) for x, r in zip(layers, directions)]


# %% upside down
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        ok = x.norm() > 0 and u.norm() > 0
        moved.append(x - eta * (u.norm() / x.norm() if ok else 1) * u)
    return moved


# %% do not divide by the norm of the update
def lamb_step(layers, directions, eta, decay):
    return [x - eta * (x.norm() or 1) * (r + decay * x) for x, r in zip(layers, directions)]


# %% norm of the weights is missing
def lamb_step(layers, directions, eta, decay):
    us = [r + decay * x for x, r in zip(layers, directions)]
    return [x - eta * u / (u.norm() or 1) for x, u in zip(layers, us)]


# %% over all layers together
def lamb_step(layers, directions, eta, decay):
    us = [r + decay * x for x, r in zip(layers, directions)]
    above = math.sqrt(sum((x**2).sum() for x in layers))
    below = math.sqrt(sum((u**2).sum() for u in us))
    return [x - eta * above / below * u for x, u in zip(layers, us)]


# %% norm for each row
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        trust = trust / torch.linalg.vector_norm(u, dim=-1, keepdim=True)
        moved.append(x - eta * trust * u)
    return moved


# %% leave out the roots
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * (x**2).sum() / (u**2).sum() * u)
    return moved


# %% a root too many
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * torch.sqrt(x.norm() / u.norm()) * u)
    return moved


# %% add up absolute values
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * x.norm(p=1) / u.norm(p=1) * u)
    return moved


# %% largest entries
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        moved.append(x - eta * x.norm(p=float("inf")) / u.norm(p=float("inf")) * u)
    return moved


# %% limit the ratio to 10
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = x.norm() / u.norm() if x.norm() * u.norm() > 0 else torch.tensor(1.0)
        moved.append(x - eta * min(trust, 10.0) * u)
    return moved


# %% limit the ratio to 1.
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r + decay * x
        trust = (x.norm() / u.norm()).clamp(max=1.0) if x.norm() > 0 and u.norm() > 0 else 1.0
        moved.append(x - eta * trust * u)
    return moved


# %% learning rate is missing
def lamb_step(layers, directions, eta, decay):
    return [x - x.norm() / (r + decay * x).norm() * (r + decay * x) for x, r in zip(layers, directions)]


# %% You add the step
def lamb_step(layers, directions, eta, decay):
    return [x + eta * x.norm() / (r + decay * x).norm() * (r + decay * x) for x, r in zip(layers, directions)]


# %% return the steps
def lamb_step(layers, directions, eta, decay):
    return [eta * x.norm() / (r + decay * x).norm() * (r + decay * x) for x, r in zip(layers, directions)]


# %% leave the decay out of it
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        trust = x.norm() / r.norm() if x.norm() > 0 and r.norm() > 0 else 1.0
        moved.append(x - eta * trust * (r + decay * x))
    return moved


# %% no decay in your step
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        trust = x.norm() / r.norm() if x.norm() > 0 and r.norm() > 0 else 1.0
        moved.append(x - eta * trust * r)
    return moved


# %% outside of the trust ratio
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        trust = x.norm() / r.norm() if x.norm() > 0 and r.norm() > 0 else 1.0
        moved.append(x - eta * (trust * r + decay * x))
    return moved


# %% makes the weights grow
def lamb_step(layers, directions, eta, decay):
    moved = []
    for x, r in zip(layers, directions):
        u = r - decay * x
        trust = x.norm() / u.norm() if x.norm() > 0 and u.norm() > 0 else 1.0
        moved.append(x - eta * trust * u)
    return moved


# %% one for each layer
def lamb_step(layers, directions, eta, decay):
    for x, r in zip(layers, directions):
        u = r + decay * x
        return x - eta * x.norm() / u.norm() * u


# %% returns nothing
def lamb_step(layers, directions, eta, decay):
    for x, r in zip(layers, directions):
        u = r + decay * x
        both = x.norm() > 0 and u.norm() > 0
        x -= eta * (x.norm() / u.norm() if both else 1.0) * u


# %% weights do not move
def lamb_step(layers, directions, eta, decay):
    for x, r in zip(layers, directions):
        u = r + decay * x
        x = x - eta * x.norm() / u.norm() * u
    return layers


# %% The result differs
def lamb_step(layers, directions, eta, decay):
    return [torch.zeros_like(x) for x in layers]
