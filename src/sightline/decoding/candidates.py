"""The best next tokens of many rows, found without sorting the vocabulary.

`torch.topk` on a CPU touches every element of a row with scalar code. Here one vectorised pass takes the greatest value
of each block of 64 tokens. The `count`-th greatest of these peaks is a lower bound of the `count`-th greatest value, so
only blocks whose peak reaches it need be looked into: about `count` of them.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from sightline.decoding.arguments import refuse_nan

__all__ = ["Candidates", "best_tokens"]

BLOCK = 64


class Candidates(NamedTuple):
    """Tokens that may come next, as a flat list ordered by row and then by token.

    Attributes:
        rows: the row each belongs to, `[C]`.
        tokens: the token, `[C]`.
        log_probs: its log-probability, `[C]`, never infinite.
    """

    rows: NDArray[np.int64]
    tokens: NDArray[np.int64]
    log_probs: NDArray[np.float64]


def best_tokens(log_probs: Float[Tensor, "N V"], count: int) -> Candidates:
    """At least the `count` best tokens of each row.

    All tokens that tie with the last one are there too, so that a choice among equals never hangs on how a library
    sorts; a few more may be. Tokens of no probability are left out, so a row may have fewer than `count`.

    Raises:
        SightlineError: when a log-probability is not a number.
    """
    dense = log_probs.detach().to(torch.promote_types(log_probs.dtype, torch.float32))
    # Below a few blocks for each token wanted, the peaks say too little to pay.
    blocks_pay = dense.is_cpu and dense.shape[1] >= 2 * BLOCK * count
    found = _by_blocks(dense, count) if blocks_pay else _by_threshold(dense, count)
    refuse_nan(bool(np.isnan(found.log_probs).any()))
    return found


def _by_threshold(log_probs: Tensor, count: int) -> Candidates:
    lowest = torch.finfo(log_probs.dtype).min
    kth = log_probs.topk(min(count, log_probs.shape[1])).values[:, -1:].clamp_min(lowest)
    # "Not less" rather than "at least": what is not a number must come along, to be seen.
    rows, tokens = (log_probs < kth).logical_not_().nonzero(as_tuple=True)
    values = log_probs[rows, tokens]
    return Candidates(rows.cpu().numpy(), tokens.cpu().numpy(), values.cpu().double().numpy())


def _by_blocks(log_probs: Tensor, count: int) -> Candidates:
    whole = log_probs.shape[1] // BLOCK * BLOCK
    blocks = log_probs[:, :whole].unflatten(1, (-1, BLOCK))
    peaks = blocks.amax(2).numpy()
    kth = np.partition(peaks, -count, axis=1)[:, -count].clip(min=np.finfo(peaks.dtype).min)
    row, block = _where(~(peaks < kth[:, None]))
    inside = blocks.numpy()[row, block]
    which, place = _where(~(inside < kth[row, None]))
    rows, tokens, values = row[which], block[which] * BLOCK + place, inside[which, place]
    if whole < log_probs.shape[1]:
        tail = log_probs[:, whole:].numpy()
        last, place = _where(~(tail < kth[:, None]))
        rows, tokens = np.concatenate((rows, last)), np.concatenate((tokens, place + whole))
        values = np.concatenate((values, tail[last, place]))
        order = np.argsort(rows, kind="stable")
        rows, tokens, values = rows[order], tokens[order], values[order]
    return Candidates(rows, tokens, values.astype(np.float64))


def _where(table: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of what is true: `np.nonzero`, several times faster for a table that is mostly false."""
    row, column = np.divmod(np.flatnonzero(table), table.shape[1])
    return row, column
