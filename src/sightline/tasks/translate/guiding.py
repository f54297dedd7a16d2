"""Attention that is taught which words belong together, by links that are given with the training pairs."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, cast

from torch import Tensor

from sightline.data import Encoding, Link, Pair, text_words, words_of_pieces
from sightline.errors import ConfigError, DataError
from sightline.tasks.translate.config import TranslateConfig

__all__ = ["Guide", "View", "as_guide", "guided_view", "token_links"]

Guide = Mapping[Pair, frozenset[Link]]  # of words


class View(NamedTuple):
    """Which part of the attention is taken for an alignment.

    Attributes:
        layer: of the decoder, from 0; None for a model whose attention has no layers.
        head: of that layer; None for the mean of all.
        shifted: read what the decoder attended to as it read a target token, and not as it wrote it (Chen et al. 2020,
            "Accurate Word Alignment Induction from Neural Machine Translation", section 3).
    """

    layer: int | None = None
    head: int | None = None
    shifted: bool = False

    def __str__(self) -> str:
        when = "as a token is read" if self.shifted else "as a token is written"
        if self.layer is None:
            return f"attention {when}"
        return f"layer {self.layer + 1}, {'all heads' if self.head is None else f'head {self.head + 1}'}, {when}"

    def check(self, cross: Tensor) -> None:
        """Raises ConfigError for a layer or head that a map of one input, `[T, S]` or `[layers, H, T, S]`, lacks."""
        layers, heads = cross.shape[:2] if cross.ndim == 4 else (0, 0)
        there = f"layers 0 to {layers - 1} with heads 0 to {heads - 1}" if layers else "no layers"
        fits = self.head is None if self.layer is None else 0 <= self.layer < layers and 0 <= (self.head or 0) < heads
        if not fits or (self.layer is None) == bool(layers):
            raise ConfigError(f"{self!r}: this model's attention has {there}")

    def rows(self, cross: Tensor) -> Tensor:
        """The weights of target tokens over source tokens, `[..., T, S]`, from a map that has `<eos>` on both sides."""
        if self.layer is not None:
            heads = cross[..., self.layer, :, :, :]
            cross = heads.mean(-3) if self.head is None else heads[..., self.head, :, :]
        return (cross[..., 1:, :] if self.shifted else cross[..., :-1, :])[..., :-1]


def guided_view(config: TranslateConfig) -> View | None:
    """Where a training with links has put them; None for one without.

    In a Transformer the first head of the last layer but one learns them, as a token is read. In Garg et al. 2019,
    "Jointly Learning to Align and Translate with Transformer Models", it does as one is written, and not known yet.
    """
    if not config.training.guided_alignment:
        return None
    if config.model.type == "recurrent":
        return View()
    return View(max(0, config.model.decoder_layers - 2), 0, shifted=True)


def as_guide(pairs: Sequence[Pair], links: Sequence[Collection[Link]]) -> Guide:
    """The links of each pair, checked; of a pair that is given several times, those of all.

    Raises:
        DataError: for other numbers of pairs and links, or a link to a word that there is not.
    """
    if len(pairs) != len(links):
        raise DataError(
            f"there are links of {len(links):,} pairs, and {len(pairs):,} pairs to train on: line n of the links "
            "belongs to pair n; a pair without links has an empty line"
        )
    found: dict[Pair, frozenset[Link]] = {}
    for number, (pair, some) in enumerate(zip(pairs, links, strict=True), 1):
        counts = [len(text_words(text)) for text in pair]
        for link in some:
            if len(link) != 2 or not all(isinstance(place, int) for place in cast("Sequence[object]", link)):
                raise DataError(
                    f"link {link!r:.40} of pair {number:,}: expected a source word and a target word, such as (0, 1)"
                )
            for side, place, count in zip(("source", "target"), link, counts, strict=True):
                if not 0 <= place < count:
                    raise DataError(
                        f"link {link[0]}-{link[1]} of pair {number:,}: its {side} has {count} words, counted from 0 "
                        "and parted by spaces; the links are of other pairs, or of other words"
                    )
        found[pair] = found.get(pair, frozenset()) | {(i, j) for i, j in some}
    return found


def token_links(pair: Pair, guide: Guide, source: Encoding, target: Encoding) -> list[Link]:
    """The links of a pair's tokens: all of one word with all of the other."""
    words = guide.get(pair, frozenset())
    sides = ((pair.source, source), (pair.target, target))
    columns, rows = (words_of_pieces(text_words(text), encoding.pieces) for text, encoding in sides)
    return [(s, t) for t, j in enumerate(rows) for s, i in enumerate(columns) if (i, j) in words]
