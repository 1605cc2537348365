"""Our optimisers against torch's, step by step along the whole trajectory; LAMB, which torch lacks, against
algorithm 2 of its paper written out number by number, without tensors.

Each side computes gradients at its own parameters, so a difference in one step would grow in the next.
"""

import copy
import math
from collections.abc import Callable

import pytest
import torch
import torch_optimizer
from torch import Tensor, nn

from deepseek_book_utils.nn.optimizers import (
    AdamSettings,
    LAMBSettings,
    Optimizer,
    SGDSettings,
    adam,
    adamw,
    lamb,
    sgd,
)

STEPS = 80


def network(seed: int = 0, dtype: torch.dtype = torch.float64) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3)).to(dtype)


def batches(seed: int = 1, dtype: torch.dtype = torch.float64) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(16, 5, generator=generator, dtype=dtype),
            torch.randint(3, (16,), generator=generator),
        )
        for _ in range(STEPS)
    ]


def set_gradients(model: nn.Module, batch: tuple[Tensor, Tensor]) -> None:
    x, y = batch
    model.zero_grad()
    nn.functional.cross_entropy(model(x), y).backward()


def trajectory(model: nn.Module, step: Callable[[], object], dtype: torch.dtype = torch.float64) -> Tensor:
    """All parameters after each step, (STEPS, number of parameters)."""
    points = []
    for batch in batches(dtype=dtype):
        set_gradients(model, batch)
        step()
        points.append(nn.utils.parameters_to_vector(model.parameters()).detach().clone())
    return torch.stack(points)


SGD_CASES = [
    {},
    {"weight_decay": 0.1},
    {"momentum": 0.9},
    {"momentum": 0.9, "weight_decay": 0.05},
    {"momentum": 0.9, "nesterov": True},
    {"momentum": 0.8, "nesterov": True, "weight_decay": 0.05},
]
ADAM_CASES = [
    {},
    {"weight_decay": 0.1},
    {"beta1": 0.7, "beta2": 0.95},
    {"beta1": 0.0, "beta2": 0.9, "epsilon": 1e-3, "weight_decay": 0.02},
]


def as_torch(case: dict) -> dict:
    theirs = dict(case)
    theirs["betas"] = (theirs.pop("beta1", 0.9), theirs.pop("beta2", 0.999))
    theirs["eps"] = theirs.pop("epsilon", 1e-8)
    theirs["weight_decay"] = theirs.pop("weight_decay", 0.0)  # AdamW's own default is 0.01
    return theirs


def compare(model: nn.Module, ours: Tensor, theirs: Tensor) -> None:
    start = nn.utils.parameters_to_vector(model.parameters()).detach()
    assert (theirs[-1] - start).norm() > 0.1  # they went somewhere
    assert torch.allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", SGD_CASES, ids=str)
def test_sgd_walks_as_torch(case) -> None:
    model, other = network(), network()
    ours = Optimizer(model.parameters(), sgd, SGDSettings(learning_rate=0.1, **case))
    theirs = torch.optim.SGD(other.parameters(), lr=0.1, **case)
    compare(network(), trajectory(model, ours.step), trajectory(other, theirs.step))


@pytest.mark.parametrize("case", ADAM_CASES, ids=str)
@pytest.mark.parametrize(("rule", "reference"), [(adam, torch.optim.Adam), (adamw, torch.optim.AdamW)])
def test_adam_and_adamw_walk_as_torch(rule, reference, case) -> None:
    model, other = network(), network()
    ours = Optimizer(model.parameters(), rule, AdamSettings(learning_rate=0.01, **case))
    theirs = reference(other.parameters(), lr=0.01, **as_torch(case))
    compare(network(), trajectory(model, ours.step), trajectory(other, theirs.step))


def test_the_defaults_are_those_of_torch() -> None:
    model, other = network(), network()
    ours = Optimizer(model.parameters(), adam, AdamSettings())
    compare(
        network(), trajectory(model, ours.step), trajectory(other, torch.optim.Adam(other.parameters()).step)
    )


