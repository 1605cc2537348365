"""Mutants of `rl/rewards/` that are right too."""

from tests.equivalent_package_mutants.reasons import EITHER, ONE, STRICT

EQUIVALENT: dict[str, dict[str, str]] = {
    "rl/rewards/reward_models": {
        "RewardModel: 0 -> -1 #2": ONE,
        "fit_reward_model: loss = torch.tensor(math.nan) -> nothing": "there is one update at least, and it "
        "sets the loss",
        "fit_reward_model: 0 -> -1": ONE,
        "AdaptiveRewardModel: zip(known, labels, strict=True) -> zip(known, labels)": STRICT,
        "AdaptiveRewardModel: True -> False": STRICT,
    },
    "rl/rewards/shaping": {
        "RewardShapingModel: 0 -> -1 #2": ONE,
        "RewardShapingModel: zip(*rollout, strict=True) -> zip(*rollout)": STRICT,
        "RewardShapingModel: True -> False": STRICT,
        "RewardShapingModel: min(self.settings.batch_size, len(self.memory)) -> min(len(self.memory), "
        "self.settings.batch_size)": EITHER,
        "RewardShapingModel: 0 -> -1 #4": ONE,
        "RewardShapingModel: 0 -> -1 #5": ONE,
    },
    "rl/rewards/reward_learning": {
        "learned_rewards: 0 -> -1": ONE,
    },
}
