"""What a token is to a network that classifies: a vector of its own, and those of the n-grams that end in it."""

from collections.abc import Sequence
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from sightline.layers import Dropout
from sightline.models.embeddings import PAD, UNK

__all__ = ["TokenEmbedding"]

_PRIME = 1_000_003  # n-grams are told apart by a polynomial of it


class TokenEmbedding(nn.Module):
    """A vector for each token; with n-grams, `e(w_t) + sum_n g(w_{t-n+1} ... w_t)`, by hashing.

    The n-grams are those of Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification", section 2.1, added
    to the token that they end in, so that a document's evidence has a place; those that would begin before a row's
    first token are left out. Initialisation: normal with standard deviation 0.1, n-grams zero, so that at first they
    have nothing to say; the row of padding zero and never trained.

    Args:
        size: V.
        width: E.
        orders: of the n-grams, such as 2 and 3; none for the tokens alone.
        buckets: of the hash, for all orders together.
        word_dropout: with what probability a token counts as unknown in training.
        dropout: of the vectors' numbers.

    Example:
        >>> embedding = TokenEmbedding(7, 4, orders=(2,), buckets=16)
        >>> embedding(torch.tensor([[4, 5, 0]])).shape
        torch.Size([1, 3, 4])
    """

    def __init__(
        self,
        size: int,
        width: int,
        *,
        orders: Sequence[int] = (),
        buckets: int = 2**18,
        word_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.width = width
        self.orders, self.buckets = tuple(orders), buckets
        self.word_dropout = word_dropout
        self.tokens = nn.Embedding(size, width, padding_idx=PAD)
        self.ngrams = nn.Embedding(buckets, width, padding_idx=0, sparse=True) if orders else None
        self.dropout = Dropout(dropout)
        nn.init.normal_(self.tokens.weight, std=0.1)
        nn.init.zeros_(self.tokens.weight.data[PAD])
        if self.ngrams is not None:
            nn.init.zeros_(self.ngrams.weight)

    def forward(self, tokens: Int[Tensor, "M S"]) -> Float[Tensor, "M S E"]:
        """The vectors, zero at padding."""
        if self.training and self.word_dropout:
            lost = (torch.rand(tokens.shape, device=tokens.device) < self.word_dropout) & (tokens != PAD)
            tokens = tokens.masked_fill(lost, UNK)
        x = self.tokens(tokens)
        for order in self.orders:
            x = x + cast("nn.Embedding", self.ngrams)(self._hashed(tokens, order))
        return self.dropout(x)

    def _hashed(self, tokens: Int[Tensor, "M S"], order: int) -> Int[Tensor, "M S"]:
        """The bucket of the n-gram that ends at each place; 0 where none does."""
        steps = tokens.shape[1]
        if steps < order:
            return torch.zeros_like(tokens)
        value = torch.full_like(tokens[:, order - 1 :], order)
        for offset in range(order):
            value = value * _PRIME + tokens[:, offset : steps - order + 1 + offset]
        value = 1 + (value ^ (value >> 17)) % (self.buckets - 1)
        inside = tokens[:, order - 1 :] != PAD
        return nn.functional.pad(value.masked_fill(~inside, 0), (order - 1, 0))
