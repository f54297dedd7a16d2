"""Cross-validation: every document is judged by a classifier that did not see it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from sightline.data.counting import count
from sightline.data.documents import Label, Labels, names_of
from sightline.errors import ConfigError, DataError
from sightline.metrics import accuracy
from sightline.tasks.classify.classifier import Classifier
from sightline.tasks.classify.given import training_documents
from sightline.tasks.classify.judging import Judgement, Opinion, judge

__all__ = ["cross_validate"]


def cross_validate(
    classifier: Classifier,
    texts: Sequence[str],
    labels: Sequence[Any],
    folds: int = 5,
    *,
    say: Callable[[str], None] = lambda line: None,
) -> Judgement:
    """How good such a classifier is: it is trained anew for each fold, on all the others, and labels that fold.

    Each fold has the same share of each class, and documents with one text stand in one fold (scikit-learn's
    `StratifiedGroupKFold`). The classifier itself stays as it is.

    Args:
        classifier: its options are used.
        texts: the documents.
        labels: of each.
        folds: how many, at least 2.
        say: called with a line for each fold.

    Returns:
        The judgement of all documents together; seconds are those of all trainings.

    Raises:
        ConfigError: for fewer than two folds.
        DataError: for documents that nothing can be learned from, or a class with fewer texts than folds.

    Example:
        >>> texts = [f"{word} {i}" for i in range(20) for word in ("good", "bad")]
        >>> from sightline.tasks.classify import ClassifyTraining
        >>> training = ClassifyTraining(epochs=2, batch_documents=8, warmup=2)
        >>> found = cross_validate(Classifier(model="ngrams", training=training), texts, ["yes", "no"] * 20, folds=2)
        >>> found.confusion.sum()
        np.int64(40)
    """
    if folds < 2:
        raise ConfigError(f"folds is {folds}: there must be two at least, since one is judged by the others")
    config = classifier.config
    given = training_documents(texts, labels, config.data.kind)
    known = Labels.of(given.labels, config.data.kind, config.data.classes)
    _check_enough(given.texts, given.labels, folds)
    truth = known.encode(given.labels).astype(np.int64)
    config = config.model_copy(update={"data": config.data.model_copy(update={"classes": known.classes})})
    places, opinions = list(_folds(given.texts, given.labels, folds, config.seed)), list[Opinion]()
    for number, held in enumerate(places, 1):
        apart = set(held)
        rest = given.take([i for i in range(len(given.texts)) if i not in apart])
        one = Classifier.from_config(config).fit(rest.texts, rest.labels)
        opinions.append(one.opinion(given.take(held).texts))
        right = accuracy(known.decide(opinions[-1].probabilities), truth[held])
        say(f"fold {number} of {folds}: {count(len(held), 'document')}, {right:.1%} right")
    return judge(known, Opinion.joined(opinions, places), truth)


def _check_enough(texts: Sequence[str], labels: Sequence[Label], folds: int) -> None:
    """Whether each class can have a text in each fold."""
    different = {(text, name) for text, label in zip(texts, labels, strict=True) for name in names_of(label)}
    name, fewest = min(Counter(name for _, name in different).items(), key=lambda item: item[1])
    if fewest < folds:
        raise DataError(
            f"the class {name!r} has {count(fewest, 'different document')}, fewer than {folds} folds: take fewer "
            "folds, or add documents"
        )


def _folds(texts: Sequence[str], labels: Sequence[Label], folds: int, seed: int) -> Iterator[list[int]]:
    """The places of the documents of each fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    split = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    together = [" ".join(names_of(label)) for label in labels]
    for _, held in split.split(texts, together, groups=texts):  # pyright: ignore[reportArgumentType]
        yield held.tolist()
