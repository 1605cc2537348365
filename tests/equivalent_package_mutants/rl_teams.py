"""Mutants of `rl/teams/` that are right too."""

from tests.equivalent_package_mutants.reasons import DEVICE, ONE, STRICT

ADAM = "torch.optim.Adam(team.parameters(), lr=settings.learning_rate, fused=T…"
BEFORE = "of what stands for a run before the first, its two last fields are read"

EQUIVALENT: dict[str, dict[str, str]] = {
    "rl/teams/hierarchy": {
        "policy_gradient: zip(moves, returns, strict=True) -> zip(moves, returns)": STRICT,
        "policy_gradient: True -> False": STRICT,
        "policy_gradient: if not advantage:… -> if False:…": "adds zero: the same, slower",
        "policy_gradient: continue -> nothing": "adds zero: the same, slower",
        "train_hierarchy: Run(state, 0, 0.0, False, False) -> Run(0, state, 0.0, False, False)": BEFORE,
        "train_hierarchy: 0 -> 1 #2": BEFORE,
        "train_hierarchy: 0 -> -1 #2": BEFORE,
        "train_hierarchy: 0.0 -> 1.0": BEFORE,
        "train_hierarchy: 0.0 -> -1.0": BEFORE,
    },
    "rl/teams/multi_agent": {
        "MonotonicMixer: 0 -> -1": ONE,
        "train_team: torch.random.fork_rng(devices=[]) -> torch.random.fork_rng()": DEVICE,
        f"train_team: {ADAM} -> torch.optim.Adam(team.parameters(), fused=True)": "every update sets its own "
        "rate",
        f"train_team: {ADAM} -> torch.optim.Adam(team.parameters(), lr=settings.learning_rate)": "the same, "
        "slower",
        "train_team: True -> False": "the same, slower",
        "train_team: 0 -> -1": ONE,
        "payoffs_seen: zip(trained.tables, trained.epsilons, strict=True) -> "
        "zip(trained.tables, trained.epsilons)": STRICT,
        "payoffs_seen: True -> False": STRICT,
        "greedy_return: 0.0 -> -1.0": "what stands before the best action has a sum below 0, from the best "
        "on it is at least 1: every draw finds the best",
        "greedy_return: 0 -> 1": "the best action is taken whatever the dice say",
        "greedy_return: 0 -> -1 #2": "a team is paid alike: the first is paid as the last",
    },
}
