# ruff: noqa
# %% divide by the work alone
# -     return (stages - 1) / (pieces + stages - 1)
# +     return (stages - 1) / pieces

# %% in which a stage works
# -     return (stages - 1) / (pieces + stages - 1)
# +     return pieces / (pieces + stages - 1)

# %% not for p
# -     return (stages - 1) / (pieces + stages - 1)
# +     return stages / (pieces + stages - 1)

# %% end after m + p - 1
# -     return (stages - 1) / (pieces + stages - 1)
# +     return (stages - 1) / (pieces + stages)

# %% One piece less
# -     while (stages - 1) / (pieces + stages - 1) > most:
# +     while (stages - 1) / (pieces + stages - 1) >= most and pieces < 9999:

# %% larger than the limit
# -     return pieces
# +     return pieces - 1
