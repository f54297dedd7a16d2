"""Additive scores without the tensor of T x S x W: blocks of it at a time, computed again for the gradient.

    tanh(q + k) = 1 - 2 / (1 + e^{2q} e^{2k})

The exponentials cost O((T + S) W); inside, the tanh has become a product and a reciprocal. That holds as long as the
product stays finite, and is exact as long as it is not all near 1; elsewhere the tanh itself is taken.
"""

import functools
import math
from typing import Any, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

from sightline.attention.deferred import Steps
from sightline.attention.kernels import compiled, plain
from sightline.attention.kernels.ranges import SMALLEST, limit
from sightline.attention.once import once_differentiable

__all__ = ["AdditiveLoop", "additive_scores"]

_FEW = 16  # queries, for which a tile of the kernel for GPUs would be mostly empty


def additive_scores(
    query: Float[Tensor, "*B T W"], key: Float[Tensor, "*#B S W"], vector: Float[Tensor, " W"]
) -> Float[Tensor, "*B T S"]:
    """`sum_w v_w tanh(q_tw + k_sw)` for every query and key.

    Float32 goes through loops in C on a CPU where the system has a compiler, through Triton on a GPU where there is
    Triton; anything else through plain torch. Types of 16 bits are computed in float32.

    Args:
        query: projected queries.
        key: projected keys.
        vector: v.

    Raises:
        RuntimeError: where the gradient is to be differentiated again.

    Example:
        >>> import torch
        >>> additive_scores(torch.zeros(1, 2), torch.zeros(3, 2), torch.ones(2)).tolist()
        [[0.0, 0.0, 0.0]]
    """
    batch = torch.broadcast_shapes(query.shape[:-2], key.shape[:-2])
    kind = torch.promote_types(query.dtype, torch.float32)
    rows = [x.to(kind).expand(*batch, *x.shape[-2:]).reshape(batch.numel(), *x.shape[-2:]) for x in (query, key)]
    found = _AdditiveScores.apply(*rows, vector.to(kind), _Keys.of(rows[1]))
    return found.view(*batch, query.shape[-2], key.shape[-2]).to(query.dtype)


class AdditiveLoop:
    """The same, one step after the other: what does not depend on the queries is computed once for all steps.

    Args:
        key: projected keys, `[B, S, W]`.
        vector: v.
        steps: how many there will be.
        queries: K, the queries of a row at each step.

    Example:
        >>> import torch
        >>> score = AdditiveLoop(torch.zeros(1, 3, 2), torch.ones(2), steps=1, queries=1)
        >>> score(torch.zeros(1, 1, 2)).tolist()
        [[[0.0, 0.0, 0.0]]]
    """

    def __init__(self, key: Float[Tensor, "B S W"], vector: Float[Tensor, " W"], steps: int, queries: int) -> None:
        self._kind = torch.promote_types(key.dtype, torch.float32)
        key, vector = key.to(self._kind), vector.to(self._kind)
        self._key, self._vector, self._keys = key.detach(), vector.detach(), _Keys.of(key.detach())
        base = key.new_zeros(()).expand(steps, len(key), queries, key.shape[1])
        gather = functools.partial(_gather, self._keys, self._key, self._vector)  # not a method: see Steps
        self._steps = Steps(base, (key, vector), gather)

    def __call__(self, query: Float[Tensor, "B K W"]) -> Float[Tensor, "B K S"]:
        """The next step's scores."""
        wide = query.to(self._kind)
        found = self._steps.next(wide) + _AdditiveScores.apply(wide, self._key, self._vector, self._keys)
        return found.to(query.dtype)


class _Keys(NamedTuple):
    """What is known of keys: how large they are, and on a CPU `e^{2k}` if that is finite."""

    largest: float | Tensor
    powers: Tensor | None

    @classmethod
    def of(cls, key: Tensor) -> "_Keys":
        largest = _largest(key.detach())
        finite = isinstance(largest, float) and largest < limit(key.dtype)
        return cls(largest, (2 * key.detach()).exp() if finite else None)

    def together(self, query: Tensor) -> float | Tensor:
        """How large sums of them and these queries may be; infinite where the tanh is taken in any case."""
        if query.is_cuda and query.shape[1] < _FEW:
            return math.inf
        return self.largest + _largest(query.detach())


def _largest(x: Tensor) -> float | Tensor:
    """On a GPU a tensor: to ask for its value would be to wait."""
    if x.numel() == 0:
        return 0.0
    return torch.linalg.vector_norm(x, torch.inf) if x.is_cuda else x.abs().max().item()


@runtime_checkable
class _Form(Protocol):
    """One way to compute the scores and their gradients."""

    def scores(self, query: Tensor, key: Tensor, vector: Tensor, /) -> Tensor: ...

    def gradients(
        self, query: Tensor, key: Tensor, vector: Tensor, grad: Tensor, /
    ) -> tuple[Tensor, Tensor, Tensor]: ...

    def query_gradient(self, query: Tensor, key: Tensor, vector: Tensor, grad: Tensor, /) -> Tensor: ...


def _form(known: _Keys, together: float | Tensor, query: Tensor, key: Tensor) -> tuple[_Form, Tensor, Tensor]:
    """The fastest there is for these, and queries and keys as it wants them."""
    if isinstance(together, Tensor):
        return _gpu(together) if query.dtype == torch.float32 else plain.TANH, query, key
    if known.powers is None or not SMALLEST < together < limit(query.dtype):
        return plain.TANH, query, key
    query = (2 * query).exp()
    return compiled if compiled.available(query) else plain.RECIPROCAL, query, known.powers


def _gpu(together: Tensor) -> _Form:
    """The kernels for GPUs where Triton is installed, which comes with torch's builds for them on most systems."""
    try:
        from sightline.attention.kernels.gpu import Kernels
    except ImportError:
        return plain.TANH
    return Kernels(together)


def _gather(known: _Keys, key: Tensor, vector: Tensor, grad: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients of keys and vector, from the gradients and queries of all steps, `[T, B, K, ...]`."""
    grad, seen = (x.transpose(0, 1).flatten(1, 2) for x in (grad, seen))  # all steps' queries of a row together
    form, seen, key = _form(known, known.together(seen), seen, key)
    _, for_key, for_vector = form.gradients(seen, key, vector, grad)
    return for_key, for_vector


class _AdditiveScores(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, vector: Tensor, keys: _Keys) -> Tensor:
        ctx.save_for_backward(query, key, vector)
        ctx.known = keys, keys.together(query)
        form, query, key = _form(*ctx.known, query, key)
        return form.scores(query, key, vector)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:  # pyright: ignore[reportIncompatibleMethodOverride]
        (known, together), (query, key, vector) = ctx.known, ctx.saved_tensors
        form, query, key = _form(known, together, query, key)
        if any(ctx.needs_input_grad[1:3]):
            return *form.gradients(query, key, vector, grad), None
        return form.query_gradient(query, key, vector, grad), None, None, None
