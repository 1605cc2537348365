# ruff: noqa
# %% changed places
# -     return float(transfer), float(lost)
# +     return float(lost), float(transfer)

# %% forgetting is negative here
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = (before.diagonal() - last).mean()

# %% divide by all tasks, the last one too
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = (accuracy[-1] - accuracy.diagonal()).mean()

# %% add up and do not divide
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = (last - before.diagonal()).sum()

# %% take the last column
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = (accuracy[:-1, -1] - before.diagonal()).mean()

# %% accuracy in the end
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = last.mean()

# %% compare with the first row
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = (last - accuracy[0, :-1]).mean()

# %% compare with the row before
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = (last - accuracy[-2, :-1]).mean()

# %% Here it is that of the diagonal
# -     transfer = (last - before.diagonal()).mean()
# +     transfer = (last - before.amax(dim=0)).mean()

# %% per cent
# -     return float(transfer), float(lost)
# +     return 100 * float(transfer), float(lost)

# %% a loss is positive here
# -     return float(transfer), float(lost)
# +     return float(transfer), -float(lost)

# %% Asked is the best
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (before.diagonal() - last).mean()

# %% You divide by all tasks
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (accuracy[:-1].amax(dim=0) - accuracy[-1]).mean()

# %% a gain no forgetting
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (accuracy[:, :-1].amax(dim=0) - last).mean()

# %% best of a row
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (accuracy[:-1].amax(dim=1) - last).mean()

# %% best of all tasks
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (accuracy[:-1].max() - last).mean()

# %% from the diagonal on
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (before.tril().amax(dim=0) - last).mean()

# %% return the worst task
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (before.amax(dim=0) - last).max()

# %% a gain no forgetting
# -     lost = (before.amax(dim=0) - last).mean()
# +     lost = (before.amax(dim=0) - last).relu().mean()

# %% Return two numbers
# -     return float(transfer), float(lost)
# +     return float(transfer)
