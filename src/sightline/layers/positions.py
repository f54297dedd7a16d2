"""Positions: ways to tell a Transformer where a token stands, behind one interface.

`embed` adds a position to embeddings, `rotate` turns queries and keys, `bias` joins the scores and `offsets` the
values; each way does what is its own and leaves the rest.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.errors import ConfigError, DataError

__all__ = [
    "POSITIONS",
    "LearnedPositions",
    "LinearBiases",
    "Positions",
    "RelativePositions",
    "RotaryPositions",
    "SinusoidalPositions",
    "build_positions",
]


class Positions(nn.Module):
    """No positions at all, and the interface of those below."""

    def embed(self, x: Float[Tensor, "B T D"], offset: int = 0) -> Float[Tensor, "B T D"]:
        """Embeddings with their positions; the first stands at `offset`."""
        return x

    def rotate(self, x: Float[Tensor, "B H T K"], offset: int = 0) -> Float[Tensor, "B H T K"]:
        """Queries or keys by head with their positions; the first stands at `offset`."""
        return x

    def bias(self, query: Float[Tensor, "B H T K"], keys: int) -> Float[Tensor, "..."] | None:
        """What joins the scores of these queries, the last of which stands at the last key; None for nothing."""
        return None

    def offsets(self, queries: int, keys: int) -> Float[Tensor, "T S K"] | None:
        """What joins the values as these queries see them; None for nothing."""
        return None


def _angles(offset: int, length: int, pairs: int, like: Tensor) -> Tensor:
    """`position / 10000^(i / pairs)`: `[T, pairs]`."""
    rates = 10000.0 ** (-torch.arange(pairs, dtype=torch.float64, device=like.device) / pairs)
    positions = torch.arange(offset, offset + length, dtype=torch.float64, device=like.device)
    return positions.unsqueeze(-1) * rates


class SinusoidalPositions(Positions):
    """Sines and cosines of geometric wave lengths, added: any length, nothing to learn.

    Vaswani et al. 2017, section 3.5. The sines fill the first half of the width and the cosines the second, where the
    paper interleaves them: the same numbers in another order.

    Args:
        width: D, even.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        if width % 2:
            raise ConfigError(f"sinusoidal positions need an even width, not {width}")

    def embed(self, x: Float[Tensor, "B T D"], offset: int = 0) -> Float[Tensor, "B T D"]:
        """Embeddings plus `sin` and `cos` of their positions."""
        angles = _angles(offset, x.shape[1], x.shape[2] // 2, x)
        return x + torch.cat([angles.sin(), angles.cos()], -1).to(x.dtype)


class LearnedPositions(Positions):
    """One learned vector per position, added (Gehring et al. 2017, section 3.1).

    Initialisation: normal with standard deviation 0.02.

    Args:
        width: D.
        longest: the number of positions that there are.
    """

    def __init__(self, width: int, longest: int) -> None:
        super().__init__()
        self.table = nn.Embedding(longest, width)
        nn.init.normal_(self.table.weight, std=0.02)

    def embed(self, x: Float[Tensor, "B T D"], offset: int = 0) -> Float[Tensor, "B T D"]:
        """Embeddings plus the vectors of their positions; raises DataError past the last position."""
        end = offset + x.shape[1]
        if end > self.table.num_embeddings:
            raise DataError(
                f"a sequence of {end} tokens is longer than the {self.table.num_embeddings} learned positions: "
                "shorten it, or train with sinusoidal or rotary positions"
            )
        return x + self.table.weight[offset:end]


class RotaryPositions(Positions):
    """Queries and keys turned by an angle proportional to their position, so that scores see distances.

    Su et al. 2021, "RoFormer", section 3.2.2: neighbouring dimensions are the parts of a complex number.

    Args:
        width: D.
        heads: H; the width of a head, D / H, is even.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % (2 * heads):
            raise ConfigError(f"rotary positions need heads of even width, and {width} / {heads} is not")

    def rotate(self, x: Float[Tensor, "B H T K"], offset: int = 0) -> Float[Tensor, "B H T K"]:
        """Each pair of dimensions turned by its angle."""
        angles = _angles(offset, x.shape[2], x.shape[3] // 2, x)
        kind = torch.promote_types(x.dtype, torch.float32)  # there are no complex numbers of fewer bits on a CPU
        pairs = torch.view_as_complex(x.to(kind).contiguous().unflatten(-1, (-1, 2)))
        turn = torch.polar(torch.ones_like(angles), angles).to(pairs.dtype)
        return torch.view_as_real(pairs * turn).flatten(-2).to(x.dtype)


def _distances(queries: int, keys: int, like: Tensor) -> Tensor:
    """How far each key stands behind each query, `[T, S]`; the last query stands at the last key."""
    positions = torch.arange(keys, device=like.device)
    return positions - positions[keys - queries :].unsqueeze(-1)


class LinearBiases(Positions):
    """ALiBi: each head takes its slope times the distance from the scores; nothing to learn, and it reaches further.

        bias_h = -m_h |s - t|,    m_h = 2^(-8 h / H), h = 1 .. H

    Press, Smith and Lewis 2022, "Train Short, Test Long", section 3, where keys only stand before their query; both
    ways here, so that an encoder can have it too.

    Args:
        heads: H.
    """

    slopes: Tensor

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.register_buffer("slopes", 2.0 ** (-8.0 * torch.arange(1, heads + 1) / heads), persistent=False)

    def bias(self, query: Float[Tensor, "B H T K"], keys: int) -> Float[Tensor, "H T S"]:
        """The slope of each head times each distance."""
        return -self.slopes[:, None, None] * _distances(query.shape[2], keys, query).abs().to(query.dtype)


class RelativePositions(Positions):
    """Learned vectors for distances, which join keys and values: `q . (k + a_d) / sqrt(K)`, `sum_s w_s (v_s + b_d)`.

    Shaw, Uszkoreit and Vaswani 2018, "Self-Attention with Relative Position Representations", sections 3.1 and 3.2;
    `d` is the distance from query to key, cut off at `reach` either way. The formula is that of the scaled dot; another
    score is joined by `q . a_d / sqrt(K)` likewise. All heads share the vectors, as in the paper, and here all layers
    too. Initialisation: normal with standard deviation 0.02.

    Args:
        width: K, of a head.
        reach: the longest distance that has a vector of its own.
    """

    def __init__(self, width: int, reach: int = 16) -> None:
        super().__init__()
        self.reach = reach
        self.keys = nn.Embedding(2 * reach + 1, width)
        self.values = nn.Embedding(2 * reach + 1, width)
        for table in (self.keys, self.values):
            nn.init.normal_(table.weight, std=0.02)

    def _rows(self, queries: int, keys: int, like: Tensor) -> Tensor:
        return _distances(queries, keys, like).clamp(-self.reach, self.reach) + self.reach

    def bias(self, query: Float[Tensor, "B H T K"], keys: int) -> Float[Tensor, "B H T S"]:
        """Each query times the vector of each distance, scaled as the scaled dot is."""
        near = query @ self.keys.weight.t() / query.shape[-1] ** 0.5  # [B, H, T, distances]
        rows = self._rows(query.shape[2], keys, query)
        return near.gather(-1, rows.expand(*query.shape[:2], -1, -1))

    def offsets(self, queries: int, keys: int) -> Float[Tensor, "T S K"]:
        """The vector of each distance."""
        return self.values(self._rows(queries, keys, self.values.weight))


POSITIONS = {
    "sinusoidal": lambda width, heads, longest: SinusoidalPositions(width),
    "learned": lambda width, heads, longest: LearnedPositions(width, longest),
    "rotary": lambda width, heads, longest: RotaryPositions(width, heads),
    "alibi": lambda width, heads, longest: LinearBiases(heads),
    "relative": lambda width, heads, longest: RelativePositions(width // heads),
    "none": lambda width, heads, longest: Positions(),
}


def build_positions(name: str, *, width: int, heads: int, longest: int) -> Positions:
    """The positions of that name; raises ConfigError for an unknown one."""
    if name not in POSITIONS:
        raise ConfigError(f"unknown positions {name!r}: choose one of {', '.join(POSITIONS)}")
    return POSITIONS[name](width, heads, longest)
