"""Recurrent cells whose input is projected apart, so that what is known before the loop is computed outside it."""

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from sightline.errors import ConfigError, DataError
from sightline.layers.dropout import Dropout
from sightline.layers.stepping import StepProduct

__all__ = ["CELLS", "Cell", "CellLoop", "CellStack", "GRUCell", "LSTMCell", "RecurrentEncoder"]

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
        return self.gate(projected, self.state(state[0]), state)

    def gate(self, projected: Float[Tensor, "N G"], own: Float[Tensor, "N G"], state: State) -> State:
        """The next state from both shares of the gates: the input's, `W x + b`, and the state's, `U h + d`."""
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

    def gate(self, projected: Float[Tensor, "N G"], own: Float[Tensor, "N G"], state: State) -> State:
        """`(h', c')`."""
        _, memory = state
        entry, forget, new, out = (projected + own).chunk(4, -1)
        memory = forget.sigmoid() * memory + entry.sigmoid() * new.tanh()
        return out.sigmoid() * memory.tanh(), memory


class GRUCell(Cell):
    """Gated recurrent unit (Cho et al. 2014).

    `r, z = sigmoid(.)`; `n = tanh(W x + b + r (U h + d))`; `h' = (1 - z) n + z h`: the reset gate stands behind the
    matrix as in `torch.nn.GRU`, whose layout of weights (r, z, n) this is, where the paper has it before.
    """

    gates = 3
    carried = 1

    def gate(self, projected: Float[Tensor, "N G"], own: Float[Tensor, "N G"], state: State) -> State:
        """`(h',)`."""
        (hidden,) = state
        sizes = [2 * self.width, self.width]
        (gates, entry), (own_gates, own_entry) = projected.split(sizes, -1), own.split(sizes, -1)
        reset, update = (gates + own_gates).sigmoid().chunk(2, -1)
        new = torch.addcmul(entry, reset, own_entry).tanh()
        return (torch.lerp(new, hidden, update),)


CELLS: dict[str, type[Cell]] = {"lstm": LSTMCell, "gru": GRUCell}


class CellStack(nn.Module):
    """Layers of cells that run over T steps, where something that only the loop knows may join each step's input.

    Args:
        cell: `"lstm"` or `"gru"`.
        input_width: of what is known before the loop.
        width: D of every layer.
        layers: how many.
        fed_width: of what joins the input at each step; 0 for nothing.
        dropout: between the layers.
    """

    def __init__(self, cell: str, *, input_width: int, width: int, layers: int, fed_width: int, dropout: float) -> None:
        super().__init__()
        if cell not in CELLS:
            raise ConfigError(f"unknown cell {cell!r}: choose one of {', '.join(CELLS)}")
        self.cells = nn.ModuleList(CELLS[cell](input_width if i == 0 else width, width) for i in range(layers))
        self.fed = nn.Linear(fed_width, CELLS[cell].gates * width, bias=False) if fed_width else None
        self.dropout = Dropout(dropout)
        self.carried = CELLS[cell].carried
        self.width = width
        if self.fed is not None:
            nn.init.xavier_uniform_(self.fed.weight)

    def loop(self, inputs: Float[Tensor, "N T I"]) -> "CellLoop":
        """A loop over these inputs, with all that does not depend on the states computed."""
        return CellLoop(list(cast("Iterable[Cell]", self.cells)), inputs, self.fed, self.dropout)

    def run(self, inputs: Float[Tensor, "N T I"]) -> Float[Tensor, "N T D"]:
        """The last layer's outputs over these inputs, from states of zero, where nothing joins the inputs."""
        loop = self.loop(inputs)
        zeros = (inputs.new_zeros(len(inputs), self.width),) * self.carried
        states: tuple[State, ...] = (zeros,) * len(self.cells)
        outputs: list[Tensor] = []
        for _ in range(inputs.shape[1]):
            top, states = loop(states)
            outputs.append(top)
        return torch.stack(outputs, 1)


class CellLoop:
    """One loop of a `CellStack`: call it once for each step."""

    def __init__(self, cells: Sequence[Cell], inputs: Tensor, fed: nn.Linear | None, dropout: Dropout) -> None:
        known = cells[0].project(inputs.transpose(0, 1))
        steps, rows, _ = known.shape

        self._cells = cells
        self._dropout = dropout
        self._known = iter(known.unbind(0))
        self._fed = None if fed is None else StepProduct(fed.weight, known)
        self._own = [StepProduct.of(cell.state, steps, rows) for cell in cells]
        self._input = [StepProduct.of(cell.input, steps, rows) for cell in cells[1:]]

    def __call__(
        self, states: tuple[State, ...], fed: Float[Tensor, "N F"] | None = None
    ) -> tuple[Float[Tensor, "N D"], tuple[State, ...]]:
        """The last layer's output and every layer's next state, from the states and what joins this step's input."""
        assert (fed is None) == (self._fed is None), "what is fed, and to a stack that takes it"
        projected = next(self._known) if self._fed is None or fed is None else self._fed(fed)
        new: list[State] = []
        for i, (cell, own, state) in enumerate(zip(self._cells, self._own, states, strict=True)):
            if i > 0:
                projected = self._input[i - 1](self._dropout(new[-1][0]))
            new.append(cell.gate(projected, own(state[0]), state))
        return new[-1][0], tuple(new)


class RecurrentEncoder(nn.Module):
    """Recurrent layers over whole sequences; what stands behind a sequence's end has no effect.

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
        directions = 2 if bidirectional else 1
        self.output_width = width * directions
        self.layers = nn.ModuleList(
            nn.ModuleList(
                CellStack(
                    cell,
                    input_width=input_width if i == 0 else self.output_width,
                    width=width,
                    layers=1,
                    fed_width=0,
                    dropout=0.0,
                )
                for _ in range(directions)
            )
            for i in range(layers)
        )
        self.dropout = Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "B S I"], mask: Bool[Tensor, "B S"]
    ) -> tuple[Float[Tensor, "B S D"], Float[Tensor, "B D"]]:
        """States at every position (zero behind the end), and the last layer's last state, both directions in it.

        The mask is True at the first tokens of each row; a row without any gives zeros.

        Raises:
            DataError: for a mask with padding before a token.
        """
        if (mask[:, 1:] & ~mask[:, :-1]).any():
            raise DataError(
                "a recurrent encoder reads from each row's start: put padding behind the tokens, not before"
            )
        lengths = mask.sum(-1, keepdim=True)
        positions = torch.arange(x.shape[1], device=x.device)
        # Backwards means from each sequence's own end: its tokens change places, the padding behind them stays.
        backwards = torch.where(mask, lengths - 1 - positions, positions).unsqueeze(-1)
        last = (lengths - 1).clamp_min(0).unsqueeze(-1)
        states: list[Tensor] = []
        for i, layer in enumerate(self.layers):
            if i > 0:
                x = self.dropout(torch.cat(states, -1))
            forward, *reverse = cast("Sequence[CellStack]", layer)
            states = [forward.run(x)]
            for stack in reverse:
                states.append(_rearrange(stack.run(_rearrange(x, backwards)), backwards))
        states = [state.masked_fill(~mask.unsqueeze(-1), 0.0) for state in states]
        ends = [_rearrange(states[0], last), *(state[:, :1] for state in states[1:])]
        return torch.cat(states, -1), torch.cat(ends, -1)[:, 0]


def _rearrange(x: Float[Tensor, "B S D"], positions: Int[Tensor, "B T 1"]) -> Float[Tensor, "B T D"]:
    return x.gather(1, positions.expand(-1, -1, x.shape[-1]))
