"""Recurrent cells whose input is projected apart, so that what is known before the loop is computed outside it."""

from collections.abc import Iterable
from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from sightline.errors import ConfigError
from sightline.layers.dropout import Dropout

__all__ = ["CELLS", "Cell", "CellStack", "GRUCell", "LSTMCell", "RecurrentEncoder"]

State = tuple[Tensor, ...]  # [N, D] each: what the cell gives on comes first


class Cell(nn.Module):
    """Weights of a gated cell: `gates` matrices on the input, as many on the state.

    Initialisation: input matrices Xavier uniform gate by gate, state matrices orthogonal gate by gate (Saxe et al.
    2014), biases zero.
    """

    gates: int
    carried: int  # tensors in a state

    def __init__(self, input_width: int, width: int) -> None:
        super().__init__()
        self.width = width
        self.input = nn.Linear(input_width, self.gates * width)
        self.state = nn.Linear(width, self.gates * width)
        nn.init.zeros_(self.input.bias)
        nn.init.zeros_(self.state.bias)
        for gate in range(self.gates):
            rows = slice(gate * width, (gate + 1) * width)
            nn.init.xavier_uniform_(self.input.weight.data[rows])
            nn.init.orthogonal_(self.state.weight.data[rows])

    def project(self, x: Float[Tensor, "... I"]) -> Float[Tensor, "... G"]:
        """The input's share of the gates: it does not depend on the state, so a whole sequence goes at once."""
        return self.input(x)

    def forward(self, projected: Float[Tensor, "N G"], state: State) -> State:
        """The next state."""
        raise NotImplementedError


class LSTMCell(Cell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    `i, f, o = sigmoid(.)`, `g = tanh(.)` of `W x + U h + b`; `c' = f c + i g`; `h' = o tanh(c')`. The weights are laid
    out as in `torch.nn.LSTM` (i, f, g, o). The forget gate's bias begins at 1 (Jozefowicz et al. 2015).
    """

    gates = 4
    carried = 2

    def __init__(self, input_width: int, width: int) -> None:
        super().__init__(input_width, width)
        nn.init.ones_(self.input.bias.data[width : 2 * width])

    def forward(self, projected: Float[Tensor, "N G"], state: State) -> State:
        """`(h', c')`."""
        hidden, memory = state
        entry, forget, new, out = (projected + self.state(hidden)).chunk(4, -1)
        memory = forget.sigmoid() * memory + entry.sigmoid() * new.tanh()
        return out.sigmoid() * memory.tanh(), memory


class GRUCell(Cell):
    """Gated recurrent unit (Cho et al. 2014).

    `r, z = sigmoid(.)`; `n = tanh(W x + b + r (U h + d))`; `h' = (1 - z) n + z h`: the reset gate stands behind the
    matrix as in `torch.nn.GRU`, whose layout of weights (r, z, n) this is, where the paper has it before.
    """

    gates = 3
    carried = 1

    def forward(self, projected: Float[Tensor, "N G"], state: State) -> State:
        """`(h',)`."""
        (hidden,) = state
        own = self.state(hidden)
        both = 2 * self.width
        reset, update = (projected[..., :both] + own[..., :both]).sigmoid().chunk(2, -1)
        new = torch.addcmul(projected[..., both:], reset, own[..., both:]).tanh()
        return (torch.lerp(new, hidden, update),)


CELLS: dict[str, type[Cell]] = {"lstm": LSTMCell, "gru": GRUCell}
_SEQUENCES = {"lstm": nn.LSTM, "gru": nn.GRU}


def _check(cell: str) -> None:
    if cell not in CELLS:
        raise ConfigError(f"unknown cell {cell!r}: choose one of {', '.join(CELLS)}")


class CellStack(nn.Module):
    """Layers of cells, one step at a time; the first takes an input projected beforehand by `project`.

    Args:
        cell: `"lstm"` or `"gru"`.
        input_width: of what is known before the loop.
        width: D of every layer.
        layers: how many.
        dropout: between the layers.
    """

    def __init__(self, cell: str, *, input_width: int, width: int, layers: int, dropout: float) -> None:
        super().__init__()
        _check(cell)
        self.first = CELLS[cell](input_width, width)
        self.others = nn.ModuleList(CELLS[cell](width, width) for _ in range(layers - 1))
        self.dropout = Dropout(dropout)
        self.carried = CELLS[cell].carried
        self.gate_width = CELLS[cell].gates * width

    def project(self, x: Float[Tensor, "... I"]) -> Float[Tensor, "... G"]:
        """The input's share of the first layer's gates."""
        return self.first.project(x)

    def forward(
        self, projected: Float[Tensor, "N G"], states: tuple[State, ...]
    ) -> tuple[Float[Tensor, "N D"], tuple[State, ...]]:
        """The last layer's output and every layer's next state."""
        new = [self.first(projected, states[0])]
        for cell, state in zip(cast("Iterable[Cell]", self.others), states[1:], strict=True):
            new.append(cell(cell.project(self.dropout(new[-1][0])), state))
        return new[-1][0], tuple(new)


class RecurrentEncoder(nn.Module):
    """A recurrent layer stack over whole sequences; what stands behind a sequence's end has no effect.

    Initialisation as in `Cell`.

    Args:
        cell: `"lstm"` or `"gru"`.
        input_width: of the inputs.
        width: D of each direction.
        layers: how many.
        bidirectional: read backwards too; the two directions' states stand side by side.
        dropout: between the layers.
    """

    def __init__(
        self, cell: str, *, input_width: int, width: int, layers: int, bidirectional: bool, dropout: float
    ) -> None:
        super().__init__()
        _check(cell)
        self.directions = 2 if bidirectional else 1
        self.rnn = _SEQUENCES[cell](input_width, width, layers, batch_first=True, bidirectional=bidirectional)
        self.rnn.dropout = dropout if layers > 1 else 0.0
        self.output_width = width * self.directions
        for name, weight in self.rnn.named_parameters():
            start = (
                nn.init.zeros_ if "bias" in name else nn.init.orthogonal_ if "hh" in name else nn.init.xavier_uniform_
            )
            for gate in weight.data.split(width):
                start(gate)
            if cell == "lstm" and "bias_ih" in name:
                nn.init.ones_(weight.data[width : 2 * width])

    def forward(
        self, x: Float[Tensor, "B S I"], mask: Bool[Tensor, "B S"]
    ) -> tuple[Float[Tensor, "B S D"], Float[Tensor, "B D"]]:
        """States at every position (zero behind the end), and the last layer's last state, its directions side by side."""
        packed = pack_padded_sequence(x, mask.sum(-1).cpu(), batch_first=True, enforce_sorted=False)
        output, last = self.rnn(packed)
        states, _ = pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
        hidden = last[0] if isinstance(last, tuple) else last
        return states, hidden[-self.directions :].transpose(0, 1).flatten(1)
