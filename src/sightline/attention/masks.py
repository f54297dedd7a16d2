"""Masks are pure functions to bool tensors, True = attend, broadcastable to `B H T S`."""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

__all__ = ["causal_mask", "combine_masks", "padding_mask", "window_mask"]


def padding_mask(lengths: Int[Tensor, " B"], size: int) -> Bool[Tensor, "B S"]:
    """True for the first `lengths[b]` of `size` positions.

    Example:
        >>> import torch
        >>> padding_mask(torch.tensor([1, 2]), 2).tolist()
        [[True, False], [True, True]]
    """
    return torch.arange(size, device=lengths.device) < lengths.unsqueeze(-1)


def causal_mask(queries: int, keys: int | None = None, *, device: torch.device | None = None) -> Bool[Tensor, "T S"]:
    """True where the key is not later than the query; the last query stands at the last key.

    Example:
        >>> causal_mask(2, 3).tolist()
        [[True, True, False], [True, True, True]]
    """
    keys = queries if keys is None else keys
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def window_mask(queries: int, keys: int, radius: int, *, device: torch.device | None = None) -> Bool[Tensor, "T S"]:
    """True where the key is at most `radius` positions from the query.

    Example:
        >>> window_mask(2, 3, 1).tolist()
        [[True, True, False], [True, True, True]]
    """
    distance = torch.arange(queries, device=device).unsqueeze(-1) - torch.arange(keys, device=device)
    return distance.abs() <= radius


def combine_masks(*masks: Bool[Tensor, "..."] | None) -> Bool[Tensor, "..."] | None:
    """True where every mask is; None stands for a mask that allows all.

    Example:
        >>> import torch
        >>> combine_masks(None, torch.tensor([True, False]), torch.tensor([True, True])).tolist()
        [True, False]
    """
    present = [mask for mask in masks if mask is not None]
    if not present:
        return None
    combined = present[0]
    for mask in present[1:]:
        combined = combined & mask
    return combined
