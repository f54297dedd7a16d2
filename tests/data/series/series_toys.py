"""Small tables, and what is found in them."""

from pathlib import Path

import polars as pl

from sightline.data.series import Columns, Finding, Panel, examine, read_series


def table(**columns) -> pl.DataFrame:
    return pl.DataFrame(columns)


def days(count: int, start: str = "2024-01-01") -> list[str]:
    """Consecutive dates as texts."""
    first = pl.Series([start]).str.to_date()[0]
    return pl.date_range(first, interval="1d", end=first + pl.duration(days=count - 1), eager=True).cast(str).to_list()


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def found(kind: str, source, columns: Columns | None = None, frequency: str | None = None, **options) -> Finding:
    """The one finding of a kind."""
    findings = examine(source, columns, frequency, **options).findings
    (finding,) = [finding for finding in findings if finding.kind == kind]
    return finding


def read_quietly(source, columns: Columns | None = None, frequency: str | None = None, **options) -> Panel:
    return read_series(source, columns, frequency, say=lambda finding: None, **options)
