"""Training a classifier: its loss, its validation, the hand-over to the loop, and what comes after."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

import numpy as np
import torch
from torch import Tensor

from sightline.data.documents import Labels
from sightline.explain import entropy
from sightline.metrics import accuracy, f1
from sightline.models.classify import DocumentNetwork
from sightline.tasks.classify.building import Parts
from sightline.tasks.classify.combining import fit_mixture
from sightline.tasks.classify.config import ClassifyConfig
from sightline.tasks.classify.corpus import Batch, Corpus
from sightline.tasks.classify.linear import Linear, fit_nbsvm, fit_tfidf
from sightline.tasks.classify.predicting import Said, network_scores
from sightline.tasks.classify.starting import Start
from sightline.training import FitResult, Listener, Loss, fast_matmul, fit

__all__ = ["learn"]


def learn(
    start: Start,
    config: ClassifyConfig,
    *,
    folder: Path,
    resume: bool,
    finish: bool,
    listeners: Sequence[Listener],
) -> tuple[Parts, FitResult, Said]:
    """Train the network in place, then what stands beside it, then join both on the documents of validation.

    What the parts say of these comes last.
    """
    network, labels = start.parts.network, start.parts.labels
    training = config.training
    mode = "min" if training.metric == "loss" else "max"
    settings = training.settings(config.seed, metric=training.metric, mode=mode)
    device = next(network.parameters()).device
    sums = config.model.pooling != "gated"
    kind = training.matmul
    with fast_matmul("large" if kind == "auto" else kind, device):
        result = fit(
            network,
            batches=start.train.corpus.batches,
            loss=_objective(config, start.train.corpus.labels, device),
            validate=lambda network: _validate(network, start.valid.corpus, labels, sums=sums),
            settings=settings,
            folder=folder,
            resume=resume,
            finish=finish,
            on_event=listeners,
        )
    parts, said = _complete(start, config, result.seconds)
    return parts, result, said


def _complete(start: Start, config: ClassifyConfig, trained: float) -> tuple[Parts, Said]:
    """The parts with what stands beside the network, which took so many seconds, and how it is joined."""
    network, _, labels, *_ = start.parts
    begin, seconds = monotonic(), {"network": trained}
    documents, held = [each.words for each in start.train.cuts], start.train.corpus.labels.numpy()
    count = len(labels.classes)
    wide: Linear | None = None
    said: Tensor | None = None
    if config.wide is not None:
        # Ordered classes are told by the borders between them, above which a document lies or not.
        above = (held[:, None] > np.arange(count - 1)).astype(np.float32) if labels.kind == "ordered" else None
        known = (held, count) if above is None else (above, count - 1)
        wide = fit_nbsvm(documents, *known, **config.wide.model_dump())
        said = torch.from_numpy(wide.scores(each.words for each in start.valid.cuts))
        seconds["n-grams"] = monotonic() - begin
    begin = monotonic()
    baseline = fit_tfidf(documents, held, count)
    seconds["tf-idf"] = monotonic() - begin
    held_out = start.valid.corpus
    scores = network_scores(network.eval(), held_out.rows, config.training)
    mixture = fit_mixture(network.head, scores, said, held_out.labels)
    parts = start.parts._replace(wide=wide, baseline=baseline, mixture=mixture, seconds=seconds)
    return parts, Said(start.valid.cuts, scores, said)


def _objective(
    config: ClassifyConfig, labels: Tensor, device: torch.device
) -> Callable[[DocumentNetwork, Batch], Loss]:
    """The loss of a batch: each document's, weighted by its class, with that under the worst change if asked for."""
    weights: Tensor | None = None
    if config.training.class_weights == "balanced":
        counts = torch.bincount(labels)
        weights = (len(labels) / (len(counts) * counts)).to(device)
    size = config.training.adversarial

    def loss(network: DocumentNetwork, batch: Batch) -> Loss:
        documents, held = batch.documents.to(device), batch.labels.to(device)
        x = network.embed(documents.tokens)
        each = network.head.loss(network.score(x, documents), held)
        if size:
            # The change that hurts most, to first order (Miyato et al. 2017, equation 5).
            (slope,) = torch.autograd.grad(each.sum(), x, retain_graph=True)
            each = each + network.head.loss(network.score(x + _worst(slope, x, documents.owner, size), documents), held)
        return Loss((each if weights is None else each * weights[held]).sum(), len(held))

    return loss


def _worst(slope: Tensor, x: Tensor, owner: Tensor, size: float) -> Tensor:
    """The slope, as long as `size` times a document's own embeddings."""

    def lengths(vectors: Tensor) -> Tensor:
        squares = vectors.square().sum((1, 2))
        return squares.new_zeros(int(owner[-1]) + 1).index_add(0, owner, squares).sqrt()[owner][:, None, None]

    own = x.detach()
    return size * slope * lengths(own) / lengths(slope).clamp_min(1e-12)


@torch.inference_mode()
def _validate(network: DocumentNetwork, valid: Corpus, labels: Labels, *, sums: bool) -> dict[str, float]:
    """Loss, accuracy and F1 of the network alone; where its weights sum to 1, also their entropy."""
    device = next(network.parameters()).device
    total = 0.0
    found: list[np.ndarray] = []
    held: list[np.ndarray] = []
    entropies: dict[str, list[tuple[float, int]]] = {}
    for batch in valid.batches():
        documents = batch.documents.to(device)
        read = network.reader(network.embed(documents.tokens), documents, need_weights=True)
        scores = network.head(read.pooled)
        total += float(network.head.loss(scores, batch.labels.to(device)).sum())
        found.append(labels.decide(network.head.probabilities(scores).cpu().numpy()))
        held.append(batch.labels.numpy().astype(np.int64))
        for name, weights in read.maps.items() if sums else ():
            mean, rows = float(entropy(weights, weights.any(-1))), int(weights.any(-1).sum())
            if not math.isnan(mean):
                entropies.setdefault(name, []).append((mean, rows))
    answers, truth = np.concatenate(found), np.concatenate(held)
    metrics = {
        "loss": total / len(truth),
        "accuracy": accuracy(answers, truth),
        "macro_f1": f1(answers, truth, "macro"),
    }
    for name, means in entropies.items():
        metrics[f"entropy/{name}"] = sum(mean * n for mean, n in means) / sum(n for _, n in means)
    return metrics
