"""Users with a cart-pole each, for learning that must not learn about any of them."""

from typing import Any, NamedTuple

import gymnasium
import torch
from torch import Tensor, nn

from ..policy.private_policy import UserEpisodes


class CartPoleUsers(NamedTuple):
    """People with a cart-pole each, no two alike; M of them."""

    forces: Tensor  # (M,) of the push, in newtons
    lengths: Tensor  # (M,) half the pole's length, in metres


def cart_pole_users(count: int, seed: int) -> CartPoleUsers:
    """Forces from 5 to 15 N and poles of half length 0.25 to 1 m, drawn per user."""
    generator = torch.Generator().manual_seed(seed)
    forces = 10 + 5 * (2 * torch.rand(count, generator=generator) - 1)
    lengths = 0.5 * 2 ** (2 * torch.rand(count, generator=generator) - 1)
    return CartPoleUsers(forces, lengths)


@torch.no_grad()
def play_cart_poles(
    population: CartPoleUsers,
    users: Tensor,
    actor: nn.Module,
    generator: torch.Generator,
    longest: int = 200,
    greedy: bool = False,
) -> UserEpisodes:
    """One episode of CartPole with each of these users (B,), on their own cart-pole;
    raises ValueError if the actor says NaN.
    """
    if len(users) == 0:
        empty = torch.zeros(0, 1)
        nobody = (empty.long(), empty, empty.bool(), empty[:, 0].bool())
        return UserEpisodes(torch.zeros(0, 1, 4), *nobody)
    envs = gymnasium.make_vec("CartPole-v1", len(users), max_episode_steps=longest)
    physics: Any = envs.unwrapped
    physics.force_mag = population.forces[users].double().numpy()
    physics.length = population.lengths[users].double().numpy()
    physics.polemass_length = physics.masspole * physics.length
    seed = int(torch.randint(2**31, (), generator=generator))
    observations = torch.from_numpy(envs.reset(seed=seed)[0])
    running = torch.ones(len(users), dtype=torch.bool)
    over, rows = torch.zeros_like(running), []
    while running.any():
        scores = actor(observations)  # (B, A)
        if scores.isnan().any():
            raise ValueError("The actor says NaN: training broke it. Lower the rate.")
        if not greedy:  # logits + Gumbel noise: the largest is a draw from softmax
            noise = torch.empty_like(scores).exponential_(generator=generator)
            scores = scores - noise.log()
        actions = scores.argmax(dim=-1)
        found, rewards, terminated, truncated, _ = envs.step(actions.numpy())
        reward = torch.from_numpy(rewards).float()
        rows.append((observations, actions, reward.masked_fill(~running, 0.0), running))
        over = over | (running & torch.from_numpy(terminated))
        running = running & ~torch.from_numpy(terminated | truncated)
        observations = torch.from_numpy(found)
    seen, done, earned, real = (torch.stack(x, 1) for x in zip(*rows, strict=True))
    return UserEpisodes(seen, done, earned, real, over)
