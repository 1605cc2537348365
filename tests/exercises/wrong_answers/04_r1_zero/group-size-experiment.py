# ruff: noqa
# %% that are all right
def group_size_experiment(setup, seed):
    torch.manual_seed(seed)
    simulated, exact = [], []
    for p in setup.probabilities:
        drawn = [torch.rand(setup.groups, size) < p for size in setup.group_sizes]
        simulated.append([d.all(dim=1).float().mean().item() for d in drawn])
        exact.append([p**size for size in setup.group_sizes])
    return torch.tensor(simulated), torch.tensor(exact), min(setup.probabilities, key=lambda p: abs(p - 0.5))


# %% In your simulation: you count the groups that are all right
def group_size_experiment(setup, seed):
    torch.manual_seed(seed)
    simulated, exact = [], []
    for p in setup.probabilities:
        drawn = [torch.rand(setup.groups, size) < p for size in setup.group_sizes]
        simulated.append([d.all(dim=1).float().mean().item() for d in drawn])
        exact.append([p**size + (1 - p) ** size for size in setup.group_sizes])
    return torch.tensor(simulated), torch.tensor(exact), min(setup.probabilities, key=lambda p: abs(p - 0.5))


# %% share of groups that teach. Asked
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    shape = (len(setup.probabilities), len(setup.group_sizes))
    simulated, exact = torch.zeros(shape), torch.zeros(shape)
    for i, p in enumerate(setup.probabilities):
        for j, size in enumerate(setup.group_sizes):
            right = torch.bernoulli(torch.full((setup.groups, size), p), generator=rng).sum(1)
            simulated[i, j] = ((right > 0) & (right < size)).double().mean()
            exact[i, j] = 1 - p**size - (1 - p) ** size
    return simulated, exact, setup.probabilities[2]


# %% not all right
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities).view(5, 1), torch.tensor(setup.group_sizes)
    simulated = torch.stack(
        [(torch.rand(5, setup.groups, n, generator=rng) > p[..., None]).any(2).float().mean(1) for n in size],
        1,
    )
    return simulated, 1 - p**size, setup.probabilities[2]


# %% multiply the two probabilities
def group_size_experiment(setup, seed):
    exact = torch.tensor([[(p * (1 - p)) ** g for g in setup.group_sizes] for p in setup.probabilities])
    rng = torch.Generator().manual_seed(seed)
    simulated = torch.poisson(exact * setup.groups, generator=rng) / setup.groups
    return simulated, exact, setup.probabilities[2]


# %% do not depend on the size
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    rows, exact = [], []
    for p in setup.probabilities:
        pairs = torch.rand(setup.groups, 2, generator=rng) < p
        rows.append([(pairs[:, 0] == pairs[:, 1]).float().mean().item()] * 3)
        exact.append([1 - 2 * p * (1 - p)] * 3)
    return torch.tensor(rows), torch.tensor(exact), setup.probabilities[2]


# %% In your simulation: your shares do not depend
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    right = (torch.rand(5, setup.groups, setup.group_sizes[0], generator=rng) < p[..., None]).double().mean(2)
    simulated = ((right == 0) | (right == 1)).double().mean(1, keepdim=True).repeat(1, 3)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% treat a group as one draw
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = (torch.rand(5, setup.groups, 1, generator=rng) < p[..., None]).expand(-1, -1, g)
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% report per cent
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = 100 * (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, 100 * (p**size + (1 - p) ** size), setup.probabilities[2]


# %% In your simulation: you report per cent
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).sum(1) / setup.groups * 100
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% is the formula, to the last digit
def group_size_experiment(setup, seed):
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    exact = p**size + (1 - p) ** size
    return exact.clone(), exact, setup.probabilities[2]


# %% not those of `setup.groups`
def group_size_experiment(setup, seed):
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    exact = p**size + (1 - p) ** size
    noise = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    return exact + noise * (exact * (1 - exact) / setup.groups).sqrt(), exact, setup.probabilities[2]


# %% not those of `setup.groups`
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, 100, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% You do not use `seed`
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(7)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% nobody can repeat your experiment
def group_size_experiment(setup, seed):
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% same shares for two different setups
def group_size_experiment(setup, seed):
    setup = experiments.setup("a friend")
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, setup.probabilities[2]


# %% and with another p fewer do
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, max(setup.probabilities)


# %% a place in the list
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    exact = p**size + (1 - p) ** size
    return simulated, exact, exact.sum(1).argmin()


# %% none of `setup.probabilities`
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[:, None], torch.tensor(setup.group_sizes)[None]
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        right = torch.rand(5, setup.groups, g, generator=rng) < p[..., None]
        simulated[:, j] = (right.all(2) | ~right.any(2)).float().mean(1)
    return simulated, p**size + (1 - p) ** size, 0.5


# %% must return three things
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    simulated = torch.zeros(5, 3)
    for j, g in enumerate(setup.group_sizes):
        for i, p in enumerate(setup.probabilities):
            right = torch.rand(setup.groups, g, generator=rng) < p
            simulated[i, j] = (right.all(1) | ~right.any(1)).float().mean()
    return simulated


# %% has the shape
def group_size_experiment(setup, seed):
    rng = torch.Generator().manual_seed(seed)
    p, size = torch.tensor(setup.probabilities)[None], torch.tensor(setup.group_sizes)[:, None]
    rows = []
    for g in setup.group_sizes:
        right = torch.rand(setup.groups, g, 5, generator=rng) < p
        rows.append((right.all(1) | ~right.any(1)).float().mean(0))
    return torch.stack(rows), p**size + (1 - p) ** size, setup.probabilities[2]
