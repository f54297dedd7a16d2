"""Files that are whole or not there at all."""

import errno
import os
import shutil
from contextlib import suppress
from pathlib import Path

from sightline.errors import OutputError

__all__ = ["make_folder", "write_atomic"]

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Creates a folder, and those above it, unless it is there.

    Raises:
        OutputError: when it cannot be created, or a file stands in its place.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(
            f"{folder}: a file stands where a folder is needed; move it, or name another folder"
        ) from error
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be created ({error.strerror}); name another one") from error
    return folder


def write_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes a file so that at any moment, also after a crash, the old one or the new one is there in full.

    The bytes go to a temporary file in the same folder, are forced to the disk, and take the place of `path` by one
    rename; the folder is forced to the disk too.

    Raises:
        OutputError: when the disk is full, a quota is used up, or the file cannot be written; the old file is left
            as it was and the temporary one is removed.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
            _sync_folder(target.parent)
        finally:  # before the error is told, since it holds the room that is said to be free
            with suppress(OSError):  # it is gone after the rename, and must not hide the first error
                temporary.unlink()
    except OSError as error:
        raise OutputError(_why_not_written(target, len(data), error)) from error


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # elsewhere a folder cannot be opened, and the rename is as lasting as it gets
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _why_not_written(target: Path, size: int, error: OSError) -> str:
    earlier = "the earlier file of this name is intact" if target.exists() else "nothing was left behind"
    if error.errno in _FULL:
        free = shutil.disk_usage(target.parent).free
        return (
            f"{target}: no room to write it ({error.strerror}): {size / 1e6:.1f} MB are needed, {free / 1e6:.1f} MB "
            f"are free on this disk (a quota or a limit on file size may leave less); {earlier}. Free some space or "
            "name another folder, then run again"
        )
    return f"{target}: cannot be written ({error.strerror}); {earlier}. Check the folder and its permissions"
