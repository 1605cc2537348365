"""Tiny runs of the reinforcement learners."""

from dataclasses import replace
from functools import partial
from typing import Any

import gymnasium
import torch
from torch import nn

from deepseek_book_utils.parallel.processes import CONTEXT
from deepseek_book_utils.rl.environments import Environments
from deepseek_book_utils.rl.policy.a3c import a3c_worker
from deepseek_book_utils.rl.policy.actor_critic import A2CSettings, ActorCritic, train_a2c
from deepseek_book_utils.rl.policy.distributed import DistributedRLTrainer
from deepseek_book_utils.rl.policy.ppo import PPOSettings, train_ppo
from deepseek_book_utils.rl.policy.private_policy import PrivateSettings, train_private
from deepseek_book_utils.rl.policy.trpo import TRPOSettings, train_trpo
from deepseek_book_utils.rl.rewards.reward_learning import AdaptiveRewardLearning, LearnedRewardSettings
from deepseek_book_utils.rl.rewards.reward_models import (
    AdaptiveRewardModel,
    Labeller,
    RewardLabels,
    RewardModel,
    RewardModelSettings,
    fit_reward_model,
)
from deepseek_book_utils.rl.rewards.shaping import RewardShapingModel, ShapingSettings
from deepseek_book_utils.rl.rollouts import collect
from deepseek_book_utils.rl.tasks.cycling import RIDE, ride_rule
from deepseek_book_utils.rl.tasks.lake import make_lake
from deepseek_book_utils.rl.tasks.operators import cart_pole_log
from deepseek_book_utils.rl.tasks.users import cart_pole_users, play_cart_poles
from deepseek_book_utils.rl.teams.games import two_step_game
from deepseek_book_utils.rl.teams.hierarchy import HierarchySettings, train_hierarchy
from deepseek_book_utils.rl.teams.multi_agent import TeamSettings, train_team
from deepseek_book_utils.rl.value.dqn import DQNSettings, train_dqn
from deepseek_book_utils.rl.value.exploration import SparseSettings, learn_sparse
from deepseek_book_utils.rl.value.offline import OfflineSettings, learn_offline
from deepseek_book_utils.rl.value.tabular import QLearningSettings, q_learning
from deepseek_book_utils.rl.value.targets import HardTarget
from tests.unit.rl.teams.corridor import Corridor
from tests.unit.settings_runs.case import Case, weights_of

TASK = "CartPole-v1"


def gym(train: Any, settings: Any) -> Any:
    network, history = train(TASK, settings, 0)
    return weights_of(network), [row["steps"] for row in history]


def together(settings: A2CSettings) -> Any:
    network, history = DistributedRLTrainer(TASK, settings, 0, workers=1, backend="serial").train()
    return weights_of(network), [row["steps"] for row in history]


def alone(settings: A2CSettings) -> Any:
    """One worker of A3C, in this process."""
    torch.manual_seed(0)
    weights = nn.utils.parameters_to_vector(ActorCritic(4, 2, settings.hidden).parameters()).detach()
    history = a3c_worker(0, weights, torch.zeros_like(weights), CONTEXT.Value("q", 0), TASK, settings, 0)
    return weights, len(history)


def private(settings: PrivateSettings) -> Any:
    play = partial(play_cart_poles, cart_pole_users(20, 0), longest=20)
    network, spent = train_private(play, 4, 2, settings, 0)
    return weights_of(network), spent


def fit(settings: RewardModelSettings) -> Any:
    torch.manual_seed(0)
    labels = RewardLabels(torch.randn(9, 5), torch.randint(3, (9,)), torch.randn(9))
    model = RewardModel(5, 3, settings.hidden)
    return fit_reward_model(model, labels, settings, torch.Generator().manual_seed(0)), weights_of(model)


def on_learned_rewards(settings: LearnedRewardSettings) -> Any:
    torch.manual_seed(0)
    model = AdaptiveRewardModel(5, 3, RewardModelSettings(hidden=(4,)))
    learning = AdaptiveRewardLearning(RIDE, model, Labeller(ride_rule, 0.1, 0), settings)
    return learning.train(), weights_of(learning.learner.network), weights_of(model)


def shape(settings: ShapingSettings) -> Any:
    torch.manual_seed(0)
    envs = Environments(TASK, 2, 0)
    rollout = collect(envs, lambda seen: torch.zeros(2, 2), 40, torch.Generator().manual_seed(0))
    model = RewardShapingModel(4, 0.9, settings=settings)
    return model.learn(rollout, torch.Generator().manual_seed(0)), model(rollout)


def team(settings: TeamSettings) -> Any:
    trained = train_team(two_step_game(), settings, 0)
    return trained.losses, weights_of(trained.team)


def dqn(settings: DQNSettings) -> Any:
    network, history = train_dqn(TASK, settings, 0, lambda network: {})
    return weights_of(network), history


def offline(settings: OfflineSettings) -> Any:
    return weights_of(learn_offline(cart_pole_log(0, operators=2), settings, 0))


def hierarchy(settings: HierarchySettings) -> Any:
    upper, options, _ = train_hierarchy(Corridor(), settings, 0)
    return [(level.logits, level.values) for level in (upper, *options)]


def sparse(settings: SparseSettings) -> Any:
    found = learn_sparse(make_lake(), settings, 0)
    return found.q, found.steps


def table(settings: QLearningSettings) -> Any:
    return q_learning(gymnasium.make("FrozenLake-v1", map_name="4x4"), settings, 0).q


