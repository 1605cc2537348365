# ruff: noqa
# %% whole weight shares
# -     rows = weight.reshape(-1, size)  # (O I / G, G)
# +     rows = weight.reshape(1, -1)

# %% A row shares
# -     rows = weight.reshape(-1, size)  # (O I / G, G)
# +     rows = weight

# %% One bit is the sign
# -     scales = rows.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
# +     scales = rows.abs().amax(dim=1, keepdim=True) / (2**bits - 1)

# %% one too many
# -     scales = rows.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
# +     scales = rows.abs().amax(dim=1, keepdim=True) / 2 ** (bits - 1)

# %% forgets negative
# -     scales = rows.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
# +     scales = rows.amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)

# %% You return q
# -     return (scales * (rows / scales).round()).reshape(weight.shape)
# +     return (rows / scales).round().reshape(weight.shape)

# %% Nothing is rounded
# -     return (scales * (rows / scales).round()).reshape(weight.shape)
# +     return (scales * (rows / scales)).reshape(weight.shape)

# %% scales are missing
# -     return bits + 16 / size
# +     return bits

# %% A group shares its scale
# -     return bits + 16 / size
# +     return bits + 16

# %% has its own bits
# -     return bits + 16 / size
# +     return (bits + 16) / size

# %% kept in 16 bits
# -     return bits + 16 / size
# +     return bits + 32 / size

# %% rounds the share of the scale down
# -     return bits + 16 / size
# +     return bits + 16 // size

# %% A group has `size` numbers
# -     rows = weight.reshape(-1, size)  # (O I / G, G)
# +     rows = weight.reshape(size, -1)
