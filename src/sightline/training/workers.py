"""The gradients of an update's batches, computed by one process or by several side by side, on the CPU."""

import hashlib
import json
import mmap
import os
import signal
import sys
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Generic, NamedTuple, NoReturn, TypeVar

import torch
from torch import Tensor, nn

from sightline.errors import TrainingError
from sightline.training.losses import Loss

__all__ = ["Place", "Workers", "seed_for"]

Model = TypeVar("Model", bound=nn.Module)
Batch = TypeVar("Batch")

_PATIENCE = 2.0  # seconds between looks at whether the first process is still there
_ALIGNMENT = 64


class Place(NamedTuple):
    """Which batches an update takes: those of `epoch` from number `batch` on, counted from 0; and its number."""

    epoch: int
    batch: int
    update: int


def seed_for(seed: int, update: int, part: str) -> None:
    """Seeds torch for one part of an update: what it draws depends on these three alone, whoever computes it."""
    torch.manual_seed(int.from_bytes(hashlib.blake2b(f"{seed} {update} {part}".encode(), digest_size=7).digest()))


class Workers(Generic[Model, Batch]):
    """Shares the batches of each update among `count` processes, of which this one is the first.

    Batch i of an update is computed by worker `i mod count`, each on one thread: on processors of few cores that is
    quicker than to have all threads work at every product. The others are forks of this process. Weights and
    gradients lie in memory that all see, so that an update costs no copying; the first process adds the gradients up,
    worker by worker, and alone makes the step. Numbers travel as JSON.

    Within the block the model's weights are shared; behind it they are its own again. Where processes cannot share
    them, on a GPU or a system other than Linux, this one computes all batches, to the same result.

    Args:
        model: what is trained.
        batches: epoch -> its batches, the same in every process.
        loss: model and batch -> the summed loss and its count.
        seed: of what the model draws (see `seed_for`).
        count: how many processes.

    Raises:
        TrainingError: when a process cannot be started, dies, or fails.
    """

    def __init__(
        self,
        model: Model,
        batches: Callable[[int], Iterable[Batch]],
        loss: Callable[[Model, Batch], Loss],
        *,
        seed: int,
        count: int,
    ) -> None:
        self._model, self._batches, self._loss = model, batches, loss
        self._parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        alone = sys.platform != "linux" or any(parameter.device.type != "cpu" for parameter in self._parameters)
        self._seed, self._count = seed, 1 if alone else count
        self._helpers: list[_Helper] = []

    def __enter__(self) -> "Workers[Model, Batch]":
        if self._count > 1:
            for parameter, memory in zip(self._parameters, _shared_like(self._parameters), strict=True):
                parameter.data = memory.copy_(parameter.data)
        try:
            self._helpers.extend(map(self._fork, range(1, self._count)))
        except OSError as error:
            self.__exit__()
            raise TrainingError(
                f"not all of {self._count} workers can be started ({error.strerror}): set fewer"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        for helper in self._helpers:
            helper.stop()
        if self._helpers:
            for parameter in self._parameters:
                parameter.data = parameter.data.clone()
                parameter.grad = None
        self._helpers = []

    def backward(self, group: Sequence[Batch], place: Place) -> list[Loss]:
        """Leaves the gradient of the batches' summed loss in the model, and gives each batch's loss."""
        for parameter in self._parameters:
            parameter.grad = None
        for helper in self._helpers:
            helper.ask(place, len(group))
        with _one_thread() if self._helpers else nullcontext():
            losses = self._share(group, place, 0)
        for helper in self._helpers:
            losses += helper.answer()
            for parameter, gradient in zip(self._parameters, helper.gradients, strict=True):
                parameter.grad = gradient.clone() if parameter.grad is None else parameter.grad.add_(gradient)
        return losses

    def _share(self, group: Sequence[Batch], place: Place, number: int) -> list[Loss]:
        """One worker's batches of an update."""
        losses: list[Loss] = []
        for i in range(number, len(group), self._count):
            seed_for(self._seed, place.update, f"batch {i}")
            loss = self._loss(self._model, group[i])
            loss.total.backward()
            losses.append(Loss(loss.total.detach(), loss.count))
        return losses

    def _fork(self, number: int) -> "_Helper":
        gradients = _shared_like(self._parameters)
        here, there = Pipe()
        with warnings.catch_warnings():
            # Other threads may hold locks when the process forks; a helper takes none of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = os.fork()
        if process == 0:
            here.close()
            self._serve(there, gradients, number)
        there.close()
        return _Helper(number, process, here, gradients)

    def _serve(self, pipe: Connection, gradients: list[Tensor], number: int) -> NoReturn:
        """What a helper does, until the first process ends it or is gone."""
        try:
            for each in (signal.SIGINT, signal.SIGTERM):  # the first process heeds them, and tells the helpers
                signal.signal(each, signal.SIG_IGN)
            torch.set_num_threads(1)
            self._model.train()
            groups = _Groups(self._batches)
            for order in _orders(pipe):
                *place, size = json.loads(order)
                try:
                    for parameter, gradient in zip(self._parameters, gradients, strict=True):
                        parameter.grad = gradient.zero_()
                    losses = self._share(groups.take(Place(*place), size), Place(*place), number)
                    answer = {"losses": [(loss.total.item(), loss.count) for loss in losses]}
                except Exception as error:  # whatever it is, the first process tells
                    answer = {"error": f"{type(error).__name__}: {error}"}
                pipe.send_bytes(json.dumps(answer).encode())
        finally:
            os._exit(0)  # without the first process's own exit handlers and buffers


class _Helper(NamedTuple):
    """A forked process as the first one sees it."""

    number: int
    process: int
    pipe: Connection
    gradients: list[Tensor]

    def ask(self, place: Place, size: int) -> None:
        try:
            self.pipe.send_bytes(json.dumps([*place, size]).encode())
        except OSError as error:
            raise self._gone() from error

    def answer(self) -> list[Loss]:
        try:
            answer = json.loads(self.pipe.recv_bytes())
        except (EOFError, OSError) as error:
            raise self._gone() from error
        if "error" in answer:
            raise TrainingError(f"worker {self.number} failed: {answer['error']}")
        return [Loss(torch.tensor(total), count) for total, count in answer["losses"]]

    def stop(self) -> None:
        self.pipe.close()
        os.kill(self.process, signal.SIGKILL)  # also in the midst of a batch: it holds nothing worth saving
        os.waitpid(self.process, 0)

    def _gone(self) -> TrainingError:
        return TrainingError(
            f"worker {self.number} (process {self.process}) died, perhaps for want of memory: resume with fewer "
            "workers or smaller batches"
        )


class _Groups(Generic[Batch]):
    """An epoch's batches, by their place."""

    def __init__(self, batches: Callable[[int], Iterable[Batch]]) -> None:
        self._batches = batches
        self._epoch, self._next, self._rest = 0, 0, iter(())

    def take(self, place: Place, size: int) -> list[Batch]:
        if place.epoch != self._epoch or place.batch < self._next:
            self._epoch, self._next, self._rest = place.epoch, 0, iter(self._batches(place.epoch))
        group = list(islice(self._rest, place.batch - self._next, place.batch - self._next + size))
        self._next = place.batch + size
        return group


def _orders(pipe: Connection) -> Iterator[bytes]:
    """What the first process asks for, as long as it is there."""
    first = os.getppid()
    while True:
        while not pipe.poll(_PATIENCE):
            if os.getppid() != first:
                return
        yield pipe.recv_bytes()


def _shared_like(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Tensors of the same shapes, zeros, in memory that forked processes share (which /dev/shm does not limit)."""
    sizes = [-(-tensor.numel() * tensor.element_size() // _ALIGNMENT) * _ALIGNMENT for tensor in tensors]
    memory = mmap.mmap(-1, max(sum(sizes), 1))
    return [
        torch.frombuffer(memory, dtype=tensor.dtype, count=tensor.numel(), offset=sum(sizes[:i])).view(tensor.shape)
        for i, tensor in enumerate(tensors)
    ]


@contextmanager
def _one_thread() -> Generator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
