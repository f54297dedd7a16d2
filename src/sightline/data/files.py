"""Lines of a text file, plain or compressed, read strictly."""

import gzip
import zlib
from os import PathLike, fspath
from pathlib import Path

from sightline.data.counting import count
from sightline.errors import DataError

__all__ = ["read_lines"]

_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_lines(path: str | PathLike[str]) -> list[str]:
    r"""Lines of a UTF-8 file, with or without byte order mark, plain or gzip.

    Lines end in `"\n"` or `"\r\n"` and in nothing else: not in U+2028 or a form feed, which `str.splitlines` takes for
    ends, so that lines keep the numbers that editors and `wc -l` give them. The last line needs no end.

    Raises:
        DataError: when the file is missing, not a file, empty, damaged, not UTF-8, or holds NUL characters.
    """
    data = _read_bytes(path)
    if data.startswith(_UTF16):
        raise DataError(f"the file is in UTF-16, and UTF-8 is expected: {_iconv(path, 'UTF-16')}", path=path, line=1)
    text = _decode(data, path)
    if "\0" in text:
        lines = text.split("\n")
        bad = [number for number, line in enumerate(lines, 1) if "\0" in line]
        raise DataError(
            f"a NUL character, in {count(len(bad), 'line')}; the file may be binary or in UTF-16: if in UTF-16, "
            f"{_iconv(path, 'UTF-16LE')}; else delete them: tr -d '\\000' < {fspath(path)} > clean.txt",
            path=path,
            line=bad[0],
        )
    if not text:
        raise DataError("the file is empty", path=path)
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n")


def _read_bytes(path: str | PathLike[str]) -> bytes:
    """All bytes of a file, decompressed if it is a gzip file by name or by content."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise DataError("there is no such file: check the name and the folder", path=path) from error
    except IsADirectoryError as error:
        raise DataError("this is a folder: give the file in it that is to be read", path=path) from error
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}): check its permissions", path=path) from error
    if not data.startswith(_GZIP):
        if data and fspath(path).endswith(".gz"):
            raise DataError("the name ends in .gz, but this is no gzip file: rename or compress it", path=path)
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(
            f"the gzip file is damaged or cut off ({error}): copy it again; `gzip -t {fspath(path)}` tests it",
            path=path,
        ) from error


def _decode(data: bytes, path: str | PathLike[str]) -> str:
    """Text of UTF-8 bytes; an error names the line and the byte."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    lines = data.split(b"\n")
    bad = [(number, start) for number, line in enumerate(lines, 1) if (start := _first_bad_byte(line)) is not None]
    number, start = bad[0]
    raise DataError(
        f"byte {start + 1} of the line (0x{lines[number - 1][start]:02X}) is not UTF-8, and so in "
        f"{count(len(bad), 'line')}; if the file is in Latin-1 or Windows-1252: {_iconv(path, 'WINDOWS-1252')}",
        path=path,
        line=number,
    )


def _first_bad_byte(line: bytes) -> int | None:
    """Index of the first byte that is not UTF-8."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return error.start
    return None


def _iconv(path: str | PathLike[str], encoding: str) -> str:
    """The command that mends an encoding."""
    return f"iconv -f {encoding} -t UTF-8 {fspath(path)} > converted.txt"
