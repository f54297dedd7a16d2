"""The attention of one prediction: named maps that can be looked at in one line."""

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any

import numpy as np
import polars as pl

from sightline.errors import ConfigError
from sightline.explain.words import merge_words
from sightline.results import AttentionMap

__all__ = ["Attention"]


class Attention(Mapping[str, AttentionMap]):
    """Named attention maps, read like a dict, and drawn by `plot`.

    Args:
        maps: by name; `"cross"` has the answer's pieces as queries and the input's as keys.

    Example:
        >>> import numpy as np
        >>> from sightline.results import Piece
        >>> cross = AttentionMap(np.array([[0.25, 0.75]], np.float32), [Piece("Haus")], [Piece("the"), Piece("house")])
        >>> attention = Attention({"cross": cross})
        >>> attention
        Attention(cross: 1 × 2)
        >>> print(attention.text())
        Haus  house 0.75 ██████    the   0.25 ██
    """

    def __init__(self, maps: Mapping[str, AttentionMap]) -> None:
        self._maps = dict(maps)

    def __getitem__(self, name: str) -> AttentionMap:
        """The map of that name, over the model's own pieces."""
        return self._maps[name]

    def __iter__(self) -> Iterator[str]:
        """The names, in the order in which they were given."""
        return iter(self._maps)

    def __len__(self) -> int:
        """How many maps there are."""
        return len(self._maps)

    def __repr__(self) -> str:
        """Names and sizes."""
        sizes = (f"{name}: {' × '.join(map(str, each.weights.shape))}" for name, each in self._maps.items())
        return f"Attention({', '.join(sizes)})"

    def plot(
        self,
        name: str = "cross",
        *,
        words: bool = True,
        path: str | PathLike[str] | None = None,
        title: str | None = None,
    ) -> Any:
        """A heat map as a matplotlib figure; see `sightline.explain.heatmap`.

        Args:
            name: which map.
            words: over words; else over the model's own pieces.
            path: where to save it: `.png`, `.svg` or `.pdf`.
            title: what stands above the picture.

        Raises:
            ConfigError: when there is no map of that name, or the path ends in none of the known endings.
            OutputError: when the file cannot be written.
        """
        from sightline.explain.render.picture import heatmap

        return heatmap(self._chosen(name, words), title=title, path=path)

    def text(self, name: str = "cross", *, words: bool = True, width: int = 80) -> str:
        """Lines for a terminal of that width; see `sightline.explain.text_heatmap`.

        Raises:
            ConfigError: when there is no map of that name.
        """
        from sightline.explain.render import text_heatmap

        return text_heatmap(self._chosen(name, words), width)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """All maps as lists, strings and numbers, ready for JSON: `weights`, `queries` and `keys` by name."""
        return {name: each.to_dict() for name, each in self._maps.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Mapping[str, Any]]) -> "Attention":
        """What `to_dict` gave."""
        return cls({name: AttentionMap.from_dict(each) for name, each in values.items()})

    def to_frame(self) -> pl.DataFrame:
        """All weights in a long table: `map, layer, head, query, query_text, key, key_text, weight`.

        Layers and heads are counted from 0, and null where a map has none.
        """
        return pl.concat([_EMPTY, *(_rows(name, each) for name, each in self._maps.items())])

    def _repr_html_(self) -> str:
        return self.notebook()

    def notebook(self) -> str:
        """What a notebook shows: a table over words for each map."""
        from sightline.explain.render import html_table

        return "".join(html_table(name, merge_words(each)) for name, each in self._maps.items())

    def _chosen(self, name: str, words: bool) -> AttentionMap:
        """A map by name, over words or pieces."""
        if name not in self._maps:
            raise ConfigError(
                f"there is no attention map {name!r} here: choose one of {', '.join(self._maps) or 'none'}"
            )
        return merge_words(self._maps[name]) if words else self._maps[name]


_EMPTY = pl.DataFrame(
    schema={
        "map": pl.String,
        "layer": pl.Int64,
        "head": pl.Int64,
        "query": pl.Int64,
        "query_text": pl.String,
        "key": pl.Int64,
        "key_text": pl.String,
        "weight": pl.Float32,
    }
)


def _rows(name: str, map: AttentionMap) -> pl.DataFrame:
    """One row for each weight."""
    places = np.indices(map.weights.shape).reshape(map.weights.ndim, -1)
    layer, head = places[:2] if map.weights.ndim == 4 else (None, None)
    query, key = places[-2:]
    columns = {
        "map": np.repeat(name, map.weights.size),
        "layer": layer,
        "head": head,
        "query": query,
        "query_text": np.array([piece.text for piece in map.queries], object)[query],
        "key": key,
        "key_text": np.array([piece.text for piece in map.keys], object)[key],
        "weight": map.weights.ravel(),
    }
    return pl.DataFrame(columns, schema=_EMPTY.schema)
