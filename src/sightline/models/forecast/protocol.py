"""What a forecasting network reads and gives."""

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

__all__ = ["Ahead", "Core", "Maps", "Window"]

Maps = dict[str, Tensor]


class Window(NamedTuple):
    """What is known at one moment of B series: L steps back, and what is known of H steps ahead.

    Attributes:
        past: values, 0 where they are missing.
        mask: True where a value was observed.
        past_covariates: C of each step back, those that are known ahead among them.
        future_covariates: F of each step ahead.
        static: K of each series.
    """

    past: Float[Tensor, "B L"]
    mask: Bool[Tensor, "B L"]
    past_covariates: Float[Tensor, "B L C"]
    future_covariates: Float[Tensor, "B H F"]
    static: Float[Tensor, "B K"]

    @classmethod
    def of_values(cls, past: Float[Tensor, "B L"], horizon: int) -> "Window":
        """Values alone: all observed, and no covariates."""
        rows, length = past.shape
        nothing = past.new_zeros
        return cls(
            past,
            torch.ones_like(past, dtype=torch.bool),
            nothing(rows, length, 0),
            nothing(rows, horizon, 0),
            nothing(rows, 0),
        )


class Ahead(NamedTuple):
    """What came of H steps ahead of B windows, and True where it was observed."""

    target: Float[Tensor, "B H"]
    mask: Bool[Tensor, "B H"]


@runtime_checkable
class Core(Protocol):
    """The part of a network that sees scaled values.

    Attributes:
        readout: what its numbers come out of.
    """

    readout: nn.Linear

    def __call__(
        self, window: Window, target: Float[Tensor, "B H"] | None, need_weights: bool
    ) -> tuple[Float[Tensor, "B H P"], Maps]:
        """P numbers for each step ahead, and where it looked.

        Args:
            window: with scaled values.
            target: the scaled steps ahead, for those that learn by teacher forcing; None where they are not known.
            need_weights: give the maps, each `[B, ..., L]` or as the core says.
        """
        ...
