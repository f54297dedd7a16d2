"""The options that the training of every task has."""

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from sightline.tasks.config import Section
from sightline.training import TrainSettings

__all__ = ["Training"]


class Training(Section):
    """How long, how fast and by what measure to train. An update is one step of the optimizer."""

    updates: PositiveInt | None = None
    epochs: PositiveInt | None = None
    minutes: PositiveFloat | None = None
    accumulate: PositiveInt = 1  # batches an update: as one large batch, in less memory
    optimizer: Literal["adamw", "muon"] = "adamw"
    learning_rate: PositiveFloat = 0.001
    schedule: Literal["constant", "inverse_sqrt", "cosine"] = "cosine"
    warmup: Annotated[int, Field(ge=0)] = 100
    clip_norm: PositiveFloat | None = 1.0
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    validate_every: PositiveInt | None = None  # updates; None: after each epoch
    patience: PositiveInt | None = 10
    keep_best: Annotated[int, Field(ge=0)] = 1
    matmul: Literal["auto", "exact", "large", "fast"] = "auto"  # auto: as the task finds best

    @model_validator(mode="after")
    def _ends(self) -> "Training":
        if self.updates is None and self.epochs is None and self.minutes is None:
            if self.patience is None:
                raise ValueError("nothing ends the training: set 'updates', 'epochs', 'minutes' or 'patience'")
            if self.schedule == "cosine":
                raise ValueError(
                    "the schedule 'cosine' needs to know where it ends: set 'updates', 'epochs' or 'minutes'"
                )
        return self

    def settings(self, seed: int, **more: Any) -> TrainSettings:
        """The same for the loop.

        Args:
            seed: of dropout and whatever else a model draws.
            more: settings that are a matter of the task.
        """
        return TrainSettings(
            max_updates=self.updates,
            max_epochs=self.epochs,
            max_minutes=self.minutes,
            accumulate=self.accumulate,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            warmup=self.warmup,
            clip_norm=self.clip_norm,
            weight_decay=self.weight_decay,
            validate_every=self.validate_every,
            patience=self.patience,
            keep_best=self.keep_best,
            seed=seed,
            **more,
        )
