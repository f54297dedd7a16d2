"""Gated cells: torch's layers over whole sequences, that can also be taken apart and run step by step."""

from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention import StepProduct
from sightline.errors import ConfigError
from sightline.layers import gru

__all__ = ["CELLS", "Cell", "GRUCell", "LSTMCell", "State", "build_cell"]

State = tuple[Tensor, ...]  # [N, D] each: what the cell gives on comes first


class Cell(nn.RNNBase):
    """One layer of gated cells: `gates` matrices on the input, as many on the state.

    Over whole sequences torch has kernels, of oneDNN and cuDNN. Where something that only a loop knows joins the input,
    the loop computes both shares of the gates, `W x + b` and `U h + d`, and `gate` makes the next state of them.

    Initialisation: input matrices Xavier uniform gate by gate, state matrices orthogonal gate by gate (Saxe et al.
    2014), biases zero.
    """

    gates: ClassVar[int]
    carried: ClassVar[int]  # tensors in a state

    weight_ih_l0: Float[Tensor, "G I"]
    weight_hh_l0: Float[Tensor, "G D"]
    bias_ih_l0: Float[Tensor, " G"]
    bias_hh_l0: Float[Tensor, " G"]

    def reset_parameters(self) -> None:
        """Initialise, as torch's own constructor asks for."""
        for weight, initialise in (
            (self.weight_ih_l0, nn.init.xavier_uniform_),
            (self.weight_hh_l0, nn.init.orthogonal_),
        ):
            for rows in weight.data.split(self.hidden_size):
                initialise(rows)
        nn.init.zeros_(self.bias_ih_l0)
        nn.init.zeros_(self.bias_hh_l0)

    def over(self, x: Float[Tensor, "N T I"], state: State | None = None) -> tuple[Float[Tensor, "N T D"], State]:
        """What it gives on at each step of whole sequences from that state on, or from zeros, and the last state."""
        first = state and tuple(part.unsqueeze(0).contiguous() for part in state)
        outputs, last = self(x, first if first is None or self.carried > 1 else first[0])
        return outputs, tuple(part[0] for part in (last if self.carried > 1 else (last,)))

    def project(self, x: Float[Tensor, "... I"]) -> Float[Tensor, "... G"]:
        """`W x + b`: it does not depend on the state, so a whole sequence goes at once."""
        return nn.functional.linear(x, self.weight_ih_l0, self.bias_ih_l0)

    def step(self, x: Float[Tensor, "N I"], state: State) -> State:
        """The next state."""
        own = nn.functional.linear(state[0], self.weight_hh_l0, self.bias_hh_l0)
        return self.gate(self.project(x), own, state)

    def input_steps(self, steps: int, rows: int) -> StepProduct:
        """`W x + b` step by step, where x is known in the loop alone."""
        return StepProduct(self.weight_ih_l0, self.bias_ih_l0.expand(steps, rows, -1))

    def state_steps(self, steps: int, rows: int) -> StepProduct:
        """`U h + d` step by step."""
        return StepProduct(self.weight_hh_l0, self.bias_hh_l0.expand(steps, rows, -1))

    def gate(self, projected: Float[Tensor, "N G"], own: Float[Tensor, "N G"], state: State) -> State:
        """The next state from both shares of the gates: the input's, `W x + b`, and the state's, `U h + d`."""
        raise NotImplementedError


class LSTMCell(Cell, nn.LSTM):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    `i, f, o = sigmoid(.)`, `g = tanh(.)` of `W x + b + U h + d`; `c' = f c + i g`; `h' = o tanh(c')`; weights in the
    order i, f, g, o. The forget gate's bias b begins at 1 (Jozefowicz et al. 2015).
    """

    gates = 4
    carried = 2

    def __init__(self, input_width: int, width: int) -> None:
        nn.LSTM.__init__(self, input_width, width, batch_first=True)

    def reset_parameters(self) -> None:
        """Initialise."""
        super().reset_parameters()
        nn.init.ones_(self.bias_ih_l0.data[self.hidden_size : 2 * self.hidden_size])

    def gate(self, projected: Float[Tensor, "N G"], own: Float[Tensor, "N G"], state: State) -> State:
        """`(h', c')`."""
        _, memory = state
        entry, forget, new, out = (projected + own).chunk(4, -1)
        memory = forget.sigmoid() * memory + entry.sigmoid() * new.tanh()
        return out.sigmoid() * memory.tanh(), memory


class GRUCell(Cell, nn.GRU):
    """Gated recurrent unit (Cho et al. 2014).

    `r, z = sigmoid(.)`; `n = tanh(W x + b + r (U h + d))`; `h' = (1 - z) n + z h`; weights in the order r, z, n. The
    reset gate stands behind the matrix, as torch has it, where the paper has it before.
    """

    gates = 3
    carried = 1

    def __init__(self, input_width: int, width: int) -> None:
        nn.GRU.__init__(self, input_width, width, batch_first=True)

    def over(self, x: Float[Tensor, "N T I"], state: State | None = None) -> tuple[Float[Tensor, "N T D"], State]:
        """By loops in C where they are faster than torch's kernel."""
        if not gru.available(x, self.hidden_size):
            return super().over(x, state)
        first = x.new_zeros(len(x), self.hidden_size) if state is None else state[0]
        states = gru.gated_states(self.project(x), self.weight_hh_l0, self.bias_hh_l0, first)
        return states, (states[:, -1],)

    def gate(self, projected: Float[Tensor, "N G"], own: Float[Tensor, "N G"], state: State) -> State:
        """`(h',)`."""
        (hidden,) = state
        sizes = [2 * self.hidden_size, self.hidden_size]
        (gates, entry), (own_gates, own_entry) = projected.split(sizes, -1), own.split(sizes, -1)
        reset, update = (gates + own_gates).sigmoid().chunk(2, -1)
        new = torch.addcmul(entry, reset, own_entry).tanh()
        return (torch.lerp(new, hidden, update),)


CELLS: dict[str, type[LSTMCell | GRUCell]] = {"lstm": LSTMCell, "gru": GRUCell}


def build_cell(name: str, input_width: int, width: int) -> Cell:
    """The cell of that name; raises ConfigError for an unknown one."""
    if name not in CELLS:
        raise ConfigError(f"unknown cell {name!r}: choose one of {', '.join(CELLS)}")
    return CELLS[name](input_width, width)
