"""Mutants of `reasoning/` that are right too."""

from tests.equivalent_package_mutants.reasons import DEVICE, EITHER, LAST, ONE, PADDING, SAFE, STRICT

NO_SKILL = "the words ? and <think>, and the digit that a chain starts from, test no skill"
FIRST_VALUE = "the first word of a drill that tests a skill is its first value, at place 4"
SAME_F1 = "precision and recall change places, and F1 is the same"
PADDED = "a longer row ends in padding, which carries no loss"

EQUIVALENT: dict[str, dict[str, str]] = {
    "reasoning/evaluation": {
        "majority_answer: 1 -> 2 #2": "the first of the two most common ones is the most common one",
        "majority_answer: 0 -> -1": ONE,
        "summarise: max(1, len(problems)) -> max(len(problems), 1)": EITHER,
        "base_skills: torch.tensor([encode(words)], device=model.head.weight.device) -> "
        "torch.tensor([encode(words)])": DEVICE,
        "base_skills: 0 -> -1": ONE,
        "base_skills: -1 -> 1": LAST,
        "tested_positions: words.index('<think>') + 1 -> words.index('<think>') - 1": NO_SKILL,
        "tested_positions: words.index('<think>') + 1 -> words.index('<think>')": NO_SKILL,
        "tested_positions: 1 -> 2": NO_SKILL,
        "tested_positions: 1 -> 0": NO_SKILL,
        "tested_positions: 2 -> 3": FIRST_VALUE,
        "tested_positions: 2 -> 1": FIRST_VALUE,
        "tested_positions: 2 -> 4": FIRST_VALUE,
    },
    "reasoning/fine_tuning/cold_start": {
        "readable: 1 -> 0": "marks and the answer are no Chinese words, no labels and no operations",
        "readable: zip(problem.labels, problem.operations, strict=True) -> "
        "zip(problem.labels, problem.operations)": STRICT,
        "readable: True -> False": STRICT,
    },
    "reasoning/fine_tuning/distillation": {
        "token_divergence: torch.logaddexp(log_p + math.log(beta), log_q + math.log1p(-beta)) -> "
        "torch.logaddexp(log_q + math.log1p(-beta), log_p + math.log(beta))": "a sum, whichever comes first",
        "scored: -1 -> 1": LAST,
        "scored: 0 -> -1": ONE,
        "learn_scored: sorted(rows[i::settings.minibatches], key=lengths.__getitem__) -> "
        "sorted(rows[i::settings.minibatches])": "the same, slower",
        "train_gkd: 0 -> 1": DEVICE,
        "train_gkd: 0 -> -1": DEVICE,
        "train_gkd: 0 -> -1 #3": ONE,
        "surprise: len(ids) - 1 -> len(ids) + 1": PADDED,
        "surprise: len(ids) - 1 -> len(ids)": PADDED,
        "surprise: 1 -> 0": PADDED,
        "student_base: torch.random.fork_rng(devices=[]) -> torch.random.fork_rng()": DEVICE,
    },
    "reasoning/fine_tuning/preferences": {
        "right_and_wrong: min(len(good), len(bad), settings.pairs) -> min(len(bad), len(good), "
        "settings.pairs)": EITHER,
        "right_and_wrong: zip(rng.sample(good, n), rng.sample(bad, n), strict=True) -> "
        "zip(rng.sample(good, n), rng.sample(bad, n))": STRICT,
        "right_and_wrong: True -> False": STRICT,
        "sample_pairs: 0 -> 1 #2": "both answers of a pair have one prompt",
        "sample_pairs: 0 -> -1 #2": "both answers of a pair have one prompt",
        "dpo_update: policy.detach() -> policy": SAFE,
    },
    "reasoning/fine_tuning/stages": {
        "rejection_sample: min(64, problems - start) -> min(problems - start, 64)": EITHER,
    },
    "reasoning/grpo": {
        "clipped_objective: torch.minimum(ratio * advantage, ratio.clamp(1 - clip_low, 1 + clip_hi… -> "
        "torch.minimum(ratio.clamp(1 - clip_low, 1 + clip_high) * advantage, ra…": EITHER,
        "grpo_loss: 0 -> -1": "an empty mask has no true entry either",
        "grpo_loss: log_probs = log_probs.masked_fill(~mask.bool(), 0.0) -> nothing": PADDING,
        "grpo_loss: 0.0 -> 1.0": PADDING,
        "grpo_loss: 0.0 -> -1.0": PADDING,
    },
    "reasoning/instructions": {
        "ListProblem: zip(self.problem.labels, self.problem.operations, strict=True) -> "
        "zip(self.problem.labels, self.problem.operations)": STRICT,
        "ListProblem: True -> False": STRICT,
        "sample_wider_page: 1.0 -> 2.0": "the dice show less than 1",
        "sample_wider_page: 0.0 -> -1.0": "the dice show 0 or more",
    },
    "reasoning/multi_task": {
        "train_multi_task: max(1, len(data)) -> max(len(data), 1)": EITHER,
        "train_multi_task: 0 -> -1": ONE,
        "train_multi_task: zip(optimizers, peaks, strict=True) -> zip(optimizers, peaks)": STRICT,
        "train_multi_task: True -> False": STRICT,
        "train_multi_task: 0 -> -1 #2": ONE,
        "answer_accuracy: -1 -> 1": LAST,
    },
    "reasoning/pen": {
        "slip_of_the_pen: torch.rand(tokens.shape, generator=generator, device=device) -> "
        "torch.rand(tokens.shape, generator=generator)": DEVICE,
        "slip_of_the_pen: torch.randint(1, 10, tokens.shape, generator=generator, device=device) -> "
        "torch.randint(1, 10, tokens.shape, generator=generator)": DEVICE,
        "slip_of_the_pen: tokens - first + shift -> tokens - first - shift": "1 to 9 on or back: each of the "
        "nine other digits is as likely",
    },
    "reasoning/r1_zero": {
        "update: 0 -> -1": ONE,
        "update: advantages = advantages.to(rollouts.responses.device) -> nothing": DEVICE,
        "update: 0 -> -1 #2": ONE,
        "update: if minibatch:… -> if True:…": "without a row no weight has a gradient, and none moves",
    },
    "reasoning/reading/question_answering": {
        "overlap_f1: torch.maximum(found[..., 0], wanted[..., 0]) -> torch.maximum(wanted[..., 0], "
        "found[..., 0])": EITHER,
        "overlap_f1: torch.minimum(found[..., 1], wanted[..., 1]) -> torch.minimum(wanted[..., 1], "
        "found[..., 1])": EITHER,
        "overlap_f1: 0 -> 1 #5": "an answer that ends before it starts has no word in common with another",
        "policy_loss: log_probs.detach() -> log_probs": SAFE,
        "policy_loss: overlap_f1(spans, wanted[:, None]) -> overlap_f1(wanted[:, None], spans)": SAME_F1,
        "joint_loss: loss + settings.supervised_weight * cross_entropy -> "
        "settings.supervised_weight * cross_entropy": "the sum begins at 0",
        "train_answering: 0 -> -1": ONE,
        "measure_answering: overlap_f1(spans, wanted) -> overlap_f1(wanted, spans)": SAME_F1,
        "answer_with: zip(pairs, spans.tolist(), sure, strict=True) -> "
        "zip(pairs, spans.tolist(), sure)": STRICT,
        "answer_with: True -> False": STRICT,
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
