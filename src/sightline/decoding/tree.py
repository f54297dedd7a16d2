"""Trees of state: tensors with rows first, in any nesting of tuples, named tuples, lists, dicts and None."""

from typing import Any, TypeVar, cast

import torch
from jaxtyping import Int
from torch import Tensor

__all__ = ["expand", "select"]

S = TypeVar("S")


def select(state: S, rows: Int[Tensor, " N"]) -> S:
    """Take rows of every tensor in a tree, in the order given; a row may be taken any number of times.

    Args:
        state: tensors `[R, ...]` in any nesting of tuples, named tuples, lists, dicts and None.
        rows: indices into the R rows, on the device of the tensors.

    Returns:
        A tree of the same form with tensors `[N, ...]`.

    Raises:
        TypeError: for a leaf that is neither a tensor nor None.

    Example:
        >>> import torch
        >>> select({"hidden": torch.tensor([1.0, 2.0])}, torch.tensor([1, 1, 0]))
        {'hidden': tensor([2., 2., 1.])}
    """
    return cast(S, _select(state, rows))


def expand(state: S, copies: int) -> S:
    """Repeat each row of every tensor in a tree: row `b` becomes rows `b * copies` to `b * copies + copies - 1`.

    Example:
        >>> import torch
        >>> expand((torch.tensor([1, 2]), None), 2)
        (tensor([1, 1, 2, 2]), None)
    """
    first = first_tensor(state)
    if first is None:
        return state
    return select(state, torch.arange(len(first), device=first.device).repeat_interleave(copies))


def first_tensor(state: object) -> Tensor | None:
    """The first tensor met in a tree, or None in a tree without tensors."""
    match state:
        case Tensor():
            return state
        case dict():
            return first_tensor(tuple(cast(dict[object, object], state).values()))
        case tuple() | list():
            found = (first_tensor(child) for child in cast(tuple[object, ...], state))
            return next((tensor for tensor in found if tensor is not None), None)
        case _:
            return None


def device_of(state: object) -> torch.device:
    """Where a tree lies: the device of its first tensor, or the CPU."""
    tensor = first_tensor(state)
    return torch.device("cpu") if tensor is None else tensor.device


def _select(state: Any, rows: Tensor) -> Any:
    match state:
        case Tensor():
            return state.index_select(0, rows)
        case None:
            return None
        case dict():
            return {name: _select(child, rows) for name, child in state.items()}
        case tuple() if hasattr(state, "_fields"):
            return type(state)(*(_select(child, rows) for child in state))
        case tuple() | list():
            return type(state)(_select(child, rows) for child in state)
        case _:
            raise TypeError(f"a state holds tensors, tuples, lists, dicts and None, not {type(state).__name__}")
