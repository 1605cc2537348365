# ruff: noqa
# %% the library's functions, a mask as factor
def layer_norm(x, gain, bias, eps):
    return F.layer_norm(x, gain.shape, gain, bias, eps)


def batch_norm(x, real, gain, bias, eps):
    out = torch.zeros(x.shape, dtype=x.dtype)
    out[real] = F.batch_norm(x[real], None, None, gain, bias, training=True, eps=eps)
    return out


# %% masked sums; numpy
def layer_norm(x, gain, bias, eps):
    x, gain, bias = (a.double().numpy() for a in (x, gain, bias))
    return (x - x.mean(-1, keepdims=True)) / (x.var(-1, keepdims=True) + eps) ** 0.5 * gain + bias


def batch_norm(x, real, gain, bias, eps):
    mask = real[..., None].to(x)
    count = mask.sum()
    away = (x - (x * mask).sum((0, 1)) / count) * mask
    scale = gain / torch.sqrt(away.square().sum((0, 1)) / count + eps)
    return torch.where(mask > 0, away * scale + bias, 0.0)


# %% word by word, plain numbers; in place
def layer_norm(x, gain, bias, eps):
    rows = []
    for word in x.flatten(0, 1).tolist():
        mean = math.fsum(word) / len(word)
        root = math.sqrt(math.fsum((v - mean) ** 2 for v in word) / len(word) + eps)
        rows.append([(v - mean) / root * g + b for v, g, b in zip(word, gain.tolist(), bias.tolist())])
    return torch.tensor(rows).reshape(x.shape)


def batch_norm(x, real, gain, bias, eps):
    for c in range(x.shape[2]):
        channel = x[:, :, c]
        kept = channel[real]
        kept = (kept - kept.mean()) / math.sqrt(kept.var(unbiased=False) + eps)
        channel[~real] = 0
        channel[real] = kept * gain[c] + bias[c]
    return x
