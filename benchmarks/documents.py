"""Accuracy and calibration on film reviews (IMDB: 25,000 to train on, as many to test) or 20 Newsgroups by date.

    python benchmarks/documents.py FOLDER [--strip] [--latest 0.35] [--seeds 1 2 3] [--validation] [--evidence]
        [--set model.width=96]

FOLDER holds train.jsonl.gz and test.jsonl.gz, each line a "text" and a "label". `--strip` takes headers, footers and
quotes from messages, as scikit-learn does it; those with nothing left are counted and left out of training, and in the
test count as any other. A tenth of the training documents validates, of each class alike; with `--latest` the last
ones of each class in the file, such a share of them, which is how test documents follow that are later than the
others; with `--validation` the test documents stay closed. Beside the classifier stand its two parts, each alone: the
network, and the linear model of n-grams, which is NB-SVM with a logistic loss. Some test documents have the text of a
training document: the figure without them stands behind. With `--evidence` it takes, of each test document, the
difference between the score and what the evidence of its words, of its n-grams and the bias add up to; the largest is
told.
"""

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets._twenty_newsgroups import (
    strip_newsgroup_footer,
    strip_newsgroup_header,
    strip_newsgroup_quoting,
)

from sightline.data.documents import read_documents
from sightline.metrics import expected_calibration_error
from sightline.tasks.classify import Classifier, ClassifyConfig
from sightline.tasks.classify.combining import Mixture
from sightline.tasks.classify.starting import Labelled, hold_out
from sightline.tasks.config import parse_config, set_option
from sightline.training import set_threads, show_progress

CHOSEN: dict[str, Any] = {"words": {"markup": True}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--strip", action="store_true")
    parser.add_argument("--latest", type=float)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--evidence", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", nargs="+", default=[])
    options = parser.parse_args()
    set_threads(options.threads)
    found = read(options, "train")
    given = found.take([i for i, text in enumerate(found.texts) if text.strip()])
    blank = len(found.texts) - len(given.texts)
    print(f"{len(found.texts):,} documents to train on, {blank:,} of them blank and left out")
    for seed in options.seeds:
        values = {**CHOSEN, "seed": seed}
        for option in options.set:
            set_option(values, option)
        config = parse_config(values, ClassifyConfig)
        if options.latest:
            train, valid = latest(given, options.latest)
        else:
            train, valid = hold_out(given, config.data.valid_share, seed)
        begin = time.perf_counter()
        classifier = Classifier.from_config(config)
        classifier.fit(*train, valid, listeners=[show_progress(counted="documents")], say=print)
        seconds = time.perf_counter() - begin
        texts, labels = valid if options.validation else read(options, "test")
        seen = set(given.texts)
        fresh = np.array([options.validation or text not in seen for text in texts])
        begin = time.perf_counter()
        said = classifier._said(texts)
        rate = len(texts) / (time.perf_counter() - begin)
        known = classifier.parts.labels
        truth = known.encode(labels)
        for name, mixture in parts(classifier):
            probabilities = said.probabilities(classifier.parts._replace(mixture=mixture))
            right = probabilities.argmax(1) == truth
            print(f"{name}: {share(right)}, without shared texts {share(right[fresh])}")
        ece = expected_calibration_error(probabilities.max(1), right)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"seed {seed}: trained in {seconds / 60:.1f} min, ECE together {ece:.2%}, {classifier.parts.mixture}, "
            f"{rate:,.0f} documents/s, peak {peak:,.0f} MiB",
            flush=True,
        )
        if options.evidence:
            print(f"evidence beside the scores by at most {largest_gap(classifier, texts):.1e}", flush=True)


def share(right: NDArray[np.bool_]) -> str:
    return f"{right.mean():.2%}"


def read(options: argparse.Namespace, part: str) -> Labelled:
    """The documents of a part, and their labels."""
    texts, labels, _ = read_documents(options.folder / f"{part}.jsonl.gz")
    if options.strip:
        for strip in (strip_newsgroup_header, strip_newsgroup_footer, strip_newsgroup_quoting):
            texts = [strip(text) for text in texts]
    return Labelled(texts, labels)


def latest(given: Labelled, share: float) -> tuple[Labelled, Labelled]:
    """The documents before the last ones of each class, and these; no text in both."""
    by_label: dict[Any, list[int]] = {}
    for i, label in enumerate(given.labels):
        by_label.setdefault(label, []).append(i)
    held = {i for places in by_label.values() for i in places[len(places) - round(share * len(places)) :]}
    texts = {given.texts[i] for i in held}
    return given.take([i for i, text in enumerate(given.texts) if text not in texts]), given.take(sorted(held))


def largest_gap(classifier: Classifier, texts: list[str]) -> float:
    """Of all documents, the largest difference between a score and the sum of its evidence."""
    worst = 0.0
    for start in range(0, len(texts), 500):
        for each in classifier.explain(texts[start : start + 500], verdict=False):
            summed = each.constant + each.evidence().sum(0)
            worst = max(worst, float(np.abs(summed - each.scores).max()))
    return worst


def parts(classifier: Classifier) -> list[tuple[str, Mixture]]:
    """Each part alone, and both as they are joined."""
    mixture = classifier.parts.mixture
    alone = [("network alone", Mixture(mixture.deep, 0.0)), ("n-grams alone", Mixture(0.0, mixture.wide))]
    return [*(alone if classifier.parts.wide else []), ("together", mixture)]


if __name__ == "__main__":
    main()