def test_in_float32_the_paths_part_by_rounding_only() -> None:
    model, other = network(dtype=torch.float32), network(dtype=torch.float32)
    ours = Optimizer(model.parameters(), adamw, AdamSettings(learning_rate=1e-3, weight_decay=0.01))
    theirs = torch.optim.AdamW(other.parameters(), lr=1e-3)
    walked, reference = (trajectory(m, o.step, torch.float32) for m, o in ((model, ours), (other, theirs)))
    assert walked.dtype == torch.float32
    assert (walked - reference).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("rule", "settings", "reference"),
    [
        (sgd, SGDSettings(momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        (adamw, AdamSettings(weight_decay=0.1), lambda p: torch.optim.AdamW(p, lr=1e-3, weight_decay=0.1)),
    ],
)
def test_a_learning_rate_that_changes(rule, settings, reference) -> None:
    """The rate of the moment multiplies the whole step, decay included, and leaves no trace in the state."""
    model, other = network(), network()
    ours, theirs = Optimizer(model.parameters(), rule, settings), reference(other.parameters())
    for i, batch in enumerate(batches()):
        rate = 0.02 * (1 + math.sin(i))
        set_gradients(model, batch)
        ours.step(learning_rate=rate)
        set_gradients(other, batch)
        theirs.param_groups[0]["lr"] = rate
        theirs.step()
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-12)


def test_a_parameter_without_gradient_stays_and_its_clock_too() -> None:
    """The last layer gets no gradient in every second step: Adam's t counts the gradients that it saw."""
    model, other = network(), network()
    ours = Optimizer(model.parameters(), adamw, AdamSettings(learning_rate=0.01, weight_decay=0.1))
    theirs = torch.optim.AdamW(other.parameters(), lr=0.01, weight_decay=0.1)
    for i, batch in enumerate(batches()):
        for net in (model, other):
            set_gradients(net, batch)
            if i % 2:
                net[-1].weight.grad = None
        before = model[-1].weight.detach().clone()
        ours.step()
        theirs.step()
        assert torch.equal(before, model[-1].weight) == bool(i % 2)
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-10, atol=1e-12)


# --- LAMB ---------------------------------------------------------------------------------------------------


def slow_lamb(
    x: list[float], gradients: list[list[float]], eta: float, b1: float, b2: float, eps: float, decay: float
) -> list[list[float]]:
    """You et al., algorithm 2, for one layer: number by number, the moments as sums over the whole past."""
    path = []
    for t in range(1, len(gradients) + 1):
        r = []
        for i in range(len(x)):
            past = [g[i] for g in gradients[:t]]
            m = sum((1 - b1) * b1 ** (t - 1 - s) * g for s, g in enumerate(past)) / (1 - b1**t)
            v = sum((1 - b2) * b2 ** (t - 1 - s) * g * g for s, g in enumerate(past)) / (1 - b2**t)
            r.append(m / (math.sqrt(v) + eps))
        u = [ri + decay * xi for ri, xi in zip(r, x, strict=True)]
        weight_norm = math.sqrt(math.fsum(xi * xi for xi in x))
        update_norm = math.sqrt(math.fsum(ui * ui for ui in u))
        trust = weight_norm / update_norm if weight_norm > 0 and update_norm > 0 else 1.0
        x = [xi - eta * trust * ui for xi, ui in zip(x, u, strict=True)]
        path.append(x)
    return path


