# ruff: noqa
# %% numpy's generator
def estimation_bias(setup, seed):
    rng, single, double = np.random.default_rng(seed), [], []
    for mu in setup.problems:
        x = rng.normal(mu, setup.noise, (setup.trials, setup.samples, len(mu)))
        single.append((x.mean(1).max(1) - max(mu)).mean())
        a, b = x[:, ::2].mean(1), x[:, 1::2].mean(1)
        double.append(np.take_along_axis(b, a.argmax(1)[:, None], 1).mean() - max(mu))
    return np.array(single), np.array(double)


# %% both halves take turns
def estimation_bias(setup, seed):
    torch.manual_seed(seed)
    out = torch.zeros(2, 3)
    for i, mu in enumerate(map(torch.tensor, setup.problems)):
        x = mu[:, None] + setup.noise * torch.randn(setup.trials, len(mu), setup.samples)
        a, b = x[..., : setup.samples // 2].mean(-1), x[..., setup.samples // 2 :].mean(-1)
        rows = torch.arange(setup.trials)
        out[0, i] = x.mean(-1).amax(-1).mean() - mu.max()
        out[1, i] = (b[rows, a.argmax(-1)] + a[rows, b.argmax(-1)]).mean() / 2 - mu.max()
    return out
