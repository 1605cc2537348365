# ruff: noqa
# %% never call
# -     n, own = len(parts), torch.arange(len(parts))
# +     return parts.sum(dim=0).expand_as(parts)
# +     n, own = len(parts), torch.arange(len(parts))

# %% You return means
# -     return parts
# +     return parts / n

# %% sum of one chunk
# -     for step in range(n - 1):
# -         chunk = (own + 1 - step) % n
# -         parts[own, (chunk - 1) % n] = pass_on(parts[own, chunk])
# +     pass

# %% own numbers alone
# -         parts[own, (chunk - 1) % n] += pass_on(parts[own, chunk])
# -     for step in range(n - 1):
# -         chunk = (own + 1 - step) % n
# -         parts[own, (chunk - 1) % n] = pass_on(parts[own, chunk])
# +         pass_on(parts[own, chunk])

# %% are enough
# -     return parts
# +     pass_on(parts[own, own])
# +     return parts

# %% The result differs
# -         chunk = (own + 1 - step) % n
# +         chunk = (own - step) % n

# %% more than
# -     n, own = len(parts), torch.arange(len(parts))
# +     n, own = len(parts), torch.arange(len(parts))
# +     for _ in range(5 * n):
# +         pass_on(parts[own, own])

# %% even where messages are lost
# -     n, own = len(parts), torch.arange(len(parts))
# +     n, own = len(parts), torch.arange(len(parts))
# +     for _ in range(2 * (n - 1)):
# +         pass_on(parts[own, own])
# +     return parts.sum(dim=0).expand_as(parts)

# %% you read another process
# -         parts[own, (chunk - 1) % n] = pass_on(parts[own, chunk])
# -     return parts
# +         pass_on(parts[own, chunk])
# +     return parts[(own - 1) % n, own].expand_as(parts)
