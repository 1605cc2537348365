# ruff: noqa
# %% You turn the other way
# -         first * angles.cos() - second * angles.sin(),
# -         first * angles.sin() + second * angles.cos(),
# +         first * angles.cos() + second * angles.sin(),
# +         -first * angles.sin() + second * angles.cos(),

# %% the first half of the channels
# -     first, second = x[:, 0::2], x[:, 1::2]
# +     first, second = x[:, : D // 2], x[:, D // 2 :]

# -     return torch.stack(turned, dim=2).flatten(1)
# +     return torch.cat(turned, dim=1)

# %% in front of all second ones
# -     return torch.stack(turned, dim=2).flatten(1)
# +     return torch.cat(turned, dim=1)

# %% take the row for the position
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = torch.arange(len(x))[:, None] * base ** (-torch.arange(0, D, 2) / D)

# %% take the row for the position
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = torch.arange(1, len(x) + 1)[:, None] * base ** (-torch.arange(0, D, 2) / D)

# %% one too large
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = (positions[:, None] + 1) * base ** (-torch.arange(0, D, 2) / D)

# %% one too small
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = (positions[:, None] - 1) * base ** (-torch.arange(0, D, 2) / D)

# %% yours is -i/D
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = positions[:, None] * base ** (-torch.arange(0, D // 2) / D)

# %% You double 2i
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = positions[:, None] * base ** (-2 * torch.arange(0, D, 2) / D)

# %% minus of the exponent
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = positions[:, None] * base ** (torch.arange(0, D, 2) / D)

# %% count from 1
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = positions[:, None] * base ** (-torch.arange(2, D + 2, 2) / D)

# %% always 10,000
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = positions[:, None] * 10_000 ** (-torch.arange(0, D, 2) / D)

# %% by the same angle
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = positions[:, None] * torch.ones(D // 2)

# %% The position is missing
# -     angles = positions[:, None] * base ** (-torch.arange(0, D, 2) / D)  # (T, D/2)
# +     angles = base ** (-torch.arange(0, D, 2) / D)

# %% You add waves
# -     return torch.stack(turned, dim=2).flatten(1)
# +     return x + torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)

# %% You multiply by waves
# -     return torch.stack(turned, dim=2).flatten(1)
# +     return x * torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)

# %% The sines are missing
# -         first * angles.cos() - second * angles.sin(),
# -         first * angles.sin() + second * angles.cos(),
# +         first * angles.cos(),
# +         second * angles.cos(),

# %% A minus is missing
# -         first * angles.cos() - second * angles.sin(),
# +         first * angles.cos() + second * angles.sin(),

# %% before the second one has read it
def rotate(x, positions, base):
    angles = positions[:, None] * base ** (-torch.arange(0, x.shape[1], 2) / x.shape[1])
    x[:, 0::2] = x[:, 0::2] * angles.cos() - x[:, 1::2] * angles.sin()
    x[:, 1::2] = x[:, 0::2] * angles.sin() + x[:, 1::2] * angles.cos()
    return x


# %% Nothing is turned
# -     return torch.stack(turned, dim=2).flatten(1)
# +     return x

# %% has the shape
# -     return torch.stack(turned, dim=2).flatten(1)
# +     return torch.stack(turned, dim=2)

# %% far words get a higher score
# -     return -slopes[:, None, None] * distance
# +     return slopes[:, None, None] * distance

# %% get a penalty too
# -     distance = (places[:, None] - places).clamp(min=0)  # (T, T)
# +     distance = (places[:, None] - places).abs()

# %% Later keys get a reward
# -     distance = (places[:, None] - places).clamp(min=0)  # (T, T)
# +     distance = places[:, None] - places

# %% That is the mask's work
# -     return -slopes[:, None, None] * distance
# +     return (-slopes[:, None, None] * distance).masked_fill(places > places[:, None], -math.inf)

# %% Rows and columns
# -     distance = (places[:, None] - places).clamp(min=0)  # (T, T)
# +     distance = (places - places[:, None]).clamp(min=0)

# %% Your distance is one too large
# -     distance = (places[:, None] - places).clamp(min=0)  # (T, T)
# +     distance = (places[:, None] - places + 1).clamp(min=0)

# %% Your heads count from 0
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = 2.0 ** (-8 * torch.arange(heads) / heads)

# %% in the opposite order
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = 2.0 ** (-8 * torch.arange(heads, 0, -1) / heads)

# %% right for 8 heads
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = 2.0 ** -torch.arange(1, heads + 1)

# %% yours is -8/h
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = 2.0 ** (-8 / torch.arange(1, heads + 1))

# %% yours is -8H/h
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = 2.0 ** (-8 * heads / torch.arange(1, heads + 1))

# %% The 8 is missing
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = 2.0 ** (-torch.arange(1, heads + 1) / heads)

# %% minus is missing in the exponent
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = 2.0 ** (8 * torch.arange(1, heads + 1) / heads)

# %% a power of e
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = torch.exp(-8 * torch.arange(1, heads + 1) / heads)

# %% the exponent for the slope
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = -8 * torch.arange(1, heads + 1) / heads

# %% the same slope
# -     slopes = 2.0 ** (-8 * torch.arange(1, heads + 1) / heads)  # (H,)
# +     slopes = torch.ones(heads)

# %% every earlier key alike
# -     distance = (places[:, None] - places).clamp(min=0)  # (T, T)
# +     distance = places[:, None] > places
