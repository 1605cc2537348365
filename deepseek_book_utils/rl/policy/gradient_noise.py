"""Why a critic: how noisy the policy gradient is with the return, with a baseline, and
with n-step advantages, on the very same states and actions.

The n-step advantage is only as good as its critic. Right after early training the
critic lags behind the policy, and the mean gradient may turn away from that of the
return, or against it; `fit_critic` lets the critic catch up, to see the difference.

Left out: estimates in between, which mix several n (GAE, with PPO in chapter 4).
"""

import torch
from torch import Tensor

from ...nn.schedules import cosine
from ..advantages import n_step_returns
from ..environments import Environments, Step
from ..rollouts import collect
from .actor_critic import A2CSettings, ActorCritic


@torch.no_grad()
def advantage_estimates(
    network: ActorCritic, rollout: Step, last: Tensor, settings: A2CSettings
) -> dict[str, Tensor]:
    """Four weights (T, N) for log pi(a|s), from the plain return to A2C's advantage.

    `last` (N, O) is what the environments show after the rollout; the n-step advantage
    looks ahead to the end of its stretch of `settings.rollout_steps` rows, as in A2C.
    """
    values, last_value = network(rollout.observations)[1], network(last)[1]
    following = torch.cat((values, last_value[None]))  # (T + 1, N)
    paid = rollout._replace(rewards=settings.reward_scale * rollout.rewards)

    def look_ahead(start: int, stop: int) -> Tensor:
        """Returns of rows start to stop - 1, the critic standing for what follows."""
        rows = Step(*(field[start:stop] for field in paid))
        own = values[start:stop]
        return n_step_returns(rows, own, following[stop], settings.discount)

    T, n = len(values), settings.rollout_steps
    returns = look_ahead(0, T)
    short = torch.cat([look_ahead(t, min(t + n, T)) for t in range(0, T, n)])
    return {
        "return": returns,
        "return - its mean": returns - returns[rollout.real].mean(),
        "return - V(s)": returns - values,
        "n-step return - V(s)": short - values,
    }


def fit_critic(
    name: str,
    network: ActorCritic,
    settings: A2CSettings,
    seed: int,
    updates: int = 1500,
) -> None:
    """Let the critic catch up with the policy as it stands: regression on returns."""
    torch.manual_seed(seed)
    envs = Environments(name, settings.environments, seed + 5000)
    generator = torch.Generator().manual_seed(seed)
    rollout = collect(envs, network.actor, 3000, generator)
    estimates = advantage_estimates(network, rollout, envs.observations, settings)
    known = rollout.real[:2500]  # 500 more rows stand behind each
    seen, returns = (x[:2500][known] for x in (rollout[0], estimates["return"]))
    optimizer = torch.optim.Adam(network.critic.parameters())
    for update in range(updates):
        some = torch.randint(len(seen), (512,))
        error = network.critic(seen[some])[:, 0] - returns[some]
        optimizer.param_groups[0]["lr"] = 3e-3 * cosine(update, updates)
        optimizer.zero_grad()
        error.square().mean().backward()
        optimizer.step()


def policy_gradients(
    network: ActorCritic, rollout: Step, weights: Tensor, rows: int
) -> Tensor:
    """The actor's gradient from every stretch of so many rows: (T / rows, P)."""
    gradients = []
    parameters = list(network.actor.parameters())
    for start in range(0, len(weights) - rows + 1, rows):
        part = slice(start, start + rows)
        log_probs = network.actor(rollout.observations[part]).log_softmax(dim=-1)
        taken = log_probs.gather(-1, rollout.actions[part, :, None])[..., 0]
        # mean of grad log pi(a|s) weight, over the rows that are real
        real = rollout.real[part]
        weighed = (taken * weights[part]).masked_fill(~real, 0.0)
        mean = weighed.sum() / real.sum().clamp(min=1)
        found = torch.autograd.grad(mean, parameters)
        gradients.append(torch.cat([x.flatten() for x in found]))
    return torch.stack(gradients)


def gradient_noise(
    name: str,
    network: ActorCritic,
    settings: A2CSettings,
    seed: int,
    batches: int = 400,
    ahead: int = 500,
) -> dict[str, dict[str, float]]:
    """How noisy the gradient of an update is, for each estimate of the advantage.

    "variance" is that of one batch's gradient (trace of the covariance), "signal" the
    squared length of the mean gradient, "cosine" how far the mean points along that of
    "return - V(s)", which is right on average whatever the critic says. The task runs
    `ahead` steps further than what is measured, so that returns are returns.
    """
    envs = Environments(name, settings.environments, seed)
    generator = torch.Generator().manual_seed(seed)
    n = settings.rollout_steps
    rows = batches * n
    rollout = collect(envs, network.actor, rows + ahead, generator)
    estimates = advantage_estimates(network, rollout, envs.observations, settings)
    gradients = {
        estimate: policy_gradients(network, rollout, weights[:rows], n)
        for estimate, weights in estimates.items()
    }
    unbiased = gradients["return - V(s)"].mean(dim=0)
    found: dict[str, dict[str, float]] = {}
    for estimate, batch in gradients.items():
        mean = batch.mean(dim=0)
        found[estimate] = {
            "variance": batch.var(dim=0).sum().item(),
            "signal": mean.square().sum().item(),
            "cosine": torch.cosine_similarity(mean, unbiased, dim=0).item(),
        }
    return found
