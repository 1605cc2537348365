"""Mutants of `rl/value/` that are right too."""

from tests.equivalent_package_mutants.reasons import DOWN

EQUIVALENT: dict[str, dict[str, str]] = {
    "rl/value/targets": {
        "HardTarget: self.updates += 1 -> self.updates -= 1": DOWN,
        "AverageTarget: self.updates += 1 -> self.updates -= 1": DOWN,
    },
}
