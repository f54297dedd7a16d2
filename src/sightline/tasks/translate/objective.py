"""What a translator's training makes small, by what its configuration asks for."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor

from sightline.attention import CHOICES
from sightline.data import PAD, PairBatch
from sightline.models import Maps, Recurrent
from sightline.tasks.translate.building import Network
from sightline.tasks.translate.config import TranslateConfig
from sightline.tasks.translate.guiding import guided_view
from sightline.training import (
    Loss,
    alignment_loss,
    coverage_loss,
    cross_entropy,
    log_likelihoods,
    marginal_likelihood,
    pointer_loss,
    reinforce,
    scheduled_inputs,
)

__all__ = ["Objective", "training_objective", "validate_batch"]

Objective = Callable[[Network, PairBatch], Loss]


def training_objective(config: TranslateConfig) -> Objective:
    """The loss to train by: its kind by the model, its inputs right tokens or, in part, the model's own guesses."""
    of_inputs = _kind(config)
    share = config.training.scheduled_sampling

    def loss(model: Network, batch: PairBatch) -> Loss:
        batch = batch.to(model.output.weight.device)
        inputs = batch.target[:, :-1]
        if share:
            with torch.no_grad():
                features, _ = model(batch.source, batch.source_mask, inputs)
                guesses = model.output(features).argmax(-1)
            inputs = scheduled_inputs(inputs, guesses, share)
        return of_inputs(model, batch, inputs)

    return loss


def validate_batch(config: TranslateConfig, model: Network, batch: PairBatch) -> tuple[Loss, Maps]:
    """The loss of the answers as the model would give them, without smoothing, and the attention behind them."""
    inputs, targets, output = batch.target[:, :-1], batch.target[:, 1:], model.output
    if config.copies:
        loss, weights = _pointed(model, batch, inputs)
        return loss, {"cross": weights}
    features, maps = model(batch.source, batch.source_mask, inputs, need_weights=True)
    return cross_entropy(features, output.weight, output.bias, targets), maps


def _kind(config: TranslateConfig) -> Callable[[Network, PairBatch, Tensor], Loss]:
    network, training = config.model, config.training
    smoothing, covered = training.label_smoothing, training.coverage_loss
    if network.type == "recurrent":
        if network.pointer:
            return lambda model, batch, inputs: _copied(model, batch, inputs, covered)
        if network.selection in CHOICES and network.estimator == "marginal":
            return _marginal
        if network.selection in CHOICES and network.estimator == "reinforce":
            return lambda model, batch, inputs: _rewarded(model, batch, inputs, smoothing, training.entropy_weight)
    if training.guided_alignment:
        return _guided(config)
    return lambda model, batch, inputs: _likelihood(model, batch, inputs, smoothing, covered)[0]


def _guided(config: TranslateConfig) -> Callable[[Network, PairBatch, Tensor], Loss]:
    """Cross-entropy, and how far the attention is from links that are known."""
    view, training = guided_view(config), config.training
    assert view is not None

    def loss(model: Network, batch: PairBatch, inputs: Tensor) -> Loss:
        (total, count), maps = _likelihood(
            model, batch, inputs, training.label_smoothing, training.coverage_loss, need_weights=True
        )
        return Loss(total + training.guided_alignment * alignment_loss(view.rows(maps["cross"]), batch.links), count)

    return loss


def _likelihood(
    model: Network,
    batch: PairBatch,
    inputs: Tensor,
    smoothing: float,
    covered: float,
    *,
    need_weights: bool = False,
) -> tuple[Loss, Maps]:
    """Cross-entropy, and what was read again; the attention."""
    features, maps = model(batch.source, batch.source_mask, inputs, need_weights=need_weights or covered > 0)
    targets, output = batch.target[:, 1:], model.output
    loss = cross_entropy(features, output.weight, output.bias, targets, label_smoothing=smoothing)
    if covered:
        loss = Loss(loss.total + covered * coverage_loss(maps["cross"], targets != PAD), loss.count)
    return loss, maps


def _copied(model: Network, batch: PairBatch, inputs: Tensor, covered: float) -> Loss:
    """Of answers that are in part copied, and what was read again."""
    loss, weights = _pointed(model, batch, inputs)
    if not covered:
        return loss
    return Loss(loss.total + covered * coverage_loss(weights, batch.target[:, 1:] != PAD), loss.count)


def _pointed(model: Network, batch: PairBatch, inputs: Tensor) -> tuple[Loss, Tensor]:
    """The loss, and the weights of what was read."""
    model = cast(Recurrent, model)
    decoded = model.decode(model.encode(batch.source, batch.source_mask), inputs)
    odds, weights, output = model.generating(decoded, inputs), decoded.seen.weights, model.output
    assert weights is not None
    targets = batch.target[:, 1:]
    loss = pointer_loss(decoded.features, output.weight, output.bias, odds, weights, batch.source, targets)
    return loss, weights


def _marginal(model: Network, batch: PairBatch, inputs: Tensor) -> Loss:
    """Over all choices of hard attention."""
    model = cast(Recurrent, model)
    memory = model.encode(batch.source, batch.source_mask)
    decoded = model.decode(memory, inputs)
    assert decoded.seen.probabilities is not None
    features, output = model.features_of_each(memory, decoded), model.output
    targets = batch.target[:, 1:]
    return marginal_likelihood(features, decoded.seen.probabilities, output.weight, output.bias, targets)


def _rewarded(model: Network, batch: PairBatch, inputs: Tensor, smoothing: float, entropy_weight: float) -> Loss:
    """Cross-entropy of what was chosen, and what the choices learn from it."""
    model = cast(Recurrent, model)
    decoded = model.decode(model.encode(batch.source, batch.source_mask), inputs)
    chosen, probabilities = decoded.seen.weights, decoded.seen.probabilities
    assert chosen is not None
    assert probabilities is not None
    assert model.baseline is not None
    targets, output = batch.target[:, 1:], model.output
    loss = cross_entropy(decoded.features, output.weight, output.bias, targets, label_smoothing=smoothing)
    with torch.no_grad():
        rewards = log_likelihoods(decoded.features, output.weight, output.bias, targets)
    choices = reinforce(
        rewards,
        model.baseline(decoded.queries.detach()).squeeze(-1),
        chosen,
        probabilities,
        targets != PAD,
        ahead=model.reads_ahead,
        entropy_weight=entropy_weight,
    )
    return Loss(loss.total + choices, loss.count)
