"""What classifiers take on the command line, and what they give: documents with labels."""

import json
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.cli.reading import chunks, input_lines, input_name, warn
from sightline.data.counting import count
from sightline.data.documents import (
    Label,
    Labels,
    UnknownLabelError,
    check_nul,
    holds_documents,
    read_documents,
    split_words,
)
from sightline.data.tables import FilePlace
from sightline.errors import ConfigError, DataError
from sightline.explain.render.classes import draw_calibration, draw_confusion
from sightline.explain.render.documents import document_report
from sightline.explain.render.evidence import check_length
from sightline.explain.render.highlight import highlighted
from sightline.tasks.classify import Classification, Classifier, ClassifyConfig, Judgement, cross_validate
from sightline.tasks.classify.result import score_of
from sightline.tasks.classify.showing import shown_of, told

__all__ = [
    "KEYS",
    "begin",
    "complete",
    "document_keys",
    "draw_documents",
    "explain_documents",
    "explained",
    "judged",
    "judgement_lines",
    "name_columns",
    "picture_judgement",
    "print_labels",
    "report_documents",
]

# Options, and which key of the configuration each sets.
KEYS = {
    "output": "output",
    "seed": "seed",
    "model": "model.type",
    "attention": "model.attention",
    "tokenizer": "words.kind",
    "minutes": "training.minutes",
    "data": "data.train",
    "valid_data": "data.valid",
    "text": "data.text",
    "label": "data.label",
    "kind": "data.kind",
}
_SHOWN = 8  # words for a label, and against it


def document_keys(options: dict[str, Any]) -> dict[str, Any]:
    """Every option is a key of its own."""
    return {}


def complete(values: dict[str, Any]) -> None:
    """What is meant where a part of it is given."""
    model = values.get("model")
    if isinstance(model, dict):
        model.setdefault("type", "recurrent")


def begin(config: ClassifyConfig) -> tuple[Classifier, tuple[Any, ...]]:
    """An untrained classifier, and what its `fit` takes; nothing is written yet."""
    if config.data.train is None:
        raise ConfigError("what should it learn from? give --data, or 'data: train:' in the file")
    train = labelled(config, config.data.train)
    valid = None
    if config.data.valid is not None:
        *valid, places = labelled(config, config.data.valid)
        known = Labels.of(train[1], config.data.kind, config.data.classes)
        with _told_by(places):
            known.encode(valid[1])
    return Classifier.from_config(config), (*train[:2], valid)


def labelled(config: ClassifyConfig, path: Path) -> tuple[list[str], list[Label], list[FilePlace]]:
    """Documents with their labels and places, read as the configuration says."""
    data = config.data
    separator = data.separator if data.kind == "several" else None
    read = read_documents(path, text=data.text, label=data.label, separator=separator)
    assert read.labels is not None
    return read.texts, read.labels, read.places


def name_columns(model: Classifier, text: str | None, label: str | None) -> None:
    """Read documents from these columns, where they are given, and not from those of training."""
    changed = {name: value for name, value in (("text", text), ("label", label)) if value is not None}
    model.config = model.config.model_copy(update={"data": model.config.data.model_copy(update=changed)})


def judged(model: Classifier, path: Path, folds: int | None) -> Judgement:
    """How good a classifier is on documents in a file, or with folds, how good its like are that are trained on them.

    A label that the classifier does not know is told with its place.
    """
    texts, labels, places = labelled(model.config, path)
    if folds is not None:
        return cross_validate(model, texts, labels, folds, say=warn)
    with _told_by(places):
        return model.evaluate(texts, labels)


@contextmanager
def _told_by(places: Sequence[FilePlace]) -> Generator[None]:
    """A label that is not known is told with the place of its document."""
    try:
        yield
    except UnknownLabelError as error:
        raise DataError(error.what, **places[error.index]) from error


def documents(config: ClassifyConfig, path: Path | None) -> Iterator[list[str]]:
    """Documents without labels, some at a time: of a table its column of texts, else a document a line.

    Those without any words are told when all are read.
    """
    blank = 0
    if path is not None and holds_documents(path):
        given = iter([read_documents(path, text=config.data.text, label=None).texts])
    else:
        given = (_checked(texts, first, path) for first, texts in chunks(input_lines(path)))
    for texts in given:
        blank += sum(not text.strip() for text in texts)
        yield texts
    if blank:
        warn(f"note: {count(blank, 'document')} without any words: the label is that of no words at all")


def _checked(texts: list[str], first: int, path: Path | None) -> list[str]:
    """The same lines, of which the first has that number."""
    check_nul(texts, [FilePlace(path=input_name(path), line=number) for number, _ in enumerate(texts, first)])
    return texts


def print_labels(model: Classifier, path: Path | None, *, as_json: bool) -> None:
    """A line for each document, in order: its label and how likely that is; as JSON all probabilities."""
    for texts in documents(model.config, path):
        probabilities = model.predict_proba(texts)
        known = model.parts.labels
        for label, row in zip(known.names(known.decide(probabilities)), probabilities.tolist(), strict=True):
            if as_json:
                line = {"label": label, "probabilities": dict(zip(known.classes, row, strict=True))}
                print(json.dumps(line, ensure_ascii=False))
            else:
                sure = score_of(label, dict(zip(known.classes, row, strict=True)))
                print(f"{_spoken(model, label)}\t{sure:.4f}")


