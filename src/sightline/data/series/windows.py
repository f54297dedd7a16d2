"""Windows on series: what comes before a cutoff, and what comes after, by index arithmetic on one flat tensor."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.counting import count
from sightline.data.series.panel import Panel
from sightline.errors import ConfigError

__all__ = ["WindowBatch", "Windows"]


class WindowBatch(NamedTuple):
    """B windows with L steps before the cutoff and H steps from it on.

    What is missing or beyond a series is 0, and False in the mask; a categorical covariate has no other 0.

    Attributes:
        past: targets before the cutoff, the last one next to it.
        past_mask: True where such a target is known.
        past_covariates: past covariates, then future ones, at the same steps.
        future_covariates: from the cutoff on.
        static: covariates of the series.
        target: what is to be forecast.
        target_mask: True where it is known.
        series: indices in the panel's `ids`.
        cutoff: positions of the first step to forecast within the series.
    """

    past: Float[Tensor, "B L"]
    past_mask: Bool[Tensor, "B L"]
    past_covariates: Float[Tensor, "B L C"]
    future_covariates: Float[Tensor, "B H F"]
    static: Float[Tensor, "B K"]
    target: Float[Tensor, "B H"]
    target_mask: Bool[Tensor, "B H"]
    series: Int[Tensor, " B"]
    cutoff: Int[Tensor, " B"]


class Windows:
    """All windows on a panel, none of which is kept: one copy of the panel's values lies on the device.

    A window is named by its series and its cutoff, the position in the series of the first step to forecast.

    Args:
        panel: the series.
        look_back: L, the steps before the cutoff; those before a series' begin are masked.
        horizon: H, the steps to forecast.
        device: where the values and the windows lie.
        dtype: their type.

    Raises:
        ConfigError: when `look_back` or `horizon` is below 1.

    Example:
        >>> from sightline.data.series import read_series
        >>> import polars as pl
        >>> panel = read_series(pl.DataFrame({"ds": range(5), "y": [3.0, 1.0, 4.0, 1.0, 5.0]}))
        >>> windows = Windows(panel, look_back=3, horizon=2)
        >>> windows.cutoffs()[:, 1].tolist()
        [1, 2, 3]
        >>> batch = windows.gather(windows.cutoffs(min_history=2))
        >>> batch.past.tolist(), batch.target.tolist()
        ([[0.0, 3.0, 1.0], [3.0, 1.0, 4.0]], [[4.0, 1.0], [1.0, 5.0]])
    """

    def __init__(
        self,
        panel: Panel,
        look_back: int,
        horizon: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        for name, value in (("look_back", look_back), ("horizon", horizon)):
            if value < 1:
                raise ConfigError(f"{name}={value}: a window needs {count(1, 'step')} at least on either side")

        def put(values: NDArray[np.float64]) -> Tensor:
            return torch.as_tensor(np.nan_to_num(values), dtype=dtype, device=device)

        self.panel = panel
        self.look_back = look_back
        self.horizon = horizon
        self._target = put(panel.target)
        self._is_known = torch.as_tensor(~np.isnan(panel.target), device=device)
        self._covariates = put(np.hstack([panel.past, panel.future]))
        self._static = put(panel.static)
        self._offsets = torch.as_tensor(panel.offsets, device=device)

    def cutoffs(
        self,
        start: NDArray[np.int64] | int = 0,
        stop: NDArray[np.int64] | int | None = None,
        *,
        stride: int = 1,
        min_history: int = 1,
    ) -> Int[Tensor, "W 2"]:
        """Names of the windows whose steps to forecast all lie in a range, series by series: `(series, cutoff)`.

        Args:
            start: the first position that may be forecast, of all series or of each, `[N]`.
            stop: the position after the last one; None for the end of the past.
            stride: steps from one cutoff to the next; the first is at `start`.
            min_history: the steps that must be there before a cutoff.
        """
        if stride < 1 or min_history < 0:
            raise ConfigError(f"stride={stride}, min_history={min_history}: expected at least 1 and 0")
        history = self.panel.history
        first = np.broadcast_to(np.maximum(start, min_history), history.shape)
        last = np.minimum(history if stop is None else stop, history) - self.horizon
        numbers = np.maximum((last - first) // stride + 1, 0)
        series = np.repeat(np.arange(len(numbers)), numbers)
        within = np.arange(len(series)) - np.repeat(np.cumsum(numbers) - numbers, numbers)
        return torch.as_tensor(np.stack([series, first[series] + stride * within], axis=1), device=self._offsets.device)

    def last(self) -> Int[Tensor, "N 2"]:
        """Names of the windows that forecast what comes after the past of each series.

        Raises:
            ConfigError: when there are future covariates, and the panel does not have them for the whole horizon.
        """
        panel = self.panel
        if panel.future.shape[1] and (panel.lengths - panel.history < self.horizon).any():
            raise ConfigError(
                f"future covariates have to be known for the {count(self.horizon, 'step')} to forecast: extend the "
                "panel by panel.with_future(...)"
            )
        names = np.stack([np.arange(len(panel.ids)), panel.history], axis=1)
        return torch.as_tensor(names, device=self._offsets.device)

    def gather(self, cutoffs: Int[Tensor, "B 2"]) -> WindowBatch:
        """The windows of these names, made on the device."""
        series, cutoff = cutoffs.to(self._offsets.device).unbind(1)
        before, past_inside = self._rows(series, cutoff, -self.look_back, 0)
        after, future_inside = self._rows(series, cutoff, 0, self.horizon)
        past_mask = self._is_known[before] & past_inside
        target_mask = self._is_known[after] & future_inside
        ahead = self._covariates[:, self.panel.past.shape[1] :]
        return WindowBatch(
            past=self._target[before] * past_mask,
            past_mask=past_mask,
            past_covariates=self._covariates[before] * past_inside[..., None],
            future_covariates=ahead[after] * future_inside[..., None],
            static=self._static[series],
            target=self._target[after] * target_mask,
            target_mask=target_mask,
            series=series,
            cutoff=cutoff,
        )

    def batches(self, cutoffs: Int[Tensor, "W 2"], size: int, *, seed: int, epoch: int) -> Iterator[WindowBatch]:
        """Each of these windows once, in an order that depends on seed and epoch alone; the last batch may be smaller.

        Args:
            cutoffs: names of windows.
            size: B, the windows in a batch.
            seed: seed of the whole training.
            epoch: number of the pass, for another order in each.
        """
        chance = torch.Generator().manual_seed(Random(f"{seed}-{epoch}").getrandbits(63))
        order = torch.randperm(len(cutoffs), generator=chance).to(cutoffs.device)
        for some in order.split(size):
            yield self.gather(cutoffs[some])

    def _rows(
        self, series: Int[Tensor, " B"], cutoff: Int[Tensor, " B"], begin: int, end: int
    ) -> tuple[Int[Tensor, "B _"], Bool[Tensor, "B _"]]:
        """Rows of the steps from `begin` to before `end`, counted from the cutoff, and which lie inside the series."""
        steps = torch.arange(begin, end, device=series.device)
        rows = (self._offsets[series] + cutoff)[:, None] + steps
        inside = (rows >= self._offsets[series, None]) & (rows < self._offsets[series + 1, None])
        return rows.clamp(0, len(self._target) - 1), inside
