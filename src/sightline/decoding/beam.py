"""Beam search, with an exact rule for when to stop."""

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.decoding.arguments import check_symbols, length_limits
from sightline.decoding.candidates import Candidates, best_tokens
from sightline.decoding.finished import Finished
from sightline.decoding.protocol import BOS, EOS, PAD, Hypothesis, Step
from sightline.decoding.tree import device_of, select
from sightline.errors import ConfigError

__all__ = ["beam_search", "length_penalties"]

M = TypeVar("M")
S = TypeVar("S")


@torch.no_grad()
def beam_search(
    step: Step[M, S],
    memory: M,
    state: S,
    *,
    batch: int,
    width: int,
    max_length: int | Sequence[int],
    length_penalty: float = 0.0,
    n_best: int = 1,
    bos: int = BOS,
    eos: int = EOS,
    forbidden: Sequence[int] = (PAD, BOS),
) -> list[list[Hypothesis]]:
    r"""Keep the `width` best beginnings of each input, and give the best complete sequences met.

    $score(Y) = \log P(Y) \, / \, ((5 + |Y|) / 6)^\alpha$, with |Y| counting the end symbol (Wu et al. 2016,
    "Google's Neural Machine Translation System", section 7, equation 14, without coverage).

    At each step the candidates of an input are all its beginnings with one token more, ranked by log-probability. An
    end symbol among the `width` best finishes a hypothesis; the `width` best of the others live on, so what finishes
    takes no place from what lives. Ties go to the better beam, then to the lower token. A beginning is dropped when
    even with no further loss, at its maximum length, it could not enter the `n_best` finished; an input is done when
    none is left. So the answer is what a search up to `max_length` would give: at a width that holds every beginning
    it is that of exhaustive enumeration, and at width 1 without a penalty it is the greedy one.

    Args:
        step: the model.
        memory: passed on to `step` as it is.
        state: the start state, one row per input.
        batch: number of inputs.
        width: beginnings kept for each input.
        max_length: most tokens of an output, the end symbol counted; one for all inputs or one each. The last place
            is the end symbol's, and its log-probability is counted.
        length_penalty: alpha, 0 or more; 0 ranks by log-probability alone, more favours longer outputs.
        n_best: hypotheses wanted for each input.
        bos: the token that starts a sequence.
        eos: the token that ends it.
        forbidden: tokens that are never written.

    Returns:
        For each input its hypotheses, best first: `n_best`, or fewer where no more of nonzero probability were met.

    Raises:
        ConfigError: for a wrong argument.
        SightlineError: when the model gives log-probabilities that are not numbers.

    Example:
        >>> import torch
        >>> table = torch.tensor([[0.1, 0.1, 0.1, 0.1, 0.6], [0.0, 0.1, 0.0, 0.8, 0.1]]).log()
        >>> def step(tokens, memory, state):
        ...     return table[(tokens == 4).long()], state
        >>> [found.tokens for found in beam_search(step, None, None, batch=1, width=3, max_length=5, n_best=2)[0]]
        [(4, 3), (3,)]
    """
    limits = length_limits(max_length, batch)
    check_symbols(eos, forbidden)
    _check(width, length_penalty, n_best)
    penalties = length_penalties(int(limits.max()), length_penalty)
    finished = Finished(batch, n_best, eos)
    device = device_of(state)
    beams = _Beams(np.arange(batch), np.full(batch, bos), np.zeros(batch), 1)
    for length in count(1):
        log_probs, state = step(torch.from_numpy(beams.tokens).to(device), memory, state)
        found = best_tokens(log_probs, width + 1 + len(forbidden))
        found = _end_at_limit(found, log_probs, beams, limits == length, eos)
        ranked = _rank(found, beams, batch, width, forbidden)
        ends = ranked.tokens == eos
        done = ends & (ranked.places < width)
        scores = ranked.log_probs[done] / penalties[length]
        finished.add(ranked.inputs[done], scores, ranked.log_probs[done], ranked.parents[done])
        reachable = ranked.log_probs / penalties[limits][ranked.inputs]
        living = ~ends & (reachable > finished.worst[ranked.inputs])
        if not living.any():
            break
        beams = _next_beams(ranked, living, batch, width, beams.each, eos)
        finished.extend(beams.parents, beams.tokens)
        if not np.array_equal(beams.parents, np.arange(len(log_probs))):
            state = select(state, torch.from_numpy(beams.parents).to(device))
    return finished.hypotheses(limits)


def length_penalties(longest: int, alpha: float) -> NDArray[np.float64]:
    """The divisor ((5 + length) / 6) ** alpha for every length from 0 to `longest` (Wu et al. 2016, equation 14)."""
    return np.power((5.0 + np.arange(longest + 1, dtype=np.float64)) / 6.0, alpha, dtype=np.float64)


