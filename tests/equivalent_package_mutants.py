"""Mutants of the package that are right too, each with its reason: what `make mutants` may leave alive.

Named by the function or class that the fault stands in, and by the fault.
"""

DOWN = "counting down meets the multiples of `every` at the same updates"
EITHER = "the smaller or the larger of two numbers, none NaN, whichever comes first"
EQUIVALENT: dict[str, dict[str, str]] = {
    "reasoning/rewards": {
        "language_reward: english + chinese -> english": "without an English word the share is 0 either way",
        "reward: total + weights.language * language_reward(response) if weights.langua… -> "
        "total + weights.language * language_reward(response)": "a weight of 0 adds 0",
    },
    "nn/schedules": {
        "cosine: min(step, total) -> min(total, step)": EITHER,
        "pick_schedule: 0 -> 1 #2": "the options are met at step 1 as at step 0",
        "reduce_on_plateau: max(rate * settings.factor, settings.minimum) -> max(settings.minimum, "
        "rate * settings.factor)": EITHER,
    },
    "rl/value/targets": {
        "HardTarget: self.updates += 1 -> self.updates -= 1": DOWN,
        "AverageTarget: self.updates += 1 -> self.updates -= 1": DOWN,
    },
}
