# ruff: noqa
# %% The formula gives 0
# -     if beta == 0:
# -         return kl(log_p, log_q)
# +     if beta == 0:
# +         return 0 * kl(log_p, log_q)

# %% The formula gives 0
# -     if beta == 1:
# -         return kl(log_q, log_p)
# +     if beta == 1:
# +         return 0 * kl(log_p, log_q)

# %% At beta = 0 you return the reverse
# -     if beta == 0:
# -         return kl(log_p, log_q)
# +     if beta == 0:
# +         return kl(log_q, log_p)

# %% At beta = 1 you return the forward
# -     if beta == 1:
# -         return kl(log_q, log_p)
# +     if beta == 1:
# +         return kl(log_p, log_q)

# %% turn it round
# -     log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log(1 - beta))
# +     beta = 1 - beta
# +     log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log(1 - beta))

# %% shares in M have changed places
# -     log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log(1 - beta))
# +     log_m = torch.logaddexp(log_q + math.log(beta), log_p + math.log(1 - beta))

# %% weights of both parts have changed places
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return (1 - beta) * kl(log_p, log_m) + beta * kl(log_q, log_m)

# %% Nothing weighs the two parts
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return kl(log_p, log_m) + kl(log_q, log_m)

# %% M has equal shares
# -     log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log(1 - beta))
# +     log_m = torch.logaddexp(log_p, log_q) - math.log(2)

# %% parts weigh the same
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return (kl(log_p, log_m) + kl(log_q, log_m)) / 2

# %% does not depend on beta
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     log_m = torch.logaddexp(log_p, log_q) - math.log(2)
# +     return (kl(log_p, log_m) + kl(log_q, log_m)) / 2

# %% part of the student is missing
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return beta * kl(log_p, log_m)

# %% part of the teacher is missing
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return (1 - beta) * kl(log_q, log_m)

# %% mix the two divergences
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return (1 - beta) * kl(log_p, log_q) + beta * kl(log_q, log_p)

# %% You mix logarithms
# -     log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log(1 - beta))
# +     log_m = (beta * log_p + (1 - beta) * log_q).log_softmax(dim=1)

# %% M stands on the wrong side
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return beta * kl(log_m, log_p) + (1 - beta) * kl(log_m, log_q)

# %% temperature changes nothing
# -     log_q = (student / temperature).log_softmax(dim=1)
# +     temperature = 1.0
# +     log_q = (student / temperature).log_softmax(dim=1)

# %% You multiply by the temperature
# -     log_q = (student / temperature).log_softmax(dim=1)
# +     temperature = 1 / temperature
# +     log_q = (student / temperature).log_softmax(dim=1)

# %% teacher is not softened
# -     log_p = (teacher.detach() / temperature).log_softmax(dim=1)
# +     log_p = teacher.detach().log_softmax(dim=1)

# %% student is not softened
# -     log_q = (student / temperature).log_softmax(dim=1)
# +     log_q = student.log_softmax(dim=1)

# %% multiply by T²
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return temperature**2 * (beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m))

# %% mean over the vocabulary
# -         return (log_a.exp() * (log_a - log_b)).sum(dim=1)
# +         return (log_a.exp() * (log_a - log_b)).mean(dim=1)

# %% The result is not finite
# -     log_m = torch.logaddexp(log_p + math.log(beta), log_q + math.log(1 - beta))
# +     log_m = (beta * log_p.exp() + (1 - beta) * log_q.exp()).log()

# %% flows into `teacher`
# -     log_p = (teacher.detach() / temperature).log_softmax(dim=1)
# +     log_p = (teacher / temperature).log_softmax(dim=1)

# %% no gradient flows
# -     log_q = (student / temperature).log_softmax(dim=1)
# +     log_q = (student.detach() / temperature).log_softmax(dim=1)

# %% in the gradient
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q.detach(), log_m)

# %% has the shape
# -     return beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)
# +     return (beta * kl(log_p, log_m) + (1 - beta) * kl(log_q, log_m)).mean()
