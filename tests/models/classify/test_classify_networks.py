"""Networks that classify: against loops over words and sentences, and what padding and company may not change."""

from itertools import chain

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from sightline.attention import Additive, Attention
from sightline.layers import AttentionPooling, GatedPooling, MaxPooling
from sightline.models.classify import (
    DocumentNetwork,
    Documents,
    FlatReader,
    HierarchicalReader,
    NoContext,
    OneHead,
    OwnHierarchicalReader,
    OwnReader,
    RecurrentContext,
    TokenEmbedding,
    TransformerContext,
)

pytestmark = pytest.mark.usefixtures("float64")

V, E, D, C = 13, 6, 5, 3
DOCUMENTS = [[[4, 5, 6], [7, 8]], [[9, 10, 11, 12, 4]], [[5], [6, 6, 7], [8, 9]]]
EXACT = {"rtol": 1e-9, "atol": 1e-9}


def _recurrent(width: int, cell: str = "gru") -> RecurrentContext:
    return RecurrentContext(cell, input_width=width, width=D, layers=1, bidirectional=True, dropout=0.0)


def _attention(width: int) -> AttentionPooling:
    pooling = AttentionPooling(Attention(Additive(width, width, 7)), width)
    nn.init.normal_(pooling.question)
    return pooling


def _transformer() -> TransformerContext:
    return TransformerContext(input_width=E, width=8, heads=2, hidden=11, layers=2, dropout=0.0)


READERS = {
    "recurrent": lambda: FlatReader(_recurrent(E), _attention(2 * D)),
    "lstm": lambda: FlatReader(_recurrent(E, "lstm"), _attention(2 * D)),
    "max": lambda: FlatReader(_recurrent(E), MaxPooling()),
    "gated": lambda: FlatReader(_recurrent(E), GatedPooling(2 * D)),
    "transformer": lambda: FlatReader(_transformer(), _attention(8)),
    "words": lambda: FlatReader(NoContext(E), _attention(E)),
    "own": lambda: OwnReader(_recurrent(E), _attention(2 * D), E),
    "own hierarchy": lambda: OwnHierarchicalReader(
        words=_recurrent(E),
        word_pooling=_attention(2 * D),
        sentences=_recurrent(E),
        sentence_pooling=_attention(2 * D),
        width=E,
    ),
    "hierarchical": lambda: HierarchicalReader(
        words=_recurrent(E),
        word_pooling=_attention(2 * D),
        sentences=_recurrent(2 * D),
        sentence_pooling=_attention(2 * D),
    ),
}


@pytest.fixture(params=READERS)
def network(request: pytest.FixtureRequest) -> DocumentNetwork:
    reader = READERS[request.param]()
    embedding = TokenEmbedding(V, E, orders=(2,), buckets=31)
    nn.init.normal_(embedding.ngrams.weight)
    return DocumentNetwork(embedding, reader, OneHead(reader.width, C)).eval()


def _batch(documents: list[list[list[int]]], *, more: int = 0) -> Documents:
    rows = [row for document in documents for row in document]
    width = max(1, *map(len, rows)) + more
    mask = torch.tensor([[i < len(row) for i in range(width)] for row in rows])
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    owner = torch.tensor([i for i, document in enumerate(documents) for _ in document])
    return Documents(tokens, mask, owner)


@torch.no_grad()
def test_padding_changes_nothing(network):
    assert_close(network(_batch(DOCUMENTS, more=3)), network(_batch(DOCUMENTS)), **EXACT)


@torch.no_grad()
def test_a_batch_equals_one_by_one_in_any_order(network):
    together = network(_batch(DOCUMENTS))
    for order in ([0, 1, 2], [2, 0, 1]):
        assert_close(network(_batch([DOCUMENTS[i] for i in order])), together[order], **EXACT)
    for i, document in enumerate(DOCUMENTS):
        assert_close(network(_batch([document]))[0], together[i], **EXACT)


@torch.no_grad()
def test_a_document_without_words_is_answered(network):
    scores = network(_batch([[[4, 5]], [[]], [[6]]]))
    assert scores.isfinite().all()
    assert_close(scores[1], network(_batch([[[]]]))[0], **EXACT)


