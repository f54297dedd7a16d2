"""Which optimizer takes which parameter, and clipping by the global norm with uneven batches in mind."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from sightline.errors import ConfigError
from sightline.training.muon import Muon
from sightline.training.uncompiled import AdamW, SparseAdam

__all__ = ["OPTIMIZERS", "build_optimizers", "scale_gradients"]

OPTIMIZERS = ("adamw", "muon")
_FUSED = {"cpu", "cuda"}
_LONGEST = 8
_MOMENTUM = 0.95


def build_optimizers(
    model: nn.Module, *, optimizer: str, learning_rate: float, betas: tuple[float, float], weight_decay: float
) -> list[torch.optim.Optimizer]:
    """The optimizers, up to three, that share the parameters that require a gradient.

    `"adamw"` is AdamW (Loshchilov and Hutter 2019) for all. Decayed are the matrices of linear, recurrent and
    convolutional layers. Not decayed are vectors and scalars (biases, the gains of norms, score vectors) and
    embeddings, also where an embedding is tied to the output projection: for these a pull towards zero is no sensible
    prior, and rare words' rows would shrink most (as in minGPT and T5; nanoGPT decays embeddings too).

    `"muon"` takes the decayed matrices from AdamW and gives them to `Muon`, except those more than 8 times as long as
    wide, such as an output projection: orthogonal steps are meant for layers that map features to features.

    Embeddings that ask for sparse gradients go to Adam of those rows alone that were looked up: tables of millions of
    n-grams would otherwise cost more than all else.

    Raises:
        ConfigError: for another name.

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 40))
        >>> for each in build_optimizers(
        ...     model, optimizer="muon", learning_rate=1e-3, betas=(0.9, 0.98), weight_decay=0.1
        ... ):
        ...     type(each).__name__, [(group["weight_decay"], len(group["params"])) for group in each.param_groups]
        ('Muon', [(0.1, 1)])
        ('AdamW', [(0.1, 1), (0.0, 2)])
    """
    if optimizer not in OPTIMIZERS:
        raise ConfigError(f"unknown optimizer {optimizer!r}: choose one of {', '.join(OPTIMIZERS)}")
    embeddings = {id(table.weight) for table in _embeddings(model)}
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    rows = {id(table.weight) for table in _embeddings(model) if table.sparse}
    sparse = [parameter for parameter in trained if id(parameter) in rows]
    optimizers: list[torch.optim.Optimizer] = []
    if sparse:
        optimizers.append(SparseAdam(sparse, learning_rate, betas))
        trained = _without(trained, sparse)
    decayed = [parameter for parameter in trained if parameter.ndim >= 2 and id(parameter) not in embeddings]
    spared = _without(trained, decayed)
    if optimizer == "muon":
        orthogonal = [p for p in decayed if p.ndim == 2 and max(p.shape) <= _LONGEST * min(p.shape)]
        decayed = _without(decayed, orthogonal)
        if orthogonal:
            optimizers.append(
                Muon(orthogonal, learning_rate=learning_rate, momentum=_MOMENTUM, weight_decay=weight_decay)
            )
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": spared, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if groups:
        fused = all(parameter.device.type in _FUSED for parameter in trained)
        optimizers.append(AdamW(groups, learning_rate, betas=betas, fused=fused))
    return optimizers


def _without(parameters: list[nn.Parameter], others: list[nn.Parameter]) -> list[nn.Parameter]:
    taken = {id(parameter) for parameter in others}
    return [parameter for parameter in parameters if id(parameter) not in taken]


def _embeddings(model: nn.Module) -> Iterator[nn.Embedding | nn.EmbeddingBag]:
    return (module for module in model.modules() if isinstance(module, nn.Embedding | nn.EmbeddingBag))


def scale_gradients(model: nn.Module, count: int, clip_norm: float | None) -> Tensor:
    """Turns gradients of a sum over `count` tokens into those of the mean, clipped to a global norm of `clip_norm`.

        g <- g / count * min(1, clip_norm / |g / count|)

    Done in one pass over the gradients, after the last backward of an update.

    Returns:
        The norm of the mean's gradient before clipping, a scalar tensor (infinite or NaN where a gradient is).
    """
    gradients: list[Tensor] = []
    for parameter in model.parameters():
        if parameter.grad is not None:
            if parameter.grad.is_sparse:  # rows that were looked up twice are added first
                parameter.grad = parameter.grad.coalesce()
            gradients.append(parameter.grad._values() if parameter.grad.is_sparse else parameter.grad)
    norm = torch.nn.utils.get_total_norm(gradients) / count
    scale = torch.full_like(norm, 1.0 / count)
    if clip_norm is not None:
        scale = scale * (clip_norm / norm).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(scale)
    return norm
