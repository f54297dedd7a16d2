"""Training: a module, a loss function and an iterable; no model, no task, no text."""

from sightline.training.averaging import BestWeights, Kept, average_weights
from sightline.training.checkpoints import RunState, has_checkpoint, load_checkpoint, save_checkpoint
from sightline.training.copying import coverage_loss, pointer_loss
from sightline.training.events import (
    Event,
    Failed,
    Finished,
    FitResult,
    Listener,
    Progress,
    Started,
    Stopping,
    Validated,
)
from sightline.training.guiding import alignment_loss
from sightline.training.hard import marginal_likelihood, reinforce
from sightline.training.interrupts import Interrupted
from sightline.training.likelihood import log_likelihoods
from sightline.training.loop import fit
from sightline.training.losses import Loss, cross_entropy
from sightline.training.muon import Muon, orthogonalize
from sightline.training.optimizer import OPTIMIZERS, build_optimizers, scale_gradients
from sightline.training.progress import show_progress
from sightline.training.runtime import MatmulPrecision, fast_matmul, medium_error, pick_device, set_threads
from sightline.training.scheduled_sampling import scheduled_inputs
from sightline.training.schedules import SCHEDULES, Schedule, constant, cosine, inverse_sqrt
from sightline.training.settings import TrainSettings
from sightline.training.storage import load_tensors, save_tensors
from sightline.training.tensorboard import TensorBoard

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "BestWeights",
    "Event",
    "Failed",
    "Finished",
    "FitResult",
    "Interrupted",
    "Kept",
    "Listener",
    "Loss",
    "MatmulPrecision",
    "Muon",
    "Progress",
    "RunState",
    "Schedule",
    "Started",
    "Stopping",
    "TensorBoard",
    "TrainSettings",
    "Validated",
    "alignment_loss",
    "average_weights",
    "build_optimizers",
    "constant",
    "cosine",
    "coverage_loss",
    "cross_entropy",
    "fast_matmul",
    "fit",
    "has_checkpoint",
    "inverse_sqrt",
    "load_checkpoint",
    "load_tensors",
    "log_likelihoods",
    "marginal_likelihood",
    "medium_error",
    "orthogonalize",
    "pick_device",
    "pointer_loss",
    "reinforce",
    "save_checkpoint",
    "save_tensors",
    "scale_gradients",
    "scheduled_inputs",
    "set_threads",
    "show_progress",
]
