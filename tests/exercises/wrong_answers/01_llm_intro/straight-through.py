# ruff: noqa
# %% beyond the ends stay
# -     held = (weight / scale).clamp(-most, most)
# +     held = weight / scale

# %% You return q
# -     return scale * (held + (held.round() - held).detach())
# +     return held + (held.round() - held).detach()

# %% only held at the ends
# -     return scale * (held + (held.round() - held).detach())
# +     return scale * held

# %% Negative weights become 0
# -     held = (weight / scale).clamp(-most, most)
# +     held = (weight / scale).clamp(0, most)

# %% `round` is flat
# -     return scale * (held + (held.round() - held).detach())
# +     return scale * held.round()

# %% still gets a gradient
# -     return scale * (held + (held.round() - held).detach())
# +     return weight + (scale * held.round() - weight).detach()

# %% divided by the scale
# -     return scale * (held + (held.round() - held).detach())
# +     return held + (scale * held.round() - held).detach()

# %% once too often
# -     return scale * (held + (held.round() - held).detach())
# +     x = scale * weight.clamp(-scale * most, scale * most)
# +     return x + (scale * held.round() - x).detach()

# %% no gradient flows
# -     return scale * (held + (held.round() - held).detach())
# +     return (scale * held.round()).detach()
