"""The layers of the small networks: which ones, how they begin, what is refused."""

import math

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.rl.networks import DuelingNetwork, QNetwork, mlp


def gain_of(linear: nn.Linear) -> float:
    """The factor in front of an orthogonal matrix; asserts that it is one."""
    weight = linear.weight.detach().double()
    short = weight if weight.shape[0] <= weight.shape[1] else weight.T
    product = short @ short.T  # gain^2 times the identity
    gain = product.diagonal().mean().sqrt().item()
    assert torch.allclose(product, gain**2 * torch.eye(len(short)).double(), atol=1e-5)
    return gain


def kinds(network: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in network.modules() if not list(layer.children())]


def test_layers_are_orthogonal_and_biases_zero() -> None:
    network = mlp((6, 5, 9, 2), nn.Tanh, gain=0.3, generator=torch.Generator().manual_seed(0))
    assert kinds(network) == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
    linears = [layer for layer in network if isinstance(layer, nn.Linear)]
    assert [tuple(layer.weight.shape) for layer in linears] == [(5, 6), (9, 5), (2, 9)]
    assert [gain_of(layer) for layer in linears] == pytest.approx([math.sqrt(2), math.sqrt(2), 0.3], rel=1e-5)
    assert not any(layer.bias.any() for layer in linears)


def test_without_a_word_the_last_layer_has_gain_one_and_relus_stand_between() -> None:
    network = mlp((6, 5, 2))
    assert kinds(network) == ["Linear", "ReLU", "Linear"]
    assert gain_of(network[-1]) == pytest.approx(1.0, rel=1e-5)
    assert kinds(mlp((3, 4))) == ["Linear"]
    with pytest.raises(ValueError, match="at least what goes in and what comes out"):
        mlp((3,))


def weights(network: nn.Module) -> Tensor:
    return nn.utils.parameters_to_vector(network.parameters()).detach()


@pytest.mark.parametrize("kind", [QNetwork, DuelingNetwork])
def test_the_generator_alone_decides(kind) -> None:
    one, two, other = (kind(4, 3, (8, 6), torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(weights(one), weights(two)) and not torch.equal(weights(one), weights(other))


def test_the_layers_of_a_q_network() -> None:
    network = QNetwork(4, 3, (8, 6))
    sizes = [tuple(layer.weight.shape) for layer in network.layers if isinstance(layer, nn.Linear)]
    assert sizes == [(8, 4), (6, 8), (3, 6)]
    assert network(torch.zeros(2, 5, 4)).shape == (2, 5, 3)


def test_a_dueling_network_shares_all_but_its_last_width() -> None:
    network = DuelingNetwork(4, 3, (9, 8, 6))
    shapes = {name: tuple(p.shape) for name, p in network.named_parameters() if name.endswith("weight")}
    assert shapes == {
        "trunk.0.0.weight": (9, 4),
        "trunk.0.2.weight": (8, 9),
        "value.0.weight": (6, 8),
        "value.2.weight": (1, 6),
        "advantages.0.weight": (6, 8),
        "advantages.2.weight": (3, 6),
    }
    assert kinds(network.trunk) == ["Linear", "ReLU", "Linear", "ReLU"]
    # an activation follows the trunk's last layer, and none the last one of a stream
    assert gain_of(network.trunk[0][-1]) == pytest.approx(math.sqrt(2), rel=1e-5)
    assert gain_of(network.advantages[-1]) == pytest.approx(1.0, rel=1e-5)


@pytest.mark.parametrize("hidden", [(), (128,)])
def test_a_dueling_network_needs_two_widths(hidden) -> None:
    with pytest.raises(ValueError, match="a width to share and one for each stream"):
        DuelingNetwork(4, 3, hidden)


@pytest.mark.parametrize("kind", [QNetwork, DuelingNetwork])
def test_observations_of_another_size_are_refused(kind) -> None:
    with pytest.raises(ValueError, match="4"):
        kind(4, 3, (8, 6))(torch.zeros(2, 5))
