"""RNN, LSTM and GRU against torch's with the same weights: outputs, gradients, gradients of each step."""

import math

import pytest
import torch
from torch import Tensor, nn

from deepseek_book_utils.nn.layers.initialisation import narrow
from deepseek_book_utils.nn.sequences.long_memory import clip_gradients, gradient_norms
from deepseek_book_utils.nn.sequences.recurrent import CELLS, Recurrent, RecurrentSettings

TORCH = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def pair(cell: str, layers: int = 2) -> tuple[Recurrent, nn.Module]:
    torch.manual_seed(0)
    theirs = TORCH[cell](3, 5, num_layers=layers, batch_first=True).double()
    ours = Recurrent(RecurrentSettings(3, width=5, layers=layers, cell=cell)).double()
    for number, layer in enumerate(ours.layers):
        for part in PARTS:
            their = getattr(theirs, f"{part}_l{number}")
            nn.init.normal_(their)
            getattr(layer, part).data.copy_(their.data)
    return ours, theirs


def steps() -> Tensor:
    return torch.randn(4, 7, 3, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("cell", TORCH)
def test_outputs_and_gradients_equal_torch(cell: str) -> None:
    ours, theirs = pair(cell)
    x = steps()
    weights = torch.randn(4, 7, 5, dtype=torch.float64)
    y, (expected, _) = ours(x), theirs(x)
    assert torch.allclose(y, expected, rtol=0, atol=1e-12)
    mine = torch.autograd.grad((y * weights).sum(), [x, *(getattr(a, p) for a in ours.layers for p in PARTS)])
    flat = [getattr(theirs, f"{part}_l{number}") for number in range(2) for part in PARTS]
    for one, other in zip(mine, torch.autograd.grad((expected * weights).sum(), [x, *flat]), strict=True):
        assert torch.allclose(one, other, rtol=1e-9, atol=1e-11)


def test_the_last_state_of_the_lstm_equals_torch() -> None:
    ours, theirs = pair("lstm")
    x = steps()
    h, c = ours.unroll(x)[-1]
    _, (their_h, their_c) = theirs(x)
    assert torch.allclose(h, their_h[-1], rtol=0, atol=1e-12)
    assert torch.allclose(c, their_c[-1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", TORCH)
def test_gradient_norms_by_finite_differences(cell: str) -> None:
    """The state after a step is moved number by number, and torch's own cell runs the rest."""
    ours, theirs = pair(cell, layers=1)
    x = steps().detach()
    norms = gradient_norms(ours, x, lambda h: h.square().sum())
    states = ours.unroll(x)
    for t in (0, 3, 6):
        total = 0.0
        for part, value in enumerate(states[t]):
            for place in range(value.numel()):
                losses = []
                for step in (1e-5, -1e-5):
                    moved = [s.detach().clone() for s in states[t]]
                    moved[part].view(-1)[place] += step
                    if part:  # c moves the h of its step too: h = o tanh(c)
                        moved[0] *= moved[1].tanh() / states[t][1].detach().tanh()
                    last = moved[0] if t == 6 else go_on(theirs, x[:, t + 1 :], moved)
                    losses.append(last.square().sum().item())
                total += ((losses[0] - losses[1]) / 2e-5) ** 2
        assert norms[t].item() == pytest.approx(math.sqrt(total), rel=1e-6)


def go_on(theirs: nn.Module, x: Tensor, state: list[Tensor]) -> Tensor:
    start = tuple(part[None] for part in state)
    return theirs(x, start if len(start) > 1 else start[0])[0][:, -1]


def test_one_step_by_hand() -> None:
    """Numbers, not tensors: 1 input, 1 unit, every gate from the definition."""

    def sigma(v: float) -> float:
        return 1 / (1 + math.exp(-v))

    x, h, c = 0.5, -0.3, 0.8
    gates_x, gates_h = [0.1, -0.4, 0.7, 0.2], [0.3, 0.9, -0.2, 0.5]
    i, f, g, o = (a + b for a, b in zip(gates_x, gates_h, strict=True))
    new_c = sigma(f) * c + sigma(i) * math.tanh(g)
    state = (torch.tensor([[h]]), torch.tensor([[c]]))
    found = CELLS["lstm"][0](torch.tensor([gates_x]), torch.tensor([gates_h]), state)
    assert [part.item() for part in found] == pytest.approx([sigma(o) * math.tanh(new_c), new_c])
    r, z = sigma(0.4), sigma(0.5)
    n = math.tanh(0.7 + r * -0.2)
    found = CELLS["gru"][0](torch.tensor([[0.1, -0.4, 0.7]]), torch.tensor([[0.3, 0.9, -0.2]]), state[:1])
    assert found[0].item() == pytest.approx(z * h + (1 - z) * n, abs=1e-6)
    assert CELLS["rnn"][0](torch.tensor([[x]]), torch.tensor([[h]]), state[:1])[0].item() == pytest.approx(
        math.tanh(x + h)
    )


def test_residual_and_norms_stand_where_the_papers_have_them() -> None:
    """Step by step with torch's own functions."""
    x = steps().detach()
    for norm in ("layer", "batch"):
        torch.manual_seed(1)
        ours = Recurrent(RecurrentSettings(3, width=5, residual=True, norm=norm, gain=2.0)).double()
        [layer] = ours.layers
        own = [(side.weight, side.bias) for side in layer.norms]
        for parameter in (layer.bias_ih, layer.bias_hh, *own[0], *own[1]):
            nn.init.normal_(parameter)
        h, expected = torch.zeros(4, 5, dtype=torch.float64), []
        for t in range(7):
            sides = [x[:, t] @ layer.weight_ih.T, h @ layer.weight_hh.T]
            if norm == "layer":
                sides = [
                    nn.functional.layer_norm(side, (5,), *its) for side, its in zip(sides, own, strict=True)
                ]
            else:
                sides = [
                    nn.functional.batch_norm(side, None, None, *its, training=True)
                    for side, its in zip(sides, own, strict=True)
                ]
            h = h + (sides[0] + sides[1] + layer.bias_ih + layer.bias_hh).tanh()
            expected.append(h)
        assert torch.allclose(ours(x), torch.stack(expected, dim=1), rtol=0, atol=1e-10)


def test_a_residual_lstm_adds_h_and_leaves_c_alone() -> None:
    x = steps().detach()
    ours = Recurrent(RecurrentSettings(3, width=5, cell="lstm", residual=True)).double()
    cell = nn.LSTMCell(3, 5).double()
    ours.layers[0].load_state_dict(cell.state_dict())
    h, c = torch.zeros(2, 4, 5, dtype=torch.float64)
    for t, (our_h, our_c) in enumerate(ours.unroll(x)):
        step, c = cell(x[:, t], (h, c))
        h = h + step
        torch.testing.assert_close((our_h, our_c), (h, c))


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("lstm", 4), ("gru", 3)])
def test_the_first_weights(cell: str, gates: int) -> None:
    """A draw for every gate, the state's times the gain; no bias, but where the LSTM forgets."""
    settings = RecurrentSettings(3, width=5, cell=cell, gain=2.0, forget_bias=1.5, norm="layer")
    torch.manual_seed(3)
    [layer] = Recurrent(settings).layers
    torch.manual_seed(3)
    from_input = torch.cat([narrow(5, 3) for _ in range(gates)])
    from_state = torch.cat([narrow(5, 5) for _ in range(gates)])
    assert layer.weight_ih.equal(from_input) and layer.weight_hh.equal(2 * from_state)
    forget = [1.5] * 5 if cell == "lstm" else [0.0] * 5
    assert not layer.bias_ih.any() and len(layer.bias_hh) == 5 * gates
    assert layer.bias_hh.tolist() == ([0.0] * 5 + forget + [0.0] * 10)[: 5 * gates]
    assert [norm.weight.shape for norm in layer.norms] == [(5 * gates,)] * 2


def test_dropout_stands_between_layers_alone() -> None:
    x = steps().detach()
    torch.manual_seed(0)
    ours = Recurrent(RecurrentSettings(3, width=400, layers=2, dropout=0.25)).double()
    without = ours.eval()(x)
    assert torch.equal(ours.eval()(x), without)
    seen = []
    ours.layers[1].register_forward_pre_hook(lambda layer, args: seen.append(args[0]))
    ours.train()(x)
    below = Recurrent(RecurrentSettings(3, width=400)).double()
    below.layers[0].load_state_dict(ours.layers[0].state_dict())
    got, full = torch.stack(seen, dim=1), below(x)
    dropped = got == 0
    assert dropped.double().mean().item() == pytest.approx(0.25, abs=0.02)
    assert torch.allclose(got[~dropped], full[~dropped] / 0.75, rtol=1e-9)


@pytest.mark.parametrize("largest", [1e-3, 0.5, 1e6, math.inf])
def test_clipping_equals_torch(largest: float) -> None:
    torch.manual_seed(0)
    both = []
    for clip in (clip_gradients, nn.utils.clip_grad_norm_):
        parameters = [
            nn.Parameter(torch.ones(3, 4)),
            nn.Parameter(torch.ones(5)),
            nn.Parameter(torch.ones(2)),
        ]
        for number, parameter in enumerate(parameters[:2]):  # the last one has no gradient
            parameter.grad = torch.full_like(parameter, 0.1 + number)
        both.append((float(clip(parameters, largest)), [p.grad for p in parameters[:2]]))
    (length, ours), (expected, theirs) = both
    assert length == pytest.approx(expected)
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other, rtol=1e-5, atol=0)
