"""The bug museum, first wing: policies that were to learn by PPO. It gathers the whole wing."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..checking import Mistake, ask, compare
from ..museum import UNCHANGED, Answer, Defect, Exhibit, apart, gradients, visit
from .answers import extraction, rejection
from .reward import random_loss
from .training import loop
from .weights import loading

__all__ = ["extraction", "loading", "loop", "random_loss", "ratio", "rejection", "shapes"]


# --- the ratio ---

RATIO = Exhibit(
    lines=10,
    letters="ABCDEFG",
    defects={
        4: Defect(
            "D",
            "Line 3 calls its result by the right name. Where does the same thing get another name?",
            {"B": "That is said of a value, and no value stands here."},
        ),
        6: Defect(
            "B",
            "A baseline must say what a state is worth. Which line claims to know it, and from what?",
            {"D": "Here no logarithm is wanted either: ask what a value estimates."},
        ),
        7: Defect(
            "E",
            "Follow the gradient backwards from line 10. Through which factor of line 9 should it not flow?",
            {"B": "The subtraction is not to blame for its values. But what does the gradient do here?"},
        ),
    },
    innocent={
        2: "The docstring says truly what goes in.",
        5: "Were both logarithms, this would be the ratio; the old ones date from when actions were drawn.",
        8: "The clip is PPO's: from 1 - clip to 1 + clip.",
        9: "The smaller of the two is PPO's choice: it never promises more than is sure.",
        10: "An optimiser descends, so the loss is minus the gain.",
    },
    also={1: "B", 3: "D"},
)


def ratio(answer: Answer, seed: int) -> None:
    """Grades `found_ratio`, `mended_ratio(policy, critic, states, actions, old_log_probs, returns, clip)`."""
    visit(RATIO, answer, mended_ratio, seed)


def ppo_parts(chosen: Tensor, values: Tensor, old: Tensor, returns: Tensor, clip: float) -> Tensor:
    """PPO's clipped loss of what passes for log-probabilities and values (T,); no gradient is stopped."""
    quotient, advantages = (chosen - old).exp(), returns - values
    return -torch.min(quotient * advantages, quotient.clip(1 - clip, 1 + clip) * advantages).mean()


def mended_ratio(mended: Callable[..., Any], seed: int) -> None:
    """Grades the mended loss: its value, and its gradients at the policy and at the critic."""
    generator = torch.Generator().manual_seed(seed)
    for time, scale, clip in ((12, 1.0, 0.2), (50, 8.0, 0.1), (16, 0.05, 0.3)):
        weights = [s * torch.randn(3, n, generator=generator) for n, s in ((4, 1.0), (1, scale))]
        weights = [weight.requires_grad_() for weight in weights]
        states = torch.randn(time, 3, generator=generator)
        actions = torch.randint(4, (time,), generator=generator)
        shift = torch.linspace(-0.7, 0.7, time)[torch.randperm(time, generator=generator)]
        returns = scale * (3 * torch.randn(time, generator=generator) + 0.5)

        def policy(x: Tensor, w: Tensor = weights[0]) -> Tensor:
            return x @ w

        def critic(x: Tensor, w: Tensor = weights[1]) -> Tensor:
            return (x @ w).squeeze(-1)

        logs = policy(states).log_softmax(-1)[torch.arange(time), actions]
        old, values = (logs + shift).detach(), critic(states)
        error = (values - returns).square().mean() / 2
        right = ppo_parts(logs, values.detach(), old, returns, clip)
        leaking = ppo_parts(logs, values, old, returns, clip)  # no gradient is stopped
        data = (states, actions, old, returns)
        mistakes = ratio_mistakes(logs, values, error, (old, returns, clip))
        if not apart(right + error, mistakes):
            return mended_ratio(mended, seed + 1)  # by chance two mistakes look alike: take other data
        loss = ask(lambda d=data, p=policy, v=critic, c=clip: mended(p, v, *(x.clone() for x in d), c))
        compare(loss, right + error, mistakes, f" for {time} steps")
        at_policy, at_critic = gradients(loss, weights)
        expected = torch.autograd.grad(right + error, weights, retain_graph=True)
        pulled = torch.autograd.grad(leaking + error, weights)[1]
        compare(at_policy, expected[0], [], " in the gradient of the policy", rtol=1e-3)
        compare(
            at_critic,
            expected[1],
            [
                Mistake(
                    pulled,
                    "The value is right, but the policy's part still pulls at the critic.",
                    "The advantage is a constant for the gradient: `detach` it.",
                ),
                Mistake(
                    torch.zeros(3, 1),
                    "The critic gets no gradient, so it never learns.",
                    "Detach the values in the advantages, not in the critic's own error.",
                ),
            ],
            " in the gradient of the critic",
            rtol=1e-3,
        )


