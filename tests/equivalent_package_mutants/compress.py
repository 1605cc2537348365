"""Mutants of `compress/` that are right too."""

from tests.equivalent_package_mutants.reasons import DEVICE, EITHER, LAST, SAFE, STRICT

MASK = "a mask has no gradient"

EQUIVALENT: dict[str, dict[str, str]] = {
    "compress/adapters": {
        "Prefix: torch.zeros(1, kv.shape[4], dtype=torch.bool, device=kv.device) -> "
        "torch.zeros(1, kv.shape[4], dtype=torch.bool)": DEVICE,
        "Prefix: torch.zeros(1, 0, dtype=torch.long, device=kv.device) -> "
        "torch.zeros(1, 0, dtype=torch.long)": DEVICE,
        "Prefix: torch.zeros(1, 0, dtype=torch.long, device=kv.device) -> "
        "torch.ones(1, 0, dtype=torch.long, device=kv.device)": "there is no number in it",
    },
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
    "compress/quantization": {
        "grouped: -1 -> 1 #2": LAST,
        "choose_scales: (least - low / scales).round().clamp(least, most) -> "
        "(least - low / scales).round()": "the step divides the range, so that -low / step is 0 to "
        "most - least once it is rounded",
        "fake_quantize: rows.detach() -> rows": "straight_through gives scales no gradient",
    },
}
