# ruff: noqa
# %% wrong sign
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(max(problem) - draws.mean(axis=1).max(axis=1).mean())
        double.append(max(problem) - second[np.arange(setup.trials), best].mean())
    return torch.tensor(single), torch.tensor(double)


# %% report the estimate itself
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean())
        double.append(second[np.arange(setup.trials), best].mean())
    return torch.tensor(single), torch.tensor(double)


# %% subtract the mean of the true values
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - np.mean(problem))
        double.append(second[np.arange(setup.trials), best].mean() - np.mean(problem))
    return torch.tensor(single), torch.tensor(double)


# %% double estimator where the single one belongs
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(double), torch.tensor(single)


# %% noise is gone before the maximum
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        single.append(draws.mean(axis=(0, 1)).max() - max(problem))  # of all trials together
        double.append(second.mean(axis=0)[first.mean(axis=0).argmax()] - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% noise is gone before the maximum
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        noise = rng.normal(0, setup.noise, (setup.trials, setup.samples, 1))  # one for all actions
        draws = np.array(problem) + noise
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% half of the samples. It may use all
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(first.max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% one sample in your trials
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        first, second = rng.normal(problem, setup.noise, (2, setup.trials, len(problem)))
        best = first.argmax(axis=1)
        single.append(first.max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% maximum of the samples
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.max(axis=(1, 2)).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% standard deviation, not a variance
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise**0.5, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(second[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% evaluates it too
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        best = first.argmax(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(first[np.arange(setup.trials), best].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% evaluates it too
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        half = setup.samples // 2
        first, second = draws[:, :half].mean(axis=1), draws[:, half:].mean(axis=1)
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(((first.max(axis=1) + second.max(axis=1)) / 2).mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% Your double estimator is the single one
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        means = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem))).mean(axis=1)
        single.append(means.max(axis=1).mean() - max(problem))
        double.append(means[np.arange(setup.trials), means.argmax(axis=1)].mean() - max(problem))
    return torch.tensor(single), torch.tensor(double)


# %% The result differs in the double estimator
def estimation_bias(setup, seed):
    rng = np.random.default_rng(seed)
    single, double = [], []
    for problem in setup.problems:
        draws = rng.normal(problem, setup.noise, (setup.trials, setup.samples, len(problem)))
        single.append(draws.mean(axis=1).max(axis=1).mean() - max(problem))
        double.append(0.0)  # unbiased, it is said
    return torch.tensor(single), torch.tensor(double)


# %% nobody can repeat your experiment
def estimation_bias(setup, seed):
    single, double = torch.zeros(3), torch.zeros(3)
    for i, problem in enumerate(setup.problems):
        values = torch.tensor(problem)
        draws = values + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
        single[i] = draws.mean(1).amax(1).mean() - values.max()
        double[i] = second[torch.arange(setup.trials), first.argmax(1)].mean() - values.max()
    return single, double


# %% You do not use `seed`
def estimation_bias(setup, seed):
    torch.manual_seed(0)
    single, double = torch.zeros(3), torch.zeros(3)
    for i, problem in enumerate(setup.problems):
        values = torch.tensor(problem)
        draws = values + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
        single[i] = draws.mean(1).amax(1).mean() - values.max()
        double[i] = second[torch.arange(setup.trials), first.argmax(1)].mean() - values.max()
    return single, double


# %% is the exact bias, to the last digit
def estimation_bias(setup, seed):
    single = [overestimation._single(problem, setup).bias for problem in setup.problems]
    double = [overestimation._double(problem, setup).bias for problem in setup.problems]
    return torch.tensor(single), torch.tensor(double)


# %% with another setup
def estimation_bias(setup, seed):
    setup = overestimation._setup_of(seed)  # as if there were no other
    generator = torch.Generator().manual_seed(seed)
    single, double = torch.zeros(3), torch.zeros(3)
    for i, problem in enumerate(setup.problems):
        values = torch.tensor(problem)
        noise = torch.randn(setup.trials, setup.samples, len(problem), generator=generator)
        draws = values + setup.noise * noise
        first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
        single[i] = draws.mean(1).amax(1).mean() - values.max()
        double[i] = second[torch.arange(setup.trials), first.argmax(1)].mean() - values.max()
    return single, double


# %% must return two things
def estimation_bias(setup, seed):
    torch.manual_seed(seed)
    single = []
    for problem in setup.problems:
        draws = torch.tensor(problem) + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        single.append(draws.mean(1).amax(1).mean() - max(problem))
    return torch.stack(single)


# %% has the shape
def estimation_bias(setup, seed):
    torch.manual_seed(seed)
    problem = setup.problems[0]
    draws = torch.tensor(problem) + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
    first, second = (half.mean(1) for half in draws.chunk(2, dim=1))
    single = draws.mean(1).amax(1).mean() - max(problem)
    return single, second[torch.arange(setup.trials), first.argmax(1)].mean() - max(problem)


# %% returns nothing
def estimation_bias(setup, seed):
    torch.manual_seed(seed)
    for problem in setup.problems:
        draws = torch.tensor(problem) + setup.noise * torch.randn(setup.trials, setup.samples, len(problem))
        print(draws.mean(1).amax(1).mean() - max(problem))
