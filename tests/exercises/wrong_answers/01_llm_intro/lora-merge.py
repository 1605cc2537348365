# ruff: noqa
# %% is missing
# -     return weight + alpha / len(A) * (B @ A)
# +     return weight + B @ A

# %% The rank divides it
# -     return weight + alpha / len(A) * (B @ A)
# +     return weight + alpha * (B @ A)

# %% old weight is missing
# -     return weight + alpha / len(A) * (B @ A)
# +     return alpha / len(A) * (B @ A)

# %% takes it out again
# -     return weight + alpha / len(A) * (B @ A)
# +     return weight - alpha / len(A) * (B @ A)

# %% yours is r / alpha
# -     return weight + alpha / len(A) * (B @ A)
# +     return weight + len(A) / alpha * (B @ A)

# %% A and B are thin
# -     return rank * (outputs + inputs)
# +     return rank * outputs * inputs

# %% stay as they are
# -     return rank * (outputs + inputs)
# +     return outputs * inputs

# %% counts once
# -     return rank * (outputs + inputs)
# +     return 2 * rank * (outputs + inputs)

# %% right for rank 1
# -     return rank * (outputs + inputs)
# +     return outputs + inputs

# %% rounds alpha / r down
# -     return weight + alpha / len(A) * (B @ A)
# +     return weight + alpha // len(A) * (B @ A)
