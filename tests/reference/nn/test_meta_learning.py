"""MAML's gradients: the second-order one against finite differences and torch.func, the first-order one
against its definition; the network against torch's.
"""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call, grad

from deepseek_book_utils.nn.meta_learning import (
    MAMLSettings,
    Tasks,
    Weights,
    adapt,
    class_error,
    draw_sinusoids,
    forward,
    meta_loss,
    new_weights,
    squared_error,
)

SETTINGS = MAMLSettings(sizes=(1, 7, 5, 1), inner_steps=2, inner_learning_rate=0.05)


def double(weights: Weights) -> Weights:
    return [weight.detach().double().requires_grad_() for weight in weights]


def problem() -> tuple[Weights, Tasks]:
    """Weights and four sinusoids in float64; biases that are not zero, so that all of them count."""
    generator = torch.Generator().manual_seed(0)
    weights = double(new_weights(SETTINGS.sizes, generator))
    with torch.no_grad():
        for bias in weights[1::2]:
            bias.copy_(torch.randn(bias.shape, generator=generator))
    return weights, Tasks(*(part.double() for part in draw_sinusoids(6, 4, generator)))


def torch_network(weights: Weights) -> nn.Sequential:
    sizes = [len(weights[0]), *(len(bias) for bias in weights[1::2])]
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(zip(sizes, sizes[1:], strict=False)):
        layers += [nn.Linear(inputs, outputs).double(), nn.ReLU()]
        layers[-2].weight.data = weights[2 * i].detach().T.clone()
        layers[-2].bias.data = weights[2 * i + 1].detach().clone()
    return nn.Sequential(*layers[:-1])


def by_torch_func(weights: Weights, tasks: Tasks, second_order: bool) -> list[Tensor]:
    """The same meta-gradient, task after task, by nested torch.func.grad on torch's own layers."""
    network = torch_network(weights)

    def error(parameters: dict[str, Tensor], x: Tensor, y: Tensor) -> Tensor:
        return F.mse_loss(functional_call(network, parameters, (x,)), y)

    def after(parameters: dict[str, Tensor], x: Tensor, y: Tensor, x2: Tensor, y2: Tensor) -> Tensor:
        for _ in range(SETTINGS.inner_steps):
            slopes = grad(error)(parameters, x, y)
            if not second_order:
                slopes = {name: slope.detach() for name, slope in slopes.items()}
            parameters = {
                name: value - SETTINGS.inner_learning_rate * slopes[name]
                for name, value in parameters.items()
            }
        return error(parameters, x2, y2)

    start = dict(network.named_parameters())
    found = [grad(after)(start, *task) for task in zip(*tasks, strict=True)]
    means = [torch.stack([one[name] for one in found]).mean(dim=0) for name in start]
    return [mean.T if mean.ndim == 2 else mean for mean in means]


def ours(weights: Weights, tasks: Tasks, method: str) -> list[Tensor]:
    settings = MAMLSettings(**{**vars(SETTINGS), "method": method})
    return list(torch.autograd.grad(meta_loss(weights, tasks, squared_error, settings), weights))


@pytest.mark.parametrize("method", ["second order", "first order"])
def test_meta_gradients_are_those_of_torch_func(method: str) -> None:
    weights, tasks = problem()
    expected = by_torch_func(weights, tasks, method == "second order")
    for mine, theirs in zip(ours(weights, tasks, method), expected, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_the_second_order_gradient_by_finite_differences() -> None:
    """The whole of it, inner steps included: first order is another number."""
    weights, tasks = problem()
    second, first = (ours(weights, tasks, method) for method in ("second order", "first order"))
    assert max((a - b).abs().max() for a, b in zip(second, first, strict=True)) > 1e-3
    for weight, slopes in zip(weights, second, strict=True):
        for place in range(weight.numel()):
            values = []
            for step in (1e-6, -1e-6):
                with torch.no_grad():
                    weight.view(-1)[place] += step
                values.append(meta_loss(weights, tasks, squared_error, SETTINGS).item())
                with torch.no_grad():
                    weight.view(-1)[place] -= step
            slope = slopes.reshape(-1)[place].item()
            assert slope == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-4, abs=1e-6)


def test_the_first_order_gradient_is_taken_where_the_steps_end() -> None:
    weights, tasks = problem()
    own = adapt(weights, tasks.inputs, tasks.answers, squared_error, 2, 0.05)
    ends = [weight.detach().requires_grad_() for weight in own]
    error = squared_error(forward(ends, tasks.test_inputs), tasks.test_answers).mean()
    expected = [slope.sum(dim=0) for slope in torch.autograd.grad(error, ends)]
    for mine, theirs in zip(ours(weights, tasks, "first order"), expected, strict=True):
        torch.testing.assert_close(mine, theirs)


def test_adapted_weights_are_those_of_torchs_sgd() -> None:
    weights, tasks = problem()
    own = adapt(weights, tasks.inputs, tasks.answers, squared_error, 3, 0.05)
    for task, (x, y) in enumerate(zip(tasks.inputs, tasks.answers, strict=True)):
        network = torch_network(weights)
        optimizer = torch.optim.SGD(network.parameters(), lr=0.05)
        for _ in range(3):
            optimizer.zero_grad()
            F.mse_loss(network(x), y).backward()
            optimizer.step()
        for mine, theirs in zip(own, network.parameters(), strict=True):
            expected = theirs.T if theirs.ndim == 2 else theirs
            torch.testing.assert_close(mine[task], expected)


def test_errors_of_tasks_are_torchs() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, classes = torch.randn(3, 8, 4, generator=generator), torch.randint(4, (3, 8), generator=generator)
    expected = torch.stack([F.cross_entropy(a, b) for a, b in zip(logits, classes, strict=True)])
    torch.testing.assert_close(class_error(logits, classes), expected)
    answers = torch.randn(3, 8, 4, generator=generator)
    expected = torch.stack([F.mse_loss(a, b) for a, b in zip(logits, answers, strict=True)])
    torch.testing.assert_close(squared_error(logits, answers), expected)
