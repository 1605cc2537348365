"""Mutants of `compress/` that are right too."""

from tests.equivalent_package_mutants.reasons import EITHER, SAFE, STRICT

MASK = "a mask has no gradient"

EQUIVALENT: dict[str, dict[str, str]] = {
    "compress/pruning": {
        "magnitude_mask: weight.detach() -> weight": MASK,
        "global_masks: weight.detach() -> weight": MASK,
        "global_masks: zip(weights, stays, strict=True) -> zip(weights, stays)": STRICT,
        "global_masks: True -> False": STRICT,
        "channel_mask: weight.detach() -> weight": MASK,
        "pruned_share: min(max((step - start) / (end - start), 0.0), 1.0) -> "
        "min(1.0, max((step - start) / (end - start), 0.0))": EITHER,
        "pruned_share: max((step - start) / (end - start), 0.0) -> "
        "max(0.0, (step - start) / (end - start))": EITHER,
        "smaller_linear: layer.weight.detach() -> layer.weight": SAFE,
    },
}
