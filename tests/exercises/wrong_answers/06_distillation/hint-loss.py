# ruff: noqa
# %% factor 1/2 is missing
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).square().mean()

# %% halve twice
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).square().mean() / 4

# %% add everything up
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).square().sum() / 2

# %% add the channels up
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).square().sum(dim=1).mean() / 2

# %% add the pictures up
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).square().sum(dim=0).mean() / 2

# %% absolute values
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).abs().mean() / 2

# %% take a root
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).square().mean().sqrt() / 2

# %% length of the error
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).norm(dim=1).mean() / 2

# %% square the mean
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).mean().square() / 2

# %% `bias` is missing
# -     projected = student_features @ weight.T + bias  # (B, W) -> (B, D)
# +     projected = student_features @ weight.T

# %% subtract the bias
# -     projected = student_features @ weight.T + bias  # (B, W) -> (B, D)
# +     projected = student_features @ weight.T - bias

# %% flows into `teacher_features`
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features).square().mean() / 2

# %% flows into `teacher_features`
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return F.mse_loss(projected, teacher_features) / 2

# %% flows from it back to `student_features`
# -     projected = student_features @ weight.T + bias  # (B, W) -> (B, D)
# +     projected = student_features.detach() @ weight.T + bias

# %% flows from it back to `weight`
# -     projected = student_features @ weight.T + bias  # (B, W) -> (B, D)
# +     projected = student_features @ weight.detach().T + bias

# %% flows from it back to `bias`
# -     projected = student_features @ weight.T + bias  # (B, W) -> (B, D)
# +     projected = student_features @ weight.T + bias.detach()

# %% flows from it back to `student_features`
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return ((projected - teacher_features).square().mean() / 2).item()

# %% rows belong to the teacher's channels
# -     projected = student_features @ weight.T + bias  # (B, W) -> (B, D)
# +     same = weight.shape[0] == weight.shape[1]
# +     projected = student_features @ (weight if same else weight.T) + bias

# %% Nothing is projected
# -     projected = student_features @ weight.T + bias  # (B, W) -> (B, D)
# +     same = weight.shape[0] == weight.shape[1]
# +     projected = student_features if same else student_features @ weight.T + bias

# %% project the teacher's features
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     if weight.shape[0] == weight.shape[1]:
# +         return F.mse_loss(teacher_features @ weight.T + bias, student_features) / 2
# +     return (projected - teacher_features.detach()).square().mean() / 2

# %% has the shape
# -     return (projected - teacher_features.detach()).square().mean() / 2
# +     return (projected - teacher_features.detach()).square() / 2