class _Beams(NamedTuple):
    """The living beginnings: row `b * each + k` is beam `k` of input `b`, best first."""

    parents: NDArray[np.int64]  # the row of the step before
    tokens: NDArray[np.int64]  # the last token
    log_probs: NDArray[np.float64]  # of the whole beginning; minus infinity for a row that only fills a place
    each: int  # rows per input


class _Ranked(NamedTuple):
    """Beginnings with one token more, flat, ordered by input and then from the best."""

    inputs: NDArray[np.int64]
    parents: NDArray[np.int64]
    tokens: NDArray[np.int64]
    log_probs: NDArray[np.float64]
    places: NDArray[np.int64]  # 0 for the best of its input


def _check(width: int, length_penalty: float, n_best: int) -> None:
    if width < 1:
        raise ConfigError(f"width is {width}, expected at least 1 (1 is greedy decoding)")
    if not 0.0 <= length_penalty < float("inf"):
        raise ConfigError(f"length_penalty is {length_penalty}, expected a number of 0 or more (0 means none)")
    if not 1 <= n_best <= width:
        raise ConfigError(f"n_best is {n_best}, expected 1 to the width, {width}: widen the beam to keep more")


def _end_at_limit(
    found: Candidates, log_probs: Tensor, beams: _Beams, at_limit: NDArray[np.bool_], eos: int
) -> Candidates:
    """Leave nothing but the end to the inputs that are at their maximum length."""
    if not at_limit.any():
        return found
    rows = np.flatnonzero(at_limit.repeat(beams.each))
    kept = ~at_limit[found.rows // beams.each]
    order = np.argsort(np.concatenate((found.rows[kept], rows)), kind="stable")
    tokens = np.concatenate((found.tokens[kept], np.full(len(rows), eos)))
    values = np.concatenate((found.log_probs[kept], log_probs[:, eos].cpu().double().numpy()[rows]))
    return Candidates(np.concatenate((found.rows[kept], rows))[order], tokens[order], values[order])


def _rank(found: Candidates, beams: _Beams, batch: int, width: int, forbidden: Sequence[int]) -> _Ranked:
    """Rank the candidates of each input, as far down as any use can be made of them."""
    totals = beams.log_probs[found.rows] + found.log_probs
    possible = totals > -np.inf
    for token in forbidden:
        possible &= found.tokens != token
    rows, tokens, totals = found.rows[possible], found.tokens[possible], totals[possible]
    # A row holds one end, so that among twice the width there are as many others as can live on.
    kept = _best_of_each(rows // beams.each, totals, batch, 2 * width)
    rows, tokens, totals = rows[kept], tokens[kept], totals[kept]
    # A stable sort: candidates come ordered by row and token, and so do equals.
    order = np.lexsort((-totals, rows // beams.each))
    inputs = rows[order] // beams.each
    return _Ranked(inputs, rows[order], tokens[order], totals[order], _places(inputs, batch))


def _best_of_each(
    inputs: NDArray[np.int64], totals: NDArray[np.float64], batch: int, count: int
) -> NDArray[np.int64] | slice:
    """Indices of the `count` best of each input, in the order they came, equals of the last one too."""
    places = _places(inputs, batch)
    most = int(places.max(initial=-1)) + 1
    if most <= count:
        return slice(None)
    table = np.full((batch, most), -np.inf)
    table[inputs, places] = totals
    least = np.partition(table, -count, axis=1)[:, -count]
    return np.flatnonzero(totals >= least[inputs])


def _places(inputs: NDArray[np.int64], batch: int) -> NDArray[np.int64]:
    """Number the entries of each input from 0; they come ordered by input."""
    return np.arange(len(inputs)) - np.searchsorted(inputs, np.arange(batch))[inputs]


def _next_beams(ranked: _Ranked, living: NDArray[np.bool_], batch: int, width: int, before: int, eos: int) -> _Beams:
    """Set the best `width` living candidates of each input in rows; as many rows each as the fullest input needs."""
    chosen = np.flatnonzero(living)
    inputs = ranked.inputs[chosen]
    beam = _places(inputs, batch)
    chosen, inputs, beam = chosen[beam < width], inputs[beam < width], beam[beam < width]
    each = int(beam.max()) + 1
    rows = inputs * each + beam
    # Inputs that need fewer rows fill them with what can never be continued, left where it is.
    parents = (np.arange(batch)[:, None] * before + np.minimum(np.arange(each), before - 1)).reshape(-1)
    tokens = np.full(batch * each, eos)
    log_probs = np.full(batch * each, -np.inf)
    parents[rows], tokens[rows] = ranked.parents[chosen], ranked.tokens[chosen]
    log_probs[rows] = ranked.log_probs[chosen]
    return _Beams(parents, tokens, log_probs, each)
