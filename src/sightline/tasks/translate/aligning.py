"""Which word of a source each word of its translation belongs to, read off the attention by forced decoding."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from sightline.data import Encoding, Link, Pair, format_links, text_words, words_of_pieces
from sightline.errors import ConfigError
from sightline.explain import best_links, over_words, symmetrise
from sightline.results import AttentionMap
from sightline.tasks.translate.answering import attention_of
from sightline.tasks.translate.believing import effects_of
from sightline.tasks.translate.building import Parts
from sightline.tasks.translate.guiding import View

__all__ = ["Alignment", "align", "choose_view", "join", "too_long"]

_ROWS = 64  # pairs at once
_LONG, _FEW = 64, 10  # tokens of pairs that a view is chosen on, and how many where all are longer


@dataclass(frozen=True, slots=True)
class Alignment:
    """The words of a pair, which of them belong together, and the weights that say so.

    Attributes:
        source: as it was given.
        target: likewise.
        links: a source word and a target word each, counted from 0.
        attention: of target words over source words, `[T, S]`; what the words attend to besides is not in it.
    """

    source: str
    target: str
    links: frozenset[Link]
    attention: AttentionMap

    def __str__(self) -> str:
        return format_links(self.links)

    def plot(self, path: str | Path | None = None) -> Any:
        """A heat map as a matplotlib figure, written to `path` (PNG or SVG) if one is given."""
        from sightline.explain.render.picture import heatmap

        return heatmap(self.attention, path=path)

    def to_json(self) -> str:
        """All of it in one line of JSON."""
        values = {
            "source": self.source,
            "target": self.target,
            "links": sorted(self.links),
            "attention": self.attention.to_dict(),
        }
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Alignment":
        """What `to_json` gave."""
        values = json.loads(text)
        links = frozenset((i, j) for i, j in values["links"])
        return cls(values["source"], values["target"], links, AttentionMap.from_dict(values["attention"]))


class _Encoded(NamedTuple):
    source: Encoding
    target: Encoding


def too_long(pairs: Sequence[Pair], parts: Parts, max_length: int) -> dict[int, str]:
    """Which pairs the model cannot take, from 0, and what is wrong with each."""
    found: dict[int, str] = {}
    for side, tokenizer in (("source", parts.source), ("target", parts.target)):
        for i, ids in enumerate(tokenizer.encode_batch([getattr(pair, side) for pair in pairs])):
            if len(ids) >= max_length:
                found[i] = (
                    f"the {side} has {len(ids):,} tokens, and the model was trained on at most {max_length - 1:,} "
                    "(data.max_length, less one for the end): split the pair, or leave it out"
                )
    return found


def choose_view(pairs: Sequence[Pair], parts: Parts) -> View:
    """The layer, and whether it is shifted, whose weights lie most on what target tokens rest on.

        mean_t  p(y_t | y_<t, x) - p(y_t | y_<t, x without s_t),    s_t the source token with the largest weight

    No gold links are needed: the probabilities are the model's own.

    Args:
        pairs: a few dozen, of any; long ones are left out where there are shorter ones.
        parts: of a trained model.

    Raises:
        ConfigError: for a model without attention.
    """
    given = sorted((_encoded(pair, parts) for pair in pairs), key=_length)
    given = [each for each in given if _length(each) <= _LONG] or given[:_FEW]
    found = [_cross(maps) for maps in _maps(given, parts)]
    layers = [None] if found[0].ndim == 2 else list(range(len(found[0])))
    views = [View(layer, None, shifted) for layer in layers for shifted in (False, True)]
    totals = dict.fromkeys(views, 0.0)
    for (source, target), cross in zip(given, found, strict=True):
        effects = effects_of(parts.model, source.ids, target.ids)
        for view in views:
            totals[view] += float(effects.gather(1, view.rows(cross).argmax(1, keepdim=True)).mean())
    return max(views, key=totals.__getitem__)


def align(pairs: Sequence[Pair], parts: Parts, view: View) -> list[Alignment]:
    """Each target word with the source word that its tokens attend to most.

    Raises:
        ConfigError: for a model without attention, or without what the view names.
    """
    given = [_encoded(pair, parts) for pair in pairs]
    order = sorted(range(len(given)), key=lambda i: len(given[i].source.ids))
    found: dict[int, Alignment] = {}
    for start in range(0, len(order), _ROWS):
        rows = order[start : start + _ROWS]
        for i, maps in zip(rows, _maps([given[i] for i in rows], parts), strict=True):
            view.check(_cross(maps))
            found[i] = _alignment(pairs[i], given[i], view.rows(_cross(maps)).numpy())
    return [found[i] for i in range(len(pairs))]


def join(found: Sequence[Alignment], turned: Sequence[Alignment], symmetrisation: str) -> list[Alignment]:
    """The alignments of one direction with their links joined with those of the other.

    Raises:
        ConfigError: for an unknown symmetrisation.
    """
    return [
        replace(one, links=symmetrise(one.links, frozenset((i, j) for j, i in other.links), symmetrisation))
        for one, other in zip(found, turned, strict=True)
    ]


def _encoded(pair: Pair, parts: Parts) -> _Encoded:
    return _Encoded(parts.source.encode(pair.source), parts.target.encode(pair.target))


def _length(encoded: _Encoded) -> int:
    return max(len(encoded.source.ids), len(encoded.target.ids))


def _maps(given: Sequence[_Encoded], parts: Parts) -> Sequence[dict[str, Tensor]]:
    return attention_of(parts.model, [list(each.source.ids) for each in given], [list(e.target.ids) for e in given])


def _cross(maps: dict[str, Tensor]) -> Tensor:
    if "cross" not in maps:
        raise ConfigError("this model has no attention to align by; it was trained with attention 'none'")
    return maps["cross"]


def _alignment(pair: Pair, encoded: _Encoded, weights: np.ndarray) -> Alignment:
    target, source = text_words(pair.target), text_words(pair.source)
    rows, columns = words_of_pieces(target, encoded.target.pieces), words_of_pieces(source, encoded.source.pieces)
    found = over_words(weights, rows, columns, (len(target), len(source)))
    return Alignment(*pair, best_links(found), AttentionMap(found.astype(np.float32), target, source))
