"""From texts to scores, and to the evidence behind them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.documents import Word
from sightline.models.classify import DocumentNetwork, Evidence
from sightline.results import Piece
from sightline.tasks.classify.building import Parts, reads_sentences
from sightline.tasks.classify.config import ClassifyConfig, ClassifyTraining
from sightline.tasks.classify.corpus import batches_of, collate
from sightline.tasks.classify.cutting import Cut, cut, number, pieces_of, words_of
from sightline.tasks.classify.result import Classification, Phrase

__all__ = ["Said", "classifications", "found_beside", "network_scores", "said_of"]


class Said(NamedTuple):
    """What the parts of a classifier say of n documents.

    Attributes:
        cuts: the documents.
        network: its scores, `[n, K]`.
        ngrams: those of the linear model, if there is one.
    """

    cuts: list[Cut]
    network: Tensor
    ngrams: Tensor | None

    def probabilities(self, parts: Parts) -> NDArray[np.float32]:
        """Of each class by both together, `[n, C]`."""
        return parts.network.head.probabilities(parts.mixture.join(self.network, self.ngrams)).numpy()


def _cuts(texts: Sequence[str], config: ClassifyConfig) -> list[Cut]:
    sentences = reads_sentences(config)
    return [cut(text, config.words, config.data, sentences=sentences) for text in texts]


@torch.inference_mode()
def said_of(texts: Sequence[str], parts: Parts, config: ClassifyConfig) -> Said:
    """What the parts say of documents."""
    cuts = _cuts(texts, config)
    scores = network_scores(parts.network, number(cuts, parts.tokenizer), config.training)
    return Said(cuts, scores, _ngram_scores(parts, cuts))


@torch.inference_mode()
def network_scores(network: DocumentNetwork, rows: Sequence[list[list[int]]], training: ClassifyTraining) -> Tensor:
    """Scores of numbered documents, in their order, `[n, K]`."""
    device = next(network.parameters()).device
    places = batches_of(rows, training.batch_documents, training.batch_tokens, None)
    found = [network(collate([rows[i] for i in some]).to(device)).cpu() for some in places]
    order = torch.tensor([i for some in places for i in some], dtype=torch.int64)
    return torch.cat([torch.zeros(0, len(network.head.constant)), *found])[order.argsort()]


def _ngram_scores(parts: Parts, cuts: Sequence[Cut]) -> Tensor | None:
    return None if parts.wide is None else torch.from_numpy(parts.wide.scores(each.words for each in cuts))


def found_beside(said: Said, parts: Parts) -> dict[str, tuple[NDArray[np.int64], float]]:
    """What each part alone and the baseline take documents for, and the seconds that their training took."""
    labels = parts.labels
    found = {"network": labels.decide(said._replace(ngrams=None).probabilities(parts))}
    for name, linear in (("n-grams", parts.wide), ("tf-idf", parts.baseline)):
        if linear is not None:
            scores = linear.scores(each.words for each in said.cuts)
            found[name] = (scores > 0).astype(np.int64) if labels.kind == "several" else scores.argmax(-1)
    return {name: (answer, parts.seconds[name]) for name, answer in found.items()}


@torch.inference_mode()
def classifications(texts: Sequence[str], parts: Parts, config: ClassifyConfig) -> list[Classification]:
    """Each document's classification with all of its evidence, one document after the other."""
    device = next(parts.network.parameters()).device
    found: list[Classification] = []
    for text, each in zip(texts, _cuts(texts, config), strict=True):
        documents = collate(number([each], parts.tokenizer))
        evidence = parts.network.evidence(documents.to(device))
        words = words_of(text, config.words, config.data)
        found.append(_classification(text, each, words, evidence, documents.mask, parts))
    return found


def _classification(
    text: str, each: Cut, words: Sequence[Word], evidence: Evidence, inside: Tensor, parts: Parts
) -> Classification:
    network, tokenizer, labels, wide, _, mixture, _ = parts
    constant = (mixture.deep * network.head.constant).cpu()
    if wide is not None:
        constant = constant + mixture.wide * torch.from_numpy(wide.bias)
    scores = mixture.join(evidence.scores.cpu(), _ngram_scores(parts, [each]))
    probabilities = network.head.probabilities(scores)
    attended = evidence.maps["word"].cpu()
    weights = evidence.maps.get("sentence")
    count = int(inside.sum())
    sides = ((evidence.words, count), (evidence.sentences, len(each.sentences)))  # what is behind is padding
    shares = [None if part is None else (mixture.deep * part[0, :there]).cpu().numpy() for part, there in sides]
    return Classification(
        label=labels.names(labels.decide(probabilities.numpy()))[0],
        probabilities=dict(zip(labels.classes, probabilities[0].tolist(), strict=True)),
        source=text,
        words=[Piece(text[word.start : word.end], word.start, word.end, i) for i, word in enumerate(words)],
        pieces=pieces_of(words, each.sentences, tokenizer),
        sentences=_sentences(text, words, each.sentences) if len(each.sentences) > 1 or weights is not None else (),
        word_attention=(attended[inside] if weights is not None else attended[0, :count]).numpy(),
        sentence_attention=None if weights is None else weights[0, : len(each.sentences)].cpu().numpy(),
        scores=scores[0].numpy(),
        constant=constant.numpy(),
        word_contributions=shares[0],
        sentence_contributions=shares[1],
        phrases=_phrases(text, words, parts),
    )


def _sentences(text: str, words: Sequence[Word], counts: Sequence[int]) -> list[Piece]:
    """The sentences, each from its first word to its last; `word` is the first one's place."""
    found: list[Piece] = []
    done = 0
    for count in counts:
        start, end = words[done].start, words[done + count - 1].end
        found.append(Piece(text[start:end], start, end, done))
        done += count
    return found


def _phrases(text: str, words: Sequence[Word], parts: Parts) -> list[Phrase]:
    """The n-grams that the linear model knows, each where it stands first."""
    if parts.wide is None:
        return []
    known: dict[str, int] = {}
    seen: set[int] = set()
    found: list[Phrase] = []
    factor = np.float32(parts.mixture.wide)
    numbers = parts.wide.index.places([word.text for word in words], known)
    for order, places in zip(parts.wide.index.orders, numbers, strict=True):
        for first, place in enumerate(places.tolist()):
            if place >= 0 and place not in seen:
                seen.add(place)
                start, end = words[first].start, words[first + order - 1].end
                shares = factor * parts.wide.weights[place]
                found.append(Phrase(Piece(text[start:end], start, end), range(first, first + order), shares))
    return found
