"""Losses as (total, count), so that accumulation over uneven batches stays exact, and the vocabulary loss in blocks."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from sightline.attention.once import once_differentiable
from sightline.attention.precision import factor_type
from sightline.errors import ConfigError
from sightline.training.runtime import large_products

__all__ = ["Loss", "cross_entropy"]

# Logits of one block, in elements. On a CPU 16 MB of float32: small enough to stay in cache, with enough rows for the
# matrix products. On a GPU large, since there each launch costs and caches matter less.
_BLOCK_ELEMENTS = {"cpu": 2**22}
_BLOCK_ELEMENTS_ELSEWHERE = 2**27
# Rows of a block are a multiple of this, so that shapes come again: see `fast_matmul`, kind "large".
_ROUND = 64


class Loss(NamedTuple):
    """A loss summed over what it counts; `total / count` is the loss per token.

    Sums add up exactly over batches of any size, means do not: the gradient of an update over several batches is the
    sum of their totals' gradients over the sum of their counts.

    Attributes:
        total: the sum, a scalar tensor that carries the gradient.
        count: how many tokens (or rows) were summed.
    """

    total: Tensor
    count: int  # pyright: ignore[reportIncompatibleMethodOverride] - the tuple's own count is of no use here


def cross_entropy(
    features: Float[Tensor, "B T D"],
    weight: Float[Tensor, "V D"],
    bias: Float[Tensor, " V"] | None,
    targets: Int[Tensor, "B T"],
    *,
    label_smoothing: float = 0.0,
    ignore: int = 0,
) -> Loss:
    """Cross-entropy of `softmax(features weight^T + bias)` against `targets`, without ever keeping the logits.

        total = - sum_n sum_v q_nv log p_nv,    q = (1 - eps) onehot(target) + eps / V

    Label smoothing as in Szegedy et al. 2016 (section 7) and Vaswani et al. 2017 (section 5.4): eps is spread evenly
    over all V entries, the right one included; the same as `torch.nn.functional.cross_entropy(label_smoothing=eps)`.
    Perplexity wants `label_smoothing=0`.

    Padded positions are dropped first. The rest goes in blocks of rows; each block's loss and gradients (towards
    features, weight and bias) are computed at once, so that the memory needed is one block of logits, not
    `[B T, V]`. Without gradients (under `torch.no_grad`) only the loss is computed.

    Logits have the dtype of `features`; the softmax is float32 (float64 for float64 features). Where `fast_matmul`
    rounds the factors of large products, these and the logits are bfloat16.

    Args:
        features: what the model's last layer gives, before the projection to the vocabulary.
        weight: the projection; may be the embedding itself (tied).
        bias: its bias, or None.
        targets: right entries; those equal to `ignore` count for nothing.
        label_smoothing: eps, at least 0 and less than 1.
        ignore: the entry that marks padding.

    Returns:
        The summed loss and the number of positions that were not padding.

    Raises:
        ConfigError: when `label_smoothing` lies outside [0, 1).

    Example:
        >>> features = torch.zeros(1, 3, 4)
        >>> loss = cross_entropy(features, torch.ones(8, 4), None, torch.tensor([[5, 2, 0]]))
        >>> loss.count, round(loss.total.item() / loss.count, 4)  # log 8
        (2, 2.0794)
    """
    if not 0.0 <= label_smoothing < 1.0:
        raise ConfigError(f"label_smoothing is {label_smoothing}; it must be at least 0 and less than 1, such as 0.1")
    kept = (targets.reshape(-1) != ignore).nonzero()[:, 0]
    count = len(kept)
    kept = nn.functional.pad(kept, (0, -count % _ROUND))  # more rows, which count for nothing
    rows = features.reshape(-1, features.shape[-1]).index_select(0, kept)
    labels = targets.reshape(-1).index_select(0, kept)
    total: Tensor = _BlockedCrossEntropy.apply(
        rows, weight, bias, labels, count, label_smoothing, torch.is_grad_enabled()
    )
    return Loss(total, count)


class _BlockedCrossEntropy(torch.autograd.Function):
    """Computes the gradients together with the loss, while a block's probabilities are still in cache."""

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        targets: Tensor,
        count: int,
        smoothing: float,
        differentiable: bool,
    ) -> Tensor:
        wide = torch.promote_types(features.dtype, torch.float32)
        gradients = [
            torch.empty_like(tensor, dtype=wide) if tensor is not None and needed and differentiable else None
            for tensor, needed in zip((features, weight, bias), ctx.needs_input_grad, strict=False)
        ]
        with torch.autocast(features.device.type, enabled=False), large_products():
            total = _sum_over_blocks(features, weight, bias, targets, count, smoothing, *gradients)
        ctx.save_for_backward(*gradients)
        ctx.dtypes = [None if tensor is None else tensor.dtype for tensor in (features, weight, bias)]
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_total: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        scaled = [
            None if gradient is None else (grad_total * gradient).to(dtype)
            for gradient, dtype in zip(ctx.saved_tensors, ctx.dtypes, strict=True)
        ]
        return (*scaled, None, None, None, None)


