"""Whether what a forecast is said to have used is to be believed: how far it moves without that."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sightline.data.series import Panel, Windows
from sightline.explain import judged, verdict
from sightline.layers.scaling import instance_scale
from sightline.models.forecast import ForecastNetwork, Window
from sightline.results import Verdict
from sightline.tasks.forecast.building import Parts, window_of
from sightline.tasks.forecast.explaining import by_covariate, looked, used, variables_of
from sightline.tasks.forecast.frames import when
from sightline.tasks.forecast.result import ForecastExplanation

__all__ = ["believe", "explanations"]

_ROWS = 256  # windows at once


@torch.inference_mode()
def explanations(
    parts: Parts, panel: Panel, windows: Windows, series: int, *, verdict: bool
) -> Iterator[ForecastExplanation]:
    """What the forecast from the end of each of the first few series used, and whether that is to be believed.

    Raises:
        ConfigError: for a network that looks at nothing.
    """
    network = parts.network.eval()
    for name, place in zip(panel.ids, windows.last()[:series], strict=False):
        window = window_of(windows.gather(place.unsqueeze(0)))
        forecast = looked(network, window)
        weights = used(network, forecast)
        shares = by_covariate(weights.cpu().double().numpy(), parts.series.encoding)[0]
        row, begin = place.cpu().numpy()[:1], int(place[1])
        known = min(begin, parts.look_back)
        steps = when(panel, row, np.array([begin - known]), known + windows.horizon)[0]
        yield ForecastExplanation(
            series=name,
            cutoff=steps[known - 1],
            times=steps[known:],
            forecast=network.point(forecast)[0].cpu().double().numpy(),
            steps=steps[:known],
            variables=variables_of(panel)[: shares.shape[1]],
            attention=shares[..., -known:].astype(np.float32),
            zone=panel.zone,
            verdict=believe(network, window, weights[0]) if verdict else None,
        )


@torch.inference_mode()
def believe(network: ForecastNetwork, window: Window, weights: Float[Tensor, "H V L"]) -> Verdict:
    """The verdict on the shares of past numbers in the steps ahead of one window.

        f_h(x) = -|forecast_h(x) - forecast_h| / spread

    where the spread is the window's standard deviation. A number that is taken away is its variable's mean over the
    window.

    Args:
        network: in evaluation mode.
        window: of one series.
        weights: of each step back, of the series' own values and, where V is more than 1, of each covariate.
    """
    steps, variables, length = weights.shape
    parts = judged(steps)
    whole = network.point(network(window))[:, parts]
    spread = instance_scale(window.past, window.mask).size
    known = window.mask.sum().clamp_min(1)
    past_mean = window.past.masked_fill(~window.mask, 0.0).sum() / known
    means = window.past_covariates.mean(1, keepdim=True)

    def moved(keep: Bool[Tensor, "N V L"]) -> Float[Tensor, "N T"]:
        read = Window(*(part.expand(len(keep), *part.shape[1:]) for part in window))
        read = read._replace(past=torch.where(keep[:, 0], window.past, past_mean))
        if variables > 1:
            there = keep[:, 1:].transpose(1, 2)
            read = read._replace(past_covariates=torch.where(there, window.past_covariates, means))
        return (-(network.point(network(read))[:, parts] - whole).abs() / spread).cpu()

    def ask(keep: Bool[Tensor, "N S"]) -> Float[Tensor, "N T"]:
        grid = keep.unflatten(1, (variables, length)).to(window.past.device)
        return torch.cat([moved(some) for some in grid.split(_ROWS)]).float()

    return verdict(ask, weights[parts].flatten(1).cpu().float())
