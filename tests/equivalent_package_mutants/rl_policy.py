"""Mutants of `rl/policy/` that are right too."""

from tests.equivalent_package_mutants.reasons import EITHER, EMPTY, LAST, ONE, SAFE, STRICT

SIZES = "the environments are asked for their sizes only"
ALPHA = "0.99 is torch's own"
UNREAL = "any number will do: the row counts nothing"
COLUMN = "every action's column has the same shape"
SPEED = "one call for all weights: only speed"
FLAT = "then the longest step is NaN, and each trial is refused: the same, slower"
NUMBER = "torch.tensor reads a tensor of one number as that number"

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
    "rl/policy/private_policy": {
        "episode_advantages: torch.zeros_like(episodes.rewards) -> torch.ones_like(episodes.rewards)": EMPTY,
        "episode_gradients: 0.0 -> 1.0": "any number will do: its advantage is 0",
        "episode_gradients: 0.0 -> -1.0": "any number will do: its advantage is 0",
        "episode_gradients: -1 -> 1": LAST,
        "episode_gradients: -1 -> 1 #2": LAST,
        "episode_gradients: 0 -> -1 #2": ONE,
        "set_ascent: zip(actor.parameters(), direction.split(sizes), strict=True) -> "
        "zip(actor.parameters(), direction.split(sizes))": STRICT,
        "set_ascent: True -> False": STRICT,
        "train_private: 0 -> -1": ONE,
        "train_private: 0 -> -1 #2": ONE,
    },
    "rl/policy/rollout_workers": {
        "RolloutWorker: rollout.real.sum().item() -> rollout.real.sum()": NUMBER,
        "RolloutWorker: part.item() -> part": NUMBER,
        "merge_contributions: zip(ADDED, table[:, :len(ADDED)].sum(dim=0).tolist(), strict=True) -> "
        "zip(ADDED, table[:, :len(ADDED)].sum(dim=0).tolist())": STRICT,
        "merge_contributions: True -> False": STRICT,
        "merge_contributions: zip(AVERAGED, averaged, strict=True) -> zip(AVERAGED, averaged)": STRICT,
        "merge_contributions: True -> False #2": STRICT,
        "train_together: torch.optim.RMSprop(parameters, alpha=0.99, eps=1e-05) -> "
        "torch.optim.RMSprop(parameters, eps=1e-05)": ALPHA,
        "train_together: zip(parameters, own, strict=True) -> zip(parameters, own)": STRICT,
        "train_together: True -> False": STRICT,
        "train_together: 0 -> -1": ONE,
    },
    "rl/policy/a3c": {
        "train_a3c: 1 -> 2 #2": SIZES,
    },
    "rl/policy/distributed": {
        "train_in_one_process: 0 -> -1": SIZES,
        "train_in_processes: 0 -> -1": "all members come to the same weights",
        "DistributedRLTrainer: 1 -> 2": SIZES,
        "main: parser.add_argument('--output', type=Path, help='a file for the weight… -> "
        "parser.add_argument('--output', help='a file for the weights')": "torch.save takes a string too",
    },
    "rl/policy/actor_critic": {
        "ActorCritic: 0 -> -1": ONE,
        "a2c_loss: 0 -> -1": COLUMN,
        "a2c_loss: 0.0 -> 1.0": UNREAL,
        "a2c_loss: 0.0 -> -1.0": UNREAL,
        "a2c_loss: 0 -> -1 #3": ONE,
        "train_a2c: torch.optim.RMSprop(network.parameters(), alpha=0.99, eps=1e-05) -> "
        "torch.optim.RMSprop(network.parameters(), eps=1e-05)": ALPHA,
        "train_a2c: 0 -> -1": ONE,
    },
    "rl/policy/trpo": {
        "trust_region_step: nn.utils.parameters_to_vector(actor.parameters()).detach() -> "
        "nn.utils.parameters_to_vector(actor.parameters())": SAFE,
        "trust_region_step: if not curvature > 0:… -> if False:…": FLAT,
        "trust_region_step: curvature > 0 -> curvature >= 0": FLAT,
        "trust_region_step: 0 -> -1": FLAT,
        "regress_critic: 0 -> -1": ONE,
        "regress_critic: 0 -> -1 #2": ONE,
    },
    "rl/policy/ppo": {
        "ppo_loss: 0 -> -1": COLUMN,
        "ppo_loss: 0.0 -> 1.0": UNREAL,
        "ppo_loss: 0.0 -> -1.0": UNREAL,
        "ppo_loss: 0 -> -1 #3": ONE,
        "ppo_loss: torch.min(ratio * advantages, clipped * advantages) -> "
        "torch.min(clipped * advantages, ratio * advantages)": EITHER,
        "judge_rollout: 0 -> -1": ONE,
        "train_ppo: torch.optim.Adam(network.parameters(), eps=1e-05, fused=True) -> "
        "torch.optim.Adam(network.parameters(), eps=1e-05)": SPEED,
        "train_ppo: True -> False": SPEED,
        "train_ppo: 0 -> -1": ONE,
    },
}
