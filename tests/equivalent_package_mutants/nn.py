"""Mutants of `nn/` that are right too."""

from tests.equivalent_package_mutants.reasons import BEYOND, CONTRACT, DEVICE, EITHER, LAST, ONE, STRICT

LAST_IS_DEFAULT = "the last axis is the default"
BEHIND = "any number that no draw exceeds: they stay below 1"

EQUIVALENT: dict[str, dict[str, str]] = {
    "nn/autograd": {
        "RELU: np.maximum(a, 0) -> np.maximum(0, a)": EITHER,
        "unbroadcast: if gradient.shape == shape:… -> if False:…": "sums over no axis: the same, slower",
        "Node: self * -1.0 -> self / -1.0": "over -1 is times -1",
    },
    "nn/continual": {
        "fisher_information: 0 -> -1": ONE,
        "fisher_information: 0 -> -1 #2": "the logits of one image have one axis",
        "learn_in_turn: if remedies.ewc:… -> if True:…": "a penalty of weight zero: the same, slower",
    },
    "nn/digits": {
        "digit_network: zip(sizes, sizes[1:], strict=False) -> zip(sizes, sizes[1:])": "False is the default",
    },
    "nn/layers/experts": {
        "route: logits.float().topk(active, dim=-1) -> logits.float().topk(active)": LAST_IS_DEFAULT,
        "route: -1 -> 1": LAST,
        "route: -1 -> 1 #2": LAST,
        "balance_loss: -1 -> 1": LAST,
        "balance_loss: -1 -> 1 #2": LAST,
    },
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
    "nn/optimizers": {
        "sgd: if settings.weight_decay:… -> if True:…": "adds zero times the weights",
        "adam: if settings.weight_decay:… -> if True:…": "adds zero times the weights",
    },
    "nn/reading": {
        "in_any_order: 2.0 -> 3.0": BEHIND,
        "in_any_order: 2.0 -> 1.0": BEHIND,
        "in_any_order: 2.0 -> 4.0": BEHIND,
        "in_any_order: keys.argsort(dim=1) -> keys.argsort()": LAST_IS_DEFAULT,
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
    "nn/sequences/recurrent": {
        "lstm_step: -1 -> 1": LAST,
        "gru_step: -1 -> 1": LAST,
        "gru_step: -1 -> 1 #2": LAST,
        "RecurrentSettings: zip(fields, kinds, strict=True) -> zip(fields, kinds)": STRICT,
        "RecurrentSettings: True -> False": STRICT,
    },
    "nn/sequences/transformer": {
        "attention: -2 -> 2": "the last but one of four axes is axis 2",
        "Transformer: torch.ones(T, T, dtype=torch.bool, device=target.device) -> "
        "torch.ones(T, T, dtype=torch.bool)": DEVICE,
        "writer: -1 -> 1 #5": LAST,
    },
    "nn/static_graph": {
        "run: len(values) - len(arrays) -> len(values) + len(arrays)": BEYOND,
        "run: len(values) - len(arrays) -> len(values)": BEYOND,
    },
    "nn/schedules": {
        "cosine: min(step, total) -> min(total, step)": EITHER,
        "pick_schedule: 0 -> 1 #2": "the options are met at step 1 as at step 0",
        "reduce_on_plateau: max(rate * settings.factor, settings.minimum) -> max(settings.minimum, "
        "rate * settings.factor)": EITHER,
    },
    "nn/transfer": {
        "pretrain_without_labels: F.mse_loss(decoder(model.features(whole * shown)), whole) -> "
        "F.mse_loss(whole, decoder(model.features(whole * shown)))": "a squared difference has no direction",
    },
}
