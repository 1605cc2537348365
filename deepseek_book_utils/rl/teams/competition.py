"""Two learners against each other: each climbs its own payoff, and by doing so moves
the hill that the other climbs.

Letters: payoffs (n, A, ..., A) of one state of a game, policies (n, A). With two
actions a policy is one number, the probability p_i of action 0. `gradient_play` knows
the exact gradient, so what happens is due to the game alone; in `reinforce_play` each
learner knows only what it did and what it got.

After Singh, Kearns and Mansour (Nash convergence of gradient dynamics in general-sum
games, UAI 2000) and Daskalakis et al. (Training GANs with optimism, arXiv 1711.00141).
Left out: more than two actions in gradient play, and learning rates that fall.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .games import action_payoffs

RULES = ("simultaneous", "optimistic")


def exploitability(payoffs: NDArray, policies: NDArray) -> float:
    """What the agents could gain, in sum, if each alone took its best action: zero in
    an equilibrium. payoffs (n, A, ..., A), policies (n, A).
    """
    earned = action_payoffs(payoffs, policies)  # (n, A)
    now = (policies * earned).sum(axis=1)  # (n,)
    return float((earned.max(axis=1) - now).sum())


def both_actions(probabilities: NDArray) -> NDArray:
    """Probabilities (n,) of action 0 as policies (n, 2)."""
    return np.stack((probabilities, 1 - probabilities), axis=1)


def gradient_play(
    payoffs: NDArray,
    start: tuple[float, float],
    learning_rate: float = 0.05,
    steps: int = 200,
    rule: str = "simultaneous",
) -> NDArray:
    """Both agents improve at once, by the gradient of their own payoff: the path
    (steps + 1, 2) of the probabilities of action 0. payoffs (2, 2, 2).

    "optimistic" expects the gradient to go on changing as it just did. Raises
    ValueError on another rule, or a start outside of [0, 1].
    """
    p = np.array(start, dtype=float)
    if rule not in RULES or not ((p >= 0) & (p <= 1)).all():
        raise ValueError(
            f"rule = {rule!r}, start = {start}: choose one of {', '.join(RULES)} and "
            "probabilities from 0 to 1."
        )
    path, previous = [p], None
    for _ in range(steps):
        earned = action_payoffs(payoffs, both_actions(p))
        gradient = earned[:, 0] - earned[:, 1]  # du_i / dp_i, the other held still
        direction = gradient
        if rule == "optimistic" and previous is not None:
            # 2 g_t - g_t-1                                          Daskalakis et al.
            direction = 2 * gradient - previous
        # p_i <- p_i + eta du_i / dp_i, kept a probability
        p = np.clip(p + learning_rate * direction, 0.0, 1.0)
        path, previous = [*path, p], gradient
    return np.stack(path)


def reinforce_play(
    game: Any,
    start: tuple[float, float],
    seed: int,
    learning_rate: float = 0.25,
    steps: int = 400,
    episodes: int = 64,
) -> NDArray:
    """Two policy-gradient learners who see only their own action and reward: the path
    (steps + 1, 2) of the probabilities of action 0.

    `game` speaks PettingZoo's parallel API and ends after one action. Raises ValueError
    on a start that is not strictly between 0 and 1.
    """
    p = np.array(start, dtype=float)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError(f"start = {start}: a policy that never explores never learns.")
    rng, names, path = np.random.default_rng(seed), game.possible_agents, [p]
    logits = np.log(p / (1 - p))
    for _ in range(steps):
        actions = (rng.random((episodes, 2)) >= p).astype(int)  # 0 with probability p
        rewards = np.zeros((episodes, 2))
        for row, pair in enumerate(actions.tolist()):
            game.reset()
            paid = game.step(dict(zip(names, pair, strict=True)))[1]
            rewards[row] = [paid[name] for name in names]
        # (r - mean r) d log pi(a) / d logit: the derivative is 1[a = 0] - p
        score = (actions == 0) - p
        logits = logits + learning_rate * ((rewards - rewards.mean(0)) * score).mean(0)
        p = 1 / (1 + np.exp(-logits))
        path.append(p)
    return np.stack(path)
