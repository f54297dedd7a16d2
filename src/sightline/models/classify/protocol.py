"""What networks that classify documents read and give."""

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["Context", "Documents", "Maps", "Pooling", "Read", "Reader"]

Maps = dict[str, Tensor]


class Documents(NamedTuple):
    """Documents as tensors: M rows of tokens, each a sentence or a whole document, in the order of B documents.

    Attributes:
        tokens: ids, then padding.
        mask: True where there is a token; a document without any has one row of padding.
        owner: the document of each row, rising from 0, none left out.
    """

    tokens: Int[Tensor, "M S"]
    mask: Bool[Tensor, "M S"]
    owner: Int[Tensor, " M"]

    @property
    def size(self) -> int:
        """B."""
        return int(self.owner[-1]) + 1 if len(self.owner) else 0

    def to(self, device: torch.device) -> "Documents":
        """The same on a device."""
        return Documents(*(tensor.to(device) for tensor in self))

    def places(self) -> Int[Tensor, " M"]:
        """The place of each row in its document, from 0."""
        first = torch.searchsorted(self.owner, torch.arange(self.size, device=self.owner.device))
        return torch.arange(len(self.owner), device=self.owner.device) - first[self.owner]

    def rows(self, x: Float[Tensor, "M D"]) -> tuple[Float[Tensor, "B N D"], Bool[Tensor, "B N"]]:
        """What each row has, side by side for each document, and where there is a row with a token in it."""
        counts = torch.bincount(self.owner, minlength=self.size)
        there = torch.arange(int(counts.max()), device=x.device) < counts.unsqueeze(-1)
        filled = there.clone()
        filled[there] = self.mask.any(-1)
        return _lay_out(x, there), filled

    def words(self, x: Float[Tensor, "M S D"]) -> tuple[Float[Tensor, "B L D"], Bool[Tensor, "B L"]]:
        """What each token has, one after another for each document, and where there is a token."""
        if len(self.owner) == self.size:
            return x, self.mask
        lengths = torch.zeros(self.size, dtype=torch.int64, device=x.device)
        lengths = lengths.index_add(0, self.owner, self.mask.sum(-1))
        there = torch.arange(int(lengths.max()), device=x.device) < lengths.unsqueeze(-1)
        return _lay_out(x[self.mask], there), there


def _lay_out(x: Float[Tensor, "n D"], there: Bool[Tensor, "B N"]) -> Float[Tensor, "B N D"]:
    """As many vectors as there are places, put into them in order."""
    return x.new_zeros(*there.shape, x.shape[-1]).masked_scatter(there.unsqueeze(-1), x)


@runtime_checkable
class Context(Protocol):
    """Vectors that know what stands beside them; `width` is D."""

    width: int

    def __call__(self, x: Float[Tensor, "B S I"], mask: Bool[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        """One vector a position, zero at padding."""
        ...


@runtime_checkable
class Pooling(Protocol):
    """One vector of many (see `sightline.layers.pooling`)."""

    def __call__(
        self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]
    ) -> tuple[Float[Tensor, "B D"], Float[Tensor, "B S"]]:
        """The vector, and what each position had in it."""
        ...

    def parts(self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]) -> Float[Tensor, "B S D"] | None:
        """What each position gave to the vector, of which it is the sum; None where it is no sum."""
        ...


class Read(NamedTuple):
    """What a reader made of documents.

    Attributes:
        pooled: `[B, D]`.
        maps: with `need_weights` attention by name: `"word"` `[B, L]` of a whole document, or `"sentence"` `[B, N]` and
            `"word"` `[M, S]` within each sentence.
        words: with `need_weights` `[B, L, D]`, what each word gave to `pooled`, where that is a sum over words.
        sentences: likewise `[B, N, D]`, where it is a sum over sentences.
    """

    pooled: Tensor
    maps: Maps
    words: Tensor | None = None
    sentences: Tensor | None = None


@runtime_checkable
class Reader(Protocol):
    """From the tokens' vectors to one of each document; `width` is D."""

    width: int

    def __call__(self, x: Float[Tensor, "M S E"], documents: Documents, *, need_weights: bool = False) -> Read:
        """What it makes of them."""
        ...
