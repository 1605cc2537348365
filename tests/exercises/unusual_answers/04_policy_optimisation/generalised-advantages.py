# ruff: noqa
# %% the double sum, in plain numbers
def gae(rewards, values, last_value, terminated, truncated, gamma, lam):
    T, N = rewards.shape
    v = torch.cat([values, last_value.view(1, -1)]).tolist()
    out = [[0.0] * N for _ in range(T)]
    for n in range(N):
        for t in range(T):
            weight = 1.0
            for l in range(t, T):
                delta = float(rewards[l, n]) + (0 if terminated[l, n] else gamma * v[l + 1][n]) - v[l][n]
                out[t][n] += weight * delta
                weight *= gamma * lam
                if terminated[l, n] or truncated[l, n]:
                    break
    return out
