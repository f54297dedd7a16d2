"""Everything that Sightline raises for a cause that a user can mend.

    SightlineError
    ├── ConfigError          an option, argument or configuration file is wrong      (also a ValueError)
    ├── DataError            an input file or text is wrong: file, line, remedy      (also a ValueError)
    ├── OutputError          a folder or file cannot be written, or is in the way    (also an OSError)
    ├── ModelFolderError     a saved model is missing, damaged or of another version (also an OSError)
    ├── TrainingError        training cannot go on, such as a loss that is not finite
    └── MissingExtraError    an optional dependency is not installed                 (also an ImportError)

Each message says what was found, what was expected, and how to mend it. Catch `SightlineError` to catch them all.
"""

from os import PathLike

__all__ = [
    "ConfigError",
    "DataError",
    "MissingExtraError",
    "ModelFolderError",
    "OutputError",
    "SightlineError",
    "TrainingError",
]


class SightlineError(Exception):
    """Base of every error that Sightline raises for a user's cause."""


class ConfigError(SightlineError, ValueError):
    """An option, an argument or a configuration file is wrong."""


class DataError(SightlineError, ValueError):
    """An input file or text is wrong.

    Args:
        message: what was found and how to mend it.
        path: the file, if there is one.
        line: its line, counted from 1.
    """

    def __init__(self, message: str, *, path: str | PathLike[str] | None = None, line: int | None = None) -> None:
        place = "" if path is None else f"{path}: " if line is None else f"{path}, line {line}: "
        super().__init__(place + message)
        self.path = path
        self.line = line


class OutputError(SightlineError, OSError):
    """A folder or a file cannot be written, or stands in the way."""


class ModelFolderError(SightlineError, OSError):
    """A saved model is missing, damaged, or written by another version."""


class TrainingError(SightlineError, RuntimeError):
    """Training cannot go on."""


class MissingExtraError(SightlineError, ImportError):
    """An optional dependency is not installed."""
