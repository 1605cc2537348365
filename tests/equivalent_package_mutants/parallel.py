"""Mutants of `parallel/` that are right too."""

from tests.equivalent_package_mutants.reasons import EITHER, STRICT

COPIED = "an index makes a copy, and nn.Parameter has no graph"
START = "nothing starts before 0 either way"
UNREAD = "nobody reads that place of the table"

EQUIVALENT: dict[str, dict[str, str]] = {
    "parallel/data": {
        "add_gradients: zip(weights, parts, strict=True) -> zip(weights, parts)": STRICT,
        "add_gradients: True -> False": STRICT,
    },
    "parallel/tensor": {
        "ByOutputs: layer.weight.detach()[rows].clone() -> layer.weight.detach()[rows]": COPIED,
        "ByOutputs: layer.weight.detach() -> layer.weight": COPIED,
        "ByOutputs: layer.bias.detach()[rows].clone() -> layer.bias.detach()[rows]": COPIED,
        "ByOutputs: layer.bias.detach() -> layer.bias": COPIED,
        "ByInputs: layer.weight.detach()[:, columns].clone() -> layer.weight.detach()[:, columns]": COPIED,
        "ByInputs: layer.weight.detach() -> layer.weight": COPIED,
        "ByInputs: layer.bias.detach() -> layer.bias": COPIED,
    },
    "parallel/pipeline": {
        "order_of_work: min(stages - stage - 1, pieces) -> min(pieces, stages - stage - 1)": EITHER,
        "timeline: 0.0 -> -1.0": START,
        "timeline: max(clock[s], done[needs] if needs else 0.0) -> "
        "max(done[needs] if needs else 0.0, clock[s])": EITHER,
        "timeline: 0.0 -> -1.0 #2": START,
        "balanced_cuts: 0.0 -> -1.0": "no cost is below 0",
        "balanced_cuts: 0 -> 1 #2": UNREAD,
        "balanced_cuts: 0 -> -1 #2": UNREAD,
        "balanced_cuts: n + 1 -> n": UNREAD,
        "balanced_cuts: 1 -> 2 #2": UNREAD,
        "balanced_cuts: 1 -> 0 #2": UNREAD,
        "balanced_cuts: 1 -> 2 #4": UNREAD,
        "balanced_cuts: 0 -> 1 #3": UNREAD,
        "balanced_cuts: 0 -> -1 #3": UNREAD,
        "balanced_cuts: 1 -> 2 #5": UNREAD,
        "balanced_cuts: max(best[k - 1][j][0], sum(costs[j:i])) -> "
        "max(sum(costs[j:i]), best[k - 1][j][0])": EITHER,
        "balanced_cuts: 1 -> 2 #8": "so few layers cannot make the stages before: that costs infinity",
    },
}
