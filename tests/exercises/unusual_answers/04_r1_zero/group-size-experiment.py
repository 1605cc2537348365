# ruff: noqa
# %% numpy, binomial draws, a loop
import numpy as np


def group_size_experiment(setup, seed):
    rng = np.random.default_rng(seed)
    simulated = [
        [float(np.isin(rng.binomial(g, p, setup.groups), (0, g)).mean()) for g in setup.group_sizes]
        for p in setup.probabilities
    ]
    exact = np.array([[p**g + (1 - p) ** g for g in setup.group_sizes] for p in setup.probabilities])
    return simulated, exact, min(setup.probabilities, key=lambda p: abs(p - 0.5))
