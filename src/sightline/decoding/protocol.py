"""What decoding asks of a model, and what it gives back."""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from jaxtyping import Float, Int
from torch import Tensor

__all__ = ["BOS", "EOS", "PAD", "Hypothesis", "Step"]

PAD, BOS, EOS = 0, 2, 3

M = TypeVar("M", contravariant=True)
S = TypeVar("S")


class Step(Protocol[M, S]):
    """One step of a model that writes token by token.

    Takes the last token of each of N rows, the memory and the state; gives the natural log-probabilities of the next
    token and the next state. Row `b * beams + k` is beam `k` of input `b`, and `beams` may change from step to step.

    `memory` has one row per input. It is opaque: passed on as it came, never copied, indexed or reordered.
    `state` is a tree (see `sightline.decoding.tree`) whose tensors have the N rows first.
    """

    def __call__(self, tokens: Int[Tensor, " N"], memory: M, state: S, /) -> tuple[Float[Tensor, "N V"], S]:
        """Write on from `tokens`."""
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A complete output sequence.

    Attributes:
        tokens: what was written, without the start symbol and with the final end symbol.
        log_prob: natural log-probability of the tokens under the model, the end symbol included, in nats.
        score: what the search ranked by; equal to `log_prob` where there is no length penalty.
        forced_end: True when the sequence reached the maximum length, where nothing but the end could be chosen.
    """

    tokens: tuple[int, ...]
    log_prob: float
    score: float
    forced_end: bool
