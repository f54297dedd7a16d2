"""`sightline predict`."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from sightline.cli.reading import chunks, chunks_as_they_come, input_lines, input_name, is_being_written, load_with
from sightline.errors import ConfigError, DataError
from sightline.tasks.translate import TextTooLongError, Translation

__all__ = ["run_predict"]


def run_predict(folder: Path, path: Path | None, settings: Sequence[str], as_json: bool, threads: int | None) -> None:
    """One line in, one line out, in order; who writes line by line is answered line by line."""
    model = load_with(folder, settings, threads)
    method = model.config.decoding.method
    if model.config.decoding.n_best > 1 and not as_json:
        raise ConfigError("several answers do not fit on one line: add --json")
    # A pipe or a terminal is answered as it writes, but for draws, which are to be the same whatever its pace.
    waits = path is None and method != "sample" and is_being_written()
    cut_off: list[int] = []
    for first, texts in chunks_as_they_come() if waits else chunks(input_lines(path)):
        try:
            results = model.predict(texts, attention=as_json, seed=model.config.seed + first - 1)
        except TextTooLongError as error:
            raise DataError(error.what, path=input_name(path), line=first + error.index) from error
        for result in results:
            print(_line(result, as_json))
        sys.stdout.flush()
        cut_off += [first + i for i, result in enumerate(results) if result.cut_off]
    if cut_off:
        print(
            f"note: {len(cut_off):,} answers, the first in line {cut_off[0]}, reached the longest length allowed and "
            "were ended there; decoding.length_factor and decoding.length_extra set it",
            file=sys.stderr,
        )


def _line(result: Translation, as_json: bool) -> str:
    if as_json:
        return json.dumps(result.to_dict(), ensure_ascii=False)
    return result.text.replace("\r", "\\r").replace("\n", "\\n")  # an answer takes one line, whatever it was trained on
