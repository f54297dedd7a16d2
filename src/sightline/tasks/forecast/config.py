"""All options of a forecaster, with their defaults."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from sightline.tasks.config import Section
from sightline.tasks.training import Training

__all__ = [
    "DualStageConfig",
    "ForecastConfig",
    "ForecastTraining",
    "HeadConfig",
    "IntervalsConfig",
    "ModelConfig",
    "PatchesConfig",
    "SegmentsConfig",
    "SeriesConfig",
    "VariablesConfig",
]

Rate = Annotated[float, Field(ge=0, lt=1)]


class SeriesConfig(Section):
    """Where series are, and which column is what."""

    train: Path | None = None
    id: str = "unique_id"
    time: str = "ds"
    target: str | tuple[str, ...] = "y"
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    calendar: tuple[str, ...] = ()
    frequency: str | None = None
    time_zone: str | None = None  # by whose clock zoned timestamps are told; None: a data frame's own, else UTC
    valid_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.15  # the end of each series, and the horizon at least


class PatchesConfig(Section):
    """An attention encoder over patches of the past."""

    type: Literal["patches"] = "patches"
    patch: PositiveInt | None = None  # None: 16, or a quarter of a look-back that is short
    stride: PositiveInt | None = None  # None: half a patch
    width: PositiveInt = 32
    heads: PositiveInt = 4
    hidden: PositiveInt = 64
    layers: PositiveInt = 2
    dropout: Rate = 0.2
    readout_dropout: Rate = 0.0


class SegmentsConfig(Section):
    """A recurrent encoder-decoder with attention, over segments of the past."""

    type: Literal["segments"] = "segments"
    segment: PositiveInt = 1
    parallel: bool = False
    cell: Literal["lstm", "gru"] = "gru"
    attention: Literal["additive", "concat", "dot", "scaled_dot", "bilinear", "cosine", "location", "none"] = "additive"
    selection: Literal["softmax", "sparsemax", "entmax15", "local_p", "local_m", "monotonic"] = "softmax"
    decoder: Literal["bahdanau", "luong"] = "luong"
    width: PositiveInt = 64
    layers: PositiveInt = 1
    bidirectional: bool = False
    dropout: Rate = 0.1
    sampling: Annotated[float, Field(ge=0, le=1)] = 0.0


class VariablesConfig(Section):
    """Attention from each step ahead to each variable at each lag."""

    type: Literal["variables"] = "variables"
    lags: PositiveInt | None = None  # the last steps that are seen; None: the whole look-back
    attention: Literal["additive", "concat", "dot", "scaled_dot", "bilinear", "cosine"] = "scaled_dot"
    selection: Literal["softmax", "sparsemax", "entmax15"] = "softmax"
    width: PositiveInt = 32
    heads: PositiveInt = 8
    dropout: Rate = 0.0


class DualStageConfig(Section):
    """A recurrent encoder with attention over series at each step, and a decoder with attention over steps."""

    type: Literal["darnn"] = "darnn"
    cell: Literal["lstm", "gru"] = "lstm"
    width: PositiveInt = 64
    dropout: Rate = 0.1
    sampling: Annotated[float, Field(ge=0, le=1)] = 0.0


ModelConfig = PatchesConfig | SegmentsConfig | VariablesConfig | DualStageConfig


class HeadConfig(Section):
    """What is said of each step ahead."""

    kind: Literal["squared", "absolute", "quantiles", "gaussian", "student"] = "absolute"
    levels: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)  # of quantiles


class IntervalsConfig(Section):
    """How intervals are calibrated."""

    rate: Annotated[float, Field(ge=0, le=1)] = 0.03  # how fast levels follow what was covered; 0: not at all


class ForecastTraining(Training):
    """How long, how fast and by what measure to train. An update is one step of the optimizer."""

    updates: PositiveInt | None = 1_000
    batch_windows: PositiveInt = 256
    epoch_windows: PositiveInt = 50_000  # at most, drawn anew for each epoch
    unit: Literal["deviation", "season"] = "deviation"  # of a series' errors: its own, or that of the seasonal naive
    validate_every: PositiveInt | None = 100  # updates; None: after each epoch
    patience: PositiveInt | None = 5


class ForecastConfig(Section):
    """Everything that `sightline train` needs to know for a forecaster."""

    task: Literal["forecast"] = "forecast"
    output: Path | None = None  # the model's folder
    seed: int = 1
    horizon: PositiveInt
    look_back: PositiveInt | None = None  # None: three horizons, and two seasons at least, as far as series go
    data: SeriesConfig = SeriesConfig()
    scaling: Literal["standard", "last", "none"] = "standard"
    line: Literal["auto", "start", "beside", "none"] = "auto"  # start, for a model that can, else beside
    model: Annotated[ModelConfig, Field(discriminator="type")] = PatchesConfig()
    head: HeadConfig = HeadConfig()
    intervals: IntervalsConfig = IntervalsConfig()
    training: ForecastTraining = ForecastTraining()

    @property
    def line_is(self) -> Literal["start", "beside", "none"]:
        """What becomes of the straight line: the network starts as one, or learns without it, or there is none."""
        if self.line == "auto":
            return "beside" if self._reads_on else "start"
        return self.line

    @property
    def _reads_on(self) -> bool:
        return self.model.type == "darnn" or (self.model.type == "segments" and not self.model.parallel)

    @model_validator(mode="after")
    def _starts_as_it_can(self) -> "ForecastConfig":
        if self.line == "start" and self._reads_on:
            raise ValueError("a decoder that reads its own answers on cannot start as a line: set 'line: beside'")
        return self
