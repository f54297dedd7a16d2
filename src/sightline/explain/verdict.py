"""Whether a map of attention is to be believed: a rule, with the figures behind it."""

import math
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sightline.explain.faithfulness import Ask, agreement, chance_of, erasure, faithfulness
from sightline.results import Verdict

__all__ = ["Verdict", "judged", "tally", "tally_lines", "verdict", "verdict_with_effects"]

_LIKELY = 0.04  # chance, above which a map could as well be in any other order
_ENOUGH = 0.5  # of what the best ranking gains over random ones
_RANDOM = 20  # rankings
_PIECES = 400  # at most; neighbours in longer inputs are taken away together
_PARTS = 24  # of an answer, at most
_KINDS = ("supported", "weak", "not supported")
_NONE: Mapping[str, Tensor] = MappingProxyType({})


def judged(parts: int) -> list[int]:
    """Which parts of an answer of that many are judged: all, or 24 at even distances.

    Example:
        >>> judged(3), judged(48)[:3]
        ([0, 1, 2], [1, 3, 5])
    """
    taken = min(parts, _PARTS)
    return [(2 * i + 1) * parts // (2 * taken) for i in range(taken)]


def verdict(
    ask: Ask, attention: Float[Tensor, "T S"], others: Mapping[str, Float[Tensor, "T S"]] = _NONE, *, seed: int = 1
) -> Verdict:
    """Judge the attention to S pieces of an input by what their absence does to the scores of an answer's T parts.

    - **supported**: the weights lie on what matters as hardly any other order of them would (chance at most 0.04), and
      the pieces attended to most take at least half of what the best known ranking takes from the scores, counted from
      what random ones take.
    - **weak**: the former alone.
    - **not supported**: neither. The answer rests on something else, on all pieces alike, or on several that stand in
      for each other, so that none is missed alone.

    It is about this answer of this model, and says nothing of whether the answer is right. Of more than 400 pieces
    neighbours are taken away together.

    Args:
        ask: the scores of the answer's parts where only some pieces are kept.
        attention: of each part to each piece.
        others: further rankings by name, such as the gradient of each score by each piece, times the piece.
        seed: of the random orders.
    """
    return verdict_with_effects(ask, attention, others, seed=seed)[0]


def verdict_with_effects(
    ask: Ask, attention: Float[Tensor, "T S"], others: Mapping[str, Float[Tensor, "T S"]] = _NONE, *, seed: int = 1
) -> tuple[Verdict, Float[Tensor, "T S"]]:
    """The verdict, and how far each score falls without each piece.

    Of neighbours that are taken away together each has an even share of what they lose.

    Args:
        ask: as for `verdict`.
        attention: likewise.
        others: likewise.
        seed: likewise.
    """
    generator = torch.Generator().manual_seed(seed)
    block = torch.arange(attention.shape[-1]) // -(-attention.shape[-1] // _PIECES)
    pieces = int(block[-1]) + 1

    def ask_blocks(keep: Bool[Tensor, "N S"]) -> Float[Tensor, "N T"]:
        return ask(keep[:, block])

    def of_blocks(values: Tensor) -> Tensor:
        return values.new_zeros(len(values), pieces).index_add(1, block, values)

    weights = of_blocks(attention)
    effects = erasure(ask_blocks, pieces)
    chance = chance_of(weights, effects, generator)
    named = {"attention": weights, "erasure": effects, **{name: of_blocks(other) for name, other in others.items()}}
    own = faithfulness(ask_blocks, torch.stack(list(named.values())), generator)
    random = faithfulness(ask_blocks, torch.rand(_RANDOM, 1, pieces, generator=generator), generator)
    falls, rests = (
        dict(zip(named, each.tolist(), strict=True)) | {"random": by_chance.mean().item()}
        for each, by_chance in zip(own, random, strict=True)
    )
    top = max(falls.values()) - falls["random"]
    gain = (falls["attention"] - falls["random"]) / top if top > 0 else 0.0
    kind = "not supported" if chance > _LIKELY else "supported" if gain >= _ENOUGH else "weak"
    taus = [tau for one, other in zip(weights, effects, strict=True) if not math.isnan(tau := agreement(one, other))]
    found = Verdict(kind, chance, gain, falls, rests, sum(taus) / len(taus) if taus else math.nan)
    return found, (effects / block.bincount())[:, block]


def tally(verdicts: Iterable[Verdict | None]) -> dict[str, int]:
    """How many maps were supported, weak or not supported; empty where there is no verdict.

    Example:
        >>> tally([None])
        {}
    """
    kinds = [each.kind for each in verdicts if each is not None]
    return {kind: kinds.count(kind) for kind in _KINDS if kinds}


def tally_lines(counts: Mapping[str, int]) -> Iterator[str]:
    """The same for people.

    Example:
        >>> list(tally_lines({"supported": 3, "weak": 1, "not supported": 0}))
        ['verdicts on 4 maps: supported 75%, weak 25%, not supported 0%']
    """
    if counts:
        judged = sum(counts.values())
        yield f"verdicts on {judged:,} maps: " + ", ".join(f"{kind} {n / judged:.0%}" for kind, n in counts.items())
