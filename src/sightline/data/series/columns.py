"""Which column of a table is what."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from sightline.errors import ConfigError

__all__ = ["Columns", "nearest"]

_EVERY = "*"


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of a table's columns, and what each is.

    In the long form a row is one series at one time. A table without the default id column holds one series. In the
    wide form a row is one time and each target column is a series of its own, named as the column.

    Attributes:
        id: says which series a row belongs to; long form only.
        time: dates, datetimes or whole numbers.
        target: what is forecast; several names, or `"*"` for every column that is nothing else, for the wide form.
        past: covariates that are known up to now.
        future: covariates that are known ahead as well.
        static: covariates with one value a series; long form only.
        categorical: covariates whose values are names, though they may look like numbers. Texts and truth values are
            taken for names without being listed here.

    Raises:
        ConfigError: when a column is named twice, or has no name; when the wide form has static covariates; when a
            categorical column is no covariate.

    Example:
        >>> Columns(time="date", target="OT", past=["HUFL", "HULL"]).past
        ('HUFL', 'HULL')
    """

    id: str = "unique_id"
    time: str = "ds"
    target: str | tuple[str, ...] = "y"
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    static: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for group in ("past", "future", "static", "categorical"):
            object.__setattr__(self, group, _tuple(getattr(self, group)))
        if not isinstance(self.target, str):
            object.__setattr__(self, "target", tuple(self.target))
        self._refuse_twice()
        if self.is_wide and self.static:
            raise ConfigError(
                f"static covariates {list(self.static)} beside several targets: in the wide form every column holds "
                "for all series; bring the table into the long form, with one row for each series and time"
            )
        for name in self.categorical:
            if name not in self.covariates:
                raise ConfigError(
                    f"categorical column {name!r} is no covariate: list it in past, future or static as well"
                    + nearest(name, self.covariates)
                )

    @property
    def is_wide(self) -> bool:
        """Whether each target column is a series of its own."""
        return self.target == _EVERY or not isinstance(self.target, str)

    @property
    def covariates(self) -> tuple[str, ...]:
        """Past, future and static covariates, in this order."""
        return self.past + self.future + self.static

    def targets(self, names: Iterable[str]) -> tuple[str, ...]:
        """The target columns of a table with these columns."""
        if self.target == _EVERY:
            others = {self.time, *self.covariates}
            return tuple(name for name in names if name not in others)
        return _tuple(self.target)

    def _refuse_twice(self) -> None:
        roles: dict[str, str] = {}
        named = [("time", self.time), *(("target", name) for name in _tuple(self.target))]
        if not self.is_wide:
            named.append(("id", self.id))
        for role in ("past", "future", "static"):
            named += [(role, name) for name in getattr(self, role)]
        for role, name in named:
            if not name:
                raise ConfigError(f"a {role} column has no name: give the name that stands in the table's header")
            if name in roles:
                raise ConfigError(f"column {name!r} is named twice, as {roles[name]} and as {role}: choose one")
            roles[name] = role


def nearest(name: str, names: Iterable[str]) -> str:
    """`"; did you mean ...?"` with the name that is most like another one, or nothing.

    Example:
        >>> nearest("date", ["Date", "y"]), nearest("sales", ["ds", "sales in euro"])
        ("; did you mean 'Date'?", "; did you mean 'sales in euro'?")
    """
    lower = {known.lower(): known for known in names}
    near = get_close_matches(name.lower(), lower, n=1) or [known for known in lower if name.lower() in known]
    return f"; did you mean {lower[near[0]]!r}?" if near else ""


def _tuple(names: str | Iterable[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)
