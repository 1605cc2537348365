"""Graders of the exercise to chapter 2 about the targets of DQN and Double DQN, and the loss against them."""

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from ..arrays import numeric
from ..checking import Mistake, Wrong, as_tensor, ask, compare
from ..parts import judge_parts

Targets = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor, float, bool], Tensor]
Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
OVER = "When the task is over nothing follows, and the target is the reward alone."
CLOCK = "When the time runs out, the task would go on: its future is still worth its value."


def dqn_targets_and_loss(answer: tuple[Targets, Loss], seed: int) -> None:
    """Grades `dqn_targets(rewards, next_q, next_q_target, terminated, truncated, gamma, double)` and
    `dqn_loss(q, actions, targets)`.
    """
    targets, loss = answer
    generator = torch.Generator().manual_seed(seed)

    def all_targets() -> None:
        for double in (False, True):
            for rows in (5, 12):  # five actions: in the square a wrong axis raises no error
                _compare_targets(targets, generator, rows, double)

    def all_losses() -> None:
        for rows, actions in ((5, 5), (8, 3), (1, 2)):
            _compare_loss(loss, generator, rows, actions)

    judge_parts({"`dqn_targets`": all_targets, "`dqn_loss`": all_losses})


def _right(rewards: Tensor, future: Tensor, stop: Tensor, gamma: float) -> Tensor:
    return rewards + gamma * torch.where(stop, 0.0, future)


def _compare_targets(answer: Targets, generator: torch.Generator, rows: int, double: bool) -> None:
    rewards, gamma = torch.randn(rows, generator=generator), 0.9 if rows == 5 else 0.75
    terminated, truncated = (torch.zeros(rows, dtype=torch.bool) for _ in range(2))
    terminated[1::3], truncated[2::3] = True, True
    online, target = _values(generator, rows, ~terminated)
    pair = online.requires_grad_(), target.requires_grad_()
    got = ask(answer, rewards, *pair, terminated, truncated, gamma, double)
    name = "Double DQN" if double else "DQN"
    _check_form(got, rows)
    about = f" for {name}, {rows} transitions"
    with torch.no_grad():
        future = _futures(online, target)["double" if double else "dqn"][0]
        mistakes = _target_mistakes(rewards, online, target, terminated, truncated, gamma, double)
        compare(numeric(got), _right(rewards, future, terminated, gamma), mistakes, about)
    if isinstance(got, Tensor) and got.requires_grad:
        raise Wrong(
            "A gradient flows through your targets: the network would learn to make its targets come true.",
            "What the prediction is compared with is a constant: `torch.no_grad()`, or `detach()`.",
        )


def _values(generator: torch.Generator, rows: int, running: Tensor) -> tuple[Tensor, Tensor]:
    """What both networks say of five actions; whatever one might take for the future differs somewhere."""
    while True:
        online, target = 1 + 2 * torch.randn(2, rows, 5, generator=generator)
        futures = [future[running] for future, *_ in _futures(online, target).values()]
        pairs = itertools.combinations([*futures, torch.zeros_like(futures[0])], 2)
        if all((a - b).abs().max() > 0.1 for a, b in pairs):
            return online, target


def _check_form(got: object, rows: int) -> None:
    if isinstance(got, Tensor) and got.shape == (rows, rows):
        hint = "Is a maximum taken with `keepdim=True`, or gathered and not squeezed?"
        raise Wrong(f"(B,) plus (B, 1) is broadcast to (B, B): you return {tuple(got.shape)}.", hint)


def _futures(online: Tensor, target: Tensor) -> dict[str, tuple[Tensor, str, str]]:
    """Name -> what stands for the future, the misconception, and a hint."""
    best = online.argmax(dim=1, keepdim=True)
    target_best = target.argmax(dim=1, keepdim=True)
    two = "The online network names the action, the target network says what it is worth."
    one = "DQN takes the maximum of `next_q_target`, over the actions."
    futures = {
        "dqn": (
            target.max(dim=1).values,
            "The target network names the action and evaluates it: that is DQN, which Double DQN mends.",
            two,
        ),
        "double": (
            target.gather(1, best)[:, 0],
            "The online network names the action: that is Double DQN. Asked is DQN, where `double` is false.",
            one,
        ),
        "online": (
            online.max(dim=1).values,
            "The online network names the action and evaluates it. The target network has no say.",
            "",
        ),
        "reversed": (
            online.gather(1, target_best)[:, 0],
            "The networks are exchanged: your target network names, and the online network evaluates.",
            "",
        ),
        "smaller": (
            torch.minimum(online.max(dim=1).values, target.max(dim=1).values),
            "You take the smaller of two maxima. Double DQN takes no minimum.",
            "",
        ),
        "mean": (
            target.mean(dim=1),
            "You take the mean over the actions: the value of acting at random.",
            "",
        ),
        "place": (best[:, 0].float(), "You take the number of the best action, and not its value.", ""),
        "target place": (
            target_best[:, 0].float(),
            "You take the number of the best action, and not its value.",
            "",
        ),
    }
    if len(online) == online.shape[1]:
        axis = "You take the maximum along the wrong axis, over the transitions of the batch."
        futures["columns"] = (target.max(dim=0).values, axis, "Actions are along dim=1.")
        futures["best in a column"] = (
            target.gather(1, online.argmax(dim=0)[:, None])[:, 0],
            axis,
            "Actions are along dim=1.",
        )
        futures["gather"] = (
            target.gather(0, best.T)[0],
            "You gather along dim=0: that takes rows of the batch. Actions are along dim=1.",
            "`next_q_target.gather(1, best[:, None])`",
        )
    return futures


