"""What a sequence-to-sequence model offers to those who train it and decode with it."""

from typing import Any, Protocol

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

__all__ = ["Maps", "Seq2Seq"]

Maps = dict[str, Tensor]


class Seq2Seq(Protocol):
    """Encode once, start, then step; or all target positions at once with `__call__`, teacher forcing.

    `memory` has one row per input and is only read: the beams of an input are queries of its one row. `state` is a
    tree of tensors whose rows, N = B x beam, a search may choose and reorder.
    """

    output: nn.Linear  # features to logits

    def embed(self, source: Int[Tensor, "B S"]) -> Float[Tensor, "B S E"]:
        """The vectors of B inputs' tokens."""
        ...

    def encode(
        self, source: Int[Tensor, "B S"], mask: Bool[Tensor, "B S"], vectors: Float[Tensor, "B S E"] | None = None
    ) -> Any:
        """The memory of B inputs; `mask` is True at their tokens, False at padding.

        `vectors` are read in place of `embed(source)`, where it is asked what the tokens' vectors are worth.
        """
        ...

    def start(self, memory: Any) -> Any:
        """The state before the first target token, B rows."""
        ...

    def step(self, tokens: Int[Tensor, " N"], memory: Any, state: Any) -> tuple[Float[Tensor, "N V"], Any]:
        """Log-probabilities of the next token after these, and the next state."""
        ...

    def __call__(
        self,
        source: Int[Tensor, "B S"],
        mask: Bool[Tensor, "B S"],
        target: Int[Tensor, "B T"],
        *,
        need_weights: bool = False,
    ) -> tuple[Float[Tensor, "B T D"], Maps]:
        """Features of every position of a target that begins with `<bos>`, and the attention behind them.

        The maps are empty without `need_weights`; with it they hold `"cross"` as `[B, T, S]` or `[B, layers, H, T, S]`,
        and what else the model attends with. Logits are `output(features)`.
        """
        ...
