# ruff: noqa
# %% You found 2 of 3 faulty lines
def found_distillation_loss():
    return {5: "A", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    q = F.log_softmax(student_logits / temperature, dim=1)
    p = F.softmax(teacher_logits.detach() / temperature, dim=1)
    kl = (p * (p.log() - q)).sum(1).mean()
    return alpha * kl * temperature * temperature + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% Line 7 is innocent. The paper takes the labels at a temperature of 1.
def found_distillation_loss():
    return {5: "A", 6: "B", 7: "E", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% Line 3 is innocent
def found_distillation_loss():
    return {3: "F"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% Line 6 is faulty, but not for reason (D)
def found_distillation_loss():
    return {5: "A", 6: "D", 8: "C"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% Line 8 is faulty, but not for reason (H)
def found_distillation_loss():
    return {5: "A", 6: "B", 8: "H"}


def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha): ...


# %% The program still does what it did before.
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    assert temperature > 0
    with torch.no_grad():
        p = F.softmax(teacher_logits / temperature, dim=-1)
    log_q = F.log_softmax(student_logits, dim=-1)
    soft = F.kl_div(p.log(), log_q.exp(), reduction="batchmean")
    hard = F.cross_entropy(student_logits, labels)
    return alpha * soft + (1 - alpha) * hard


# %% The student's logits are not softened
# -     log_q = F.log_softmax(student_logits / temperature, dim=-1)
# +     log_q = F.log_softmax(student_logits, dim=-1)
# -     soft = temperature**2 * F.kl_div(log_q, p, reduction="batchmean")
# +     soft = F.kl_div(log_q, p, reduction="batchmean")


# %% The divergence is the wrong way round
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = torch.distributions.Categorical(logits=student_logits / temperature)
    q = torch.distributions.Categorical(logits=teacher_logits.detach() / temperature)
    soft = torch.distributions.kl_divergence(p, q).mean() * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% T squared is missing
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = torch.distributions.Categorical(logits=teacher_logits.detach() / temperature)
    q = torch.distributions.Categorical(logits=student_logits / temperature)
    soft = torch.distributions.kl_divergence(p, q).mean()
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% wants the logarithm of the student's probability
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = F.softmax(teacher_logits.detach() / temperature, dim=-1)
    q = F.softmax(student_logits / temperature, dim=-1)
    soft = nn.KLDivLoss(reduction="batchmean")(q, p) * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% cross-entropy with the soft targets, as in the paper
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = F.softmax(teacher_logits.detach() / temperature, dim=-1)
    soft = -(p * F.log_softmax(student_logits / temperature, dim=-1)).sum(-1).mean()
    return alpha * temperature**2 * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% yours are softened as well
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(s, labels)


# %% The weights have changed places
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return (1 - alpha) * soft + alpha * F.cross_entropy(student_logits, labels)


# %% You multiply by T.
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% belongs to the soft part only
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean")
    return (alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)) * temperature**2


# %% divided by the number of classes too
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="none").mean() * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% The soft part is a sum over the batch
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits.detach() / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="sum") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% a gradient flows into the teacher
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% No gradient flows back through your loss
@torch.no_grad()
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    s, t = student_logits / temperature, teacher_logits / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% in the student's gradient
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    with torch.no_grad():  # a line too many in the block
        s, t = student_logits / temperature, teacher_logits / temperature
    soft = F.kl_div(s.log_softmax(-1), t.softmax(-1), reduction="batchmean") * temperature**2
    return alpha * soft + (1 - alpha) * F.cross_entropy(student_logits, labels)


# %% `log_softmax`, not the logarithm of a softmax
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    p = torch.softmax(teacher_logits.detach() / temperature, -1)
    q = torch.softmax(student_logits / temperature, -1)
    kl = F.kl_div(torch.log(q), p, reduction="batchmean")
    return alpha * kl * temperature * temperature + (1 - alpha) * F.cross_entropy(student_logits, labels)
