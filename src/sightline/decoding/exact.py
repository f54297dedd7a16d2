"""Exact search: the likeliest output of all, with a certificate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from sightline.decoding.arguments import check_symbols, length_limits, refuse_nan
from sightline.decoding.protocol import BOS, EOS, PAD, Hypothesis, Step
from sightline.decoding.tree import device_of, select
from sightline.errors import ConfigError

__all__ = ["ExactResult", "exact_search"]

M = TypeVar("M")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class ExactResult:
    """What an exact search found, and how far that may be relied on.

    Attributes:
        hypothesis: the best complete sequence; None when none of nonzero probability was met.
        certified: True when every other sequence was ruled out, so that none is likelier.
        expanded: prefixes that were given to the model.
        bound: no sequence has a log-probability above this. Where `certified`, it is the hypothesis's own.
    """

    hypothesis: Hypothesis | None
    certified: bool
    expanded: int
    bound: float


@torch.no_grad()
def exact_search(
    step: Step[M, S],
    memory: M,
    state: S,
    *,
    max_length: int,
    budget: int,
    start: Hypothesis | None = None,
    batch_rows: int = 32,
    bos: int = BOS,
    eos: int = EOS,
    forbidden: Sequence[int] = (PAD, BOS),
) -> ExactResult:
    """Find the likeliest complete sequence for one input by depth-first branch and bound.

    A prefix can only lose probability as it grows, so one that is no likelier than the best complete sequence known is
    ruled out with all that starts with it (Stahlberg and Byrne 2019, "On NMT Search Errors and Model Errors: Cat Got
    Your Tongue?", algorithm 1). Children are visited likeliest first. Where it differs from the article: `batch_rows`
    prefixes of one length are given to the model at once.

    Log-probabilities are summed in double precision as the model gives them, and compared without a tolerance. A
    model in single precision gives the same prefix slightly different values in batches of different sizes, so a
    certificate holds up to that rounding; of sequences that tie, the first met is kept.

    Args:
        step: the model; the memory has one row, and all rows of a step belong to it.
        memory: passed on to `step` as it is.
        state: the start state, with one row.
        max_length: most tokens of an output, the end symbol counted, whose log-probability is counted.
        budget: most prefixes to give to the model.
        start: a complete sequence already known, such as the best of a beam search: the better, the faster.
        batch_rows: prefixes for one step of the model.
        bos: the token that starts a sequence.
        eos: the token that ends it.
        forbidden: tokens that are never written.

    Raises:
        ConfigError: for a wrong argument.
        SightlineError: when the model gives log-probabilities that are not numbers.

    Example:
        >>> import torch
        >>> table = torch.tensor([[0.1, 0.1, 0.1, 0.1, 0.6], [0.0, 0.1, 0.0, 0.8, 0.1]]).log()
        >>> def step(tokens, memory, state):
        ...     return table[(tokens == 4).long()], state
        >>> result = exact_search(step, None, None, max_length=5, budget=100)
        >>> result.hypothesis.tokens, result.certified, result.expanded
        ((4, 3), True, 2)
    """
    length_limits(max_length, 1)
    check_symbols(eos, forbidden)
    _check(budget, batch_rows, start, max_length, eos)
    device = device_of(state)
    best, floor = start, -np.inf if start is None else start.log_prob
    stack = [_Frontier([()], np.zeros(1, np.int64), np.array([bos]), np.zeros(1), state)]
    expanded = 0
    while stack and expanded < budget:
        group = stack[-1].take(min(batch_rows, budget - expanded), floor)
        if not group.totals.size:
            stack.pop()
            continue
        rows = torch.from_numpy(group.rows).to(device)
        log_probs, after = step(torch.from_numpy(group.tokens).to(device), memory, select(group.state, rows))
        expanded += len(rows)
        totals = group.totals[:, None] + log_probs.cpu().double().numpy()
        refuse_nan(bool(np.isnan(totals).any()))
        prefixes = group.prefixes
        ended = int(totals[:, eos].argmax())
        if totals[ended, eos] > floor:
            floor = float(totals[ended, eos])
            tokens = (*prefixes[ended][1:], eos)
            best = Hypothesis(tokens, floor, floor, len(tokens) == max_length)
        if len(prefixes[0]) < max_length:  # the start symbol stands in the place of the end
            totals[:, [*forbidden, eos]] = -np.inf
            stack.append(_children(totals, floor, prefixes, after))
    bound = max([floor, *(frontier.best_open() for frontier in stack)])
    return ExactResult(best, bound <= floor, expanded, bound)


def _check(budget: int, batch_rows: int, start: Hypothesis | None, max_length: int, eos: int) -> None:
    if budget < 1:
        raise ConfigError(f"budget is {budget}, expected at least 1 prefix to give to the model")
    if batch_rows < 1:
        raise ConfigError(f"batch_rows is {batch_rows}, expected at least 1")
    if start is not None and (len(start.tokens) > max_length or start.tokens[-1:] != (eos,)):
        raise ConfigError(
            f"start is {start.tokens}, expected at most {max_length} tokens with the end symbol {eos} last: "
            "take it from a search with the same max_length and eos"
        )


@dataclass(slots=True)
class _Frontier(Generic[S]):
    """Prefixes of one length that are still open, likeliest first, with the state after their parents.

    Their states are taken only when they are visited, and most never are.
    """

    parents: list[tuple[int, ...]]
    rows: NDArray[np.int64]  # which parent each goes on from
    tokens: NDArray[np.int64]  # its last token
    totals: NDArray[np.float64]  # its log-probability
    state: S
    visited: int = 0

    def take(self, count: int, floor: float) -> "_Frontier[S]":
        """Visit the next `count` prefixes, or fewer where no more are above the floor."""
        begin, end = self.visited, self.visited + count
        end = begin + int((self.totals[begin:end] > floor).sum())
        self.visited = end
        return _Frontier(self.parents, self.rows[begin:end], self.tokens[begin:end], self.totals[begin:end], self.state)

    def best_open(self) -> float:
        """The log-probability of the next to be visited."""
        return float(self.totals[self.visited]) if self.visited < len(self.totals) else -np.inf

    @property
    def prefixes(self) -> list[tuple[int, ...]]:
        """The prefixes in full, the start symbol included."""
        return [
            (*self.parents[row], token) for row, token in zip(self.rows.tolist(), self.tokens.tolist(), strict=True)
        ]


def _children(totals: NDArray[np.float64], floor: float, parents: list[tuple[int, ...]], state: S) -> _Frontier[S]:
    rows, tokens = np.nonzero(totals > floor)
    order = np.argsort(-totals[rows, tokens], kind="stable")
    rows, tokens = rows[order], tokens[order]
    return _Frontier(parents, rows, tokens, totals[rows, tokens], state)