def ratio_mistakes(logs: Tensor, values: Tensor, error: Tensor, rest: tuple) -> list[Mistake]:
    """What an unmended and half mended loss would give."""
    probs = logs.exp()
    half = "Half of it: the ratio is right now, but a probability still stands in for the value."
    return [
        Mistake(ppo_parts(probs, probs, *rest), UNCHANGED, "Begin with line 4: what is gathered there?"),
        Mistake(ppo_parts(logs, probs, *rest), half, "`critic(states)` gives the values."),
        Mistake(ppo_parts(logs, probs, *rest) + error, half, "`critic(states)` gives the values."),
        Mistake(
            ppo_parts(probs, values, *rest) + error,
            "Half of it: a probability is still passed off as its logarithm.",
            "`log_softmax` in the place of `softmax`.",
        ),
        Mistake(
            ppo_parts(probs, values, *rest),
            "A probability is still passed off as its logarithm, and nothing teaches the critic.",
        ),
        Mistake(
            ppo_parts(logs, values, *rest),
            "The policy's part is right, but nothing teaches the critic.",
            "Add half the mean squared error between values and returns.",
        ),
        Mistake(
            ppo_parts(logs, values, *rest) + 2 * error,
            "The critic's error counts half, and yours counts in full.",
        ),
        Mistake(
            error - ppo_parts(logs, values, *rest), "The sign of the policy's part is the wrong way round."
        ),
    ]


# --- shapes ---

SHAPES = Exhibit(
    lines=13,
    letters="ABCDEFG",
    defects={
        8: Defect(
            "F",
            "One line is loud: it stops the program. Of which type is `returns` at the end of the loop?",
            {"C": "It would come to that, but Python stops earlier: look at the types, not the shapes."},
        ),
        10: Defect(
            "A",
            "Write the shape of `chosen` beside line 9, and follow it. With what is it multiplied?",
            {"C": "Two other shapes meet here: `chosen` has three dimensions."},
        ),
        12: Defect(
            "C",
            "The critic's part is silent and wrong. Write down the two shapes that meet there.",
            {"A": "Neither of the two has three dimensions. But the idea is the right one."},
        ),
    },
    innocent={
        5: "The return of a step is its reward and the discounted return of the next.",
        7: "The loop went backwards, so the list must be turned round.",
        11: "With one loss for each step the mean would be right. It is given too many.",
        13: "The policy's part and half the critic's error: that is what we want.",
    },
    also={9: "A", 11: "A"},
)


def shapes(answer: Answer, seed: int) -> None:
    """Grades `found_shapes` and `mended_shapes(log_probs, actions, values, rewards, discount)`."""
    visit(SHAPES, answer, mended_shapes, seed)


def mended_shapes(mended: Callable[..., Any], seed: int) -> None:
    """Grades the mended loss for several lengths, a single step among them: its value and gradients."""
    generator = torch.Generator().manual_seed(seed)
    for time, scale, discount in ((6, 1.0, 0.9), (23, 6.0, 0.8), (9, 0.05, 0.99), (1, 1.0, 0.5)):
        logits = torch.randn(time, 1, 5, generator=generator)
        inputs = [
            logits.log_softmax(-1).requires_grad_(),
            torch.randn(time, 1, generator=generator).requires_grad_(),
        ]
        actions = torch.randint(5, (time, 1), generator=generator)
        rewards = (scale * (torch.randn(time, generator=generator) - 0.4)).tolist()
        returns = torch.tensor([sum(r * discount**k for k, r in enumerate(rewards[t:])) for t in range(time)])
        chosen, values = inputs[0][torch.arange(time), 0, actions[:, 0]], inputs[1][:, 0]
        right = -(chosen * (returns - values.detach())).mean()
        error = (values - returns).square().mean() / 2
        mistakes = shapes_mistakes(chosen, values, returns)
        if time > 1 and not apart(right + error, mistakes):
            return mended_shapes(mended, seed + 1)  # by chance two mistakes look alike: take other data
        loss = ask(
            lambda a=actions, r=rewards, d=discount, i=inputs: mended(i[0], a.clone(), i[1], list(r), d)
        )
        compare(loss, right + error, mistakes, f" for {time} steps")
        expected = torch.autograd.grad(right + error, inputs)
        for name, got, wanted in zip(("log_probs", "values"), gradients(loss, inputs), expected, strict=True):
            compare(got, wanted, [], f" in the gradient of {name}", rtol=1e-3)


def shapes_mistakes(chosen: Tensor, values: Tensor, returns: Tensor) -> list[Mistake]:
    """What broadcasting would have made of log-probabilities, values and returns, (T,) each."""
    right = -(chosen * (returns - values)).mean()
    error = (values - returns).square().mean() / 2
    pairs = returns[None] - values[:, None]  # (T, T): every return against every value
    crossed = -(chosen[:, None] * pairs).mean()  # (T, 1) times (T, T)
    product = -chosen.mean() * (returns - values).mean()  # the mean over all T times T pairs
    wide = pairs.square().mean() / 2
    actor = "The critic's part is right, but every action still meets the advantage of every step."
    critic = "The policy's part is right, but every value is still compared with every return."
    both = "The program runs now, but tensors of different shapes still meet in silence, in both parts."
    advantages = "A list became a tensor (T,), and minus values of shape (T, 1) it gives (T, T)."
    where = "Write the shape behind each line. `squeeze(2)` and `[:, None]` take and give a dimension."
    return [
        Mistake(product + error, actor, where),
        Mistake(right + wide, critic, where),
        Mistake(product + wide, both, where),
        Mistake(crossed + error, advantages, where),
        Mistake(crossed + wide, advantages, where),
        Mistake(right, "The critic's part is gone.", "Line 12 is to be mended, not to be left out."),
        Mistake(right + 2 * error, "The critic's error counts half, and yours counts in full."),
    ]
