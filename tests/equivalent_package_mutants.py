"""Mutants of the package that are right too, each with its reason: what `make mutants` may leave alive.

Named by the function or class that the fault stands in, and by the fault.
"""

EQUIVALENT: dict[str, dict[str, str]] = {
    "reasoning/rewards": {
        "language_reward: english + chinese -> english": "without an English word the share is 0 either way",
        "reward: total + weights.language * language_reward(response) if weights.langua… -> "
        "total + weights.language * language_reward(response)": "a weight of 0 adds 0",
    },
}
