"""Where sentences begin: a rule that serves scripts with and without capitals and spaces."""

from collections.abc import Sequence

import regex

__all__ = ["cut_sentences"]

_SHORT = r"Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|No|Nr|Inc|Ltd|Co|bzw|ca|al|cf|e\.g|i\.e|z\.B|d\.h|p\.ex"
_END = regex.compile(
    rf"(?:(?<!\b(?:{_SHORT}|\p{{Lu}}))\.+|[!?…؟।॥։።])"  # no full stop behind an abbreviation or initial
    r"[.!?…؟।॥։።]*[\"'”’»)\]]*\s+(?=[\"'“‘«(\[¿¡]*[\p{Lu}\p{Lt}\p{Lo}\p{N}])"
    r"|[。！？｡]+[」』”’）]*"
    r"|\s*\n\s*"
)


def cut_sentences(text: str, starts: Sequence[int], longest: int) -> list[int]:
    """How many words each sentence has, from the first to the last.

    A sentence ends at a stop, an exclamation or question mark, with what closes behind it, before a capital, a digit or
    a letter of a script without capitals; at the full stops of East Asian scripts; and at the end of a line. Not at
    common abbreviations and initials. One longer than `longest` is cut into parts of like lengths, so that nothing of
    it is lost.

    Args:
        text: the document.
        starts: of its words.
        longest: words in a sentence.

    Example:
        >>> from sightline.data.documents import cut_words
        >>> text = "I met Dr. Ross. He said: 'Go!' So I went"
        >>> cut_sentences(text, [word.start for word in cut_words(text)], 50)
        [6, 7, 3]
    """
    ends = [match.end() for match in _END.finditer(text)]
    counts: list[int] = []
    done, i = 0, 0
    for end in [*ends, len(text) + 1]:
        while i < len(starts) and starts[i] < end:
            i += 1
        counts += _parts(i - done, longest)
        done = i
    return counts


def _parts(count: int, longest: int) -> list[int]:
    """A number as a sum of like numbers, none above the longest; nothing for 0."""
    parts = -(-count // longest)
    return [count * (k + 1) // parts - count * k // parts for k in range(parts)]
