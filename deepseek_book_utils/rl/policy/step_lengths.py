"""How far two steps of one length in weights move a policy: along the natural gradient,
and along the plain one.
"""

import copy

import torch

from ..environments import Environments
from ..rollouts import collect
from .actor_critic import ActorCritic
from .natural_gradient import plain_step_kl
from .trpo import TRPOSettings, real_rows, trust_region_step


def compare_steps(
    name: str, network: ActorCritic, settings: TRPOSettings, seed: int
) -> tuple[float, float] | None:
    """KL of one natural step, and of a plain step just as long, from one fresh rollout;
    None where the line search refused. The network stays as it is.
    """
    envs = Environments(name, settings.environments, seed)
    generator = torch.Generator().manual_seed(seed)
    rollout = collect(envs, network.actor, settings.rollout_steps, generator)
    rows = real_rows(network, rollout, envs.observations, settings)
    natural = trust_region_step(copy.deepcopy(network.actor), rows, settings)
    if natural.share == 0:
        return None
    observations, actions, advantages, _ = rows
    plain = plain_step_kl(
        network.actor, observations, actions, advantages, natural.length
    )
    return natural.kl, plain
