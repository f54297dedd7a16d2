"""Labels: their names in order, and numbers for them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.records import known_names
from sightline.errors import DataError

__all__ = ["Label", "LabelKind", "Labels", "UnknownLabelError", "names_of"]

Label = str | tuple[str, ...]  # the latter where a document has several
LabelKind = Literal["one", "several", "ordered"]


class UnknownLabelError(DataError):
    """A document has a label that training did not see.

    Attributes:
        what: what is wrong, without the document's place.
        index: which document, from 0.
    """

    def __init__(self, what: str, index: int) -> None:
        super().__init__(what, path=f"document {index + 1}")
        self.what, self.index = what, index


@dataclass(frozen=True, slots=True)
class Labels:
    """The classes that there are.

    Attributes:
        classes: their names; with an order in that.
        kind: `"one"` of them holds for a document, or `"several"`, or one of those that are `"ordered"`.
        numbers: whether they were given as whole numbers, and are to be answered so.
    """

    classes: tuple[str, ...]
    kind: LabelKind
    numbers: bool = False

    @classmethod
    def of(
        cls, labels: Sequence[Label], kind: LabelKind, order: Sequence[str] | None = None, *, least: int = 1
    ) -> "Labels":
        """The classes that stand in labels.

        Args:
            labels: of the training documents.
            kind: which labels these are.
            order: of the classes; None for that of numbers where all are, else of the alphabet.
            least: documents of each class.

        Raises:
            DataError: for fewer than two classes, a class with fewer documents than that, one that is not in the order,
                or names in an order that nobody gave.
        """
        counts = Counter(name for label in labels for name in names_of(label))
        if len(counts) < 2:
            only = f"all {count(len(labels), 'document')} have the label {next(iter(counts))!r}" if counts else "none"
            raise DataError(f"a classifier tells two classes apart or more, and here {only}: check the label column")
        rare = [name for name, times in counts.items() if times < least]
        if rare:
            raise DataError(
                f"the class {rare[0]!r} has {count(counts[rare[0]], 'document')}, and {len(rare) - 1:,} other classes "
                f"have fewer than {least}: one is to train on and one to validate on. Add documents, join it to "
                "another class, or leave it out"
            )
        if order is not None:
            missing = [name for name in counts if name not in order]
            if missing:
                raise DataError(f"the label {missing[0]!r} is not in the order of classes. {_known(missing[0], order)}")
            return cls(tuple(order), kind)
        numbers = _numbers(counts)
        if kind == "ordered" and numbers is None:
            raise DataError(
                f"the order of {', '.join(sorted(counts)[:5])} is not known: list the classes from the lowest to the "
                "highest (data.classes)"
            )
        return cls(tuple(sorted(counts, key=None if numbers is None else numbers.__getitem__)), kind)

    def encode(self, labels: Sequence[Label]) -> NDArray[np.float32] | NDArray[np.int64]:
        """The place of each label among the classes; where there are several, a row of ones and zeros each.

        Raises:
            UnknownLabelError: for a label that training did not see.
        """
        places = {name: i for i, name in enumerate(self.classes)}
        for i, label in enumerate(labels):
            for name in names_of(label):
                if name not in places:
                    raise UnknownLabelError(
                        f"the label {name!r} is none that the model knows. {_known(name, self.classes)}", i
                    )
        if self.kind != "several":
            return np.array([places[names_of(label)[0]] for label in labels], np.int64)
        rows = np.zeros((len(labels), len(self.classes)), np.float32)
        for row, label in zip(rows, labels, strict=True):
            row[[places[name] for name in names_of(label)]] = 1
        return rows

    def decide(self, probabilities: NDArray[np.floating]) -> NDArray[np.int64]:
        """The likeliest class of each document; where there are several, a one for each that is likelier than not.

        Args:
            probabilities: `[B, C]`.
        """
        if self.kind == "several":
            return (probabilities > 0.5).astype(np.int64)
        return probabilities.argmax(-1)

    def names(self, found: NDArray[np.int64]) -> list[Label]:
        """What `decide` found, by its names."""
        if self.kind == "several":
            return [tuple(name for name, held in zip(self.classes, row, strict=True) if held) for row in found]
        return [self.classes[place] for place in found]


def names_of(label: Label) -> tuple[str, ...]:
    """The names in a label."""
    return (label,) if isinstance(label, str) else label


def _known(name: str, names: Sequence[str]) -> str:
    return known_names(name, list(names), "label")


def _numbers(names: Counter[str]) -> dict[str, float] | None:
    """Names as numbers, where all are."""
    try:
        return {name: float(name) for name in names}
    except ValueError:
        return None
