"""Mutants of `rl/` that are right too."""

from tests.equivalent_package_mutants.reasons import EITHER, EMPTY, LAST, STRICT

EQUIVALENT: dict[str, dict[str, str]] = {
    "rl/advantages": {
        "normalise_advantages: count.clamp(min=1) -> count": "without a real row all is masked afterwards",
        "normalise_advantages: 1 -> 0": "without a real row all is masked afterwards",
        "normalise_advantages: deviation <= 1e-06 * advantages.abs().max() -> deviation < 1e-06 * "
        "advantages.abs().max()": "both sides are 0 where all rows are: 0 / 1e-8 is 0 too",
    },
    "rl/replay": {
        "ReplayBuffer: torch.zeros(capacity, size) -> torch.ones(capacity, size)": EMPTY,
        "ReplayBuffer: torch.zeros(capacity, dtype=torch.long) -> "
        "torch.ones(capacity, dtype=torch.long)": EMPTY,
        "ReplayBuffer: torch.zeros(capacity) -> torch.ones(capacity)": EMPTY,
        "ReplayBuffer: torch.zeros(capacity, size) -> torch.ones(capacity, size) #2": EMPTY,
        "ReplayBuffer: torch.zeros(capacity, dtype=torch.bool) -> "
        "torch.ones(capacity, dtype=torch.bool)": EMPTY,
        "ReplayBuffer: min(self.written, self.capacity) -> min(self.capacity, self.written)": EITHER,
        "ReplayBuffer: zip(self.memory, (*seen, step.next_observations, step.terminated), str… -> "
        "zip(self.memory, (*seen, step.next_observations, step.terminated))": STRICT,
        "ReplayBuffer: True -> False": STRICT,
    },
    "rl/rollouts": {
        "collect: -1 -> 1": LAST,
        "collect: zip(*rows, strict=True) -> zip(*rows)": STRICT,
        "collect: True -> False": STRICT,
        "greedy_returns: -1 -> 1": LAST,
        "mean_return: greedy_returns(network, name, episodes=100, seed=1) -> "
        "greedy_returns(network, name, seed=1)": "100 is the default too",
    },
}
