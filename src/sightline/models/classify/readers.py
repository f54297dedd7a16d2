"""From the vectors of tokens to one of each document: all tokens at once, or sentence by sentence."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.layers import AttentionPooling
from sightline.models.classify.protocol import Context, Documents, Pooling, Read

__all__ = ["FlatReader", "HierarchicalReader", "OwnHierarchicalReader", "OwnReader"]

_BORDERS = [8, 12, 18, 27, 41, 61, 92, 138, 207, 311]  # sentences of up to 8 tokens are read together, of up to 12, ...


class FlatReader(nn.Module):
    """A context over each row of tokens, and one pooling over all tokens of a document.

    Rows may be whole documents, or their sentences: then a word knows its sentence alone, and long documents take as
    many steps as their longest sentence.

    Args:
        context: of the tokens.
        pooling: over them.

    Example:
        >>> import torch
        >>> from sightline.layers import MaxPooling
        >>> from sightline.models.classify import Documents, NoContext
        >>> tokens = torch.tensor([[4, 5, 6], [7, 0, 0]])  # a document of two sentences
        >>> documents = Documents(tokens, tokens != 0, torch.tensor([0, 0]))
        >>> read = FlatReader(NoContext(2), MaxPooling())(torch.rand(2, 3, 2), documents, need_weights=True)
        >>> read.pooled.shape, read.maps["word"].shape
        (torch.Size([1, 2]), torch.Size([1, 4]))
    """

    def __init__(self, context: Context, pooling: Pooling) -> None:
        super().__init__()
        self.context = context
        self.pooling = pooling
        self.width = context.width

    def forward(self, x: Float[Tensor, "M S E"], documents: Documents, *, need_weights: bool = False) -> Read:
        """One vector a document; the map is `"word"`, `[B, L]`."""
        states, mask = documents.words(self.context(x, documents.mask))
        pooled, weights = self.pooling(states, mask)
        if not need_weights:
            return Read(pooled, {})
        return Read(pooled, {"word": weights}, words=self.pooling.parts(states, mask))


class OwnReader(nn.Module):
    """As `FlatReader`, where the context says how much of each word is read, and what is read is the word's own vector.

        d = sum_t w_t x_t,   w = softmax(score(q, h_t)),   h = context(x)

    What a word gives to the document's vector is then its own doing, and no neighbour's.

    Args:
        context: of the tokens.
        pooling: over them.
        width: of the tokens' vectors.
    """

    def __init__(self, context: Context, pooling: AttentionPooling, width: int) -> None:
        super().__init__()
        self.context = context
        self.pooling = pooling
        self.width = width

    def forward(self, x: Float[Tensor, "M S E"], documents: Documents, *, need_weights: bool = False) -> Read:
        """One vector a document; the map is `"word"`, `[B, L]`."""
        states, mask = documents.words(self.context(x, documents.mask))
        own, _ = documents.words(x)
        pooled, weights = self.pooling(states, mask, own)
        if not need_weights:
            return Read(pooled, {})
        return Read(pooled, {"word": weights}, words=weights.unsqueeze(-1) * own)


class HierarchicalReader(nn.Module):
    """Words make sentences, sentences make the document, each by a context and a pooling of its own.

    Yang et al. 2016, "Hierarchical Attention Networks for Document Classification", section 2. Of all documents, all
    sentences of about one length are read at once.

    Args:
        words: the context of the words in a sentence.
        word_pooling: over them.
        sentences: the context of the sentences in a document.
        sentence_pooling: over them.
    """

    def __init__(self, *, words: Context, word_pooling: Pooling, sentences: Context, sentence_pooling: Pooling) -> None:
        super().__init__()
        self.words, self.word_pooling = words, word_pooling
        self.sentences, self.sentence_pooling = sentences, sentence_pooling
        self.width = sentences.width

    def forward(self, x: Float[Tensor, "M S E"], documents: Documents, *, need_weights: bool = False) -> Read:
        """One vector a document; the maps are `"sentence"`, `[B, N]`, and `"word"`, `[M, S]` within each sentence."""

        def read(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
            return self.word_pooling(self.words(x, mask), mask)

        vectors, within = _by_length(read, x, documents.mask)
        vectors, mask = documents.rows(vectors)
        states = self.sentences(vectors, mask)
        pooled, weights = self.sentence_pooling(states, mask)
        if not need_weights:
            return Read(pooled, {})
        parts = self.sentence_pooling.parts(states, mask)
        return Read(pooled, {"sentence": weights, "word": within}, sentences=parts)


class OwnHierarchicalReader(nn.Module):
    """As `HierarchicalReader`, where contexts say how much is read, and what is read are the words' own vectors.

        d = sum_n v_n sum_t w_nt x_nt

    Both levels multiply, so that what a word gives to the document's vector is known exactly.

    Args:
        words: the context of the words in a sentence.
        word_pooling: over them.
        sentences: the context of the sentences in a document.
        sentence_pooling: over them.
        width: of the tokens' vectors.
    """

    def __init__(
        self,
        *,
        words: Context,
        word_pooling: AttentionPooling,
        sentences: Context,
        sentence_pooling: AttentionPooling,
        width: int,
    ) -> None:
        super().__init__()
        self.words, self.word_pooling = words, word_pooling
        self.sentences, self.sentence_pooling = sentences, sentence_pooling
        self.width = width

    def forward(self, x: Float[Tensor, "M S E"], documents: Documents, *, need_weights: bool = False) -> Read:
        """One vector a document; the maps are `"sentence"`, `[B, N]`, and `"word"`, `[M, S]` within each sentence."""

        def read(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
            return self.word_pooling(self.words(x, mask), mask, x)

        vectors, within = _by_length(read, x, documents.mask)
        vectors, mask = documents.rows(vectors)
        pooled, weights = self.sentence_pooling(self.sentences(vectors, mask), mask, vectors)
        if not need_weights:
            return Read(pooled, {})
        place = documents.places()
        both = weights[documents.owner, place].unsqueeze(-1) * within
        words, _ = documents.words(both.unsqueeze(-1) * x)
        return Read(pooled, {"sentence": weights, "word": within}, words=words)


def _by_length(
    read: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], x: Float[Tensor, "M S E"], mask: Bool[Tensor, "M S"]
) -> tuple[Float[Tensor, "M D"], Float[Tensor, "M S"]]:
    """What is read of each row, its vector and weights, where rows of about one length share little padding."""
    if x.is_cuda:  # where more steps cost more than padding
        return read(x, mask)
    lengths = mask.sum(-1)
    sizes = torch.bincount(torch.bucketize(lengths, torch.tensor(_BORDERS))).tolist()
    order = lengths.argsort()
    vectors: list[Tensor] = []
    weights: list[Tensor] = []
    for rows in order.split([size for size in sizes if size]):
        longest = max(1, int(lengths[rows[-1]]))
        vector, within = read(x[rows, :longest], mask[rows, :longest])
        vectors.append(vector)
        weights.append(nn.functional.pad(within, (0, x.shape[1] - longest)))
    back = order.argsort()
    return torch.cat(vectors)[back], torch.cat(weights)[back]
