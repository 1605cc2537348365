"""Mutants of solutions, and arguments, that no grader notices.

They are right answers too, each with its reason. A mutant that is not listed and that nothing notices fails
the tests; so does one that is listed and noticed.
"""

SHAPE = "the default axis is the same, or every value is overwritten"
NOISE = "the noise is symmetric, and equality has probability zero"
SMALL = "below the precision of the numbers, or where both sides are equal"
ORDER = "the smaller of two is the same in either order"
AXIS = "the last axis is the second, and the one that is taken without a number"
RANGE = "the statement allows this value too"
EQUIVALENT: dict[str, dict[str, str]] = {
    "01_llm_intro/ring-all-reduce": {
        "(own - step) % n -> own - step": "from -n on, an index counts from the end",
        "(chunk - 1) % n -> chunk - 1": "from -n on, an index counts from the end",
    },
    "01_llm_intro/expert-routing": {"logits.topk(k, dim=1) -> logits.topk(k)": AXIS},
    "02_deep_learning_and_rl/learning-rate": {
        "min((step - warm_up) / (total - warm_up), 1) -> min(1, (step - warm_up) / (total - warm_up))": ORDER
    },
    "02_deep_learning_and_rl/lamb-step": {
        "zip(layers, directions, strict=True) -> zip(layers, directions)": "the lists are of equal length",
        "True -> False": "the lists are of equal length",
    },
    "02_deep_learning_and_rl/double-dqn": {
        "0 -> -1": "one column is left, the first and the last",
        "dqn_targets, argument 4": "a truncated step is no end, so `truncated` changes nothing",
    },
    "02_deep_learning_and_rl/softmax-backward": {
        "softmax_backward, argument 2": "the output holds all that the gradient needs",
    },
    "02_deep_learning_and_rl/n-step-returns": {
        "following = torch.where(truncated[t], after[t], following) -> nothing": "what resets returns V"
    },
    "02_deep_learning_and_rl/q-learning": {
        "q = q.copy() -> nothing": "the statement lets an answer update the table that it gets",
    },
    "02_deep_learning_and_rl/overestimation": {
        "values[:, None] + noise -> values[:, None] - noise": NOISE,
    },
    "03_nlp/gradient-in-time": {"size > most -> size >= most": "a factor of 1 changes nothing"},
    "04_policy_optimisation/clip-and-count": {
        "advantages.std() + 1e-08 -> advantages.std() - 1e-08": SMALL,
        "1e-08 -> 2e-08": SMALL,
        "torch.minimum(ratio * advantages, clipped * advantages) -> "
        "torch.minimum(clipped * advantages, ratio * advantages)": ORDER,
        "(ratio.detach() - 1).abs() > epsilon -> (ratio.detach() - 1).abs() >= epsilon": NOISE,
        "ratio.detach() -> ratio": "no gradient flows through a comparison",
    },
    "04_policy_optimisation/solve-by-products": {
        "squared.sqrt() <= tolerance -> squared.sqrt() < tolerance": NOISE,
    },
    "04_policy_optimisation/nucleus-and-min-p": {
        "logits.softmax(dim=1).sort(dim=1, descending=True) -> "
        "logits.softmax(dim=1).sort(descending=True)": SHAPE,
        "before < p -> before <= p": NOISE,
        "torch.zeros_like(kept) -> torch.ones_like(kept)": SHAPE,
    },
    "04_policy_optimisation/shaped-rewards": {
        "torch.zeros_like(rewards[:, :, 0]) -> torch.ones_like(rewards[:, :, 0])": "sweeps forget it",
        "0 -> 1": "only the shape of the slice counts",
        "0 -> -1": "only the shape of the slice counts",
        "1e-08 -> 2e-08": SMALL,
        "shape_rewards, argument 4": "a truncated step is no end, so `truncated` changes nothing",
    },
    "04_policy_optimisation/one-private-gradient": {
        "total + noise_multiplier * max_norm * noise -> total - noise_multiplier * max_norm * noise": NOISE,
    },
    "04_r1_zero/clipped-loss": {
        "torch.minimum(gain, clipped_gain) -> torch.minimum(clipped_gain, gain)": ORDER,
    },
    "04_r1_zero/length-bias": {
        "lengths.sum().item() -> lengths.sum()": "a tensor of one number is a number",
        "(weights.max() / weights.min()).item() -> weights.max() / weights.min()": "as above",
        "1024 -> 1025": "this variant does not look at the greatest length",
        "1024 -> 1023": "this variant does not look at the greatest length",
        "1024 -> 2048": "this variant does not look at the greatest length",
        "advantages < 0 -> advantages <= 0": "no advantage of the batch is zero",
        "0 -> -1": "all wrong answers have one advantage, below -1",
    },
    "04_r1_zero/language-reward": {
        "english + chinese -> english": "without an English word the share is zero either way",
    },
    "04_r1_zero/group-size-experiment": {
        "draws < p.view(-1, 1, 1) -> draws <= p.view(-1, 1, 1)": NOISE,
        "0 -> 1": "the most useful p is the same for every size of a group",
        "0 -> -1": "the most useful p is the same for every size of a group",
    },
    "04_bug_museum/ratio": {
        "-1 -> 1": AXIS,
        "torch.min(ratio * advantages, clipped * advantages) -> "
        "torch.min(clipped * advantages, ratio * advantages)": ORDER,
        "F.mse_loss(values, returns) -> F.mse_loss(returns, values)": "the square of a difference",
    },
    "04_bug_museum/shapes": {"torch.zeros(len(rewards)) -> torch.ones(len(rewards))": SHAPE},
    "04_bug_museum/extraction": {
        "(predicted == labels)[real].float().mean().item() -> (predicted == labels)[real].float().mean()": (
            "a tensor of one number is a number"
        ),
    },
    "04_bug_museum/rejection": {"1 -> 0": "the last axis is the only one"},
    "06_distillation/two-directions": {"0 -> -1": "the last axis is the only one"},
    "06_distillation/between": {
        "torch.logaddexp(log_p + math.log(beta), log_q + math.log(1 - beta)) -> "
        "torch.logaddexp(log_q + math.log(1 - beta), log_p + math.log(beta))": ORDER,
    },
    "06_bug_museum/distillation-loss": {
        "F.softmax(teacher_logits / temperature, dim=-1) -> F.softmax(teacher_logits / temperature)": AXIS,
        "-1 -> 1": AXIS,
        "F.log_softmax(student_logits / temperature, dim=-1) -> "
        "F.log_softmax(student_logits / temperature)": AXIS,
    },
    "06_bug_museum/epoch-report": {"-1 -> 1": AXIS},
    "06_bug_museum/service": {
        "8000 -> 8001": RANGE,
        "8000 -> 7999": RANGE,
        "8000 -> 16000": RANGE,
        "65536 -> 65535": RANGE,
        "30 -> 31": RANGE,
        "30 -> 29": RANGE,
        "30 -> 60": RANGE,
        "-1 -> 1": "one byte is read, which is no JSON object, and refused as well",
        "1 -> 2": "any number below zero is refused",
        "1 -> 0": "no byte is read, and refused as well",
        "size < 0 -> size <= 0": "an empty body is no JSON object, and refused as well",
        "0 -> 1": "as above",
    },
}
# Functions whose numbers the statement leaves to the student: another data set, another way of training.
FREE = {"06_bug_museum/untrained-teacher": ("make_data", "trained_teacher")}
