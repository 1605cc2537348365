"""Mutants of `compress/` that are right too."""

from tests.equivalent_package_mutants.reasons import DEVICE, EITHER, FALL, LAST, ONE, SAFE, STRICT

MASK = "a mask has no gradient"
SQUARE = "a square forgets the sign"

EQUIVALENT: dict[str, dict[str, str]] = {
    "compress/adapters": {
        "Prefix: torch.zeros(1, kv.shape[4], dtype=torch.bool, device=kv.device) -> "
        "torch.zeros(1, kv.shape[4], dtype=torch.bool)": DEVICE,
        "Prefix: torch.zeros(1, 0, dtype=torch.long, device=kv.device) -> "
        "torch.zeros(1, 0, dtype=torch.long)": DEVICE,
        "Prefix: torch.zeros(1, 0, dtype=torch.long, device=kv.device) -> "
        "torch.ones(1, 0, dtype=torch.long, device=kv.device)": "there is no number in it",
    },
    "compress/distillation": {
        "soft_loss: -1 -> 1": LAST,
        "soft_loss: -1 -> 1 #2": LAST,
        "soft_loss: -1 -> 1 #3": LAST,
        "soft_gradient: -1 -> 1": LAST,
        "soft_gradient: -1 -> 1 #2": LAST,
        "feature_loss: F.mse_loss(projected, teacher) -> F.mse_loss(teacher, projected)": SQUARE,
        "distil: torch.random.fork_rng(devices=[]) -> torch.random.fork_rng()": DEVICE,
        "distil: 1 -> 2 #2": "as wide as for one picture",
        "distil: 1 -> 0 #2": "as wide as for one picture",
        "distil: if settings.features:… -> if True:…": "without a gradient it neither moves nor counts",
        "distil: torch.optim.AdamW(trained, lr=settings.learning_rate, weight_decay=0) -> "
        "torch.optim.AdamW(trained, weight_decay=0)": "the rate is set before every step",
        "distil: max(1, settings.updates - settings.warm_up) -> "
        "max(settings.updates - settings.warm_up, 1)": EITHER,
        "distil: 1 -> 2 #5": FALL,
        "distil: 1 -> 0 #5": FALL,
        "distil: if settings.features:… -> if True:… #2": "a part of weight 0",
        "distil: feature_loss(projection(seen), teacher_features[batch]) -> "
        "feature_loss(teacher_features[batch], projection(seen))": SQUARE,
        "distil: 0 -> -1 #2": ONE,
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
