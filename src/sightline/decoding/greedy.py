"""Greedy decoding: the likeliest next token, each time."""

from collections.abc import Sequence
from itertools import count
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.decoding.arguments import check_symbols, length_limits
from sightline.decoding.candidates import Candidates, best_tokens
from sightline.decoding.protocol import BOS, EOS, PAD, Hypothesis, Step
from sightline.decoding.tree import device_of

__all__ = ["greedy"]

M = TypeVar("M")
S = TypeVar("S")


@torch.no_grad()
def greedy(
    step: Step[M, S],
    memory: M,
    state: S,
    *,
    batch: int,
    max_length: int | Sequence[int],
    bos: int = BOS,
    eos: int = EOS,
    forbidden: Sequence[int] = (PAD, BOS),
) -> list[Hypothesis]:
    """Write the likeliest token, again and again, until the end symbol.

    Among equals the lowest token is taken. Where every allowed token has probability zero, the end is taken, and the
    log-probability is minus infinity.

    Args:
        step: the model.
        memory: passed on to `step` as it is.
        state: the start state, one row per input.
        batch: number of inputs.
        max_length: most tokens of an output, the end symbol counted; one for all inputs or one each. The last place
            is the end symbol's, and its log-probability is counted.
        bos: the token that starts a sequence.
        eos: the token that ends it.
        forbidden: tokens that are never written.

    Returns:
        One hypothesis for each input; `score` is the log-probability.

    Raises:
        ConfigError: for a wrong argument.
        SightlineError: when the model gives log-probabilities that are not numbers.

    Example:
        >>> import torch
        >>> table = torch.tensor([[0.1, 0.1, 0.1, 0.1, 0.6], [0.0, 0.1, 0.0, 0.8, 0.1]]).log()
        >>> def step(tokens, memory, state):
        ...     return table[(tokens == 4).long()], state
        >>> greedy(step, None, None, batch=1, max_length=5)[0].tokens
        (4, 3)
    """
    limits = length_limits(max_length, batch)
    check_symbols(eos, forbidden)
    device = device_of(state)
    totals, living = np.zeros(batch), np.ones(batch, dtype=np.bool_)
    tokens = np.full(batch, bos)
    written: list[list[int]] = [[] for _ in range(batch)]
    for length in count(1):
        log_probs, state = step(torch.from_numpy(tokens).to(device), memory, state)
        tokens, gains = _first_choice(best_tokens(log_probs, 1 + len(forbidden)), batch, eos, forbidden)
        if (last := limits == length).any():
            tokens[last] = eos
            gains[last] = log_probs[:, eos].cpu().double().numpy()[last]
        for row in np.flatnonzero(living):
            written[row].append(int(tokens[row]))
        totals += np.where(living, gains, 0.0)
        living &= tokens != eos
        if not living.any():
            break
    return [
        Hypothesis(tuple(ids), float(total), float(total), len(ids) == limit)
        for ids, total, limit in zip(written, totals, limits, strict=True)
    ]


def _first_choice(
    found: Candidates, rows: int, eos: int, forbidden: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The best allowed token of each row and its log-probability; the end where there is none."""
    tokens, gains = np.full(rows, eos), np.full(rows, -np.inf)
    order = np.lexsort((-found.log_probs, found.rows))  # stable: equals stay in the order of their tokens
    for token in forbidden:
        order = order[found.tokens[order] != token]
    # Written back to front, so that the best of each row is written last and stays.
    order = order[::-1]
    tokens[found.rows[order]] = found.tokens[order]
    gains[found.rows[order]] = found.log_probs[order]
    return tokens, gains
