"""Ctrl-C and SIGTERM: the first lets the update end and the state be saved, the second stops at once."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from sightline.errors import TrainingError

__all__ = ["Interrupted", "StopRequest", "stop_on_signals"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(TrainingError):  # noqa: N818 - no error, but what the user asked for
    """A signal ended training in order; everything is saved and `fit(..., resume=True)` goes on from here.

    Attributes:
        folder: where the checkpoint is.
        update: updates made.
        signal: number of the signal, so that a command can exit with 128 + signal.
    """

    def __init__(self, folder: Path, update: int, number: int) -> None:
        super().__init__(f"stopped after update {update}; saved in {folder}, resume to go on")
        self.folder = folder
        self.update = update
        self.signal = number


@dataclass
class StopRequest:
    """Set by a signal handler, read by the loop between updates.

    Attributes:
        signal: number of the signal that came, or None.
    """

    signal: int | None = None


@contextmanager
def stop_on_signals() -> Generator[StopRequest]:
    """Notes SIGINT and SIGTERM instead of dying of them; a second one raises KeyboardInterrupt on the spot.

    The handlers found before are put back at the end. Python lets only the main thread set handlers: in any other,
    signals stay what they were.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if request.signal is not None:
            raise KeyboardInterrupt
        request.signal = number

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            # None: set by other than Python code, which Python cannot put back; the default is the nearest thing.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