def _sum_over_blocks(
    features: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    targets: Tensor,
    count: int,
    smoothing: float,
    grad_features: Tensor | None,
    grad_weight: Tensor | None,
    grad_bias: Tensor | None,
) -> Tensor:
    """The summed loss of the first `count` of `features` [R, D].

    The gradients that are not None, of whatever content, are filled in.
    """
    size, wide, factor = weight.shape[0], torch.promote_types(features.dtype, torch.float32), factor_type(features)
    factors, projection = features.to(factor), weight.to(factor)
    offset = torch.zeros(size, dtype=wide, device=features.device) if bias is None else bias.to(wide)
    rows = max(1, _BLOCK_ELEMENTS.get(features.device.type, _BLOCK_ELEMENTS_ELSEWHERE) // size // _ROUND) * _ROUND
    # The same room for all blocks: fresh memory of this size is paid for in page faults, block after block.
    room = torch.empty(min(rows, len(features)), size, dtype=factor, device=features.device)
    wide_room = room if factor == wide else torch.empty_like(room, dtype=wide)
    total = torch.zeros((), dtype=wide, device=features.device)
    if smoothing:  # which needs the mean logit: linear in the features, so that no pass over the logits is due
        mean_weight, mean_offset = weight.to(wide).mean(0), offset.mean()
        total -= smoothing * (features[:count].to(wide).sum(0) @ mean_weight + count * mean_offset)
    differentiable = any(gradient is not None for gradient in (grad_features, grad_weight, grad_bias))

    for start in range(0, max(1, len(features)), rows):  # once without any rows, where all gradients are zeros
        block, labels, real = factors[start : start + rows], targets[start : start + rows, None], count - start
        low = torch.mm(block, projection.t(), out=room[: len(block)])
        scores = low if wide_room is room else wide_room[: len(block)].copy_(low)
        scores.add_(offset)
        target_score, peak = scores.gather(1, labels), scores.amax(1, keepdim=True)
        probabilities = torch.softmax(scores, 1, out=scores)
        # The probability of the largest score is 1 / sum exp(score - peak).
        total += (peak - probabilities.amax(1, keepdim=True).log() - (1 - smoothing) * target_score)[:real].sum()
        if not differentiable:
            continue
        # d total / d scores = p - q, in the place of the probabilities.
        difference = probabilities.sub_(smoothing / size) if smoothing else probabilities
        difference.scatter_add_(1, labels, torch.full_like(peak, smoothing - 1))
        difference[real:] = 0
        if grad_bias is not None:
            _write(difference.sum(0), grad_bias, first=start == 0)
        low.copy_(difference)  # nothing to do where they are the same
        if grad_features is not None:
            _multiply(low, projection, grad_features[start : start + rows], first=True)
        if grad_weight is not None:
            _multiply(low.t(), block, grad_weight, first=start == 0)
    return total


def _multiply(left: Tensor, right: Tensor, into: Tensor, *, first: bool) -> None:
    """Puts `left right` into a tensor that may be wider, or adds it where it is not the first."""
    if into.dtype != left.dtype:
        _write(left @ right, into, first=first)
    elif first:
        torch.mm(left, right, out=into)
    else:
        into.addmm_(left, right)


def _write(part: Tensor, into: Tensor, *, first: bool) -> None:
    """Puts a part there, or adds it where it is not the first."""
    if first:
        into.copy_(part)
    else:
        into.add_(part)
