# ruff: noqa
# %% forget the share
# -     return (inputs * passed) ** -0.5
# +     return inputs**-0.5

# %% multiply by the share
# -     return (inputs * passed) ** -0.5
# +     return (passed / inputs) ** 0.5

# %% This is the variance
# -     return (inputs * passed) ** -0.5
# +     return 1 / (inputs * passed)

# %% grow with the number of inputs
# -     return (inputs * passed) ** -0.5
# +     return (inputs * passed) ** 0.5

# %% adds twice
# -     return std / (2 * layers) ** 0.5
# +     return std / layers**0.5

# %% Variances add up
# -     return std / (2 * layers) ** 0.5
# +     return std / (2 * layers)

# %% add less each
# -     return std / (2 * layers) ** 0.5
# +     return std * (2 * layers) ** 0.5

# %% changes nothing in yours
# -     return std / (2 * layers) ** 0.5
# +     return std
