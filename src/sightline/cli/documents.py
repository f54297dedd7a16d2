"""What classifiers take on the command line, and what they give: documents with labels."""

import json
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.cli.reading import chunks, input_lines
from sightline.data.counting import count
from sightline.data.documents import Label, Labels, UnknownLabelError, holds_documents, read_documents
from sightline.data.tables import FilePlace
from sightline.errors import ConfigError, DataError
from sightline.explain.render.classes import draw_calibration, draw_confusion
from sightline.explain.render.documents import Shown, document_report
from sightline.explain.render.evidence import draw_evidence
from sightline.explain.render.highlight import highlighted
from sightline.tasks.classify import Classification, Classifier, ClassifyConfig, Judgement, cross_validate
from sightline.tasks.classify.believing import contrast

__all__ = [
    "KEYS",
    "begin",
    "complete",
    "document_keys",
    "draw_documents",
    "explain_documents",
    "judged",
    "judgement_lines",
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
}
_SHOWN = 8  # words for a label, and against it
_CLASSES = 5  # the likeliest


def document_keys(options: dict[str, Any]) -> dict[str, Any]:
    """Every option is a key of its own."""
    return {}


def complete(values: dict[str, Any]) -> None:
    """What is meant where a part of it is given."""
    model = values.get("model")
    if isinstance(model, dict):
        model.setdefault("type", "recurrent")
    data = values.get("data")
    if isinstance(data, dict) and data.get("kind") == "ordered":
        values.setdefault("wide", None)


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


def judged(model: Classifier, path: Path, folds: int | None) -> Judgement:
    """How good a classifier is on documents in a file, or with folds, how good its like are that are trained on them.

    A label that the classifier does not know is told with its place.
    """
    texts, labels, places = labelled(model.config, path)
    if folds is not None:
        return cross_validate(model, texts, labels, folds, say=lambda line: print(line, file=sys.stderr))
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
    """Documents without labels, some at a time: of a table its column of texts, else a document a line."""
    if path is not None and holds_documents(path):
        yield read_documents(path, text=config.data.text, label=None).texts
    else:
        for _, texts in chunks(input_lines(path)):
            yield texts


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
                print(f"{_spoken(model, label)}\t{max(row):.4f}")


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


def report_documents(model: Classifier, path: Path | None, output: Path) -> None:
    """A page with each document and the evidence for its label."""
    shown = [_shown(model, result) for texts in documents(model.config, path) for result in model.explain(texts)]
    document_report(shown, output)
    print(f"wrote {output}")


def _shown(model: Classifier, result: Classification) -> Shown:
    weights, meaning = _contrast(model, result)
    phrases = [(phrase.piece.text, float(phrase.shares @ weights)) for phrase in result.phrases]
    likely = sorted(result.probabilities.items(), key=lambda item: -item[1])[:_CLASSES]
    bars = result.sentence_attention is not None and model.config.model.pooling != "gated"
    return Shown(
        label=_spoken(model, result.label),
        meaning=meaning,
        probabilities=dict(likely),
        source=result.source,
        words=result.words,
        values=result.evidence() @ weights,
        sentences=result.sentences if bars else (),
        attention=result.sentence_attention.tolist() if bars and result.sentence_attention is not None else (),
        phrases=sorted(phrases, key=lambda item: -abs(item[1]))[:_SHOWN],
        verdict=str(result.verdict or ""),
    )


def draw_documents(model: Classifier, path: Path | None, output: Path) -> None:
    """A picture of each document; of several, each has its number in its name."""
    results = [result for texts in documents(model.config, path) for result in model.explain(texts)]
    for number, result in enumerate(results, 1):
        shown = _shown(model, result)
        name = output if len(results) == 1 else output.with_stem(f"{output.stem}-{number}")
        draw_evidence(
            shown.source,
            shown.words,
            shown.values,
            sentences=shown.sentences,
            attention=shown.attention,
            title=f"{result}: {shown.meaning}",
            path=name,
        )
        print(f"wrote {name}")


def explain_documents(model: Classifier, path: Path | None, *, as_json: bool) -> None:
    """Each document with the evidence for its label: words coloured, then what spoke most for and against it."""
    from rich.console import Console

    console = Console(soft_wrap=True)
    for texts in documents(model.config, path):
        for result in model.explain(texts):
            if as_json:
                print(json.dumps(result.to_dict(), ensure_ascii=False))
                continue
            console.print(str(result), style="bold", markup=False, highlight=False)
            weights, meaning = _contrast(model, result)
            values = result.evidence() @ weights
            console.print(highlighted(result.source, result.words, values), highlight=False)
            print("\n".join([meaning, *_most(result, values), *_believed(result)]), end="\n\n")


def _contrast(model: Classifier, result: Classification) -> tuple[NDArray[np.float32], str]:
    """How much each score says for one answer, `[K]`, and which answer that is, for people."""
    known = model.parts.labels
    weights = contrast(known, np.array([*result.probabilities.values()]))
    best = max(known.classes, key=lambda name: result.probabilities[name])
    if known.kind == "ordered":
        meaning = f"words for more of it, and for less (from {known.classes[0]} to {known.classes[-1]})"
    else:
        meaning = f"words for {best!r}, and against it"
    if result.word_contributions is None and result.sentence_contributions is None:
        meaning += "; by the n-grams alone, since the network's pooling is no sum of words"
    return weights, meaning


def _believed(result: Classification) -> Iterator[str]:
    if result.verdict is not None:
        yield str(result.verdict)


def _most(result: Classification, values: NDArray[np.float32]) -> Iterator[str]:
    order = np.argsort(-values, kind="stable")
    for name, places in (("for", order[:_SHOWN]), ("against", order[::-1][:_SHOWN])):
        there = [i for i in places if (values[i] > 0) == (name == "for") and values[i] != 0]
        if there:
            yield f"{name + ':':<9}" + ", ".join(f"{result.words[i].text} {values[i]:+.2f}" for i in there)
