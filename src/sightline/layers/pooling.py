"""One vector of many: by attention, where positions compete, or bottom-up, by what each is worth for itself.

Every pooling gives the vector and what each position had in it, `[B, S]`, zero at padding. A row of padding alone gives
zeros. Where the vector is a sum over positions, `parts` tells what each position gave, `[B, S, D]`.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sightline.attention import Attention

__all__ = ["AttentionPooling", "GatedPooling", "MaxPooling"]

Pooled = tuple[Float[Tensor, "B D"], Float[Tensor, "B S"]]


class AttentionPooling(nn.Module):
    """Attention of a learned question: `sum_s w_s x_s`, `w = selection_s(score(q, x_s))`.

    With the additive score and softmax, `softmax_s(u . tanh(W x_s + b))`, where `b` holds what the question gives: Yang
    et al. 2016, "Hierarchical Attention Networks for Document Classification", section 2.2, equations 5 to 7.
    Initialisation: q zero, so that a score that is a product counts all positions alike at first.

    Args:
        attention: of queries of that width to the positions.
        width: Q, of the question.

    Example:
        >>> from sightline.attention import Attention
        >>> pooling = AttentionPooling(Attention("dot"), width=3)
        >>> pooled, weights = pooling(torch.ones(1, 4, 3), torch.ones(1, 4, dtype=torch.bool))
        >>> pooled.tolist(), weights.tolist()
        ([[1.0, 1.0, 1.0]], [[0.25, 0.25, 0.25, 0.25]])
    """

    def __init__(self, attention: Attention, width: int) -> None:
        super().__init__()
        self.attention = attention
        self.question = nn.Parameter(torch.zeros(width))

    def forward(
        self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"], values: Float[Tensor, "B S V"] | None = None
    ) -> tuple[Float[Tensor, "B V"], Float[Tensor, "B S"]]:
        """The weighted mean, and the weights; of `values` where others are to be read than are asked."""
        question = self.question.expand(len(x), 1, -1)
        read = x if values is None else values
        pooled, weights = self.attention(question, self.attention.prepare(x), read, mask.unsqueeze(1))
        return pooled[:, 0], weights[:, 0]

    def parts(self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        """`w_s x_s`."""
        return self(x, mask)[1].unsqueeze(-1) * x


class MaxPooling(nn.Module):
    """The largest value of each channel: `max_s x_s` (Collobert et al. 2011, section 3.3.2).

    A position's weight is the share of channels that it gave, so that a row sums to 1; of equals the first one counts.

    Example:
        >>> x = torch.tensor([[[1.0, 5.0], [3.0, 2.0]]])
        >>> pooled, weights = MaxPooling()(x, torch.ones(1, 2, dtype=torch.bool))
        >>> pooled.tolist(), weights.tolist()
        ([[3.0, 5.0]], [[0.5, 0.5]])
    """

    def forward(self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]) -> Pooled:
        """The maxima, and where they came from."""
        values, places = _highest(x, mask)
        shares = torch.zeros_like(x[:, :, 0]).scatter_add(1, places, torch.full_like(values, 1 / x.shape[2]))
        some = mask.any(1, keepdim=True)
        return values * some, shares * some

    def parts(self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]) -> Float[Tensor, "B S D"]:
        """The maxima, each where it came from."""
        values, places = _highest(x, mask)
        given = torch.zeros_like(x).scatter(1, places.unsqueeze(1), values.unsqueeze(1))
        return given.masked_fill(~mask.unsqueeze(-1), 0.0)


def _highest(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The largest value of each channel, and where it stands; `[B, D]` each."""
    return x.masked_fill(~mask.unsqueeze(-1), torch.finfo(x.dtype).min).max(1)


class GatedPooling(nn.Module):
    """Each position opens its own gates: `tanh(sum_s sigmoid(U x_s + c) tanh(W x_s + b))`, channel by channel.

    Li et al. 2016, "Gated Graph Sequence Neural Networks", section 3.3, equation 7. No position competes with another:
    a position's weight is the mean of its gates, and a row may sum to anything from 0 to S. Initialisation: U and W
    Xavier uniform, b and c zero.

    Args:
        width: D, of the positions.

    Example:
        >>> pooled, weights = GatedPooling(width=3)(torch.zeros(1, 2, 3), torch.tensor([[True, False]]))
        >>> pooled.tolist(), weights.tolist()
        ([[0.0, 0.0, 0.0]], [[0.5, 0.0]])
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)
        self.content = nn.Linear(width, width)
        for part in (self.gate, self.content):
            nn.init.xavier_uniform_(part.weight)
            nn.init.zeros_(part.bias)

    def forward(self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]) -> Pooled:
        """The gated sum, and how far each position opened its gates."""
        gates = torch.sigmoid(self.gate(x)).masked_fill(~mask.unsqueeze(-1), 0.0)
        return torch.tanh((gates * torch.tanh(self.content(x))).sum(1)), gates.mean(-1)

    def parts(self, x: Float[Tensor, "B S D"], mask: Bool[Tensor, "B S"]) -> None:
        """None: the sum stands inside a tanh."""
