"""Whether what a forecast is said to have used is to be believed: how far it moves without that."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sightline.data.series import Panel, Windows
from sightline.explain import gradient_times_input, judged, verdict
from sightline.layers.scaling import instance_scale
from sightline.models.forecast import ForecastNetwork, Window
from sightline.results import Verdict
from sightline.tasks.forecast.building import Parts, window_of
from sightline.tasks.forecast.explaining import (
    by_covariate,
    covariate_columns,
    looked,
    used,
    variables_of,
    whole,
)
from sightline.tasks.forecast.frames import when
from sightline.tasks.forecast.result import ForecastExplanation

__all__ = ["believe", "explanations"]

_ROWS = 256  # windows at once


@torch.no_grad()
def explanations(
    parts: Parts, panel: Panel, windows: Windows, series: int, *, verdict: bool
) -> Iterator[ForecastExplanation]:
    """What the forecast from the end of each of the first few series used, and whether that is to be believed.

    Raises:
        ConfigError: for a network that looks at nothing.
    """
    network, encoding = parts.network.eval(), parts.series.encoding
    for name, place in zip(panel.ids, windows.last()[:series], strict=False):
        window = window_of(windows.gather(place.unsqueeze(0)))
        forecast = looked(network, window)
        row, begin = place.cpu().numpy()[:1], int(place[1])
        known = min(begin, parts.look_back)
        shares = used(network, forecast).cpu().double().numpy()
        shares = whole(torch.from_numpy(by_covariate(shares, encoding)[0, ..., -known:]), (-2, -1)).numpy()
        steps = when(panel, row, np.array([begin - known]), known + windows.horizon)[0]
        columns = covariate_columns(window.past_covariates.shape[-1], encoding) if shares.shape[1] > 1 else []
        yield ForecastExplanation(
            series=name,
            cutoff=steps[known - 1],
            times=steps[known:],
            forecast=network.point(forecast)[0].cpu().double().numpy(),
            steps=steps[:known],
            variables=variables_of(panel)[: shares.shape[1]],
            attention=shares.astype(np.float32),
            zone=panel.zone,
            names=(panel.columns.id, panel.columns.time),
            verdict=believe(network, window, torch.from_numpy(shares), columns) if verdict else None,
        )


@torch.no_grad()
def believe(
    network: ForecastNetwork, window: Window, weights: Float[Tensor, "H V K"], columns: Sequence[int] = ()
) -> Verdict:
    """The verdict on the shares of past numbers in the steps ahead of one window.

        f_h(x) = -|forecast_h(x) - forecast_h| / spread

    where the spread is the window's standard deviation. A number that is taken away is its variable's mean over the K
    steps. Where V is 1, and covariates are not told apart, a step is taken away with all of them. Beside attention
    stands the gradient of each step ahead, times what a number is above that mean, without its sign.

    Args:
        network: in evaluation mode.
        window: of one series.
        weights: of its last K steps, of the series' own values and, where V is more than 1, of each covariate.
        columns: of the window's covariates, how many belong to each of the V - 1.
    """
    steps, variables, known = weights.shape
    parts = judged(steps)
    own, others = window.past[:, -known:, None], window.past_covariates[:, -known:]
    seen, there = torch.cat([own, others], -1), window.mask[:, -known:, None]
    there = torch.cat([there, torch.ones_like(others, dtype=torch.bool)], -1)
    means = seen.masked_fill(~there, 0.0).sum(1, keepdim=True) / there.sum(1, keepdim=True).clamp_min(1)
    counts = torch.tensor([1, *columns] if variables > 1 else [seen.shape[-1]])
    owners = torch.arange(variables).repeat_interleave(counts).to(seen.device)
    spread = instance_scale(window.past, window.mask).size

    def forecast(numbers: Float[Tensor, "N K C"]) -> Float[Tensor, "N T"]:
        read = Window(*(part.expand(len(numbers), *part.shape[1:]).clone() for part in window))
        read.past[:, -known:] = numbers[..., 0]
        read.past_covariates[:, -known:] = numbers[..., 1:].to(others.dtype)
        return network.point(network(read))[:, parts]

    before = forecast(seen)

    def moved(keep: Bool[Tensor, "N V K"]) -> Float[Tensor, "N T"]:
        numbers = torch.where(keep[:, owners].transpose(1, 2), seen, means)
        return (-(forecast(numbers) - before).abs() / spread).cpu()

    def ask(keep: Bool[Tensor, "N S"]) -> Float[Tensor, "N T"]:
        grid = keep.unflatten(1, (variables, known)).to(seen.device)
        return torch.cat([moved(some) for some in grid.split(_ROWS)]).float()

    slopes = gradient_times_input(lambda away: forecast(means + away.squeeze(-1))[0], (seen - means)[0].unsqueeze(-1))
    gradient = slopes.new_zeros(len(parts), variables, known).index_add(1, owners, slopes.transpose(1, 2)).abs()
    return verdict(ask, weights[parts].flatten(1).cpu().float(), {"gradient": gradient.flatten(1).cpu().float()})
