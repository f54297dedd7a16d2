"""Documents and labels as they are given from Python, checked."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sightline.data.documents import Label, LabelValue
from sightline.errors import DataError
from sightline.tasks.classify.starting import Labelled

__all__ = ["as_texts", "known_documents", "training_documents", "values_of"]


_KINDS: dict[LabelValue, tuple[type, ...]] = {
    "truth": (bool, np.bool_),
    "whole": (int, np.integer),
    "real": (float, np.floating),
}


def values_of(labels: Sequence[Any]) -> LabelValue:
    """What all labels are, in the order above; texts where they are of several kinds."""
    for kind, types in _KINDS.items():
        if all(isinstance(label, types) for label in labels):
            return kind
    return "text"


def as_texts(texts: Sequence[Any]) -> list[str]:
    """Texts, and nothing else; raises DataError for one text in place of a list, or what is no text."""
    if isinstance(texts, str):
        raise DataError("a list of documents is expected, and this is one text: write it in brackets, [text]")
    found = list(texts)
    strange = next((i for i, text in enumerate(found) if not isinstance(text, str)), None)
    if strange is not None:
        raise DataError(f"document {strange + 1} is {found[strange]!r:.60}: expected a text")
    return found


def training_documents(texts: Sequence[str], labels: Sequence[Any], kind: str) -> Labelled:
    """Documents to learn from, with labels as names, checked."""
    given = known_documents(texts, labels, kind)
    empty = next((i for i, text in enumerate(given.texts) if not text.strip()), None)
    if empty is not None:
        raise DataError(f"document {empty + 1} is empty: leave it out, for there is nothing to learn from it")
    return given


def known_documents(texts: Sequence[str], labels: Sequence[Any], kind: str) -> Labelled:
    """Documents with labels as names; sets of them in order, so that equal ones are the same."""
    documents = as_texts(texts)
    if not documents:
        raise DataError("there are no documents: give one at least")
    if len(documents) != len(labels):
        raise DataError(f"there are {len(texts):,} documents and {len(labels):,} labels: give one label a document")
    names: list[Label] = []
    for i, label in enumerate(labels):
        several = isinstance(label, list | tuple | set | frozenset)
        if kind == "several" and not several:
            what = "give a list of names for each document, such as ['new', 'red']"
            raise DataError(f"document {i + 1} has the label {label!r:.60}: with several labels {what}")
        if kind != "several" and (several or label is None or label != label):
            raise DataError(f"document {i + 1} has the label {label!r:.60}: expected one (or kind='several')")
        names.append(tuple(sorted({str(name) for name in label})) if several else str(label))
    return Labelled(documents, names)
