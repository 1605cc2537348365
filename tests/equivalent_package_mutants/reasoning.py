"""Mutants of `reasoning/` that are right too."""

from tests.equivalent_package_mutants.reasons import DEVICE, EITHER, PADDING, STRICT

EQUIVALENT: dict[str, dict[str, str]] = {
    "reasoning/grpo": {
        "clipped_objective: torch.minimum(ratio * advantage, ratio.clamp(1 - clip_low, 1 + clip_hi… -> "
        "torch.minimum(ratio.clamp(1 - clip_low, 1 + clip_high) * advantage, ra…": EITHER,
        "grpo_loss: 0 -> -1": "an empty mask has no true entry either",
        "grpo_loss: log_probs = log_probs.masked_fill(~mask.bool(), 0.0) -> nothing": PADDING,
        "grpo_loss: 0.0 -> 1.0": PADDING,
        "grpo_loss: 0.0 -> -1.0": PADDING,
    },
    "reasoning/pen": {
        "slip_of_the_pen: torch.rand(tokens.shape, generator=generator, device=device) -> "
        "torch.rand(tokens.shape, generator=generator)": DEVICE,
        "slip_of_the_pen: torch.randint(1, 10, tokens.shape, generator=generator, device=device) -> "
        "torch.randint(1, 10, tokens.shape, generator=generator)": DEVICE,
        "slip_of_the_pen: tokens - first + shift -> tokens - first - shift": "1 to 9 on or back: each of the "
        "nine other digits is as likely",
    },
    "reasoning/rewards": {
        "language_reward: english + chinese -> english": "without an English word the share is 0 either way",
        "reward: total + weights.language * language_reward(response) if weights.langua… -> "
        "total + weights.language * language_reward(response)": "a weight of 0 adds 0",
    },
    "reasoning/tasks": {
        "sample_responses: zip(rollouts.responses.tolist(), rollouts.lengths.tolist(), strict=Tru… -> "
        "zip(rollouts.responses.tolist(), rollouts.lengths.tolist())": STRICT,
        "sample_responses: True -> False": STRICT,
    },
}
