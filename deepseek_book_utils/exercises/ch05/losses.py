"""Graders of the exercises to chapter 5 about what is minimised: answers alone, and cautious values.

What carries no loss holds junk, so that a forgotten mask shows; the gradients are compared too.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..gradients import gradient_through

AnswerLoss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
ConservativeLoss = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, float, float], Tensor]
NUMBER = torch.Size([])


def answer_loss(answer: AnswerLoss, seed: int) -> None:
    """Grades `answer_loss(logits, ids, weights, documents)`: value and gradient."""
    generator = torch.Generator().manual_seed(seed)
    for rows, time, words in ((4, 12, 9), (7, 16, 7), (5, 8, 5)):
        logits, ids, weights, documents = batch = _packed(generator, rows, time, words)
        logits.requires_grad_()
        got = ask(answer, *batch)
        real = _real(weights, documents)
        losses = _losses(logits, ids)
        right = (real * losses).sum() / real.sum()
        compare(got, right, _answer_mistakes(*batch), f" for {rows} rows of {time} tokens")
        (wanted,) = torch.autograd.grad(right, logits)
        compare(gradient_through(got, logits, "logits"), wanted, [], " in the gradient")


def _packed(generator: torch.Generator, rows: int, time: int, words: int) -> tuple[Tensor, ...]:
    """logits (B, T, V), ids, weights and documents (B, T): two documents in a row, and padding behind."""
    logits = 2 * torch.randn(rows, time, words, generator=generator)
    ids = torch.randint(words, (rows, time), generator=generator)
    weights = torch.tensor([0.5, 1.0, 2.0])[torch.randint(3, (rows, time), generator=generator)]
    documents = torch.zeros(rows, time, dtype=torch.long)
    for row in range(rows):
        first = time // 2 - int(torch.randint(2, (), generator=generator))
        second = first + time // 3
        documents[row, :first], documents[row, first:second] = 2 * row + 1, 2 * row + 2
        weights[row, : first // 2] = 0.0  # a question
        weights[row, second:] = 0.0  # padding; the second document is plain text, with loss on all its words
    return logits, ids, weights, documents


def _losses(logits: Tensor, ids: Tensor) -> Tensor:
    """-log p of each token but the first, given those before it: (B, T - 1)."""
    chosen = logits[:, :-1].log_softmax(dim=2).gather(2, ids[:, 1:, None])
    return -chosen.squeeze(2)


def _real(weights: Tensor, documents: Tensor) -> Tensor:
    return weights[:, 1:] * (documents[:, 1:] == documents[:, :-1])


def _answer_mistakes(logits: Tensor, ids: Tensor, weights: Tensor, documents: Tensor) -> list[Mistake]:
    losses, real = _losses(logits, ids), _real(weights, documents)
    late, early = weights[:, 1:], weights[:, :-1]
    same = documents[:, 1:] == documents[:, :-1]
    aligned = -logits.log_softmax(dim=2).gather(2, ids[:, :, None]).squeeze(2)
    back = -logits[:, 1:].log_softmax(dim=2).gather(2, ids[:, :-1, None]).squeeze(2)
    begun = torch.cat((torch.zeros_like(real[:, :1]), real), dim=1)

    def mean(values: Tensor, weight: Tensor) -> Tensor:
        return (values * weight).sum() / weight.sum()

    shift = "The logits at a place predict the *next* token: `logits[:, :-1]` and `ids[:, 1:]`."
    next_word = "The weight belongs to the token that is predicted: `weights[:, 1:]`."
    packed = "A document's first token stands behind another document, which says nothing of it."
    found = [
        (
            mean(aligned, weights),
            "You compare each logit with the token that the model has just read.",
            shift,
        ),
        (mean(aligned, begun), "You compare each logit with the token that the model has just read.", shift),
        (mean(back, early * same), "You shift the wrong way: the logits predict the past.", shift),
        (mean(losses, late), "The first token of a document is predicted from another document.", packed),
        (mean(losses, early * same), "You take the weight of the token before.", next_word),
        (mean(losses, early), "You take the weight of the token before.", next_word),
        (losses.mean(), "Questions, padding and all carry loss.", "Multiply by the weights."),
        (losses[same].mean(), "Questions carry loss in yours.", "Multiply by the weights."),
        (losses[real > 0].mean(), "You take weights for a mask: 0.5 and 2 count alike.", "Multiply."),
        ((losses * real).mean(), "You divide by all places.", "Divide by the sum of the weights that count."),
        (
            (losses * real).sum() / (real > 0).sum(),
            "You divide by the number of tokens with loss.",
            "Divide by the sum of their weights.",
        ),
        ((losses * real).sum() / late.sum(), "You divide by weights that do not count.", packed),
        ((losses * real).sum() / weights.sum(), "You divide by weights that do not count.", packed),
        ((losses * real).sum(), "You add the losses up and do not divide.", "A weighted mean is asked for."),
        (
            ((losses * real).sum(dim=1) / real.sum(dim=1)).mean(),
            "You average within each row first.",
            "One mean is asked for, over all tokens of the batch.",
        ),
        (-mean(losses, real), "The sign is missing: a loss is minus the logarithm of a probability.", ""),
        (mean((-losses).exp(), real), "You average probabilities.", "`log_softmax`, or `cross_entropy`"),
    ]
    return [Mistake(*row) for row in found]


def conservative_loss(answer: ConservativeLoss, seed: int) -> None:
    """Grades `conservative_loss(q, actions, rewards, next_q, terminated, discount, alpha)`."""
    generator = torch.Generator().manual_seed(seed)
    cases = ((7, 5, 0.9, 0.5, 1.0), (9, 4, 0.7, 2.0, 1.0), (5, 3, 0.99, 1.0, 200.0))
    for rows, choices, discount, alpha, scale in cases:
        q, next_q = scale * torch.randn(2, rows, choices, generator=generator)
        rewards = torch.randn(rows, generator=generator)
        actions = torch.randint(choices, (rows,), generator=generator)
        terminated = torch.arange(rows) % 3 == 1
        next_q[terminated] = 50.0  # behind the end: no value at all
        q.requires_grad_(), next_q.requires_grad_()
        batch = (q, actions, rewards, next_q, terminated)
        got = ask(answer, *batch, discount, alpha)
        error, penalty = _parts(*batch, discount)
        right = error + alpha * penalty
        about = f" for alpha {alpha:g}, a discount of {discount:g} and values of about {scale:g}"
        if not as_tensor(got, NUMBER).isfinite():
            raise Wrong("Your loss is not finite: `exp` of a value of 200 is too large.", "`logsumexp`")
        compare(got, right, _conservative_mistakes(*batch, discount, alpha), about)
        (wanted,) = torch.autograd.grad(right, q)
        compare(gradient_through(got, q, "q"), wanted, [], f" in the gradient{about}")
        if (flows := torch.autograd.grad(got, next_q, allow_unused=True)[0]) is not None and flows.any():
            raise Wrong("A gradient flows through `next_q` too: your target moves.", "Detach the target.")


def _parts(
    q: Tensor, actions: Tensor, rewards: Tensor, next_q: Tensor, terminated: Tensor, discount: float
) -> tuple[Tensor, Tensor]:
    """Half the mean square of the TD error, and the mean penalty of CQL(H)."""
    chosen = q[torch.arange(len(q)), actions]
    best = next_q.detach().amax(dim=1).masked_fill(terminated, 0.0)
    error = (chosen - rewards - discount * best).square().mean() / 2
    return error, (q.logsumexp(dim=1) - chosen).mean()


def _conservative_mistakes(
    q: Tensor,
    actions: Tensor,
    rewards: Tensor,
    next_q: Tensor,
    terminated: Tensor,
    discount: float,
    alpha: float,
) -> list[Mistake]:
    rest = (actions, rewards, next_q, terminated)
    error, penalty = _parts(q, *rest, discount)
    chosen = q[torch.arange(len(q)), actions]

    def loss(penalty: Tensor = penalty, error: Tensor = error) -> Tensor:
        return error + alpha * penalty

    def td(values: Tensor, ended: Tensor = terminated, discount: float = discount) -> Tensor:
        best = values.detach().masked_fill(ended, 0.0)
        return (chosen - rewards - discount * best).square().mean() / 2

    never = torch.zeros_like(terminated)
    soft = "The penalty is the logarithm of the sum of exponentials, minus the value of the logged action."
    found = [
        (error, "There is no penalty in your loss: that is naive Q-learning.", soft),
        (loss(-penalty), "The penalty has the wrong sign: it raises what nobody has tried.", soft),
        (loss(q.logsumexp(dim=1).mean()), "The value of the logged action is missing in the penalty.", soft),
        (loss(-chosen.mean()), "The log-sum-exp is missing in the penalty.", soft),
        (loss((q.amax(dim=1) - chosen).mean()), "You take the largest value. CQL(H) has a soft one.", soft),
        (loss((q.mean(dim=1) - chosen).mean()), "You take the mean value. CQL(H) has a soft maximum.", soft),
        (loss((q.exp().sum(dim=1) - chosen).mean()), "The logarithm is missing in the penalty.", soft),
        (loss((q.exp().mean(dim=1).log() - chosen).mean()), "You average exponentials.", "Add them up."),
        (loss(q.logsumexp(dim=0).mean() - chosen.mean()), "You sum over the batch.", "`dim=1`: actions"),
        (loss((next_q.logsumexp(dim=1) - chosen).mean()), "The penalty is that of the next state.", soft),
        (loss(penalty * len(q)), "You add the penalties up. Asked is their mean.", ""),
        (error + penalty, "`alpha` does not weigh the penalty.", ""),
        (alpha * error + penalty, "`alpha` weighs the wrong part: it belongs to the penalty.", ""),
        (alpha * (error + penalty), "`alpha` weighs both parts. It belongs to the penalty alone.", ""),
        (loss(error=2 * error), "The factor 1/2 of the squared error is missing.", ""),
        (loss(error=error * len(q)), "You add the squared errors up. Asked is half their mean.", ""),
        (loss(error=error / 2), "You halve the squared error twice.", ""),
        (
            loss(error=td(next_q.amax(dim=1), never)),
            "You look behind the end: a state that has ended has no value.",
            "The target is the reward alone where `terminated` is true.",
        ),
        (loss(error=td(next_q.amax(dim=1), ~terminated)), "You turn `terminated` round.", ""),
        (loss(error=td(next_q.amax(dim=1), terminated, 1.0)), "`discount` is missing in the target.", ""),
        (
            loss(error=td(next_q[torch.arange(len(q)), actions])),
            "Your target takes the logged action in the next state, too.",
            "It takes the best action there.",
        ),
        (loss(error=td(next_q.mean(dim=1))), "Your target takes the mean of the next values.", "`amax`"),
        (loss(error=td(q.amax(dim=1))), "Your target takes the values of this state, not of the next.", ""),
        (loss(error=td(next_q.logsumexp(dim=1))), "Your target is soft. Only the penalty is.", "`amax`"),
    ]
    return [Mistake(*row) for row in found if bool(row[0].isfinite())]
