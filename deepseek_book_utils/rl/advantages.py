"""Advantages and returns of a rollout: n steps of rewards, or all of them, weighed.

Letters: T steps, N environments.
"""

import torch
from torch import Tensor

from .environments import Step


def check_values(rollout: Step, values: Tensor, last_value: Tensor) -> None:
    """Raise ValueError unless every step (T, N) has a value, and the end (N,) has."""
    table = {x.shape for x in (rollout.rewards, values, *rollout[4:])}
    if table != {values.shape} or last_value.shape != values.shape[1:]:
        raise ValueError(
            "Expected a rollout of (T, N) steps, values (T, N) and last_value (N,); "
            f"got {sorted(map(tuple, table))} and {tuple(last_value.shape)}."
        )


def n_step_returns(
    rollout: Step, values: Tensor, last_value: Tensor, discount: float
) -> Tensor:
    """The rewards up to the last row, and what the critic expects after it: (T, N).

    values (T, N) of the rollout's observations; last_value (N,), of the observation
    after the last row. values[t + 1] must belong to the observation that step t led to,
    also where the clock ran out: with `Environments` it does. Rows that are not real
    return their own value, so that they neither teach nor leak. Raises ValueError if
    shapes differ.
    """
    check_values(rollout, values, last_value)
    rewards, real = rollout.rewards, rollout.real
    following = torch.cat((values[1:], last_value[None]))  # V(s_t+1), (T, N)
    returns, after = torch.empty_like(values), last_value
    for t in reversed(range(len(rewards))):
        # The clock ran out: V(s_t+1) for the rest. The task is over: there is no rest.
        after = torch.where(rollout.truncated[t], following[t], after)
        after = after.masked_fill(rollout.terminated[t], 0.0)
        # R <- r_t + gamma R                         Mnih et al. 2016, algorithm S3
        after = torch.where(real[t], rewards[t] + discount * after, values[t])
        returns[t] = after
    return returns


def compute_gae(
    rollout: Step, values: Tensor, last_value: Tensor, discount: float, decay: float
) -> Tensor:
    """Advantages (T, N) that mix all n-step estimates, n weighted by decay**n.

    values (T, N) of the rollout's observations; last_value (N,), of the observation
    after the last row. values[t + 1] must belong to the observation that step t led to,
    also where the clock ran out: with `Environments` it does. Rows that are not real
    get 0. With decay 1 this is `n_step_returns` minus values, with decay 0 the one-step
    error of the critic. Raises ValueError if shapes differ.
    """
    check_values(rollout, values, last_value)
    over = rollout.terminated
    following = torch.cat((values[1:], last_value[None]))  # V(s_t+1), (T, N)
    # delta_t = r_t + gamma V(s_t+1) - V(s_t)             Schulman et al. 2017, eq. 12
    errors = rollout.rewards + discount * following.masked_fill(over, 0.0) - values
    advantages, after = torch.empty_like(values), torch.zeros_like(last_value)
    for t in reversed(range(len(values))):
        # The sum stops where the episode does, whether the task or the clock ended it.
        after = after.masked_fill(over[t] | rollout.truncated[t], 0.0)
        # sum of (gamma lambda)^l delta_t+l, from its end        2016, eq. 16
        after = errors[t] + discount * decay * after
        after = after.masked_fill(~rollout.real[t], 0.0)
        advantages[t] = after
    return advantages


def normalise_advantages(advantages: Tensor, real: Tensor) -> Tensor:
    """Mean 0 and standard deviation 1 over the rows that are real; the others get 0.

    Rows that are equal but for rounding have nothing to say: all get exactly 0.
    """
    count = real.sum()
    advantages = advantages.masked_fill(~real, 0.0)
    centred = advantages - advantages.sum() / count.clamp(min=1)
    centred = centred.masked_fill(~real, 0.0)
    deviation = (centred.square().sum() / (count - 1).clamp(min=1)).sqrt()
    # rounding leaves a spread of about 1e-7 of the size: divided by itself, it is 1
    if deviation <= 1e-6 * advantages.abs().max():
        return torch.zeros_like(centred)
    return centred / (deviation + 1e-8)
