"""Past to future: train on series, forecast with intervals."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sightline.data.series import Columns, Panel, Windows
from sightline.data.tables import Source
from sightline.errors import ConfigError
from sightline.tasks.config import parse_config, read_config
from sightline.tasks.fitting import begun, check_folder_options, fit_in_passing
from sightline.tasks.folder import (
    CONFIG,
    TRAINING,
    check_free,
    new_folder,
    read_manifest,
    seal,
    unseal,
)
from sightline.tasks.forecast.ahead import forecasts_ahead
from sightline.tasks.forecast.backtest import Backtest
from sightline.tasks.forecast.believing import explanations
from sightline.tasks.forecast.building import SERIES, Parts, load_parts, write_parts
from sightline.tasks.forecast.config import ForecastConfig, ForecastTraining, HeadConfig, ModelConfig
from sightline.tasks.forecast.explaining import used_columns
from sightline.tasks.forecast.frames import as_levels, forecast_columns, like, when
from sightline.tasks.forecast.judging import cross_validate, evaluate
from sightline.tasks.forecast.learning import Trained, notes_of, train
from sightline.tasks.forecast.reading import read_panel
from sightline.tasks.forecast.result import ForecastExplanation
from sightline.tasks.forecast.resuming import compare_run, record_data
from sightline.tasks.forecast.saying import CALIBRATION, Said
from sightline.tasks.forecast.starting import Start, encoded_windows, prepare
from sightline.training import FitResult, Listener, fast_matmul

__all__ = ["Forecaster"]


class Forecaster:
    """Forecasts series from their past, with intervals and the attention behind them.

    Args:
        horizon: H, the steps ahead.
        look_back: L, the steps that a forecast sees; None for three horizons, and two seasons at least.
        model: `"patches"`, `"segments"`, or the options of one.
        head: what is said of each step: `"squared"`, `"absolute"`, `"quantiles"`, `"gaussian"`, `"student"`, or its
            options.
        columns: which column of a table is what; None for `unique_id`, `ds` and `y`.
        calendar: features of the timestamps that are known ahead, such as `"hour"`.
        frequency: the step, such as `"h"`; None to infer it.
        training: how long and how fast.
        seed: of all that is random.

    Raises:
        ConfigError: for options that do not fit each other.

    Example:
        >>> import numpy as np, polars as pl
        >>> from sightline.tasks.forecast import Forecaster, ForecastTraining
        >>> steps = np.arange(200)
        >>> frame = pl.DataFrame({"ds": steps, "y": np.sin(steps / 3)})
        >>> forecaster = Forecaster(horizon=4, look_back=16, training=ForecastTraining(epochs=1)).fit(frame)
        >>> forecaster.predict(level=[90]).columns
        ['unique_id', 'ds', 'forecast', 'lo-90', 'hi-90']
    """

    def __init__(
        self,
        horizon: int,
        *,
        look_back: int | None = None,
        model: Literal["patches", "segments", "variables", "darnn"] | ModelConfig = "patches",
        head: str | HeadConfig = "absolute",
        columns: Columns | None = None,
        calendar: Sequence[str] = (),
        frequency: str | None = None,
        time_zone: str | None = None,
        training: ForecastTraining | None = None,
        seed: int = 1,
    ) -> None:
        named = columns or Columns()
        if not isinstance(named, Columns):  # pyright: ignore[reportUnnecessaryIsInstance] - users do as they please
            raise ConfigError(
                f"columns is {named!r:.60}: write columns=Columns(id='store', time='date', target='sold')"
            )
        options = {"type": model} if isinstance(model, str) else model.model_dump()
        values = {
            "horizon": horizon,
            "look_back": look_back,
            "model": options,
            "head": {"kind": head} if isinstance(head, str) else head.model_dump(),
            "data": {
                **{name: getattr(named, name) for name in Columns.__slots__},
                "calendar": tuple(calendar),
                "frequency": frequency,
                "time_zone": time_zone,
            },
            "training": (training or ForecastTraining()).model_dump(),
            "seed": seed,
        }
        self.config = parse_config(values, ForecastConfig)
        self.result: FitResult | None = None
        self.metrics: dict[str, float] = {}
        self._trained: Trained | None = None
        self._last: tuple[Panel, Source] | None = None

    @classmethod
    def from_config(cls, config: ForecastConfig) -> "Forecaster":
        """A forecaster with all options given."""
        forecaster = cls(config.horizon)
        forecaster.config = config
        return forecaster

    @property
    def trained(self) -> Trained:
        """The network and what it knows of its series; raises ConfigError before `fit` or `load`."""
        if self._trained is None:
            raise ConfigError("this forecaster is not trained: call fit(series) first, or load one")
        return self._trained

    @property
    def parts(self) -> Parts:
        """What it is made of; raises ConfigError before `fit` or `load`."""
        return self.trained.parts

    def fit(
        self,
        source: Source,
        *,
        folder: str | Path | None = None,
        resume: bool = False,
        finish: bool = False,
        overwrite: bool = False,
        listeners: Sequence[Listener] = (),
        say: Callable[[str], None] = lambda line: None,
    ) -> "Forecaster":
        """Train on series; the end of each is held out, to choose the best weights and to calibrate intervals.

        Args:
            source: a CSV or Parquet file, or a pandas or polars data frame.
            folder: the model's folder, written as training goes on, so that it can be resumed; None keeps nothing.
            resume: go on in that folder.
            finish: train no further: make the model of the best weights that the resumed training found.
            overwrite: write over what the folder holds.
            listeners: each is called with every event of the training loop.
            say: called with each line worth telling.

        Returns:
            The forecaster itself, trained.

        Raises:
            DataError: for a table that cannot be read, or series too short for the horizon.
            ConfigError: for options that do not fit the series.
            OutputError: where the folder is in the way or cannot be written.
            TrainingError: when the loss is no longer a number, or training was interrupted (`Interrupted`).
        """
        check_folder_options(folder, resume=resume, finish=finish, overwrite=overwrite)
        if folder is None:
            return fit_in_passing(lambda scratch: self.fit(source, folder=scratch, listeners=listeners, say=say))
        place = Path(folder)
        if not resume:
            check_free(place, overwrite=overwrite)
        panel = read_panel(self.config, source, lambda finding: say(str(finding)))
        changes = compare_run(place, self.config, panel) if resume else []
        with begun(
            place,
            resume=resume,
            overwrite=overwrite,
            changes=changes,
            prepare=lambda resumed: prepare(self.config, panel),
            keep=lambda start: self._keep(place, start, panel),
            lines=lambda start: start.lines(self.config),
            say=say,
        ) as start:
            self._trained, self.result = train(
                start, self.config, folder=place / TRAINING, resume=resume, finish=finish, listeners=listeners
            )
            self.metrics, self._last = dict(self.result.metrics), (panel, source)
            for note in notes_of(self._trained, self.result):
                say(note)
            self._write(place)
        return self

    def predict(
        self,
        source: Source | None = None,
        *,
        future: Source | None = None,
        level: Sequence[float] = (),
        say: Callable[[str], None] = lambda line: None,
    ) -> Any:
        """Forecast what comes after the end of each series.

        Args:
            source: series up to now, as in `fit`; None for those of `fit`.
            future: future covariates of the steps ahead, where there are any.
            level: in per cent, of intervals. What came since training, in the source, has its say in them.
            say: called with each line worth telling of the source.

        Returns:
            A data frame of the source's kind, polars for files: `unique_id, ds, forecast, lo-90, hi-90`, one row for
            each series and step; the first two are named as in the source.

        Raises:
            ConfigError: before `fit` or `load`, or without a source after `load`.
            DataError: for a table that cannot be read, a series that was not trained on, or covariates that end early.
        """
        shares, horizon = as_levels(level), self.config.horizon
        panel, windows, source = self._ahead(source, future, say)
        names = np.arange(len(panel.ids))
        columns = {
            panel.columns.id: np.repeat(np.array(panel.ids), horizon),
            panel.columns.time: when(panel, names, panel.history, horizon).ravel(),
            **forecast_columns(*forecasts_ahead(self.trained, windows, shares, self.config.intervals.rate), shares),
        }
        return like(source, columns, panel.zone)

    def explain(
        self,
        source: Source | Panel | None = None,
        *,
        future: Source | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> Any:
        """What each forecast of `predict` used of the past (see `sightline.tasks.forecast.explaining.used`).

        Args:
            source: as in `predict`.
            future: likewise.
            say: likewise.

        Returns:
            A data frame of the source's kind: `unique_id, cutoff, step, ds, variable, weight`, a row for each step
            ahead and each step back; the weights of a step ahead sum to 1.

        Raises:
            ConfigError: for a network that looks at nothing; otherwise as `predict`.
        """
        panel, windows, source = self._ahead(source, future, say)
        with self._exact():
            return like(source, used_columns(self.trained.parts, panel, windows), panel.zone)

    def explanations(
        self,
        source: Source | Panel | None = None,
        *,
        future: Source | None = None,
        series: int = 5,
        verdict: bool = True,
        say: Callable[[str], None] = lambda line: None,
    ) -> list[ForecastExplanation]:
        """What the forecasts of the first few series used, each with its pictures and a verdict on itself.

        Args:
            source: as in `predict`.
            future: likewise.
            series: how many.
            verdict: whether to find out how far this is to be believed (see `sightline.explain.verdict`), which asks
                the network some hundred to some thousand times for each.
            say: as in `predict`.

        Raises:
            ConfigError: for a network that looks at nothing, or less than one series; otherwise as `predict`.
        """
        if series < 1:
            raise ConfigError(f"series={series}: one is the least that can be explained")
        panel, windows, _ = self._ahead(source, future, say)
        with self._exact():
            return list(explanations(self.trained.parts, panel, windows, series, verdict=verdict))

    def _exact(self) -> AbstractContextManager[bool]:
        return fast_matmul("exact", next(self.parts.network.parameters()).device)

    def _ahead(
        self, source: Source | Panel | None, future: Source | None, say: Callable[[str], None]
    ) -> tuple[Panel, Windows, Source | Panel]:
        """The series to forecast, with what is known ahead, and where they are from."""
        parts, horizon = self.trained.parts, self.config.horizon
        if source is None:
            if self._last is None:
                raise ConfigError("a loaded forecaster keeps no series: give those to forecast")
            panel, source = self._last
        else:
            panel = read_panel(self.config, source, lambda finding: say(str(finding)), known=parts.series)
        return panel, encoded_windows(parts, panel.with_future(future, horizon), horizon), source

    def cross_validation(
        self,
        source: Source,
        *,
        windows: int = 3,
        step: int | None = None,
        level: Sequence[float] = (),
        baselines: Sequence[str] = (),
        listeners: Sequence[Listener] = (),
    ) -> Backtest:
        """Train anew on what was known before the first of some cutoffs, then forecast from each.

        Nothing that came after a cutoff has a say in its forecast or its intervals.

        Args:
            source: series, as in `fit`.
            windows: how many cutoffs; the last forecast ends where a series does.
            step: steps from one to the next; None for the horizon.
            level: in per cent, of intervals.
            baselines: `"ets"` and `"theta"` beside the simple ones, by statsforecast; without intervals.
            listeners: each is called with every event of the training loop.

        Raises:
            DataError: for series too short; otherwise as `fit`.
            MissingExtraError: where a baseline needs a package that is not installed.
        """
        return cross_validate(
            self.config,
            read_panel(self.config, source),
            windows=windows,
            step=self.config.horizon if step is None else step,
            shares=as_levels(level),
            baselines=baselines,
            listeners=listeners,
        )

    def evaluate(self, source: Source, *, step: int | None = None, level: Sequence[float] = ()) -> Backtest:
        """Forecast what came since training, from one cutoff after the other, and tell how good that was.

        Args:
            source: series that go on beyond what was known in training.
            step: steps from one cutoff to the next; None for the horizon. The first is where training ended.
            level: in per cent, of intervals.

        Raises:
            ConfigError: before `fit` or `load`, or for a step below 1.
            DataError: where less than a horizon came since; otherwise as `predict`.
        """
        shares, step = as_levels(level), self.config.horizon if step is None else step
        panel = read_panel(self.config, source, known=self.parts.series)
        return evaluate(self.config, self.trained, panel, step=step, shares=shares)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the model folder (see `sightline.tasks.folder`).

        Raises:
            ConfigError: before `fit` or `load`.
            OutputError: where the folder is in the way or cannot be written.
        """
        _ = self.trained
        self._write(new_folder(folder, overwrite=overwrite))

    def _keep(self, place: Path, start: Start, panel: Panel) -> None:
        record_data(place, panel)
        write_parts(place, self.config, start.parts)

    def _write(self, place: Path) -> None:
        unseal(place)
        parts, earlier = self.trained
        write_parts(place, self.config, parts)
        earlier.save(place / CALIBRATION)
        seal(place, "forecast", parts.network, (SERIES, CALIBRATION), self.metrics)

    @classmethod
    def load(cls, folder: str | Path) -> "Forecaster":
        """A forecaster from its folder.

        Raises:
            ModelFolderError: where it is missing, unfinished, damaged, or of another task or format.
        """
        place = Path(folder)
        manifest = read_manifest(place, "forecast")
        forecaster = cls.from_config(read_config(place / CONFIG, ForecastConfig))
        forecaster.metrics = manifest["metrics"]
        forecaster._trained = Trained(load_parts(place, forecaster.config), Said.load(place / CALIBRATION))
        return forecaster
