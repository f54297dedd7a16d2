"""Recurrent layers over whole sequences."""

from collections.abc import Iterable
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from sightline.errors import DataError
from sightline.layers.cells import Cell, build_cell
from sightline.layers.dropout import Dropout

__all__ = ["RecurrentEncoder"]


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
                build_cell(cell, input_width if i == 0 else self.output_width, width) for _ in range(directions)
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
        backwards = torch.where(mask, lengths - 1 - positions, positions)
        last = (lengths - 1).clamp_min(0)
        states: list[Tensor] = []
        for i, layer in enumerate(cast("Iterable[Iterable[Cell]]", self.layers)):
            if i > 0:
                x = self.dropout(torch.cat(states, -1))
            forward, *reverse = layer
            states = [forward.over(x)[0]]
            for cell in reverse:
                states.append(_rearrange(cell.over(_rearrange(x, backwards))[0], backwards))
        states = [state.masked_fill(~mask.unsqueeze(-1), 0.0) for state in states]
        ends = [_rearrange(states[0], last), *(state[:, :1] for state in states[1:])]
        return torch.cat(states, -1), torch.cat(ends, -1)[:, 0]


def _rearrange(x: Float[Tensor, "B S D"], positions: Int[Tensor, "B T"]) -> Float[Tensor, "B T D"]:
    """What stands at each row's positions; whole vectors move, which is faster than to gather their numbers."""
    rows = torch.arange(len(x), device=x.device).unsqueeze(-1) * x.shape[1] + positions
    return x.flatten(0, 1).index_select(0, rows.flatten()).unflatten(0, rows.shape)
