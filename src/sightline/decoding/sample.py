"""Sampling: outputs drawn from the model's own distribution, or from a sharpened or shortened one."""

from collections.abc import Sequence
from itertools import count
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from sightline.decoding.arguments import check_symbols, length_limits, refuse_nan
from sightline.decoding.protocol import BOS, EOS, PAD, Hypothesis, Step
from sightline.decoding.tree import device_of
from sightline.errors import ConfigError

__all__ = ["sample"]

M = TypeVar("M")
S = TypeVar("S")


@torch.no_grad()
def sample(
    step: Step[M, S],
    memory: M,
    state: S,
    *,
    batch: int,
    max_length: int | Sequence[int],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
    bos: int = BOS,
    eos: int = EOS,
    forbidden: Sequence[int] = (PAD, BOS),
) -> list[Hypothesis]:
    r"""Draw each next token at random.

    $q(y) \propto p(y)^{1/\text{temperature}}$ over the allowed tokens, then only the `top_k` likeliest (Fan et al.
    2018, section 5.4), then only the likeliest that together reach `top_p` (Holtzman et al. 2020, section 3.1).

    `log_prob` and `score` of an answer are the model's own: the sum of log p of what was drawn, untouched by
    temperature, `top_k` and `top_p`, so that answers drawn in different ways can be compared.

    Args:
        step: the model.
        memory: passed on to `step` as it is.
        state: the start state, one row per input. To draw several answers for each, `expand` it; the memory stays.
        batch: number of inputs, or of answers where the state was expanded.
        max_length: most tokens of an answer, the end symbol counted; one for all or one each. The last place
            is the end symbol's, and its log-probability is counted.
        temperature: above 0; below 1 sharpens, above 1 flattens.
        top_k: draw among so many of the likeliest tokens; among equals the lowest tokens are kept.
        top_p: draw among the fewest likeliest tokens whose probabilities reach this sum, above 0 and up to 1.
        generator: source of chance, on the device of the state; torch's own if not given.
        bos: the token that starts a sequence.
        eos: the token that ends it.
        forbidden: tokens that are never written.

    Returns:
        One hypothesis for each input.

    Raises:
        ConfigError: for a wrong argument.
        SightlineError: when the model gives log-probabilities that are not numbers.

    Example:
        >>> import torch
        >>> def step(tokens, memory, state):
        ...     return torch.tensor([0.1, 0.1, 0.1, 0.3, 0.4]).log().expand(len(tokens), 5), state
        >>> drawn = sample(step, None, None, batch=2, max_length=5, generator=torch.Generator().manual_seed(0))
        >>> [answer.tokens[-1] for answer in drawn]
        [3, 3]
    """
    limits = torch.from_numpy(length_limits(max_length, batch))
    check_symbols(eos, forbidden)
    _check(temperature, top_k, top_p)
    device = device_of(state)
    tokens = torch.full((batch,), bos, device=device)
    never = torch.tensor(list(forbidden), dtype=torch.long, device=device)
    written: list[Tensor] = []
    totals = torch.zeros(batch, dtype=torch.float64)
    living = torch.ones(batch, dtype=torch.bool)
    for length in count(1):
        log_probs, state = step(tokens, memory, state)
        choices = (log_probs / temperature).index_fill(1, never, float("-inf"))
        drawn = _draw(_shorten(choices, top_k, top_p), eos, generator)
        tokens = torch.where((limits == length).to(device), eos, drawn)
        gains = log_probs.gather(1, tokens.unsqueeze(1))[:, 0].cpu().double()
        totals += torch.where(living, gains, 0.0)
        written.append(tokens.cpu())
        living &= written[-1] != eos
        if not living.any():
            break
    rows = torch.stack(written, 1)
    return [_read(row, eos, total, limit) for row, total, limit in zip(rows, totals, limits, strict=True)]


def _check(temperature: float, top_k: int | None, top_p: float | None) -> None:
    if not 0.0 < temperature < float("inf"):
        raise ConfigError(f"temperature is {temperature}, expected a number above 0: for none, decode greedily")
    if top_k is not None and top_k < 1:
        raise ConfigError(f"top_k is {top_k}, expected at least 1, or None to draw among all tokens")
    if top_p is not None and not 0.0 < top_p <= 1.0:
        raise ConfigError(f"top_p is {top_p}, expected above 0 and up to 1, or None to draw among all tokens")


def _shorten(choices: Float[Tensor, "N V"], top_k: int | None, top_p: float | None) -> Float[Tensor, "N V"]:
    """Give minus infinity to all but the likeliest tokens."""
    if top_k is None and top_p is None:
        return choices
    ranked, order = choices.sort(dim=1, descending=True, stable=True)
    if top_k is not None:
        ranked[:, top_k:] = float("-inf")
    if top_p is not None:
        probs = ranked.softmax(1)
        # What comes before a token, so that the one that reaches the sum stays; the first always does.
        ranked = ranked.masked_fill(probs.cumsum(1) - probs >= top_p, float("-inf"))
    return torch.full_like(choices, float("-inf")).scatter(1, order, ranked)


def _draw(choices: Float[Tensor, "N V"], eos: int, generator: torch.Generator | None) -> Tensor:
    best = choices.amax(1, keepdim=True)
    refuse_nan(bool(best.isnan().any()))
    impossible = best == float("-inf")
    # Where no token has any probability the end is taken, as in greedy decoding.
    probs = choices.masked_fill(impossible, 0.0).softmax(1)
    drawn = torch.multinomial(probs, 1, generator=generator)
    return torch.where(impossible, eos, drawn)[:, 0]


def _read(row: Tensor, eos: int, total: Tensor, limit: Tensor) -> Hypothesis:
    tokens = row.tolist()
    tokens = tuple(tokens[: tokens.index(eos) + 1])
    return Hypothesis(tokens, total.item(), total.item(), len(tokens) == limit)
