# ruff: noqa
# %% Nothing is clipped
# -         total = torch.einsum("b,b...->...", factors, layer)
# +         total = layer.sum(dim=0)


# %% clip each parameter tensor by itself
# -         total = torch.einsum("b,b...->...", factors, layer)
# +         factors = (max_norm / layer.flatten(1).norm(dim=1)).clamp(max=1.0)
# +         total = torch.einsum("b,b...->...", factors, layer)


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
# -     factors = (max_norm / norms).clamp(max=1.0)  # 1 where a norm is zero
# +     factors = max_norm / norms


# %% You clip every number by itself
# -         total = torch.einsum("b,b...->...", factors, layer)
# +         total = layer.clamp(-max_norm, max_norm).sum(dim=0)


# %% by the number of episodes that came
# -         noisy.append((total + noise_multiplier * max_norm * noise) / expected_count)
# +         noisy.append((total + noise_multiplier * max_norm * noise) / len(layer))


# %% You do not divide
# -         noisy.append((total + noise_multiplier * max_norm * noise) / expected_count)
# +         noisy.append(total + noise_multiplier * max_norm * noise)


# %% leave out the root of the norm
# -     norms = torch.stack(squares).sum(dim=0).sqrt()  # (B,)
# +     norms = torch.stack(squares).sum(dim=0)


# %% Your minimum is a maximum
# -     factors = (max_norm / norms).clamp(max=1.0)  # 1 where a norm is zero
# +     factors = (max_norm / norms).clamp(min=1.0)


# %% You throw away episodes
# -         total = torch.einsum("b,b...->...", factors, layer)
# +         total = layer[norms <= max_norm].sum(dim=0)


# %% makes your result NaN
# -     factors = (max_norm / norms).clamp(max=1.0)  # 1 where a norm is zero
# +     factors = norms.clamp(max=max_norm) / norms


# %% There is no noise
# -         noise = torch.randn(total.shape, generator=generator)
# +         noise = torch.zeros(total.shape)


# %% Your noise is not multiplied by C
# -         noisy.append((total + noise_multiplier * max_norm * noise) / expected_count)
# +         noisy.append((total + noise_multiplier * noise) / expected_count)


# %% You add the noise after dividing
# -         noisy.append((total + noise_multiplier * max_norm * noise) / expected_count)
# +         noisy.append(total / expected_count + noise_multiplier * max_norm * noise)


# %% variance of the noise for its standard deviation
# -         noisy.append((total + noise_multiplier * max_norm * noise) / expected_count)
# +         noisy.append((total + (noise_multiplier * max_norm) ** 2 * noise) / expected_count)


# %% You add noise to every episode
# -         noise = torch.randn(total.shape, generator=generator)
# +         noise = torch.randn(layer.shape, generator=generator).sum(dim=0)


# %% Many parameters get the same noise
# -         noise = torch.randn(total.shape, generator=generator)
# +         noise = torch.randn((), generator=generator)


# %% you draw from torch's global one
# -         noise = torch.randn(total.shape, generator=generator)
# +         noise = torch.randn(total.shape)


# %% you seed your own
# -     noisy = []
# +     noisy, generator = [], torch.Generator().manual_seed(0)


# %% Your noise is uniform
# -         noise = torch.randn(total.shape, generator=generator)
# +         noise = torch.rand(total.shape, generator=generator)


# %% When no episode comes you add no noise
# -     noisy = []
# +     if len(gradients[0]) == 0:
# +         return [torch.zeros(layer.shape[1:]) for layer in gradients]
# +     noisy = []


# %% caller's gradients in place
# -         total = torch.einsum("b,b...->...", factors, layer)
# +         layer *= factors.view(-1, *[1] * (layer.ndim - 1))
# +         total = layer.sum(dim=0)


# %% one gradient for each episode
# -         total = torch.einsum("b,b...->...", factors, layer)
# -         noise = torch.randn(total.shape, generator=generator)
# -         noisy.append((total + noise_multiplier * max_norm * noise) / expected_count)
# +         clipped = layer * factors.view(-1, *[1] * (layer.ndim - 1))
# +         noisy.append(clipped / expected_count)
