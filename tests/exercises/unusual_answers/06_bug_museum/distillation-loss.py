# ruff: noqa
# %% by the formula
def distillation_loss(student_logits, teacher_logits, labels, temperature, alpha):
    t = torch.log_softmax(teacher_logits.detach() / temperature, -1)
    s = torch.log_softmax(student_logits / temperature, -1)
    soft = (t.exp() * (t - s)).sum(-1).mean()
    hard = -student_logits.log_softmax(-1)[range(len(labels)), labels].mean()
    return alpha * temperature**2 * soft + (1 - alpha) * hard
