"""The bug museum, first wing: a loss in which chance gives the rewards."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..museum import Answer, Defect, Exhibit, apart, gradients, visit

RANDOM_LOSS = Exhibit(
    lines=9,
    letters="ABCDEFG",
    defects={
        7: Defect(
            "B",
            "`texts` and `verify` come in. Which line should have read them?",
            {"E": "Rewards are numbers from outside; no gradient needs to flow through them."},
        ),
        8: Defect(
            "F",
            "Let every reward lie between 0 and 1. Which responses does this loss make less likely?",
            {"B": "Chance came in one line earlier. What if these were true rewards?"},
        ),
        9: Defect(
            "D",
            "Let one response earn 1 and all others 0. Which of them does the last line raise?",
            {"G": "Minus stands in the cross-entropy already. But how many numbers reach each response?"},
        ),
    },
    innocent={
        3: "It reads two sizes.",
        4: "The cross-entropy of drawn tokens is minus their log-probability: just what is needed.",
        5: "The mask keeps the padding out.",
        6: "The sum over the tokens of a response is minus the logarithm of its probability.",
    },
)


def random_loss(answer: Answer, seed: int) -> None:
    """Grades `found_random_loss` and `mended_random_loss(logits, tokens, mask, texts, verify)`."""
    visit(RANDOM_LOSS, answer, mended_random_loss, seed)


def mended_random_loss(mended: Callable[..., Any], seed: int) -> None:
    """Grades the mended loss on responses of unequal length; in the last batch all are right."""
    generator = torch.Generator().manual_seed(seed)
    for batch, time, passing in ((4, 5, 1), (9, 12, 6), (5, 6, 5)):
        logits = (2 * torch.randn(batch, time, 7, generator=generator)).requires_grad_()
        tokens = torch.randint(7, (batch, time), generator=generator)
        lengths = torch.randint(2, time, (batch,), generator=generator)
        mask = (torch.arange(time) < lengths[:, None]).float()
        with torch.no_grad():
            logits[mask == 0] *= 50  # what stands under the mask must not count
        order = torch.randperm(batch, generator=generator).tolist()
        digits = torch.randperm(10, generator=generator)[:2].tolist()  # the right one, and a wrong one
        texts = [f"<answer>{digits[place >= passing]}</answer>" for place in order]
        rewards = torch.tensor([float(place < passing) for place in order])

        def verify(text: str, digit: int = digits[0]) -> float:
            return float(str(digit) in text)

        def loss(
            x: Tensor = logits,
            t: Tensor = tokens,
            m: Tensor = mask,
            s: list[str] = texts,
            v: Callable[[str], float] = verify,
        ) -> Any:
            return ask(lambda: mended(x, t.clone(), m.clone(), list(s), v))

        costs = -logits.log_softmax(-1).gather(2, tokens[..., None])[..., 0]
        surprise = (costs * mask).sum(1)  # minus the log-probability of each response
        advantages = rewards - rewards.mean()
        right = (advantages * surprise).mean()
        about = f" for {batch} responses, of which {passing} {'is' if passing == 1 else 'are'} right"
        mistakes = random_mistakes(costs, mask, rewards)
        if passing < batch and not apart(right, mistakes):
            return mended_random_loss(mended, seed + 1)  # by chance two mistakes look alike: take other data
        first = as_tensor(loss(), ())
        if any(not torch.allclose(first, as_tensor(loss(), ()), rtol=1e-5, equal_nan=True) for _ in range(2)):
            raise Wrong(
                "The same responses give another loss at each call: chance still rewards them.",
                "`verify(text)` gives the reward of a response.",
            )
        # all right: nothing is above the mean; compared beside the size of what was summed
        level = surprise.mean() if passing == batch else torch.zeros(())
        moved = [Mistake(m.value + level, m.misconception, m.hint) for m in mistakes]
        compare(first + level.detach().double(), right + level, moved, about)
        (got,) = gradients(loss(), [logits])
        if passing < batch:
            compare(got, torch.autograd.grad(right, logits)[0], [], f" in the gradient{about}", rtol=1e-3)


def random_mistakes(costs: Tensor, mask: Tensor, rewards: Tensor) -> list[Mistake]:
    """What half mended losses would give."""
    surprise = (costs * mask).sum(1)
    centred = rewards - rewards.mean()
    blind = (
        "The verifier is asked, but nothing is subtracted: wrong responses only rise more slowly, never fall."
    )
    shared = (
        "Advantages are right, but the mean of one times the mean of the other is zero: nothing is learnt."
    )
    return [
        Mistake(
            (rewards * surprise).mean(),
            blind,
            "An advantage is the reward minus the mean of the rewards.",
        ),
        Mistake(
            rewards.mean() * surprise.mean(),
            "The verifier is asked, but all responses share its mean: right and wrong ones rise alike.",
            "Multiply each response by its own advantage, then take the mean.",
        ),
        Mistake(0 * surprise.mean(), shared, "Multiply first, then take the mean."),
        Mistake(-(centred * surprise).mean(), "The sign is the wrong way round: right responses would fall."),
        Mistake((centred * costs.sum(1)).mean(), "The padding counts: the mask is gone."),
        Mistake(
            (centred / (rewards.std() + 1e-4) * surprise).mean(),
            "You divide by the deviation. That is GRPO; asked is the reward minus the mean alone.",
        ),
        Mistake(
            (centred * surprise / mask.sum(1)).mean(),
            "You divide by the length of each response; asked is the sum over its tokens.",
        ),
    ]
