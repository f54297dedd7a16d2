"""From texts to the evidence behind their labels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from sightline.data.documents import Word
from sightline.models.classify import Evidence
from sightline.results import Piece
from sightline.tasks.classify.believing import believe
from sightline.tasks.classify.building import Parts
from sightline.tasks.classify.config import ClassifyConfig
from sightline.tasks.classify.corpus import collate
from sightline.tasks.classify.cutting import Cut, number, pieces_of, words_of
from sightline.tasks.classify.predicting import cut_all, ngram_scores
from sightline.tasks.classify.result import Classification, Phrase
from sightline.tasks.classify.sides import sides_of

__all__ = ["classifications"]


@torch.no_grad()
def classifications(
    texts: Sequence[str], parts: Parts, config: ClassifyConfig, *, verdict: bool
) -> list[Classification]:
    """Each document's classification with all of its evidence, one document after the other."""
    device = next(parts.network.parameters()).device
    found: list[Classification] = []
    for text, each in zip(texts, cut_all(texts, config), strict=True):
        (rows,) = number([each], parts.tokenizer)
        documents = collate([rows])
        evidence = parts.network.evidence(documents.to(device))
        words = words_of(text, config.words, config.data)
        one = _classification(text, each, words, evidence, documents.mask, parts)
        if verdict and one.label != ():
            weights, sign = one.sides[0].weights, np.float32(1)
            if parts.labels.kind == "ordered" and one.scores @ weights < 0:
                sign = np.float32(-1)  # the answer is low on the scale: what takes it up speaks against it
            believed = believe(
                parts.network, rows, one.attended(), one.word_contributions, sign * weights, config.training
            )
            if believed is not None:
                one = replace(one, verdict=believed[0], effects=sign * believed[1])
        found.append(one)
    return found


def _classification(
    text: str, each: Cut, words: Sequence[Word], evidence: Evidence, inside: Tensor, parts: Parts
) -> Classification:
    network, tokenizer, labels, wide, _, mixture, _ = parts
    constant = (mixture.deep * network.head.constant).cpu()
    if wide is not None:
        constant = constant + mixture.wide * torch.from_numpy(wide.bias)
    scores = mixture.join(evidence.scores.cpu(), ngram_scores(parts, [each]))
    probabilities = mixture.probabilities(network.head, scores)
    attended = evidence.maps["word"].cpu()
    weights = evidence.maps.get("sentence")
    count = int(inside.sum())
    sides = ((evidence.words, count), (evidence.sentences, len(each.sentences)))  # what is behind is padding
    shares = [None if part is None else (mixture.deep * part[0, :there]).cpu().numpy() for part, there in sides]
    label = labels.names(labels.decide(probabilities.numpy()))[0]
    return Classification(
        label=label,
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
        sides=sides_of(labels, label, probabilities[0].tolist()),
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
    index, spans = parts.wide.index, dict[int, range]()
    for order, numbers in zip(index.orders, index.places([word.text for word in words], {}), strict=True):
        for first, known in enumerate(numbers.tolist()):
            if known >= 0:
                spans.setdefault(known, range(first, first + order))
    shares = np.float32(parts.mixture.wide) * parts.wide.shares(list(spans))
    found: list[Phrase] = []
    for span, share in zip(spans.values(), shares, strict=True):
        start, end = words[span[0]].start, words[span[-1]].end
        found.append(Phrase(Piece(text[start:end], start, end), span, share))
    return found
