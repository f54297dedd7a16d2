"""The network that a configuration asks for, and what else a forecaster is made of."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sightline.data.series import Columns, Frequency, Panel, WindowBatch
from sightline.errors import ModelFolderError
from sightline.files import write_atomic
from sightline.models.forecast import (
    Ahead,
    DualStageCore,
    ForecastNetwork,
    GaussianHead,
    Head,
    PatchCore,
    PointHead,
    QuantileHead,
    RecurrentCore,
    StudentHead,
    VariableCore,
    Window,
)
from sightline.tasks.config import write_config
from sightline.tasks.folder import CONFIG, load_weights
from sightline.tasks.forecast.config import ForecastConfig
from sightline.tasks.forecast.encoding import Encoding
from sightline.training import pick_device

__all__ = [
    "SERIES",
    "Parts",
    "Series",
    "ahead_of",
    "build_network",
    "load_parts",
    "units_of",
    "window_of",
    "write_parts",
]

SERIES = "series.json"
_HEADS = {"gaussian": GaussianHead, "student": StudentHead}
_CORES = {"patches": PatchCore, "segments": RecurrentCore, "variables": VariableCore, "darnn": DualStageCore}
_CENTRED = ("segments", "darnn")  # take the middle of what they said into what they say next


@dataclass(frozen=True, slots=True)
class Series:
    """What a forecaster remembers of the series that it was trained on.

    Attributes:
        columns: which column of a table is what.
        frequency: their step.
        categories: the names of each categorical covariate.
        encoding: what covariates become.
        units: in which each series' errors are counted, by its id.
        ends: the last timestamp that was known of each, by its id.
        zone: by whose clock timestamps were told, if they had one.
    """

    columns: Columns
    frequency: Frequency
    categories: dict[str, tuple[str, ...]]
    encoding: Encoding
    units: dict[str, float]
    ends: dict[str, Any]
    zone: str | None

    @classmethod
    def of(cls, panel: Panel, borders: NDArray[np.int64], unit: str) -> "Series":
        """From a panel, whose series are trained on up to these positions; nothing but `ends` is from beyond.

        Args:
            panel: the series.
            borders: of each.
            unit: `"deviation"`, or `"season"` for the mean change from one season to the next.
        """
        trained = panel.head(borders)
        parts = [trained.target[a:b] for a, b in zip(trained.offsets, trained.offsets[1:], strict=False)]
        lag = panel.frequency.seasonality if unit == "season" else None
        units = {name: _unit(values, lag) for name, values in zip(trained.ids, parts, strict=True)}
        ends = dict(zip(panel.ids, panel.frequency.step(panel.starts, panel.history - 1), strict=True))
        categories = dict(panel.categories)
        return cls(panel.columns, panel.frequency, categories, Encoding.of(trained), units, ends, panel.zone)

    def known(self, panel: Panel) -> NDArray[np.int64]:
        """The position, in each series of a panel, after the last step that was known in training."""
        ends = np.array([self.ends[name] for name in panel.ids])
        return np.clip(self.frequency.position(panel.starts, ends) + 1, 0, panel.history)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a file."""
        return {
            "columns": asdict(self.columns),
            "frequency": str(self.frequency),
            "categories": self.categories,
            "encoding": self.encoding.to_json(),
            "units": self.units,
            "ends": {name: end.item() if self.frequency.is_integer else str(end) for name, end in self.ends.items()},
            "zone": self.zone,
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Series":
        """The reverse."""
        columns: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in values["columns"].items()
        }
        frequency = Frequency.parse(values["frequency"])
        kind = np.int64 if frequency.is_integer else np.datetime64
        return cls(
            Columns(**columns),
            frequency,
            {name: tuple(found) for name, found in values["categories"].items()},
            Encoding.from_json(values["encoding"]),
            values["units"],
            {name: kind(end) for name, end in values["ends"].items()},
            values["zone"],
        )


def _unit(values: NDArray[np.float64], lag: int | None) -> float:
    """How large changes over that lag are, where there are any; else the deviation, and 1 for what never changes."""
    if lag is not None:
        changes = np.abs(values[lag:] - values[:-lag])
        known = changes[~np.isnan(changes)]
        if known.any():
            return float(known.mean())
    known = values[~np.isnan(values)]
    return float(known.std()) or 1.0 if known.size else 1.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What a forecaster is made of."""

    network: ForecastNetwork
    look_back: int
    series: Series


def units_of(parts: Parts, panel: Panel) -> Tensor:
    """How large the values of each series are, `[N, 1]`."""
    device = next(parts.network.parameters()).device
    return torch.tensor([[parts.series.units[name]] for name in panel.ids], device=device)


def window_of(batch: WindowBatch) -> Window:
    """What the network may see of a batch."""
    return Window(batch.past, batch.past_mask, batch.past_covariates, batch.future_covariates, batch.static)


def ahead_of(batch: WindowBatch) -> Ahead:
    """What came of it."""
    return Ahead(batch.target, batch.target_mask)


def build_network(config: ForecastConfig, look_back: int, encoding: Encoding) -> ForecastNetwork:
    """The network, freshly initialised from torch's random state, on the first GPU or else the CPU.

    Args:
        config: of the forecaster.
        look_back: L.
        encoding: of the covariates.
    """
    head = _head(config)
    past, future, static = encoding.widths
    future += 2 * len(config.data.calendar)
    sizes = {
        "look_back": look_back,
        "horizon": config.horizon,
        "numbers": head.width,
        "past_covariates": past + future,
        "future_covariates": future,
        "static": static,
    }
    options = config.model.model_dump(exclude={"type"})
    if config.model.type in _CENTRED:
        options["centre"] = head.centre
    core = _CORES[config.model.type](**sizes, **options)
    network = ForecastNetwork(
        core, head, look_back=look_back, horizon=config.horizon, scaling=config.scaling, line=config.line_is != "none"
    )
    if network.line is not None:
        network.line.requires_grad_(config.line_is == "start")
    return network.to(pick_device())


def _head(config: ForecastConfig) -> Head:
    kind = config.head.kind
    if kind == "quantiles":
        return QuantileHead(config.head.levels)
    return _HEADS[kind]() if kind in _HEADS else PointHead(kind)


def write_parts(folder: Path, config: ForecastConfig, parts: Parts) -> None:
    """Write down all but the weights; raises OutputError where the folder cannot be written."""
    about = {"look_back": parts.look_back, **parts.series.to_json()}
    write_atomic(folder / SERIES, json.dumps(about, indent=1, ensure_ascii=False).encode())
    write_atomic(folder / CONFIG, write_config(config).encode())


def load_parts(folder: Path, config: ForecastConfig) -> Parts:
    """What a finished model's folder holds; raises ModelFolderError where a part is damaged or another's."""
    try:
        about = json.loads((folder / SERIES).read_bytes())
        look_back, series = about.pop("look_back"), Series.from_json(about)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(f"{folder / SERIES}: missing or damaged; take the folder from a copy") from error
    network = build_network(config, look_back, series.encoding)
    load_weights(folder, network)
    return Parts(network, look_back, series)
