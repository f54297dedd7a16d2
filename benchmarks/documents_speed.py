"""Training speed of the default recurrent classifier on film reviews, beside `peers/keras_bigru.py`.

    python benchmarks/documents_speed.py FOLDER [--documents 1600] [--threads 2] [--set model.cell=lstm]

A bidirectional GRU of 64 units a direction over embeddings of 100, attention pooling, batches of 32 reviews in full,
without a linear model beside it. The time of an update is that between two; reading and the vocabulary do not count.
"""

import argparse
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from sightline.data.documents import read_documents
from sightline.tasks.classify import Classifier, ClassifyConfig
from sightline.tasks.config import parse_config, set_option
from sightline.training import Event, Progress, set_threads

WARM = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=1600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", nargs="+", default=[])
    options = parser.parse_args()
    set_threads(options.threads)
    texts, labels, _ = read_documents(options.folder / "train.jsonl.gz")
    order = np.random.default_rng(1).permutation(len(texts))
    train = order[: options.documents]
    valid = order[options.documents : options.documents + 50]
    values: dict[str, Any] = {
        "words": {"markup": True},
        "wide": None,
        "model": {"type": "recurrent", "cell": "gru"},
        "training": {"epochs": 1},
    }
    for option in options.set:
        set_option(values, option)
    config = parse_config(values, ClassifyConfig)
    marks: list[float] = []

    def clock(event: Event) -> None:
        if isinstance(event, Progress):
            marks.append(time.perf_counter())

    given = [([texts[i] for i in some], [labels[i] for i in some]) for some in (train, valid)]
    Classifier.from_config(config).fit(*given[0], given[1], listeners=[clock])
    steps = np.diff(marks)[WARM:]
    rate = options.documents / len(marks) / statistics.mean(steps)
    print(f"{config.model.cell}: {rate:.0f} documents/s in {len(marks)} batches")


if __name__ == "__main__":
    main()
