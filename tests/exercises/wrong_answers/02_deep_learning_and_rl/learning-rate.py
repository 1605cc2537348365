# ruff: noqa
# %% first rate is zero
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return peak * step / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% There is no warm-up
def learning_rate(step, warm_up, total, peak, floor):
    p = min(1, max(0, step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% warm-up rises from the floor
def learning_rate(step, warm_up, total, peak, floor):
    if step < warm_up:
        return floor + (peak - floor) * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% counts from the start of training
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * min(step / total, 1)))


# %% counts from the start of training
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(step / (total - warm_up), 1)
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% takes `total` steps by itself
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / total)
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% one step ahead
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step + 1 - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% one step too early
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up - 1))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% add the floor to the whole cosine
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * peak * (1 + math.cos(math.pi * p))


# %% cut the cosine off at the floor
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return max(floor, 0.5 * peak * (1 + math.cos(math.pi * p)))


# %% down to zero, not to the floor
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return 0.5 * peak * (1 + math.cos(math.pi * p))


# %% floor for a share of the peak
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return peak * (floor + 0.5 * (1 - floor) * (1 + math.cos(math.pi * p)))


# %% climbs again
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = (step - warm_up) / (total - warm_up)
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% below the floor, to minus one
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + (peak - floor) * math.cos(math.pi * p)


# %% quarter of a wave
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + (peak - floor) * math.cos(math.pi / 2 * p)


# %% a whole wave
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(2 * math.pi * p))


# %% count in degrees
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(180 * p))


# %% no pi in your cosine
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return floor + 0.5 * (peak - floor) * (1 + math.cos(p))


# %% Your cosine rises
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# +     p = min(1, (step - warm_up) / (total - warm_up))
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return peak + 0.5 * (floor - peak) * (1 + math.cos(math.pi * p))


# %% down in a straight line
# -     progress = min((step - warm_up) / (total - warm_up), 1)
# -     return floor + (peak - floor) * (1 + math.cos(math.pi * progress)) / 2
# +     return peak - (peak - floor) * min(1, (step - warm_up) / (total - warm_up))


# %% stops with ZeroDivisionError
def learning_rate(step, warm_up, total, peak, floor):
    rise = peak * (step + 1) / warm_up
    p = min(1, (step - warm_up) / (total - warm_up))
    return rise if step < warm_up else floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * p))


# %% The result differs
def learning_rate(step, warm_up, total, peak, floor):
    return peak
