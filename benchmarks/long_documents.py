"""Memory and speed of training on documents of 3,000 words, joined of film reviews of one label.

    python benchmarks/long_documents.py FOLDER [--documents 640] [--words 3000] [--threads 1]
        [--set model.type=recurrent]

FOLDER holds train.jsonl.gz. The network, a hierarchy of words and sentences, reads them once; it has no linear model
beside it; documents are read in full. Peak memory is that of the whole process.
"""

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

from sightline.data.documents import read_documents
from sightline.tasks.classify import Classifier, ClassifyConfig
from sightline.tasks.classify.starting import Labelled
from sightline.tasks.config import parse_config, set_option
from sightline.training import set_threads, show_progress

CHOSEN: dict[str, Any] = {
    "words": {"markup": True},
    "wide": None,
    "model": {"type": "hierarchical"},
    "training": {"epochs": 1},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=640)
    parser.add_argument("--words", type=int, default=3000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="+", default=[])
    options = parser.parse_args()
    set_threads(options.threads)
    texts, labels, _ = read_documents(options.folder / "train.jsonl.gz")
    made = joined(texts, labels, options.words, options.documents + 32)
    lengths = [len(text.split()) for text in made.texts]
    print(f"{len(lengths)} documents of {min(lengths):,} to {max(lengths):,} words between spaces")
    values = {**CHOSEN}
    for option in options.set:
        set_option(values, option)
    config = parse_config(values, ClassifyConfig)
    train, valid = made.take(list(range(32, len(lengths)))), made.take(list(range(32)))
    begin = time.perf_counter()
    Classifier.from_config(config).fit(*train, valid, listeners=[show_progress(counted="documents")], say=print)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{config.model.type}: {seconds:.0f} s, {options.documents / seconds:.1f} documents/s, peak {peak:.2f} GiB")


def joined(texts: list[str], labels: list[Any], words: int, count: int) -> Labelled:
    """Documents of at least so many words, of reviews of one label that are drawn without repetition."""
    order = [int(i) for i in np.random.default_rng(1).permutation(len(texts))]
    open_texts: dict[Any, list[str]] = {}
    found = Labelled([], [])
    while len(found.texts) < count and order:
        i = order.pop()
        parts = open_texts.setdefault(labels[i], [])
        parts.append(texts[i])
        if sum(len(part.split()) for part in parts) >= words:
            found.texts.append("\n".join(open_texts.pop(labels[i])))
            found.labels.append(labels[i])
    return found


if __name__ == "__main__":
    main()
