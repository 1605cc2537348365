# ruff: noqa
# %% the library's divergences, autograd
def token_kl(student, teacher, mask, direction):
    q = torch.distributions.Categorical(logits=student[mask])
    p = torch.distributions.Categorical(logits=teacher[mask].detach())
    pair = (p, q) if direction == "forward" else (q, p)
    return torch.distributions.kl_divergence(*pair).mean()


def pull(student, teacher, direction):
    z = student.clone().requires_grad_()
    mask = torch.ones(1, 1, dtype=torch.bool)
    return -torch.autograd.grad(token_kl(z[None, None], teacher[None, None], mask, direction), z)[0]


# %% answer by answer, plain numbers
def token_kl(student, teacher, mask, direction):
    total, count = 0.0, 0
    for b in range(len(mask)):
        for t in range(mask.shape[1]):
            if mask[b, t]:
                q, p = student[b, t].log_softmax(0), teacher[b, t].detach().double().log_softmax(0)
                total = total + (
                    (p.exp() * (p - q)).sum() if direction == "forward" else (q.exp() * (q - p)).sum()
                )
                count += 1
    return total / count


def pull(student, teacher, direction):
    weights = [math.exp(z) for z in student.tolist()], [math.exp(v) for v in teacher.tolist()]
    q, p = ([w / sum(side) for w in side] for side in weights)
    if direction == "forward":
        return [a - b for a, b in zip(p, q)]
    apart = sum(b * math.log(b / a) for a, b in zip(p, q))
    return [b * (apart - math.log(b / a)) for a, b in zip(p, q)]
