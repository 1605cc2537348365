# ruff: noqa
# %% loops over plain numbers, and an indexed loss
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    out = []
    for i in range(len(rewards)):
        names = (next_q if double else next_q_target)[i].tolist()
        best = max(range(len(names)), key=names.__getitem__)
        out.append(rewards[i].item() + (0 if terminated[i] else gamma * next_q_target[i, best].item()))
    return out


def dqn_loss(q, actions, targets):
    errors = q[torch.arange(len(q)), actions.long()] - targets
    return sum(e**2 for e in errors) / len(errors)


# %% one-hot
def dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double):
    a = (next_q if double else next_q_target).detach().argmax(1)
    chosen = torch.nn.functional.one_hot(a, next_q.shape[1])
    return (rewards + gamma * (next_q_target * chosen).sum(1) * ~terminated).detach().numpy()


def dqn_loss(q, actions, targets):
    chosen = torch.nn.functional.one_hot(actions, q.shape[1])
    return torch.nn.functional.mse_loss((q * chosen).sum(1), targets.to(q.dtype))
