"""Networks that read one step after the other and remember: the plain recurrent network
(Elman 1990), the LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et
al. 2000) and the GRU (Cho et al., arXiv 1406.1078).

Letters: B batch, T time, I inputs, H width of the state, K gates (1, 4 or 3).

With the same weights they give torch's numbers. The remedies against gradients that
vanish are settings. Left out: both directions at once, peepholes, projections, texts of
unequal length, a norm of the LSTM's c (Ba et al., arXiv 1607.06450, eq. 22), and
statistics of batch norm for every step of its own (Cooijmans et al., arXiv 1603.09025).
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...settings import check_ranges
from ..layers.initialisation import INITIALISATIONS
from ..layers.norms import BatchNorm, LayerNorm

State = tuple[Tensor, ...]  # h (B, H); for the LSTM h and c


def rnn_step(from_input: Tensor, from_state: Tensor, state: State) -> State:
    """W_ih x + b_ih and W_hh h + b_hh, both (B, H), to the next state."""
    # h_t = tanh(W_ih x_t + b_ih + W_hh h_t-1 + b_hh)
    return ((from_input + from_state).tanh(),)


def lstm_step(from_input: Tensor, from_state: Tensor, state: State) -> State:
    """What the gates get of input and state, both (B, 4 H), and the old state to the
    next.
    """
    _, c = state
    # (B, 4 H) -> 4 times (B, H): input gate, forget gate, candidate, output gate
    i, f, g, o = (from_input + from_state).chunk(4, dim=-1)
    # c_t = sigma(f) c_t-1 + sigma(i) tanh(g): a sum; f alone shrinks a gradient of c
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    # h_t = sigma(o) tanh(c_t)
    return o.sigmoid() * c.tanh(), c


def gru_step(from_input: Tensor, from_state: Tensor, state: State) -> State:
    """What the gates get of input and state, both (B, 3 H), and the old state to the
    next.
    """
    (h,) = state
    # (B, 3 H) -> 3 times (B, H): reset gate, update gate, candidate
    reset_x, update_x, new_x = from_input.chunk(3, dim=-1)
    reset_h, update_h, new_h = from_state.chunk(3, dim=-1)
    # n = tanh(W x + r U h): the reset gate stands behind U, as in torch
    new = (new_x + (reset_x + reset_h).sigmoid() * new_h).tanh()
    # h_t = z h_t-1 + (1 - z) n: a mean; along h a gradient shrinks with z
    keep = (update_x + update_h).sigmoid()
    return (keep * h + (1 - keep) * new,)


# Kind of cell: its step, how many gates share one product, how many parts a state has.
CELLS: dict[str, tuple[Callable[[Tensor, Tensor, State], State], int, int]] = {
    "rnn": (rnn_step, 1, 1),
    "lstm": (lstm_step, 4, 2),
    "gru": (gru_step, 3, 1),
}
NORMS: dict[str, Callable[[int], nn.Module]] = {
    "none": lambda width: nn.Identity(),
    "layer": LayerNorm,
    "batch": BatchNorm,
}


@dataclass(frozen=True)
class RecurrentSettings:
    """Sizes and remedies of a recurrent network; raises ValueError on values without
    sense.
    """

    inputs: int  # I
    width: int = 32  # H
    layers: int = 1  # each reads the states of the one below
    cell: str = "rnn"  # or "lstm", "gru": gates decide what is kept
    initialisation: str = "narrow"  # as torch; "xavier" or "he" keep the size
    gain: float = 1.0  # factor on the first weights from state to state
    forget_bias: float = 0.0  # of the LSTM; at 1 or more it keeps at first
    residual: bool = False  # h_t = h_t-1 + step: a way past the tanh
    norm: str = "none"  # "layer" or "batch": of what comes from input and from state
    dropout: float = 0.0  # share of a layer's outputs that the next does not get

    def __post_init__(self) -> None:
        check_ranges(
            self,
            count=("inputs", "width", "layers"),
            not_negative=("gain", "forget_bias"),
            memory=("dropout",),
        )
        kinds = (tuple(CELLS), tuple(INITIALISATIONS), tuple(NORMS))
        fields = ("cell", "initialisation", "norm")
        for name, known in zip(fields, kinds, strict=True):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} = {getattr(self, name)!r} makes no sense: take one of "
                    f"{', '.join(known)}."
                )


class RecurrentLayer(nn.Module):
    """The weights of one layer, and one step of it."""

    def __init__(self, inputs: int, settings: RecurrentSettings) -> None:
        super().__init__()
        self.settings, H = settings, settings.width
        self.step, gates, self.parts = CELLS[settings.cell]
        draw = INITIALISATIONS[settings.initialisation]
        # every gate has a matrix of its own; they lie below each other: (K H, I)
        from_input = [draw(H, inputs) for _ in range(gates)]
        from_state = [settings.gain * draw(H, H) for _ in range(gates)]
        self.weight_ih = nn.Parameter(torch.cat(from_input))
        self.weight_hh = nn.Parameter(torch.cat(from_state))
        self.bias_ih = nn.Parameter(torch.zeros(gates * H))
        self.bias_hh = nn.Parameter(torch.zeros(gates * H))
        if settings.cell == "lstm":
            nn.init.constant_(self.bias_hh[H : 2 * H], settings.forget_bias)
        self.norms = nn.ModuleList(NORMS[settings.norm](gates * H) for _ in range(2))

    def forward(self, x: Tensor, state: State | None = None) -> State:
        """Read one step (B, I), the first one without a state."""
        if state is None:  # nothing is known yet
            state = (x.new_zeros(len(x), self.settings.width),) * self.parts
        # LN(W_ih x) + LN(W_hh h) + b: no norm takes the bias away     Ba et al., eq. 20
        from_input = self.norms[0](x @ self.weight_ih.T) + self.bias_ih
        from_state = self.norms[1](state[0] @ self.weight_hh.T) + self.bias_hh
        new = self.step(from_input, from_state, state)
        # h_t = h_t-1 + F(h_t-1, x_t)                 He et al., arXiv 1512.03385, eq. 1
        return (state[0] + new[0], *new[1:]) if self.settings.residual else new


def states_of(layer: nn.Module, x: Tensor) -> list[State]:
    """The states of a layer after each of the T steps of x (B, T, I)."""
    states: list[State] = []
    for t in range(x.shape[1]):
        states.append(layer(x[:, t], states[-1] if states else None))
    return states


def hidden(states: list[State]) -> Tensor:
    """h of every step: T times (B, H) -> (B, T, H)."""
    return torch.stack([state[0] for state in states], dim=1)


class Recurrent(nn.Module):
    """Layers of recurrences, one above the other."""

    def __init__(self, settings: RecurrentSettings) -> None:
        super().__init__()
        self.settings = settings
        inputs = [settings.inputs] + [settings.width] * (settings.layers - 1)
        self.layers = nn.ModuleList(RecurrentLayer(n, settings) for n in inputs)

    def unroll(self, x: Tensor) -> list[State]:
        """The last layer's states after each of the T steps of x (B, T, I)."""
        states = states_of(self.layers[0], x)
        for layer in self.layers[1:]:
            x = F.dropout(hidden(states), self.settings.dropout, self.training)
            states = states_of(layer, x)
        return states

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, I) -> (B, T, H), the last layer's h after every step."""
        return hidden(self.unroll(x))
