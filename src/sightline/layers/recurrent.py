"""Stacks of recurrent cells that run step by step, where something that only the loop knows may join each step."""

from collections.abc import Iterable, Sequence
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from sightline.attention import StepProduct
from sightline.layers.cells import Cell, State, build_cell
from sightline.layers.dropout import Dropout

__all__ = ["CellLoop", "CellStack"]


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
        cells = [build_cell(cell, input_width if i == 0 else width, width) for i in range(layers)]
        self.cells = nn.ModuleList(cells)
        self.fed = nn.Linear(fed_width, cells[0].gates * width, bias=False) if fed_width else None
        self.dropout = Dropout(dropout)
        self.carried = cells[0].carried
        self.width = width
        if self.fed is not None:
            nn.init.xavier_uniform_(self.fed.weight)

    def loop(self, inputs: Float[Tensor, "N T I"]) -> "CellLoop":
        """A loop over these inputs, with all that does not depend on the states computed."""
        return CellLoop(self._cells(), inputs, self.fed, self.dropout)

    def run(
        self, inputs: Float[Tensor, "N T I"], states: tuple[State, ...]
    ) -> tuple[Float[Tensor, "N T D"], tuple[State, ...]]:
        """The last layer's outputs over these inputs and every layer's last state, where nothing joins the inputs."""
        assert self.fed is None, "a stack that takes something at each step needs a loop"
        outputs, last = inputs, list[State]()
        for i, (cell, state) in enumerate(zip(self._cells(), states, strict=True)):
            outputs, state = cell.over(self.dropout(outputs) if i > 0 else outputs, state)
            last.append(state)
        return outputs, tuple(last)

    def _cells(self) -> list[Cell]:
        return list(cast("Iterable[Cell]", self.cells))


class CellLoop:
    """One loop of a `CellStack`: call it once for each step."""

    def __init__(self, cells: Sequence[Cell], inputs: Tensor, fed: nn.Linear | None, dropout: Dropout) -> None:
        known = cells[0].project(inputs.transpose(0, 1))
        steps, rows, _ = known.shape

        self._cells = cells
        self._dropout = dropout
        self._known = iter(known.unbind(0))
        self._fed = None if fed is None else StepProduct(fed.weight, known)
        self._own = [cell.state_steps(steps, rows) for cell in cells]
        self._input = [cell.input_steps(steps, rows) for cell in cells[1:]]

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
