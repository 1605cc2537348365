# ruff: noqa
# %% autograd, and a temperature of a million
def soft_gradient(student, teacher, temperature):
    z = student.double().requires_grad_()
    log_q, log_p = (z / temperature).log_softmax(1), (teacher.double() / temperature).log_softmax(1)
    loss = temperature**2 * F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    return torch.autograd.grad(loss, z)[0]


def hot_limit(student, teacher):
    return soft_gradient(student.double(), teacher.double(), 1e6)


# %% picture by picture
def soft_gradient(student, teacher, temperature):
    rows = [
        (z / temperature).softmax(0) - (v / temperature).softmax(0)
        for z, v in zip(student, teacher, strict=True)
    ]
    return torch.stack(rows) / len(rows) * temperature


def hot_limit(student, teacher):
    rows = []
    for z, v in zip(student.tolist(), teacher.tolist(), strict=True):
        own, his = sum(z) / len(z), sum(v) / len(v)
        rows.append([(a - own - b + his) / len(z) / len(student) for a, b in zip(z, v, strict=True)])
    return rows
