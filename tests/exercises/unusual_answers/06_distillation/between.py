# ruff: noqa
# %% float64, the ends as limits of log-sum-exp, torch's kl_div
def generalised_js(student, teacher, beta, temperature):
    log_q = F.log_softmax(student.double() / temperature, dim=-1)
    log_p = F.log_softmax(teacher.double() / temperature, dim=-1).detach()

    def kl(target, given):
        return F.kl_div(given, target, reduction="none", log_target=True).sum(-1)

    if beta in (0, 1):
        return kl(log_p, log_q) if beta < 0.5 else kl(log_q, log_p)
    shares = torch.tensor([beta, 1 - beta], dtype=torch.float64).log()[:, None, None]
    log_m = torch.logsumexp(torch.stack([log_p, log_q]) + shares, dim=0)
    return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)


# %% a mixture without a gradient: its part is zero; logits less their log-sum-exp
def generalised_js(student, teacher, beta, temperature):
    def log(z):
        return z / temperature - (z / temperature).logsumexp(dim=1, keepdim=True)

    log_q, log_p = log(student), log(teacher).detach()
    if beta == 0:
        return (log_p.exp() * (log_p - log_q)).sum(1)
    if beta == 1:
        return (log_q.exp() * (log_q - log_p)).sum(1)
    log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log1p(-beta)).detach()
    return beta * (log_p.exp() * (log_p - log_m)).sum(1) + (1 - beta) * (log_q.exp() * (log_q - log_m)).sum(1)