@pytest.mark.parametrize("decay", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("betas", [(0.9, 0.999), (0.6, 0.9)])
def test_lamb_walks_as_the_paper(decay, betas) -> None:
    """A network whose biases begin at zero, where the trust ratio is 1; each layer by itself."""
    model = network()
    for layer in model:
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)
    starts = [p.detach().flatten().tolist() for p in model.parameters()]
    settings = LAMBSettings(learning_rate=0.02, beta1=betas[0], beta2=betas[1], weight_decay=decay)
    optimizer = Optimizer(model.parameters(), lamb, settings)
    walked: list[list[Tensor]] = [[] for _ in starts]
    gradients: list[list[list[float]]] = [[] for _ in starts]
    for batch in batches():
        set_gradients(model, batch)
        for i, p in enumerate(model.parameters()):
            gradients[i].append(p.grad.flatten().tolist())
        optimizer.step()
        for i, p in enumerate(model.parameters()):
            walked[i].append(p.detach().flatten().clone())
    for start, path, seen in zip(starts, walked, gradients, strict=True):
        reference = torch.tensor(slow_lamb(start, seen, 0.02, *betas, 1e-6, decay), dtype=torch.float64)
        assert (reference[-1] - reference[0]).norm() > 0.01
        assert torch.allclose(torch.stack(path), reference, rtol=1e-9, atol=1e-11)


def test_lamb_walks_as_a_published_implementation() -> None:
    """torch-optimizer's LAMB leaves the bias correction out. Without decay and epsilon the correction is a
    factor of the whole direction, which the trust ratio takes out again: the two must then agree.
    """
    ours, theirs = network(), network()
    optimizer = Optimizer(
        ours.parameters(), lamb, LAMBSettings(learning_rate=0.02, epsilon=1e-30, weight_decay=0.0)
    )
    reference = torch_optimizer.Lamb(theirs.parameters(), lr=0.02, eps=1e-30, clamp_value=1e9)
    path, theirs_path = trajectory(ours, optimizer.step), trajectory(theirs, reference.step)
    torch.testing.assert_close(path, theirs_path, rtol=0, atol=1e-12)


def test_one_step_of_lamb_by_hand() -> None:
    """x = (3, 4), |x| = 5; in the first step r = sign(g) = (1, -1), u = (1, -1) + 0.5 (3, 4) = (2.5, 1)."""
    x, g = torch.tensor([3.0, 4.0]).double(), torch.tensor([0.2, -7.0]).double()
    settings = LAMBSettings(learning_rate=0.1, epsilon=0.0, weight_decay=0.5)
    new, _ = lamb(x, g, None, settings)
    trust = 5 / math.sqrt(2.5**2 + 1)
    assert new.tolist() == pytest.approx([3 - 0.1 * trust * 2.5, 4 - 0.1 * trust * 1.0], rel=1e-12)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_a_step_of_lamb_is_a_fraction_of_the_weights(scale) -> None:
    generator = torch.Generator().manual_seed(0)
    x, moments = torch.randn(6, 7, generator=generator).double(), None
    for _ in range(5):
        g = scale * torch.randn(6, 7, generator=generator).double()
        new, moments = lamb(x, g, moments, LAMBSettings(learning_rate=0.03))
        assert ((new - x).norm() / x.norm()).item() == pytest.approx(0.03, rel=1e-9)
        x = new


@pytest.mark.parametrize("zero", ["weights", "update"])
def test_the_trust_ratio_is_one_where_a_norm_is_zero(zero) -> None:
    x = torch.zeros(3) if zero == "weights" else torch.ones(3)
    g = torch.tensor([1.0, -2.0, 3.0]) if zero == "weights" else torch.zeros(3)
    new, _ = lamb(x, g, None, LAMBSettings(learning_rate=0.1, weight_decay=0.0))
    expected = -0.1 * g.sign() if zero == "weights" else x
    assert torch.allclose(new, expected, atol=1e-6)


# --- what a rule leaves alone -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        (sgd, SGDSettings(momentum=0.9)),
        (adam, AdamSettings()),
        (adamw, AdamSettings()),
        (lamb, LAMBSettings()),
    ],
)
def test_a_rule_changes_none_of_its_arguments(rule, settings) -> None:
    x, g = torch.ones(4), torch.arange(4.0)
    _, state = rule(x, g, None, settings)
    kept = copy.deepcopy(state)
    rule(x, g, state, settings)
    assert torch.equal(x, torch.ones(4)) and torch.equal(g, torch.arange(4.0))
    pairs = [(state, kept)] if isinstance(state, Tensor) else list(zip(state[1:], kept[1:], strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
