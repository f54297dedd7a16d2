"""A network that classifies documents: embedding, reader, head."""

from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor, nn

from sightline.layers import Dropout
from sightline.models.classify.embedding import TokenEmbedding
from sightline.models.classify.heads import Head
from sightline.models.classify.protocol import Documents, Maps, Reader

__all__ = ["DocumentNetwork", "Evidence"]


class Evidence(NamedTuple):
    """Scores of documents and what they came from.

    Attributes:
        scores: `[B, K]`.
        maps: attention by name (see `Read`).
        words: `[B, L, K]`, what each word adds to each score: with the head's constant they sum to it. None where that
            is no sum over words.
        sentences: likewise `[B, N, K]`, of sentences.
    """

    scores: Tensor
    maps: Maps
    words: Tensor | None
    sentences: Tensor | None


class DocumentNetwork(nn.Module):
    """Reads documents and scores their labels.

        scores = head(dropout(reader(embedding(tokens))))

    The steps can be had apart, so that training may disturb what lies between them.

    Args:
        embedding: of the tokens.
        reader: makes one vector of a document.
        head: linear in that vector.
        dropout: of the vector.

    Example:
        >>> import torch
        >>> from sightline.attention import Attention
        >>> from sightline.layers import AttentionPooling
        >>> from sightline.models.classify import FlatReader, NoContext, OneHead
        >>> reader = FlatReader(NoContext(4), AttentionPooling(Attention("dot"), 4))
        >>> network = DocumentNetwork(TokenEmbedding(11, 4), reader, OneHead(4, 3))
        >>> tokens = torch.tensor([[5, 6, 7], [8, 0, 0]])
        >>> network(Documents(tokens, tokens != 0, torch.arange(2))).shape
        torch.Size([2, 3])
    """

    def __init__(self, embedding: TokenEmbedding, reader: Reader, head: Head, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.embedding = embedding
        self.reader = reader
        self.head = head
        self.dropout = Dropout(dropout)

    def embed(self, tokens: Int[Tensor, "M S"]) -> Float[Tensor, "M S E"]:
        """The tokens' vectors."""
        return self.embedding(tokens)

    def score(self, x: Float[Tensor, "M S E"], documents: Documents) -> Float[Tensor, "B K"]:
        """Scores from the tokens' vectors."""
        return self.head(self.dropout(self.reader(x, documents).pooled))

    def forward(self, documents: Documents) -> Float[Tensor, "B K"]:
        """Scores."""
        return self.score(self.embed(documents.tokens), documents)

    def evidence(self, documents: Documents) -> Evidence:
        """Scores, attention, and what each part added; in evaluation mode the shares add up to the scores."""
        read = self.reader(self.embed(documents.tokens), documents, need_weights=True)
        shares = (None if parts is None else self.head.shares(parts) for parts in (read.words, read.sentences))
        return Evidence(self.head(self.dropout(read.pooled)), read.maps, *shares)
