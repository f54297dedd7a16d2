"""C sources, compiled once by the system's compiler and kept for later."""

import ctypes
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from pathlib import Path

__all__ = ["compiled_library"]

# Not -ffast-math: it would let the processor flush small numbers to zero in the whole process. These let sums be
# taken in another order, without which they would not be vectorised.
_FLAGS = "-O3 -march=native -funroll-loops -fassociative-math -fno-signed-zeros -fno-trapping-math -fno-math-errno"
_COMPILERS = ("cc", "gcc", "clang")
_PATIENCE = 120  # seconds


@functools.cache
def compiled_library(source: Path) -> ctypes.CDLL | None:
    """The library made of a C file; None where there is no compiler, or it or the loading fails."""
    compiler = next((path for path in map(shutil.which, _COMPILERS) if path), None)
    if compiler is None:
        return None
    try:
        library = _cache() / f"{source.stem}-{_fingerprint(compiler, source)}.so"
        if not library.exists():
            _compile(compiler, source, library)
        return ctypes.CDLL(str(library))
    except (OSError, subprocess.SubprocessError, RuntimeError):  # the last: there is no home to keep it in
        return None


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sightline" / "kernels"


def _fingerprint(compiler: str, source: Path) -> str:
    """What the result depends on: the source, the compiler and the processor, which a shared home may change."""
    version = subprocess.run([compiler, "--version"], capture_output=True, check=True, timeout=_PATIENCE).stdout
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = "".join(sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))}))
    except OSError:
        processor = platform.processor()
    parts = (source.read_bytes(), _FLAGS.encode(), compiler.encode(), version, processor.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _compile(compiler: str, source: Path, library: Path) -> None:
    """Under another name first, so that a library is there whole or not at all."""
    library.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=library.parent) as folder:
        made = Path(folder) / library.name
        command = [compiler, *_FLAGS.split(), "-shared", "-fPIC", str(source), "-o", str(made)]
        subprocess.run(command, capture_output=True, check=True, timeout=_PATIENCE)
        os.replace(made, library)