def test_padding_has_no_gradient(network):
    batch = _batch(DOCUMENTS, more=2)
    x = network.embed(batch.tokens).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(network.score(x, batch)[:, 0].sum(), x)
    assert not gradient[~batch.mask].any()
    assert gradient[batch.mask].any(-1).any()


@torch.no_grad()
def test_shares_add_up_to_the_scores(network):
    evidence = network.evidence(_batch(DOCUMENTS))
    assert_close(evidence.scores, network(_batch(DOCUMENTS)), **EXACT)
    shares = [part for part in (evidence.words, evidence.sentences) if part is not None]
    if shares:
        assert_close(shares[0].sum(1) + network.head.constant, evidence.scores, **EXACT)
    else:
        assert isinstance(network.reader.pooling, GatedPooling)


@torch.no_grad()
def test_a_hierarchy_is_the_loop_over_its_sentences_and_words():
    reader = READERS["hierarchical"]()
    documents = [*DOCUMENTS, [[4] * length for length in (30, 9, 1, 12, 13, 27)]]
    batch = _batch(documents)
    x = torch.randn(*batch.tokens.shape, E)
    read = reader(x * batch.mask.unsqueeze(-1), batch, need_weights=True)
    for i, document in enumerate(documents):
        rows = (batch.owner == i).nonzero().flatten().tolist()
        vectors: list[Tensor] = []
        for r, sentence in zip(rows, document, strict=True):
            words = x[r : r + 1, : len(sentence)]
            there = torch.ones(1, len(sentence), dtype=torch.bool)
            vector, weights = reader.word_pooling(reader.words(words, there), there)
            assert_close(read.maps["word"][r, : len(sentence)], weights[0], **EXACT)
            vectors.append(vector[0])
        there = torch.ones(1, len(vectors), dtype=torch.bool)
        pooled, weights = reader.sentence_pooling(reader.sentences(torch.stack(vectors)[None], there), there)
        assert_close(read.pooled[i], pooled[0], **EXACT)
        assert_close(read.maps["sentence"][i, : len(rows)], weights[0], **EXACT)
        assert not read.maps["sentence"][i, len(rows) :].any()


@torch.no_grad()
def test_reading_by_sentences_keeps_words_in_order():
    """Without context it makes no difference whether words come in sentences or in one row."""
    reader = READERS["words"]()
    embedding = TokenEmbedding(V, E)
    apart, whole = _batch(DOCUMENTS), _batch([[list(chain(*document))] for document in DOCUMENTS])
    read, other = (reader(embedding(b.tokens), b, need_weights=True) for b in (apart, whole))
    assert_close(read.pooled, other.pooled, **EXACT)
    assert_close(read.maps["word"], other.maps["word"], **EXACT)


@torch.no_grad()
def test_ngrams_end_where_their_last_word_stands():
    embedding = TokenEmbedding(V, E, orders=(2, 3), buckets=997)
    nn.init.normal_(embedding.ngrams.weight)
    nn.init.zeros_(embedding.ngrams.weight.data[0])
    x = embedding(torch.tensor([[4, 5, 6, 4, 5], [5, 6, 4, 0, 0]])) - embedding.tokens(
        torch.tensor([[4, 5, 6, 4, 5], [5, 6, 4, 0, 0]])
    )
    assert not x[0, 0].any()  # nothing ends in the first word
    assert not x[1, 3:].any()  # nor in padding
    pair = embedding.ngrams(embedding._hashed(torch.tensor([[4, 5]]), 2))[0, 1]
    assert_close(x[0, 1], pair, **EXACT)
    triple = embedding.ngrams(embedding._hashed(torch.tensor([[6, 4, 5]]), 3))[0, 2]
    assert_close(x[0, 4], pair + triple, **EXACT)
    assert not torch.equal(x[1, 1], x[0, 1])


def test_words_are_left_out_in_training_alone():
    embedding = TokenEmbedding(V, E, word_dropout=0.5)
    tokens = torch.full((1, 200), 4)
    unknown = embedding.tokens.weight[1]
    share = (embedding(tokens)[0] == unknown).all(-1).double().mean()
    assert 0.3 < share < 0.7
    assert not (embedding.eval()(tokens)[0] == unknown).all(-1).any()
