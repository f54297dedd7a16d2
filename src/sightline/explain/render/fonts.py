"""Which installed fonts can write a text, whatever its script."""

import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import matplotlib
from matplotlib.font_manager import FontEntry, fontManager
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

__all__ = ["Fonts", "dress"]

# Draws a box that names the character's block; comes with matplotlib and knows every character.
_LAST_RESORT = "Last Resort High-Efficiency"
# For whoever opens an SVG where none of these is installed.
_GENERIC = "sans-serif"
_CHINESE, _JAPANESE, _KOREAN = "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR"

# First choices on Linux, macOS and Windows; any other installed font may still follow.
_PREFERRED = (
    *("DejaVu Sans", "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Thai"),
    *(
        _CHINESE,
        "Noto Sans SC",
        "Source Han Sans SC",
        "WenQuanYi Micro Hei",
        "WenQuanYi Zen Hei",
        "Droid Sans Fallback",
    ),
    *("PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo", "Arial Unicode MS"),
    *("Microsoft YaHei", "Yu Gothic", "Malgun Gothic", "Nirmala UI", "Leelawadee UI", "Segoe UI Symbol"),
    *("Noto Emoji", "Symbola", "Noto Sans Symbols", "Noto Sans Symbols 2"),
)
# Without letters at their Unicode places, or without outlines (matplotlib cannot draw colour bitmaps).
_UNFIT = ("cm", "STIX", "Noto Color Emoji", "Apple Color Emoji", _LAST_RESORT)

_CJK = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC")


class Fonts:
    """The installed fonts, in the order in which they should be tried for a picture with these texts.

    Args:
        texts: everything that the picture writes. Han characters look different in Chinese, Japanese and Korean; kana
        or
            hangul anywhere among the texts tell which is meant.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        first = (
            *matplotlib.rcParams["font.family"],
            *matplotlib.rcParams["font.sans-serif"],
            *_han(texts),
            *_PREFERRED,
        )
        rank = {name: place for place, name in reversed(list(enumerate(first)))}
        regular = (entry for entry in fontManager.ttflist if _is_regular(entry))
        self._entries = sorted(
            regular, key=lambda entry: (rank.get(entry.name, len(first)), "Sans" not in entry.name, entry.name)
        )
        self._missing: set[str] = set()

    def families(self, text: str) -> list[str]:
        """Families for matplotlib to take glyphs from, the best first; one that knows every character comes last.

        One font for the whole text is best, since letters of different fonts do not join.
        """
        wanted = frozenset(char for char in text if not _is_ignorable(char))
        whole = next((entry.name for entry in self._entries if _covered(entry, wanted) == wanted), None)
        if whole is not None:
            return [whole, _LAST_RESORT, _GENERIC]
        return [*self._patchwork(wanted), _LAST_RESORT, _GENERIC]

    def warn_missing(self) -> None:
        """Say which scripts no installed font could write, once for each script as long as the program runs."""
        by_script: dict[str, list[str]] = {}
        for char in sorted(self._missing):
            by_script.setdefault(_script(char), []).append(char)
        for script, chars in by_script.items():
            if script not in _warned:
                _warned.add(script)
                warnings.warn(_remedy(script, chars), stacklevel=5)  # the caller of a picture

    def _patchwork(self, wanted: frozenset[str]) -> Iterator[str]:
        """Fonts that cover the text together, as far as any font does."""
        for entry in self._entries:
            covered = _covered(entry, wanted)
            if covered:
                yield entry.name
                wanted -= covered
        self._missing |= wanted


def dress(texts: Sequence[Text]) -> None:
    """Choose fonts for each text, and take it as it is: `$` in a token is no formula."""
    fonts = Fonts([text.get_text() for text in texts])
    for text in texts:
        text.set(family=fonts.families(text.get_text()), parse_math=False, usetex=False)
    fonts.warn_missing()


_warned: set[str] = set()


def _han(texts: Iterable[str]) -> tuple[str, ...]:
    """The fonts for the language that the Han characters of these texts belong to."""
    scripts = {unicodedata.name(char, "").partition(" ")[0] for text in texts for char in text if char > "\u10ff"}
    if "HANGUL" in scripts:
        return (_KOREAN, "Malgun Gothic", "Apple SD Gothic Neo")
    if scripts & {"HIRAGANA", "KATAKANA"}:
        return (_JAPANESE, "Hiragino Sans", "Yu Gothic")
    return ()


def _is_regular(entry: FontEntry) -> bool:
    """Upright, of normal weight and width, and fit to write text."""
    upright = entry.style == "normal" and entry.stretch == "normal" and entry.variant == "normal"
    return upright and entry.weight in (400, "normal", "regular", "book") and not entry.name.startswith(_UNFIT)


def _covered(entry: FontEntry, chars: frozenset[str]) -> frozenset[str]:
    """Those of the characters that the font has."""
    known = _charmap(entry.fname, entry.index)
    return frozenset(char for char in chars if ord(char) in known)


@cache
def _charmap(path: str, index: int) -> frozenset[int]:
    """The code points that a font has outlines for; none for a font that cannot be opened or scaled."""
    try:
        font = FT2Font(path, face_index=index)
        return frozenset(font.get_charmap()) if font.scalable else frozenset()
    except (OSError, RuntimeError):
        return frozenset()


def _is_ignorable(char: str) -> bool:
    """Joiners, direction marks, variation selectors, spaces and line ends need no glyph."""
    return unicodedata.category(char) in ("Cc", "Cf", "Zs") or "\ufe00" <= char <= "\ufe0f"


def _script(char: str) -> str:
    """The script of a character, from its Unicode name, as a reader would call it."""
    if unicodedata.category(char) in ("So", "Sk", "Sm"):
        return "symbols and emoji"
    name = unicodedata.name(char, "").partition(" ")[0]
    return "Chinese, Japanese and Korean" if name in _CJK else name.capitalize() or "private or unassigned characters"


def _remedy(script: str, chars: list[str]) -> str:
    """What is missing, and how to mend it."""
    sample = "".join(chars[:8]) + ("…" if len(chars) > 8 else "")
    packages = {"Chinese, Japanese and Korean": "fonts-noto-cjk", "symbols and emoji": "fonts-symbola"}
    package = packages.get(script, "fonts-noto-core")
    return (
        f"no installed font can draw {script} ({len(chars)} characters: {sample}), so boxes stand in the picture: "
        f"install a font that can, such as Noto (on Debian or Ubuntu: apt install {package}), "
        f"then delete fontlist-*.json in {matplotlib.get_cachedir()}, where matplotlib remembers the installed fonts"
    )
