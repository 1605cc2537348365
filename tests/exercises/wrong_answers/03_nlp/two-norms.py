# ruff: noqa
# %% over the words of a text
# -     away = x - x.mean(dim=2, keepdim=True)
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     away = x - x.mean(dim=1, keepdim=True)
# +     return away / (away.square().mean(dim=1, keepdim=True) + eps).sqrt() * gain + bias

# %% means over the texts.
# -     away = x - x.mean(dim=2, keepdim=True)
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     away = x - x.mean(dim=0, keepdim=True)
# +     return away / (away.square().mean(dim=0, keepdim=True) + eps).sqrt() * gain + bias

# %% That is batch norm
# -     away = x - x.mean(dim=2, keepdim=True)
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     away = x - x.mean(dim=(0, 1), keepdim=True)
# +     return away / (away.square().mean(dim=(0, 1), keepdim=True) + eps).sqrt() * gain + bias

# %% one mean of a whole text
# -     away = x - x.mean(dim=2, keepdim=True)
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     away = x - x.mean(dim=(1, 2), keepdim=True)
# +     return away / (away.square().mean(dim=(1, 2), keepdim=True) + eps).sqrt() * gain + bias

# %% one mean of the whole batch
# -     away = x - x.mean(dim=2, keepdim=True)
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     away = x - x.mean()
# +     return away / (away.square().mean() + eps).sqrt() * gain + bias

# %% the squares by n - 1
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away / (x.var(dim=2, keepdim=True) + eps).sqrt() * gain + bias

# %% divide by the variance
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away / (away.square().mean(dim=2, keepdim=True) + eps) * gain + bias

# %% multiply by the root
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away * (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias

# %% Nothing subtracts the mean
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return x / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias

# %% That is RMS norm
# -     away = x - x.mean(dim=2, keepdim=True)
# +     away = x

# %% It is the mean of (x - μ)²
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away / (x.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias

# %% Nothing is divided
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away * gain + bias

# %% Gain and bias are missing
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return F.layer_norm(x, gain.shape, eps=eps)

# %% The gain is missing
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return F.layer_norm(x, gain.shape, None, bias, eps=eps)

# %% The bias is missing
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return F.layer_norm(x, gain.shape, gain, eps=eps)

# %% shift first and scale then
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return (F.layer_norm(x, gain.shape, eps=eps) + bias) * gain

# %% have changed places
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return F.layer_norm(x, gain.shape, bias, gain, eps=eps)

# %% eps to the root
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away / (away.square().mean(dim=2, keepdim=True).sqrt() + eps) * gain + bias

# %% You square eps
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away / (away.square().mean(dim=2, keepdim=True) + eps**2).sqrt() * gain + bias

# %% does not depend on eps
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return away / away.square().mean(dim=2, keepdim=True).sqrt() * gain + bias

# %% does not depend on eps
# -     return away / (away.square().mean(dim=2, keepdim=True) + eps).sqrt() * gain + bias
# +     return F.layer_norm(x, gain.shape, gain, bias)

# %% Padding counts in your means
def batch_norm(x, real, gain, bias, eps):
    y = (x - x.mean(dim=(0, 1))) / (x.var(dim=(0, 1), correction=0) + eps).sqrt() * gain + bias
    return y * real[..., None]


# %% Padding counts in your means
def batch_norm(x, real, gain, bias, eps):
    return (x - x.mean(dim=(0, 1))) / (x.var(dim=(0, 1), correction=0) + eps).sqrt() * gain + bias


# %% Padding counts as zeros
def batch_norm(x, real, gain, bias, eps):
    x = x * real[..., None]
    y = (x - x.mean(dim=(0, 1))) / (x.var(dim=(0, 1), correction=0) + eps).sqrt() * gain + bias
    return y * real[..., None]


# %% That is layer norm
def batch_norm(x, real, gain, bias, eps):
    return F.layer_norm(x, gain.shape, gain, bias, eps) * real[..., None]


# %% for each place by itself
def batch_norm(x, real, gain, bias, eps):
    y = (x - x.mean(dim=0)) / (x.var(dim=0, correction=0) + eps).sqrt() * gain + bias
    return y * real[..., None]


# %% over the words of each text
def batch_norm(x, real, gain, bias, eps):
    mean, variance = x.mean(dim=1, keepdim=True), x.var(dim=1, correction=0, keepdim=True)
    return ((x - mean) / (variance + eps).sqrt() * gain + bias) * real[..., None]


# %% normalise each text by itself
def batch_norm(x, real, gain, bias, eps):
    out = torch.zeros_like(x)
    for text, here, into in zip(x, real, out):
        words = text[here]
        into[here] = (words - words.mean(dim=0)) / (words.var(dim=0, correction=0) + eps).sqrt() * gain + bias
    return out


# %% one mean of all channels
# -     away = words - words.mean(dim=0)
# +     away = words - words.mean()

# -     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain + bias
# +     out[real] = away / (away.square().mean() + eps).sqrt() * gain + bias


# %% Padding adds to your variance
def batch_norm(x, real, gain, bias, eps):
    mask = real[..., None]
    mean = (x * mask).sum(dim=(0, 1)) / mask.sum()
    variance = (x * mask - mean).square().sum(dim=(0, 1)) / mask.sum()
    return ((x - mean) / (variance + eps).sqrt() * gain + bias) * mask


# %% At padding the result is not 0
# -     out = torch.zeros_like(x)
# +     out = x.clone()

# %% At padding the result is not 0
# -     out = torch.zeros_like(x)
# +     out = bias.expand_as(x).clone()

# %% the squares by n - 1
# -     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain + bias
# +     out[real] = away / (words.var(dim=0) + eps).sqrt() * gain + bias

# %% divide by the variance
# -     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain + bias
# +     out[real] = away / (away.square().mean(dim=0) + eps) * gain + bias

# %% Gain and bias are missing
# -     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain + bias
# +     out[real] = away / (away.square().mean(dim=0) + eps).sqrt()

# %% The bias is missing
# -     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain + bias
# +     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain

# %% eps to the root
# -     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain + bias
# +     out[real] = away / (away.square().mean(dim=0).sqrt() + eps) * gain + bias

# %% does not depend on eps
# -     out[real] = away / (away.square().mean(dim=0) + eps).sqrt() * gain + bias
# +     out[real] = F.batch_norm(words, None, None, gain, bias, training=True)

# %% has the shape
# -     return out
# +     return out[real]