def _target_mistakes(
    rewards: Tensor,
    online: Tensor,
    target: Tensor,
    terminated: Tensor,
    truncated: Tensor,
    gamma: float,
    double: bool,
) -> list[Mistake]:
    futures = _futures(online, target)
    asked, *_ = futures["double" if double else "dqn"]
    two = "The online network names the action, the target network says what it is worth."
    one = "DQN takes the maximum of `next_q_target`, over the actions."
    mistakes = [
        Mistake(_right(rewards, future, terminated, gamma), said, hint or (two if double else one))
        for future, said, hint in futures.values()
    ]
    never, either = torch.zeros_like(terminated), terminated | truncated
    go_on = asked * ~terminated
    return [
        *mistakes,
        Mistake(_right(rewards, asked, never, gamma), "You bootstrap from a state behind the end.", OVER),
        Mistake(
            _right(rewards, asked, either, gamma), "You take a truncated episode for a terminated one.", CLOCK
        ),
        Mistake(
            _right(rewards, asked, ~terminated, gamma),
            "You stop where the task goes on, and only there.",
            OVER,
        ),
        Mistake(
            _right(rewards, asked, truncated, gamma), "You have exchanged terminated and truncated.", OVER
        ),
        Mistake((rewards + gamma * asked) * ~terminated, "At the end you lose the reward too.", OVER),
        Mistake(rewards + go_on, "There is no gamma in your target."),
        Mistake(gamma * (rewards + go_on), "You discount the reward too. Only what comes after it is later."),
        Mistake(gamma * go_on, "There is no reward in your target."),
        Mistake(rewards, "Your target is the reward alone, without a future."),
    ]


def _compare_loss(answer: Loss, generator: torch.Generator, rows: int, actions: int) -> None:
    q = (3 * torch.randn(rows, actions, generator=generator)).requires_grad_()
    taken = torch.randint(0, actions, (rows,), generator=generator)
    taken[:2] = torch.tensor([1, 0])[:rows]  # not all alike
    # not where the values are, so that squares, absolute values and Huber's differ
    error = (0.3 + 3 * torch.rand(rows, generator=generator)) * torch.tensor([1.0, -1.0]).repeat(rows)[:rows]
    targets = q.detach().gather(1, taken[:, None])[:, 0] + error
    got = ask(answer, q, taken, targets)
    error = q.gather(1, taken[:, None])[:, 0] - targets  # (B,)
    right = error.square().mean()
    about = f" in the loss of {rows} transitions with {actions} actions"
    compare(got, right, _loss_mistakes(q.detach(), taken, targets), about)
    if not isinstance(got, Tensor) or not got.requires_grad:
        hint = "Nothing on the way from `q` may be detached, or be taken under `no_grad` or by `item`."
        raise Wrong("The loss is right, but no gradient flows from it back to `q`.", hint)
    try:
        (gradient,) = torch.autograd.grad(got, q)
    except RuntimeError as cause:
        hint = "Is a tensor changed in place, as by `x *= mask`?"
        raise Wrong(f"The gradient of your loss cannot be taken: {cause}", hint) from cause
    (expected,) = torch.autograd.grad(right, q)
    compare(gradient, expected, [], f" in the gradient{about}")


def _loss_mistakes(q: Tensor, taken: Tensor, targets: Tensor) -> list[Mistake]:
    error = q.gather(1, taken[:, None])[:, 0] - targets  # (B,)
    chosen = "`q.gather(1, actions[:, None])[:, 0]` are the values of the actions that were taken."
    asked = "Asked is the mean of the squared errors."
    mistakes = [
        Mistake(
            (q.max(dim=1).values - targets).square().mean(),
            "You compare the best action. Only about the action that was taken something was learned.",
            chosen,
        ),
        Mistake(
            (q - targets[:, None]).square().mean(),
            "You compare all actions with the target. Something was learned about the one that was taken.",
            chosen,
        ),
        Mistake(
            (q.gather(1, taken[:, None]) - targets).square().mean(),
            "(B, 1) minus (B,) is broadcast to (B, B): every value is compared with every target.",
            chosen,
        ),
        Mistake(error.square().sum(), "You add up the squares and do not divide.", asked),
        Mistake(error.square().mean() / 2, "You take half of the squares.", asked),
        Mistake(error.square().mean().sqrt(), "You take the root of the mean.", asked),
        Mistake(error.abs().mean(), "You take absolute errors.", asked),
        Mistake(error.mean(), "You do not square the errors: they cancel.", asked),
        Mistake(error.mean().square(), "You square the mean. The errors cancel before that.", asked),
        Mistake(
            torch.nn.functional.smooth_l1_loss(error, torch.zeros_like(error)),
            "That is the Huber loss, which many programs take. Here it is the square.",
            asked,
        ),
    ]
    if len(q) == q.shape[1]:
        mistakes.append(
            Mistake(
                (q.gather(0, taken[None])[0] - targets).square().mean(),
                "You gather along dim=0, which takes rows of the batch. Actions are along dim=1.",
                chosen,
            )
        )
        mistakes.append(
            Mistake((q[taken] - targets).square().mean(), "`q[actions]` takes rows of the batch.", chosen)
        )
    return [m for m in mistakes if as_tensor(m.value, torch.Size()).isfinite()]
