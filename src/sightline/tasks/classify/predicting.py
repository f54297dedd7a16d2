"""From texts to scores."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.models.classify import DocumentNetwork
from sightline.tasks.classify.building import Parts, reads_sentences
from sightline.tasks.classify.config import ClassifyConfig, ClassifyTraining
from sightline.tasks.classify.corpus import batches_of, collate
from sightline.tasks.classify.cutting import Cut, cut, number

__all__ = ["Said", "cut_all", "found_beside", "network_scores", "ngram_scores", "said_of"]


class Said(NamedTuple):
    """What the parts of a classifier say of n documents.

    Attributes:
        cuts: the documents.
        network: its scores, `[n, K]`.
        ngrams: those of the linear model, if there is one.
    """

    cuts: Sequence[Cut]
    network: Tensor
    ngrams: Tensor | None

    def probabilities(self, parts: Parts) -> NDArray[np.float32]:
        """Of each class by both together, `[n, C]`."""
        scores = parts.mixture.join(self.network, self.ngrams)
        return parts.mixture.probabilities(parts.network.head, scores).numpy()


def cut_all(texts: Sequence[str], config: ClassifyConfig) -> list[Cut]:
    """The documents in words, and in sentences where the network wants them."""
    sentences = reads_sentences(config)
    return [cut(text, config.words, config.data, sentences=sentences) for text in texts]


@torch.inference_mode()
def said_of(texts: Sequence[str], parts: Parts, config: ClassifyConfig) -> Said:
    """What the parts say of documents."""
    cuts = cut_all(texts, config)
    scores = network_scores(parts.network, number(cuts, parts.tokenizer), config.training)
    return Said(cuts, scores, ngram_scores(parts, cuts))


@torch.inference_mode()
def network_scores(network: DocumentNetwork, rows: Sequence[list[list[int]]], training: ClassifyTraining) -> Tensor:
    """Scores of numbered documents, in their order, `[n, K]`."""
    device = next(network.parameters()).device
    places = batches_of(rows, training.batch_documents, training.batch_tokens, None)
    found = [network(collate([rows[i] for i in some]).to(device)).cpu() for some in places]
    order = torch.tensor([i for some in places for i in some], dtype=torch.int64)
    return torch.cat([torch.zeros(0, len(network.head.constant)), *found])[order.argsort()]


def ngram_scores(parts: Parts, cuts: Sequence[Cut]) -> Tensor | None:
    """Those of the linear model, `[n, C]`; None where there is none."""
    return None if parts.wide is None else torch.from_numpy(parts.wide.scores(each.words for each in cuts))


def found_beside(said: Said, parts: Parts) -> dict[str, tuple[NDArray[np.int64], float]]:
    """What each part alone and the baseline take documents for, and the seconds that their training took."""
    labels = parts.labels
    found = {"network": labels.decide(said._replace(ngrams=None).probabilities(parts))}
    for name, linear in (("n-grams", parts.wide), ("tf-idf", parts.baseline)):
        if linear is not None:
            known = said.ngrams if linear is parts.wide else None
            scores = linear.scores(each.words for each in said.cuts) if known is None else known.numpy()
            if labels.kind == "several":
                found[name] = (scores > 0).astype(np.int64)
            elif scores.shape[1] < len(labels.classes):
                found[name] = (scores > 0).sum(-1)  # borders that lie below
            else:
                found[name] = scores.argmax(-1)
    return {name: (answer, parts.seconds[name]) for name, answer in found.items()}
