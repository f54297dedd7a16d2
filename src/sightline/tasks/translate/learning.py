"""Training a translator: its loss, its validation, and the hand-over to the loop."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch

from sightline.data import PAD, Tokenizer
from sightline.explain import entropy
from sightline.metrics import METRICS
from sightline.tasks.translate.answering import search
from sightline.tasks.translate.building import Network, Parts
from sightline.tasks.translate.config import DecodingConfig, TranslateConfig
from sightline.tasks.translate.corpus import Corpus
from sightline.tasks.translate.objective import training_objective, validate_batch
from sightline.training import FitResult, Listener, MatmulPrecision, fast_matmul, fit

__all__ = ["learn"]

_HIGHER_IS_BETTER = {"bleu", "chrf", "exact_match"}
_WIDE = 256  # from here on kernels that are compiled for each shape pay in a Transformer
_ROWS = 64  # inputs at once when validation decodes


def learn(
    parts: Parts,
    train: Corpus,
    valid: Corpus,
    whole: TranslateConfig,
    *,
    folder: Path,
    resume: bool,
    finish: bool,
    listeners: Sequence[Listener],
) -> FitResult:
    """Train the model in place; it ends with the weights that were best on the validation pairs."""
    config = whole.training
    mode = "max" if config.metric in _HIGHER_IS_BETTER else "min"
    settings = config.settings(whole.seed, metric=config.metric, mode=mode)
    with fast_matmul(_matmul(whole), parts.model.output.weight.device):
        return fit(
            parts.model,
            batches=train.batches,
            loss=training_objective(whole),
            validate=lambda m: _validate(m, valid, parts.target, whole),
            settings=settings,
            folder=folder,
            resume=resume,
            finish=finish,
            on_event=listeners,
        )


def _matmul(config: TranslateConfig) -> MatmulPrecision:
    """The products of a narrow Transformer are small, and of other shapes in each batch."""
    if config.training.matmul != "auto":
        return config.training.matmul
    return "large" if config.model.type == "transformer" and config.model.width < _WIDE else "fast"


@torch.inference_mode()
def _validate(model: Network, valid: Corpus, tokenizer: Tokenizer, config: TranslateConfig) -> dict[str, float]:
    """Loss per token without smoothing, the attention's entropy, and the metric that decides, by greedy decoding."""
    total, count = 0.0, 0
    entropies: dict[str, list[tuple[float, int]]] = {}  # of each map, each batch's mean, and of how many queries
    for batch in valid.batches(0, shuffle=False):
        batch = batch.to(model.output.weight.device)
        loss, maps = validate_batch(config, model, batch)
        total, count = total + float(loss.total), count + int(loss.count)
        for name, weights in maps.items():
            queries = batch.source_mask if name == "encoder" else batch.target[:, 1:] != PAD
            mean = float(entropy(weights, queries.view(len(queries), *[1] * (weights.ndim - 3), -1)))
            if not math.isnan(mean):  # as where no query saw anything
                entropies.setdefault(name, []).append((mean, int(queries.sum())))
    result = {"loss": total / count}
    for name, means in entropies.items():
        result[f"entropy/{name}"] = sum(mean * n for mean, n in means) / sum(n for _, n in means)
    metric = config.training.metric
    if metric != "loss":
        hypotheses = _greedy_texts(model, valid, tokenizer)
        result[metric] = METRICS[metric](hypotheses, [pair.target for pair in valid.pairs]).value
    return result


def _greedy_texts(model: Network, valid: Corpus, tokenizer: Tokenizer) -> list[str]:
    order = sorted(range(len(valid.sources)), key=lambda i: len(valid.sources[i]))
    texts = [""] * len(order)
    for start in range(0, len(order), _ROWS):
        rows = order[start : start + _ROWS]
        answers = search(model, [valid.sources[i] for i in rows], DecodingConfig(method="greedy"))
        for i, answer in zip(rows, answers, strict=True):
            texts[i] = tokenizer.decode(answer.hypotheses[0].tokens, valid.extras[i])
    return texts
