# ruff: noqa
# %% Nothing is clipped
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    out = []
    for g in gradients:
        total = g.sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% clip each parameter tensor by itself
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    out = []
    for g in gradients:
        norms = g.flatten(1).norm(dim=1)
        factors = (max_norm / norms).clamp(max=1)
        total = (g * factors.view(-1, *[1] * (g.ndim - 1))).sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% You clip the mean
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    means = [g.mean(0) for g in gradients]
    norm = math.sqrt(sum(float(m.square().sum()) for m in means))
    noise = noise_multiplier * max_norm / expected_count
    return [m * min(1, max_norm / norm) + noise * torch.randn(m.shape, generator=generator) for m in means]


# %% You clip the sum
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    sums = [g.sum(0) for g in gradients]
    norm = math.sqrt(sum(float(m.square().sum()) for m in sums))
    factor, noise = min(1, max_norm / norm), noise_multiplier * max_norm
    return [(m * factor + noise * torch.randn(m.shape, generator=generator)) / expected_count for m in sums]


# %% You make short gradients longer
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", max_norm / norms, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% You clip every number by itself
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    out = []
    for g in gradients:
        total = g.clamp(-max_norm, max_norm).sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% by the number of episodes that came
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator)) / len(g)
        )
    return out


# %% You do not divide
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
    return out


# %% leave out the root of the norm
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients)
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% Your minimum is a maximum
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(min=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% You throw away episodes
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    out = []
    for g in gradients:
        total = g[norms <= max_norm].sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% makes your result NaN
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    out = []
    for g in gradients:
        shape = (-1, *[1] * (g.ndim - 1))
        total = (g / norms.view(shape) * norms.clamp(max=max_norm).view(shape)).sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% There is no noise
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    return [torch.einsum("b,b...->...", factors, g) / expected_count for g in gradients]


# %% Your noise is not multiplied by C
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * torch.randn(total.shape, generator=generator)) / expected_count
        )
    return out


# %% You add the noise after dividing
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        mean = torch.einsum("b,b...->...", factors, g) / expected_count
        out.append(mean + noise_multiplier * max_norm * torch.randn(mean.shape, generator=generator))
    return out


# %% variance of the noise for its standard deviation
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        noise = (noise_multiplier * max_norm) ** 2 * torch.randn(total.shape, generator=generator)
        out.append((total + noise) / expected_count)
    return out


# %% You add noise to every episode
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        clipped = g * factors.view(-1, *[1] * (g.ndim - 1))
        clipped = clipped + noise_multiplier * max_norm * torch.randn(g.shape, generator=generator)
        out.append(clipped.sum(0) / expected_count)
    return out


# %% Many parameters get the same noise
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn((), generator=generator)) / expected_count
        )
    return out


# %% you draw from torch's global one
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append((total + noise_multiplier * max_norm * torch.randn_like(total)) / expected_count)
    return out


# %% you seed your own
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    generator = torch.Generator().manual_seed(0)
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% Your noise is uniform
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.rand(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% When no episode comes you add no noise
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    if len(gradients[0]) == 0:
        return [torch.zeros(g.shape[1:]) for g in gradients]
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        total = torch.einsum("b,b...->...", factors, g)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% caller's gradients in place
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    out = []
    for g in gradients:
        g *= factors.view(-1, *[1] * (g.ndim - 1))
        total = g.sum(0)
        out.append(
            (total + noise_multiplier * max_norm * torch.randn(total.shape, generator=generator))
            / expected_count
        )
    return out


# %% one gradient for each episode
def private_gradient(gradients, max_norm, noise_multiplier, expected_count, generator):
    norms = sum(g.flatten(1).square().sum(1) for g in gradients).sqrt()
    factors = (max_norm / norms).clamp(max=1)
    return [g * factors.view(-1, *[1] * (g.ndim - 1)) / expected_count for g in gradients]
