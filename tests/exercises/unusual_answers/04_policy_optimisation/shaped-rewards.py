# ruff: noqa
# %% loops, and the policy's equations
def shape_rewards(rewards, potentials, last_potential, terminated, truncated, gamma):
    out = rewards.clone()
    for t in range(len(rewards)):
        after = potentials[t + 1] if t + 1 < len(rewards) else last_potential
        out[t] += gamma * after.masked_fill(terminated[t], 0) - potentials[t]
    return out.numpy()


def optimal_q(transitions, rewards, gamma):
    P, R = transitions.double(), rewards.double()
    S, A, _ = P.shape
    policy = torch.zeros(S, dtype=torch.long)
    for _ in range(50):
        rows = torch.arange(S)
        p, r = P[rows, policy], (P * R).sum(2)[rows, policy]
        v = torch.linalg.solve(torch.eye(S, dtype=p.dtype) - gamma * p, r)
        q = (P * (R + gamma * v)).sum(2)
        policy = q.argmax(1)
    return q.tolist()
