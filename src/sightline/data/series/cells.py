"""Numbers and categories from whatever a column holds, and what cannot be read in it."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.series.columns import nearest
from sightline.data.series.findings import Finding
from sightline.data.tables import Table

__all__ = ["is_category", "parse_categories", "parse_numbers"]

_LARGEST = 1e15  # whose square single precision still holds
_MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NAN", "null", "NULL", "None", "<NA>", "#N/A")


# A decimal comma, and dots between thousands.
_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?$"


def _column(table: Table, name: str) -> tuple[pl.Series, bool]:
    """A column, and whether it was written with decimal commas, as it may be where semicolons part the cells."""
    column = table.frame[name]
    if table.separator != ";" or column.dtype != pl.String:
        return column, False
    texts = _texts(column)
    if not texts.str.contains(",", literal=True).any() or not texts.drop_nulls().str.contains(_COMMA).all():
        return column, False
    return texts.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True), True


def parse_numbers(table: Table, name: str) -> tuple[NDArray[np.float64], list[Finding]]:
    """The numbers in a column, NaN where one is missing; and texts and infinite values among them.

    Numbers have a decimal point; where semicolons part the cells of a file, all numbers of a column may have a decimal
    comma, and dots between thousands.

    Example:
        >>> values, findings = parse_numbers(Table(pl.DataFrame({"y": ["1.5", "NA", "1,5"]})), "y")
        >>> values.tolist(), str(findings[0]).partition(";")[0]
        ([1.5, nan, nan], "column 'y' holds '1,5' where a number is expected")
    """
    column, has_commas = _column(table, name)
    parsed = _as_numbers(column)
    texts = parsed if column.dtype.is_float() else _texts(column)  # numbers need not be written out
    findings: list[Finding] = []
    if has_commas:
        what = f"column {name!r} is read with decimal commas, as in {table.frame[name].drop_nulls()[0]!r}"
        findings.append(Finding("decimal commas", what, "nothing", **table.place()))
    bad = texts.is_not_null() & parsed.is_null()
    if bad.any():
        row = bad.arg_true()[0]
        findings.append(
            Finding(
                "text among numbers",
                f"column {name!r} holds {texts[row]!r} where a number is expected; "
                f"{count(int(bad.sum()), 'such cell')}",
                "write a number with a decimal point and nothing between thousands, or leave the cell empty; for "
                "decimal commas, in pandas: pandas.read_csv(..., decimal=','); if this is a covariate of names, list "
                "it as categorical",
                fatal=True,
                **table.place(row),
            )
        )
    infinite = parsed.is_infinite().fill_null(False)
    huge = (parsed.abs() > _LARGEST).fill_null(False) & ~infinite
    for kind, cells, what, remedy in (
        ("infinite values", infinite, "an infinite value", "write the number that is meant"),
        ("huge values", huge, f"a value beyond {_LARGEST:g}", "write it in a larger unit, or the number that is meant"),
    ):
        if cells.any():
            told = f"column {name!r} holds {what}; {count(int(cells.sum()), 'such cell')}"
            remedy += ", or leave the cell empty where there is none"
            findings.append(Finding(kind, told, remedy, fatal=True, **table.place(cells.arg_true()[0])))
    return parsed.fill_null(float("nan")).to_numpy(), findings


def is_category(table: Table, name: str) -> bool:
    """Whether a column holds names: truth values, categories, or texts of which none is a number."""
    column, _ = _column(table, name)
    if column.dtype == pl.String:
        return _texts(column).count() > 0 and _as_numbers(column).count() == 0
    return isinstance(column.dtype, pl.Boolean | pl.Categorical | pl.Enum)


def parse_categories(
    table: Table, name: str, vocabulary: Sequence[str] | None
) -> tuple[NDArray[np.float64], tuple[str, ...], list[Finding]]:
    """The codes of the names in a column, NaN where one is missing; their vocabulary; and names that it lacks.

    Codes count from 1, so that 0 is free for what is not known. Truth values are called `"false"` and `"true"`.

    Args:
        table: the table.
        name: the column.
        vocabulary: the names that are known; None to take those in the column, in the order of the alphabet.

    Example:
        >>> table = Table(pl.DataFrame({"day": ["work", None, "feast", "work"]}))
        >>> parse_categories(table, "day", None)[:2]
        (array([ 2., nan,  1.,  2.]), ('feast', 'work'))
    """
    texts = _texts(table.frame[name])
    if vocabulary is None:
        vocabulary = texts.drop_nulls().unique().sort().to_list()
    codes = texts.replace_strict(
        list(vocabulary), list(range(1, len(vocabulary) + 1)), default=None, return_dtype=pl.Float64
    )
    unseen = texts.is_not_null() & codes.is_null()
    findings: list[Finding] = []
    if unseen.any():
        row = unseen.arg_true()[0]
        known = ", ".join(repr(each) for each in vocabulary[:10]) + (", ..." if len(vocabulary) > 10 else "")
        findings.append(
            Finding(
                "unseen category",
                f"column {name!r} holds {texts[row]!r}, which was not there in training; "
                f"{count(int(unseen.sum()), 'row')} with unseen categories",
                f"write one of {known}{nearest(texts[row], vocabulary)}; leave the cell empty; or train anew with it",
                fatal=True,
                **table.place(row),
            )
        )
    return codes.fill_null(float("nan")).to_numpy(), tuple(vocabulary), findings


def _texts(column: pl.Series) -> pl.Series:
    """Cells as texts without spaces around; null where nothing is there."""
    if column.dtype.is_nested() or column.dtype == pl.Object:
        return pl.Series([None if value is None else str(value) for value in column.to_list()], dtype=pl.String)
    if column.dtype.is_float():
        return column.fill_nan(None).cast(pl.String)
    texts = column.cast(pl.String).str.strip_chars()
    texts = texts.set(texts.is_in(_MISSING), None)
    lower = texts.str.to_lowercase()
    return lower if lower.is_in(["true", "false"]).all() else texts


def _as_numbers(column: pl.Series) -> pl.Series:
    """Cells as numbers; null where one is missing or there is something else."""
    if column.dtype.is_numeric() or isinstance(column.dtype, pl.Boolean | pl.Null):
        return column.cast(pl.Float64).fill_nan(None)
    if isinstance(column.dtype, pl.String | pl.Categorical | pl.Enum):
        return _texts(column).cast(pl.Float64, strict=False).fill_nan(None)
    return pl.Series([None] * len(column), dtype=pl.Float64)
