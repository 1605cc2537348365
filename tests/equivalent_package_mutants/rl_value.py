"""Mutants of `rl/value/` that are right too."""

from tests.equivalent_package_mutants.reasons import DOWN, ONE, STRICT

EQUIVALENT: dict[str, dict[str, str]] = {
    "rl/value/dqn": {
        "check_batch: any((len(s) != 1 for s in shapes.values())) -> all((len(s) != 1 for s in "
        "shapes.values()))": "where all shapes are the same, any is all",
        "double_dqn_targets: 0 -> -1": ONE,
        "dqn_loss: 0 -> -1": ONE,
        "dqn_loss: F.smooth_l1_loss(taken, targets.detach()) -> F.smooth_l1_loss(targets.detach(), "
        "taken)": "a bounded difference has no direction",
        "train_dqn: torch.optim.Adam(online.parameters(), fused=True) -> "
        "torch.optim.Adam(online.parameters())": "the same, slower",
        "train_dqn: True -> False": "the same, slower",
        "train_dqn: 0 -> -1 #2": ONE,
    },
    "rl/value/offline": {
        "write_log: zip(*rows, strict=True) -> zip(*rows)": STRICT,
        "write_log: True -> False": STRICT,
        "behaviour_loss: 0 -> -1": ONE,
        "learn_offline: torch.optim.Adam(network.parameters(), fused=True) -> "
        "torch.optim.Adam(network.parameters())": "the same, slower",
        "learn_offline: True -> False": "the same, slower",
        "learn_offline: 0 -> -1": ONE,
        "learn_offline: loss.item() -> loss": "a soft target does not look at the loss",
    },
    "rl/value/targets": {
        "HardTarget: self.updates += 1 -> self.updates -= 1": DOWN,
        "AverageTarget: self.updates += 1 -> self.updates -= 1": DOWN,
    },
}
