"""An attention encoder over patches of the past."""

from collections.abc import Iterable
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sightline.errors import ConfigError
from sightline.layers import Dropout, EncoderBlock, Positions, encoder_blocks
from sightline.models.forecast.protocol import Maps, Window

__all__ = ["PatchCore", "patches"]


def patches(x: Float[Tensor, "B L C"], size: int, stride: int) -> Float[Tensor, "B N X"]:
    """Pieces of `size` steps, one every `stride`, the last of which ends where the past does; zeros stand before it.

    Example:
        >>> patches(torch.arange(1.0, 6.0).view(1, 5, 1), size=2, stride=2).tolist()
        [[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]]
    """
    lacking = -(x.shape[1] - size) % stride
    return nn.functional.pad(x, (0, 0, lacking, 0)).unfold(1, size, stride).flatten(2)


class PatchCore(nn.Module):
    """Attention among patches of a series' past; all of them together say all steps ahead (PatchTST, Nie et al. 2023).

    A patch holds values, whether they were observed, and covariates. Every series goes by itself, through the same
    weights. What is known of the steps ahead joins each of them through a layer that sees the patches' mean too. The
    paper has batch normalisation where a layer's normalisation stands here, before each part.

    Initialisation: positions normal with standard deviation 0.02, what is known ahead says nothing at first,
    other matrices Xavier uniform, biases zero.

    Args:
        look_back: L.
        horizon: H.
        numbers: P.
        past_covariates: C.
        future_covariates: F.
        static: K.
        patch: steps in a patch; None for 16, or a quarter of a look-back that is short.
        stride: steps from one patch to the next; None for half a patch.
        width: D.
        heads: of the attention.
        hidden: of the feed-forward parts.
        layers: how many.
        dropout: of what each part adds.
        readout_dropout: of what the readout reads.

    Raises:
        ConfigError: for a patch longer than the look-back, or a stride longer than the patch.
    """

    def __init__(
        self,
        *,
        look_back: int,
        horizon: int,
        numbers: int,
        past_covariates: int = 0,
        future_covariates: int = 0,
        static: int = 0,
        patch: int | None = None,
        stride: int | None = None,
        width: int = 64,
        heads: int = 4,
        hidden: int = 128,
        layers: int = 2,
        dropout: float = 0.1,
        readout_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        patch = patch or min(16, max(1, look_back // 4))
        stride = stride or max(1, patch // 2)
        if patch > look_back:
            raise ConfigError(f"a patch of {patch} steps does not fit into a look-back of {look_back}: make it shorter")
        if stride > patch:
            raise ConfigError(f"a stride of {stride} leaves out steps between patches of {patch}: make it shorter")
        self.patch, self.stride = patch, stride
        self.horizon, self.numbers = horizon, numbers
        count = -(-(look_back - patch) // stride) + 1
        self.embedding = nn.Linear(patch * (2 + past_covariates), width)
        self.places = nn.Parameter(0.02 * torch.randn(count, width))
        self.static = nn.Linear(static, width) if static else None
        self.blocks = encoder_blocks(width=width, heads=heads, hidden=hidden, layers=layers, dropout=dropout)
        self.norm = nn.LayerNorm(width)
        self.dropout = Dropout(dropout)
        self.readout_dropout = Dropout(readout_dropout)
        self.readout = nn.Linear(count * width, horizon * numbers)
        self.ahead = nn.Linear(future_covariates + width, width) if future_covariates else None
        self.ahead_out = nn.Linear(width, numbers) if future_covariates else None
        self._nowhere = Positions()
        for part in (self.embedding, self.static, self.readout, self.ahead, self.ahead_out):
            if part is not None:
                nn.init.xavier_uniform_(part.weight)
                nn.init.zeros_(part.bias)
        if self.ahead_out is not None:
            nn.init.zeros_(self.ahead_out.weight)

    def forward(
        self, window: Window, target: Float[Tensor, "B H"] | None, need_weights: bool
    ) -> tuple[Float[Tensor, "B H P"], Maps]:
        """The numbers; maps are `"encoder"`, `[B, layers, heads, N, N]`, and `"readout"`, `[B, H, P, N]`.

        The readout's is the share of each patch in each number, which add up to it.
        """
        seen = torch.stack([window.past, window.mask.to(window.past.dtype)], -1)
        x = self.embedding(patches(torch.cat([seen, window.past_covariates], -1), self.patch, self.stride))
        x = x + self.places
        if self.static is not None:
            x = x + self.static(window.static).unsqueeze(1)
        x = self.dropout(x)
        attention: list[Tensor] = []
        for block in cast("Iterable[EncoderBlock]", self.blocks):
            x, weights = block(x, self._nowhere, None, need_weights=need_weights)
            if weights is not None:
                attention.append(weights)
        x = self.norm(x)
        numbers = self.readout(self.readout_dropout(x.flatten(1))).unflatten(1, (self.horizon, self.numbers))
        if self.ahead is not None and self.ahead_out is not None:
            context = x.mean(1, keepdim=True).expand(-1, self.horizon, -1)
            hidden = torch.relu(self.ahead(torch.cat([window.future_covariates, context], -1)))
            numbers = numbers + self.ahead_out(hidden)
        return numbers, {"encoder": torch.stack(attention, 1), "readout": self._shares(x)} if need_weights else {}

    def _shares(self, x: Tensor) -> Tensor:
        weight = self.readout.weight.unflatten(1, (-1, x.shape[-1])).unflatten(0, (self.horizon, self.numbers))
        return torch.einsum("hpnd,bnd->bhpn", weight, x)
