# ruff: noqa
# %% wrong sign
# -         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.max()
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         single[i] = values.max() - draws.mean(dim=2).max(dim=1).values.mean()
# +         double[i] = values.max() - second.gather(1, best).mean()


# %% report the estimate itself
# -         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.max()
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         single[i] = draws.mean(dim=2).max(dim=1).values.mean()
# +         double[i] = second.gather(1, best).mean()


# %% subtract the mean of the true values
# -         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.max()
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.mean()
# +         double[i] = second.gather(1, best).mean() - values.mean()


# %% double estimator where the single one belongs
# -     return single, double
# +     return double, single


# %% noise is gone before the maximum
# -         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.max()
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         single[i] = draws.mean(dim=(0, 2)).max() - values.max()  # of all trials together
# +         double[i] = second.mean(dim=0)[first.mean(dim=0).argmax()] - values.max()


# %% noise is gone before the maximum
# -         shape = (setup.trials, len(problem), setup.samples)
# +         shape = (setup.trials, 1, setup.samples)  # one for all actions


# %% half of the samples. It may use all
# -         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.max()
# +         single[i] = first.max(dim=1).values.mean() - values.max()


# %% one sample in your trials
# -         shape = (setup.trials, len(problem), setup.samples)
# +         shape = (setup.trials, len(problem), 2)
# -         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.max()
# +         single[i] = first.max(dim=1).values.mean() - values.max()


# %% maximum of the samples
# -         single[i] = draws.mean(dim=2).max(dim=1).values.mean() - values.max()
# +         single[i] = draws.amax(dim=(1, 2)).mean() - values.max()


# %% standard deviation, not a variance
# -         noise = setup.noise * torch.randn(shape, generator=generator)
# +         noise = setup.noise**0.5 * torch.randn(shape, generator=generator)


# %% evaluates it too
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         double[i] = first.gather(1, best).mean() - values.max()


# %% evaluates it too
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         double[i] = (first.amax(dim=1) + second.amax(dim=1)).mean() / 2 - values.max()


# %% Your double estimator is the single one
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         means = draws.mean(dim=2)
# +         double[i] = means.gather(1, means.argmax(dim=1, keepdim=True)).mean() - values.max()


# %% The result differs in the double estimator
# -         double[i] = second.gather(1, best).mean() - values.max()
# +         double[i] = 0.0  # unbiased, it is said


# %% nobody can repeat your experiment
# -         noise = setup.noise * torch.randn(shape, generator=generator)
# +         noise = setup.noise * torch.randn(shape)


# %% You do not use `seed`
# -     generator = torch.Generator().manual_seed(seed)
# +     generator = torch.Generator().manual_seed(0)


# %% is the exact bias, to the last digit
def estimation_bias(setup, seed):
    single = [overestimation._single(problem, setup).bias for problem in setup.problems]
    double = [overestimation._double(problem, setup).bias for problem in setup.problems]
    return torch.tensor(single), torch.tensor(double)


# %% with another setup
# -     generator = torch.Generator().manual_seed(seed)
# +     generator = torch.Generator().manual_seed(seed)
# +     setup = overestimation._setup_of(seed)  # as if there were no other


# %% must return two things
# -     return single, double
# +     return single


# %% has the shape
# -     return single, double
# +     return single[0], double[0]


# %% returns nothing
# -     return single, double
# +     print(single, double)


# %% The result differs
# -         first, second = (half.mean(dim=2) for half in draws.chunk(2, dim=2))
# +         first, second = (half.mean(dim=2) for half in draws.chunk(2))  # halves of the trials
