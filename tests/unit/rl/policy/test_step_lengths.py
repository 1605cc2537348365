"""Two steps of one length: held against weights moved by hand and torch's own KL."""

import copy

import pytest
import torch
from torch.distributions import Categorical, kl_divergence
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy import step_lengths
from deepseek_book_utils.rl.policy.actor_critic import ActorCritic
from deepseek_book_utils.rl.policy.step_lengths import compare_steps
from deepseek_book_utils.rl.policy.trpo import TRPOSettings, TrustStep, real_rows, trust_region_step
from deepseek_book_utils.rl.rollouts import collect

SETTINGS = TRPOSettings(environments=4, rollout_steps=32, hidden=(8,))


def network() -> ActorCritic:
    torch.manual_seed(0)
    return ActorCritic(4, 2, SETTINGS.hidden)


def test_both_steps_are_as_long_and_are_measured_by_kl() -> None:
    policy = network()
    before = copy.deepcopy(policy)
    found = compare_steps("CartPole-v1", policy, SETTINGS, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(policy.parameters(), before.parameters(), strict=True))
    assert found is not None

    envs, generator = Environments("CartPole-v1", 4, 3), torch.Generator().manual_seed(3)
    rollout = collect(envs, policy.actor, SETTINGS.rollout_steps, generator)
    rows = real_rows(policy, rollout, envs.observations, SETTINGS)
    old = Categorical(logits=policy.actor(rows.observations).detach())
    natural, plain = copy.deepcopy(policy.actor), copy.deepcopy(policy.actor)
    trust_region_step(natural, rows, SETTINGS)
    start = parameters_to_vector(policy.actor.parameters()).detach()
    length = (parameters_to_vector(natural.parameters()) - start).norm()
    # at the old policy the gradient of the surrogate is that of the mean of log pi(a|s) A
    gain = (Categorical(logits=plain(rows.observations)).log_prob(rows.actions) * rows.advantages).mean()
    slope = torch.cat([g.flatten() for g in torch.autograd.grad(gain, list(plain.parameters()))])
    vector_to_parameters(start + length * slope / slope.norm(), plain.parameters())
    for kl, actor in zip(found, (natural, plain), strict=True):
        expected = kl_divergence(old, Categorical(logits=actor(rows.observations))).mean().item()
        assert kl == pytest.approx(expected, rel=1e-3)


def test_a_refused_step_has_no_rival(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = TrustStep(0.0, 0.0, 0.0, 0.0)
    monkeypatch.setattr(step_lengths, "trust_region_step", lambda *_: refused)
    assert compare_steps("CartPole-v1", network(), SETTINGS, seed=3) is None
