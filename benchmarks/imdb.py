"""Accuracy on the Large Movie Review Dataset, 25,000 reviews to train on and as many to test.

    python benchmarks/imdb.py FOLDER [--seeds 1 2 3] [--validation] [--threads 2] [--set model.width=96]

FOLDER holds train.jsonl.gz and test.jsonl.gz, each line a "text" and a "label". A tenth of the training reviews
validates; with `--validation` the test reviews stay closed. Beside the classifier stand its two parts, each alone: the
network, and the linear model of n-grams, which is NB-SVM with a logistic loss. Some test reviews have the text of a
training review: the figure without them stands behind.
"""

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from sightline.data.documents import read_documents
from sightline.tasks.classify import Classifier, ClassifyConfig
from sightline.tasks.classify.combining import Mixture
from sightline.tasks.classify.starting import Labelled, hold_out
from sightline.tasks.config import parse_config, set_option
from sightline.training import set_threads, show_progress

CHOSEN: dict[str, Any] = {"words": {"markup": True}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", nargs="+", default=[])
    options = parser.parse_args()
    set_threads(options.threads)
    given = read_documents(options.folder / "train.jsonl.gz")
    for seed in options.seeds:
        values = {**CHOSEN, "seed": seed}
        for option in options.set:
            set_option(values, option)
        config = parse_config(values, ClassifyConfig)
        train, valid = hold_out(Labelled(given.texts, given.labels), config.data.valid_share, seed)
        begin = time.perf_counter()
        classifier = Classifier.from_config(config)
        classifier.fit(*train, valid, listeners=[show_progress()], say=print)
        seconds = time.perf_counter() - begin
        texts, labels = valid
        if not options.validation:
            texts, labels, _ = read_documents(options.folder / "test.jsonl.gz")
        seen = set(given.texts)
        fresh = np.array([options.validation or text not in seen for text in texts])
        begin = time.perf_counter()
        for name, mixture in parts(classifier):
            classifier._trained = classifier.parts._replace(mixture=mixture)
            right = classifier.predict(texts) == np.array(labels)
            print(f"{name}: {100 * right.mean():.2f} %, without shared texts {100 * right[fresh].mean():.2f} %")
        ece = classifier.evaluate(texts, labels).metrics["ece"]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"seed {seed}: trained in {seconds / 60:.1f} min, answered in {time.perf_counter() - begin:.0f} s, "
            f"ECE {100 * ece:.2f} %, {classifier.parts.mixture}, peak {peak:,.0f} MiB",
            flush=True,
        )


def parts(classifier: Classifier) -> list[tuple[str, Mixture]]:
    """Each part alone, and both as they are joined."""
    mixture = classifier.parts.mixture
    alone = [("network alone", Mixture(mixture.deep, 0.0)), ("n-grams alone", Mixture(0.0, mixture.wide))]
    return [*(alone if classifier.parts.wide else []), ("together", mixture)]


if __name__ == "__main__":
    main()
