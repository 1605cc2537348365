"""Mutants of the package that are right too, each with its reason: what `make mutants` may leave alive.

Named by the function or class that the fault stands in, and by the fault.
"""

DOWN = "counting down meets the multiples of `every` at the same updates"
EITHER = "the smaller or the larger of two numbers, none NaN, whichever comes first"
STRICT = "the lengths are equal: checked before, or made equal"
CONTRACT = "every domain has the same N, and so have its labels: the docstring asks for it"
ONE = "a list of one: its first is its last"
BEYOND = "zeros behind the last slot, which nothing reads"
LAST = "the last of two axes is axis 1"
SAFE = "nothing is changed in place, and nobody asks for a gradient"
PADDING = "ratio, divergence and average mask or clamp the padding once more"
DEVICE = "the same on the one device that tests have"
EMPTY = "no place is read before it is written"
EQUIVALENT: dict[str, dict[str, str]] = {
    "nn/meta_learning": {
        "new_weights: zip(sizes, sizes[1:], strict=False) -> zip(sizes, sizes[1:])": "False is the default",
        "forward: 2 -> 3 #2": "matrices and biases come in pairs: their number is even",
        "adapt: zip(own, slopes, strict=True) -> zip(own, slopes)": STRICT,
        "adapt: True -> False": STRICT,
        "meta_loss: 0 -> -1": "no steps either way",
        "meta_learn: torch.optim.Adam(weights, fused=True) -> torch.optim.Adam(weights)": "the same, slower",
        "meta_learn: True -> False": "the same, slower",
        "meta_learn: 0 -> -1": ONE,
    },
    "nn/robustness": {
        "input_gradient: 0 -> -1": ONE,
        "pgd: torch.clamp(attacked + step, images - size, images + size) -> torch.clamp(images - size, "
        "attacked + step, images + size)": EITHER,
        "train_on_domains: abs(sum(weights) - 1) > 1e-06 -> abs(sum(weights) - 1) >= 1e-06": "a room for "
        "rounding, whose edge no sum of weights is meant to meet",
        "train_on_domains: zip(weights, domains, strict=True) -> zip(weights, domains)": STRICT,
        "train_on_domains: True -> False": STRICT,
        "train_on_domains: 0 -> -1 #2": CONTRACT,
        "train_on_domains: 0 -> 1 #3": CONTRACT,
        "train_on_domains: 0 -> -1 #3": CONTRACT,
    },
    "nn/static_graph": {
        "run: len(values) - len(arrays) -> len(values) + len(arrays)": BEYOND,
        "run: len(values) - len(arrays) -> len(values)": BEYOND,
    },
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
    "nn/schedules": {
        "cosine: min(step, total) -> min(total, step)": EITHER,
        "pick_schedule: 0 -> 1 #2": "the options are met at step 1 as at step 0",
        "reduce_on_plateau: max(rate * settings.factor, settings.minimum) -> max(settings.minimum, "
        "rate * settings.factor)": EITHER,
    },
    "reasoning/tasks": {
        "sample_responses: zip(rollouts.responses.tolist(), rollouts.lengths.tolist(), strict=Tru… -> "
        "zip(rollouts.responses.tolist(), rollouts.lengths.tolist())": STRICT,
        "sample_responses: True -> False": STRICT,
    },
    "rl/advantages": {
        "normalise_advantages: count.clamp(min=1) -> count": "without a real row all is masked afterwards",
        "normalise_advantages: 1 -> 0": "without a real row all is masked afterwards",
        "normalise_advantages: deviation <= 1e-06 * advantages.abs().max() -> deviation < 1e-06 * "
        "advantages.abs().max()": "both sides are 0 where all rows are: 0 / 1e-8 is 0 too",
    },
    "rl/policy/natural_gradient": {
        "surrogate: -1 -> 1": LAST,
        "surrogate: -1 -> 1 #2": LAST,
        "surrogate: -1 -> 1 #3": LAST,
        "surrogate: 0 -> -1": ONE,
        "conjugate_gradient: b.clone() -> b": SAFE,
        "conjugate_gradient: b.clone() -> b #2": SAFE,
        "fisher_product: mean_kl(logits.detach(), logits) -> mean_kl(logits, logits.detach())": "where the "
        "policies are the same, both directions of KL have the same second derivative",
        "set_weights: zip(actor.parameters(), weights.split(sizes), strict=True) -> "
        "zip(actor.parameters(), weights.split(sizes))": STRICT,
        "set_weights: True -> False": STRICT,
        "plain_step_kl: nn.utils.parameters_to_vector(actor.parameters()).detach() -> "
        "nn.utils.parameters_to_vector(actor.parameters())": SAFE,
        "plain_step_kl: logits.detach() -> logits #2": SAFE,
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
    "rl/value/targets": {
        "HardTarget: self.updates += 1 -> self.updates -= 1": DOWN,
        "AverageTarget: self.updates += 1 -> self.updates -= 1": DOWN,
    },
}
