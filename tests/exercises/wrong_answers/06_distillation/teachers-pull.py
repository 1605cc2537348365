# ruff: noqa
# %% factor T² of the loss is missing
# -     return temperature * (q - p) / len(student)
# +     return (q - p) / temperature / len(student)

# %% lose a T
# -     return temperature * (q - p) / len(student)
# +     return (q - p) / len(student)

# %% derivative of z/T is missing
# -     return temperature * (q - p) / len(student)
# +     return temperature**2 * (q - p) / len(student)

# %% derivative of T z
# -     return temperature * (q - p) / len(student)
# +     return temperature**3 * (q - p) / len(student)

# %% sign is the wrong way round
# -     return temperature * (q - p) / len(student)
# +     return temperature * (p - q) / len(student)

# %% each picture's own gradient
# -     return temperature * (q - p) / len(student)
# +     return temperature * (q - p)

# %% divide by the classes too
# -     return temperature * (q - p) / len(student)
# +     return temperature * (q - p) / q.numel()

# %% student is not softened
# -     q = (student / temperature).softmax(dim=1)
# +     q = student.softmax(dim=1)

# %% teacher is not softened
# -     p = (teacher / temperature).softmax(dim=1)
# +     p = teacher.softmax(dim=1)

# %% gradient at T = 1
# -     return temperature * (q - p) / len(student)
# +     return (student.softmax(dim=1) - teacher.softmax(dim=1)) / len(student)

# %% subtract logits
# -     return temperature * (q - p) / len(student)
# +     return temperature * (student - teacher) / len(student)

# %% gradient of KL(q ‖ p)
def soft_gradient(student, teacher, temperature):
    z = student.clone().requires_grad_()
    log_q, log_p = (z / temperature).log_softmax(1), (teacher / temperature).log_softmax(1)
    loss = temperature**2 * F.kl_div(log_p, log_q, reduction="batchmean", log_target=True)
    return torch.autograd.grad(loss, z)[0]


# %% means of the logits must go
# -     centred = apart - apart.mean(dim=1, keepdim=True)
# +     centred = apart

# %% means over the pictures
# -     centred = apart - apart.mean(dim=1, keepdim=True)
# +     centred = apart - apart.mean(dim=0)

# %% one mean of the batch
# -     centred = apart - apart.mean(dim=1, keepdim=True)
# +     centred = apart - apart.mean()

# %% You add the means
# -     centred = apart - apart.mean(dim=1, keepdim=True)
# +     centred = apart + apart.mean(dim=1, keepdim=True)

# %% lose the 1/C
# -     return centred / apart.numel()
# +     return centred / len(student)

# %% lose the 1/B
# -     return centred / apart.numel()
# +     return centred / student.shape[1]

# %% lose 1/B and 1/C
# -     return centred / apart.numel()
# +     return centred

# %% divide by C twice
# -     return centred / apart.numel()
# +     return centred / apart.numel() / student.shape[1]

# %% sign is the wrong way round
# -     return centred / apart.numel()
# +     return -centred / apart.numel()

# %% return zeros
# -     return centred / apart.numel()
# +     return torch.zeros_like(student)
