"""Whether a map of attention is to be believed: a rule, with the figures behind it."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from sightline.explain.faithfulness import Ask, agreement, chance_of, erasure, faithfulness

__all__ = ["Verdict", "verdict"]

_LIKELY = 0.04  # chance, above which a map could as well be in any other order
_ENOUGH = 0.5  # of what the best ranking gains over random ones
_RANDOM = 20  # rankings


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far attention names what an answer rests on.

    Attributes:
        kind: `"supported"`, `"weak"` or `"not supported"`.
        chance: how likely the same weights in a random order would lie on what matters as much (`chance_of`).
        gain: what taking away the most attended pieces first takes from the score, between what random ones take (0)
            and what the best ranking known takes (1).
        comprehensiveness: of attention, `"attention"`, of a random order, `"random"`, and where they are known of
            leaving out each piece, `"erasure"`, and of gradient x input, `"gradient"`.
        sufficiency: likewise.
        agreement: Kendall's tau of attention with the effect of leaving out each piece.
    """

    kind: Literal["supported", "weak", "not supported"]
    chance: float
    gain: float
    comprehensiveness: dict[str, float]
    sufficiency: dict[str, float]
    agreement: float

    def __str__(self) -> str:
        falls = ", ".join(f"{value:+.2f} by {name}" for name, value in self.comprehensiveness.items())
        return (
            f"attention {self.kind}: without the first pieces the score falls {falls}; chance {self.chance:.3g}, "
            f"agreement with erasure {self.agreement:+.2f}"
        )


def verdict(
    ask: Ask, attention: Float[Tensor, " S"], gradient: Float[Tensor, " S"] | None = None, *, seed: int = 1
) -> Verdict:
    """Judge the attention to S pieces of an input by what their absence does to the answer's score.

    - **supported**: the weights lie on what matters as hardly any other order of them would (chance at most 0.04), and
      the pieces attended to most take at least half of what the best known ranking takes from the score, counted from
      what random ones take.
    - **weak**: the former alone.
    - **not supported**: neither. The answer rests on something else, on all pieces alike, or on several that stand in
      for each other, so that none is missed alone.

    It is about this answer of this model, and says nothing of whether the answer is right.

    Args:
        ask: the score of the answer where only some pieces are kept.
        attention: to each piece.
        gradient: of the score by each piece, times the piece, if it is known.
        seed: of the random orders.
    """
    generator = torch.Generator().manual_seed(seed)
    effects = erasure(ask, len(attention))
    chance = chance_of(attention[None], effects[None], generator)
    named = {"attention": attention, "erasure": effects} | ({} if gradient is None else {"gradient": gradient})
    random = torch.rand(_RANDOM, len(attention), generator=generator)
    found = faithfulness(ask, torch.cat([torch.stack(list(named.values())), random]), generator)
    falls, rests = (
        dict(zip(named, each[: len(named)].tolist(), strict=True)) | {"random": each[len(named) :].mean().item()}
        for each in found
    )
    top = max(falls.values()) - falls["random"]
    gain = (falls["attention"] - falls["random"]) / top if top > 0 else 0.0
    kind = "not supported" if chance > _LIKELY else "supported" if gain >= _ENOUGH else "weak"
    return Verdict(kind, chance, gain, falls, rests, agreement(attention, effects))
