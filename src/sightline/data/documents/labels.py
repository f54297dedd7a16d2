"""Labels: their names in order, and numbers for them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.data.counting import count
from sightline.data.records import known_names
from sightline.errors import DataError

__all__ = ["Label", "LabelKind", "LabelValue", "Labels", "UnknownLabelError", "names_of"]

Label = str | tuple[str, ...]  # the latter where a document has several
LabelKind = Literal["one", "several", "ordered"]
LabelValue = Literal["text", "whole", "real", "truth"]


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
        values: what they were given as, and are to be answered as: texts, whole or real numbers, truth values.
    """

    classes: tuple[str, ...]
    kind: LabelKind
    values: LabelValue = "text"

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
            only = f"all documents have the label {next(iter(counts))!r}" if counts else "there is none"
            raise DataError(f"a classifier tells two classes apart or more, and here {only}: check the label column")
        rare = [name for name, times in counts.items() if times < least]
        if rare:
            others = f", and so few have {len(rare) - 1:,} other classes" if len(rare) > 1 else ""
            raise DataError(
                f"the class {rare[0]!r} has {count(counts[rare[0]], 'document')}{others}: one is to train on and one "
                "to validate on. Add documents, join it to another class, or leave it out"
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
        """The likeliest class of each document; with an order the middle one, above which half of the probability lies
        at most, so that the mean distance is least; where there are several, a one for each that is likelier than not.

        Args:
            probabilities: `[B, C]`.

        Example:
            >>> Labels(("1", "2", "3"), "ordered").decide(np.array([[0.4, 0.3, 0.3]])).tolist()
            [1]
        """
        if self.kind == "several":
            return (probabilities > 0.5).astype(np.int64)
        if self.kind == "ordered":
            return (probabilities.cumsum(-1) < 0.5).sum(-1).clip(max=probabilities.shape[-1] - 1)
        return probabilities.argmax(-1)

    def given(self, names: Sequence[str]) -> NDArray[Any]:
        """Names of classes as what they were given as.

        Example:
            >>> Labels(("False", "True"), "one", "truth").given(["True", "False"])
            array([ True, False])
        """
        if self.values == "truth":
            return np.array([name == "True" for name in names], bool)
        return np.array(names, {"text": str, "whole": int, "real": float}[self.values])

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
