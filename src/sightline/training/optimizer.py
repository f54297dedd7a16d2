"""AdamW with decay where the field puts it, and clipping by the global norm with uneven batches in mind."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

__all__ = ["build_optimizer", "scale_gradients"]

_FUSED = {"cpu", "cuda"}


def build_optimizer(
    model: nn.Module, *, learning_rate: float, betas: tuple[float, float], weight_decay: float
) -> torch.optim.AdamW:
    """AdamW (Loshchilov and Hutter 2019) over the parameters that require a gradient.

    Decayed are the matrices of linear, recurrent and convolutional layers. Not decayed are vectors and scalars
    (biases, the gains of norms, score vectors) and embeddings, also where an embedding is tied to the output
    projection: for these a pull towards zero is no sensible prior, and rare words' rows would shrink most
    (as in minGPT and T5; nanoGPT decays embeddings too).

    Example:
        >>> optimizer = build_optimizer(nn.Linear(3, 2), learning_rate=1e-3, betas=(0.9, 0.98), weight_decay=0.1)
        >>> [(group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]
        [(0.1, 1), (0.0, 1)]
    """
    embeddings = {id(parameter) for parameter in _embedding_parameters(model)}
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    decayed = [parameter for parameter in trained if parameter.ndim >= 2 and id(parameter) not in embeddings]
    chosen = {id(parameter) for parameter in decayed}
    groups = [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": [parameter for parameter in trained if id(parameter) not in chosen], "weight_decay": 0.0},
    ]
    fused = all(parameter.device.type in _FUSED for parameter in trained)
    return torch.optim.AdamW([group for group in groups if group["params"]], learning_rate, betas=betas, fused=fused)


def _embedding_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    for module in model.modules():
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            yield from module.parameters(recurse=False)


def scale_gradients(model: nn.Module, count: int, clip_norm: float | None) -> Tensor:
    """Turns gradients of a sum over `count` tokens into those of the mean, clipped to a global norm of `clip_norm`.

        g <- g / count * min(1, clip_norm / |g / count|)

    Done in one pass over the gradients, after the last backward of an update.

    Returns:
        The norm of the mean's gradient before clipping, a scalar tensor (infinite or NaN where a gradient is).
    """
    gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients) / count
    scale = torch.full_like(norm, 1.0 / count)
    if clip_norm is not None:
        scale = scale * (clip_norm / norm).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(scale)
    return norm
