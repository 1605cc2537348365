# ruff: noqa
# %% in place, the table that it gets
def q_learning(q, transitions, alpha, gamma):
    for s, a, r, s2, over, _ in transitions:
        q[s][a] = (1 - alpha) * q[s][a] + alpha * (r + (not over) * gamma * max(q[s2]))
    return q


# %% a torch tensor of float32
def q_learning(q, transitions, alpha, gamma):
    table = torch.from_numpy(q).float()
    for t in transitions:
        future = 0.0 if t.terminated else float(table[t.next_state].amax())
        table[t.state, t.action].lerp_(torch.tensor(t.reward + gamma * future).float(), alpha)
    return table


# %% a list of rows
def q_learning(q, transitions, alpha, gamma):
    rows = q.tolist()
    if not transitions:
        return rows
    t = transitions[0]
    target = t.reward if t.terminated else t.reward + gamma * max(rows[t.next_state])
    rows[t.state][t.action] += alpha * (target - rows[t.state][t.action])
    return q_learning(np.array(rows), transitions[1:], alpha, gamma)
