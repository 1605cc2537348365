# ruff: noqa
# %% it is its transpose
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = weight @ (gradient * (1 - state**2))

# %% The slope of tanh is missing
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = weight.T @ gradient

# %% You multiply by W first
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = (weight.T @ gradient) * (1 - state**2)

# %% that of the way forward
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = (weight @ gradient) * (1 - state**2)

# %% slopes at the earlier state
# -     for state in states[1:].flip(0):
# +     for state in states[:-1].flip(0):

# %% the earlier state, and multiply by W first
# -     for state in states[1:].flip(0):
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +     for state in states[:-1].flip(0):
# +         gradient = (weight.T @ gradient) * (1 - state**2)

# %% the tanh of a state once more
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = weight.T @ (gradient * (1 - state.tanh() ** 2))

# %% yours is 1 - h
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = weight.T @ (gradient * (1 - state))

# %% slope of the sigmoid
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = weight.T @ (gradient * state * (1 - state))

# %% run backwards in time
# -     return torch.stack(sizes[::-1])
# +     return torch.stack(sizes)

# %% You return squared lengths
# -     return torch.stack(sizes[::-1])
# +     return torch.stack(sizes[::-1]).square()

# %% add up absolute values
# -     gradient, sizes = last, [last.norm()]
# +     gradient, sizes = last, [last.abs().sum()]

# -         sizes.append(gradient.norm())
# +         sizes.append(gradient.abs().sum())

# %% You return the largest number
# -     gradient, sizes = last, [last.norm()]
# +     gradient, sizes = last, [last.abs().max()]

# -         sizes.append(gradient.norm())
# +         sizes.append(gradient.abs().max())

# %% a mean of squares
# -     gradient, sizes = last, [last.norm()]
# +     gradient, sizes = last, [last.square().mean().sqrt()]

# -         sizes.append(gradient.norm())
# +         sizes.append(gradient.square().mean().sqrt())

# %% The loss reads the last state alone
# -         gradient = weight.T @ (gradient * (1 - state**2))
# +         gradient = last + weight.T @ (gradient * (1 - state**2))

# %% has the shape
# -     return torch.stack(sizes[::-1])
# +     return torch.stack(sizes[:0:-1])

# %% make short gradients longer
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g * most / (size + 1e-12) for g in gradients]

# %% Nothing is clipped
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return gradients

# %% clip each tensor by itself
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g * min(1, most / (g.norm().item() + 1e-12)) for g in gradients]

# %% clip every number by itself
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g.clamp(-most, most) for g in gradients]

# %% add up the lengths
# -     size = sum(g.square().sum() for g in gradients) ** 0.5
# +     size = sum(g.norm().item() for g in gradients)

# %% the longest tensor alone
# -     size = sum(g.square().sum() for g in gradients) ** 0.5
# +     size = max(g.norm().item() for g in gradients)

# %% divide by the squared length
# -     size = sum(g.square().sum() for g in gradients) ** 0.5
# +     size = sum(g.square().sum() for g in gradients)

# %% Asked is the Euclidean length
# -     size = sum(g.square().sum() for g in gradients) ** 0.5
# +     size = sum(g.abs().sum().item() for g in gradients)

# %% look at the largest number
# -     size = sum(g.square().sum() for g in gradients) ** 0.5
# +     size = max(g.abs().max().item() for g in gradients)

# %% Everything becomes 1 long
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g / size for g in gradients] if size > most else gradients

# %% Your factor is turned round
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g * size / most for g in gradients] if size > most else gradients

# %% You multiply by `most`
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g * most for g in gradients]

# %% set long gradients to zero
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g * 0 for g in gradients] if size > most else gradients

# %% A gradient of zeros becomes nan
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return [g / size * size.clamp(max=most) for g in gradients]

# %% Asked is a list of tensors
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return torch.cat([g.flatten() for g in gradients]) * min(1, most / (size + 1e-12))

# %% tensors for
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     return gradients[:1]

# %% returns nothing
# -     return [g * most / size for g in gradients] if size > most else gradients
# +     for g in gradients:
# +         g *= min(1, most / (size + 1e-12))
