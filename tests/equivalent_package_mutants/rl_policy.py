"""Mutants of `rl/policy/` that are right too."""

from tests.equivalent_package_mutants.reasons import LAST, ONE, SAFE, STRICT

EQUIVALENT: dict[str, dict[str, str]] = {
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
}