A2C = A2CSettings(total_steps=96, environments=2, rollout_steps=16, hidden=(4,), entropy_weight=0.1)
OF_ALL = {
    "total_steps": 192,
    "environments": 3,
    "rollout_steps": 24,
    "hidden": (5,),
    "learning_rate": 0.02,
    "discount": 0.5,
    "reward_scale": 1.0,
}
OF_A2C = OF_ALL | {"value_weight": 0.1, "entropy_weight": 0.5, "max_grad_norm": 1e-3}
OF_PPO = OF_A2C | {"epochs": 3, "batch_size": 10, "gae_decay": 0.5, "clip_range": 1e-3}
OF_TRPO = OF_ALL | {"epochs": 2, "batch_size": 10, "gae_decay": 0.5, "max_kl": 0.5, "products": 1}
PPO = PPOSettings(
    total_steps=64, environments=2, rollout_steps=16, epochs=2, batch_size=16, hidden=(4,), entropy_weight=0.1
)
# the first guess goes too far and is halved, so that the line search has something to do
TRPO = TRPOSettings(
    total_steps=96,
    environments=2,
    rollout_steps=32,
    hidden=(4,),
    max_kl=1.0,
    damping=1e-3,
    epochs=1,
    batch_size=64,
)
PRIVATE = PrivateSettings(users=10, sample_rate=0.5, updates=2, max_grad_norm=1.0, hidden=(3,))
LEARNED = LearnedRewardSettings(
    updates=4,
    ppo=replace(PPO, total_steps=32),
    kl_weight=0.1,
    every=2,
    labels=3,
    candidates=9,
    fit_updates=2,
)
DQN = DQNSettings(
    updates=12,
    environments=2,
    hidden=(6, 6),
    batch_size=4,
    capacity=14,
    learning_starts=8,
    epsilon=0.1,
    exploring=0.5,
    evaluate_every=5,
)
CASES = [
    Case(A2C, partial(gym, train_a2c), OF_A2C),
    Case(A2C, together, OF_A2C),
    Case(A2C, alone, OF_A2C),
    Case(PPO, partial(gym, train_ppo), OF_PPO),
    Case(TRPO, partial(gym, train_trpo), OF_TRPO | {"damping": 0.5, "shrink": 0.8, "trials": 1}),
    Case(
        PRIVATE,
        private,
        {
            "users": 12,
            "sample_rate": 0.7,
            "updates": 3,
            "noise": 2.0,
            "max_grad_norm": 0.5,
            "delta": 1e-3,
            "learning_rate": 0.2,
            "discount": 0.5,
            "baseline": 3.0,
            "hidden": (4,),
        },
    ),
    Case(
        RewardModelSettings(hidden=(4,), updates=3, batch_size=4),
        fit,
        {"hidden": (5,), "learning_rate": 0.1, "updates": 4, "batch_size": 5},
    ),
    Case(
        LEARNED,
        on_learned_rewards,
        {
            "updates": 5,
            "ppo": replace(LEARNED.ppo, discount=0.5),
            "kl_weight": 1.0,
            "every": 3,
            "labels": 4,
            "candidates": 11,
            "fit_updates": 3,
        },
    ),
    Case(
        ShapingSettings(hidden=(4,), capacity=100, batch_size=8, updates=2),
        shape,
        {"hidden": (5,), "learning_rate": 0.1, "capacity": 9, "batch_size": 9, "updates": 3, "best": 2.0},
    ),
    Case(
        TeamSettings(updates=4, episodes=2, epsilon=0.9, final_epsilon=0.5, hidden=4),
        team,
        {
            "method": "vdn",
            "updates": 5,
            "episodes": 3,
            "epsilon": 0.5,
            "final_epsilon": 0.1,
            "discount": 0.5,
            "learning_rate": 0.2,
            "hidden": 5,
        },
    ),
    Case(
        DQN,
        dqn,
        {
            "updates": 13,
            "environments": 3,
            "hidden": (7, 6),
            "batch_size": 5,
            "capacity": 9,
            "learning_starts": 12,
            "learning_rate": 0.05,
            "discount": 0.5,
            "reward_scale": 0.1,
            "epsilon": 0.9,
            "exploring": 0.0,
            "double": True,
            "dueling": True,
            "target": HardTarget,
            "evaluate_every": 4,
        },
    ),
    Case(
        OfflineSettings(updates=4, hidden=(4,), batch_size=4),
        offline,
        {
            "method": "dqn",
            "updates": 5,
            "hidden": (5,),
            "batch_size": 5,
            "learning_rate": 0.1,
            "discount": 0.5,
            "reward_scale": 1.0,
            "penalty_weight": 0.1,
        },
    ),
    Case(
        HierarchySettings(total_steps=100, patience=9),
        hierarchy,
        {
            "total_steps": 130,
            "patience": 3,
            "discount": 0.5,
            "trace_decay": 0.5,
            "learning_rate": 0.5,
            "value_learning_rate": 0.5,
        },
    ),
    Case(
        SparseSettings(total_steps=300, n=2, planning=1, count_weight=0.1),
        sparse,
        {
            "total_steps": 900,
            "discount": 0.5,
            "learning_rate": 0.1,
            "epsilon": 0.9,
            "n": 3,
            "planning": 2,
            "count_weight": 1.0,
        },
    ),
    Case(
        QLearningSettings(episodes=200, epsilon=1.0, final_epsilon=0.5),
        table,
        {"episodes": 210, "discount": 0.5, "decay": 0.6, "epsilon": 0.7, "final_epsilon": 0.1},
    ),
]