def _spoken(model: Classifier, label: Label) -> str:
    """A label in one line: several as a table has them."""
    return label if isinstance(label, str) else model.config.data.separator.join(label)


def judgement_lines(judgement: Judgement) -> Iterator[str]:
    """Figures for people."""
    for name, value in judgement.metrics.items():
        yield f"{name:<20} {value:.4f}"
    width = max(len(name) for name in judgement.classes)
    yield f"\n{'':<{width}} precision    recall        F1   documents"
    for name, one in judgement.classes.items():
        yield f"{name:<{width}} {one.precision:>9.3f} {one.recall:>9.3f} {one.f1:>9.3f} {one.support:>11,}"
    yield f"\n{'':<20} accuracy  macro F1   seconds of training"
    for name, figures in judgement.beside.items():
        alone = f"{name} alone" if name != "tf-idf" else "tf-idf, the baseline"
        yield f"{alone:<20} {figures['accuracy']:>8.4f} {figures['macro_f1']:>9.4f} {figures['seconds']:>9.1f}"
    best = max(judgement.beside, key=lambda name: judgement.beside[name]["accuracy"])
    if judgement.beside[best]["accuracy"] > judgement.metrics["accuracy"]:
        yield f"note: {best} alone is right more often on these documents"
    yield "\nwrong by length"
    for low, number, wrong in judgement.lengths:
        yield f"from {low:>4} words: {wrong:>6.1%} of {count(number, 'document')}"


def picture_judgement(judgement: Judgement, folder: Path) -> None:
    """What was taken for what, and how far probabilities can be trusted, as pictures."""
    bins = judgement.calibration
    draw_calibration(
        np.array([*(each.low for each in bins), bins[-1].high]),
        *(np.array([getattr(each, part) for each in bins]) for part in ("answers", "confidence", "accuracy")),
        title=f"Expected calibration error {judgement.metrics['ece']:.1%}",
        path=folder / "calibration.png",
    )
    if judgement.confusion is not None:
        right = f"{judgement.metrics['accuracy']:.1%} right"
        draw_confusion(judgement.confusion, list(judgement.classes), title=right, path=folder / "confusion.png")
    drawn = "calibration.png" if judgement.confusion is None else "calibration.png and confusion.png"
    warn(f"{drawn} are in {folder}")


def explained(model: Classifier, path: Path | None, *, verdict: bool) -> Iterator[Classification]:
    """Each document with the evidence for its label."""
    for texts in documents(model.config, path):
        yield from model.explain(texts, verdict=verdict)


def report_documents(model: Classifier, path: Path | None, output: Path, *, verdict: bool) -> None:
    """A page with each document and the evidence for its label."""
    results = explained(model, path, verdict=verdict)
    document_report([shown for result in results for shown in shown_of(result)], output)
    print(f"wrote {output}")


def draw_documents(model: Classifier, path: Path | None, output: Path) -> None:
    """A picture of each document, or of each of its labels; of several, each has its numbers in its name."""
    texts = [text for some in documents(model.config, path) for text in some]
    for text in texts:
        check_length(len(split_words(text)))
    for number, result in enumerate(model.explain(texts, verdict=False), 1):
        for side in range(len(result.sides)):
            numbers = [str(number)] * (len(texts) > 1) + [str(side + 1)] * (len(result.sides) > 1)
            name = output.with_stem("-".join([output.stem, *numbers]))
            result.plot(name, side=side)
            print(f"wrote {name}")


def explain_documents(model: Classifier, path: Path | None, *, as_json: bool, verdict: bool) -> None:
    """Each document with the evidence for its label: words coloured, then what spoke most for and against it."""
    from rich.console import Console

    console = Console(soft_wrap=True)
    for result in explained(model, path, verdict=verdict):
        if as_json:
            print(json.dumps(result.to_dict(), ensure_ascii=False))
            continue
        console.print(str(result), style="bold", markup=False, highlight=False)
        for side in result.sides:
            values = result.evidence() @ side.weights
            console.print(highlighted(result.source, result.words, values), highlight=False)
            print("\n".join([told(result, side), *_most(result, values)]))
        print("\n".join(_believed(result)), end="\n\n")


def _believed(result: Classification) -> Iterator[str]:
    if result.verdict is not None:
        yield str(result.verdict)


def _most(result: Classification, values: NDArray[np.floating]) -> Iterator[str]:
    order = np.argsort(-values, kind="stable")
    for name, places in (("for", order[:_SHOWN]), ("against", order[::-1][:_SHOWN])):
        there = [i for i in places if (values[i] > 0) == (name == "for") and values[i] != 0]
        if there:
            yield f"{name + ':':<9}" + ", ".join(f"{result.words[i].text} {values[i]:+.2f}" for i in there)
