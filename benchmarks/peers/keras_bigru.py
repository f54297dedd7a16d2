"""Training speed of a bidirectional GRU with attention in Keras, as `documents_speed.py` has ours, or its accuracy.

    python benchmarks/peers/keras_bigru.py FOLDER [--documents 1600] [--threads 2] [--cell lstm] [--by-length]
        [--epochs 3]

The same reviews in batches of 32, in full, padded to the longest of their batch and masked, with `--by-length` in
batches of about one length, which is what ours are; embedding of 100, 64 units
in each direction, additive attention over the states, softmax of two classes, Adam. The first batches, for which
TensorFlow traces the graph, do not count. With `--epochs` it learns from nine tenths of the training reviews, a tenth
says which epoch was the best, and that one's test reviews count.
"""

import argparse
import gzip
import json
import os
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

CELLS = {"gru": tf.keras.layers.GRU, "lstm": tf.keras.layers.LSTM}
WORDS, WIDTH, UNITS, BATCH, WARM = 30_000, 100, 64, 32, 5


class AttentionPooling(tf.keras.layers.Layer):
    """`sum_t a_t h_t`, `a = softmax(v . tanh(W h + b))` over the words that are there."""

    def __init__(self) -> None:
        super().__init__()
        self.supports_masking = True
        self.hidden = tf.keras.layers.Dense(2 * UNITS, activation="tanh")
        self.score = tf.keras.layers.Dense(1, use_bias=False)

    def call(self, states: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        scores = self.score(self.hidden(states))[..., 0]
        if mask is not None:
            scores = tf.where(mask, scores, -1e9)
        return tf.reduce_sum(tf.nn.softmax(scores, -1)[..., None] * states, 1)

    def compute_mask(self, inputs: object, mask: object = None) -> None:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=1600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cell", choices=CELLS, default="gru")
    parser.add_argument("--by-length", action="store_true")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    tf.keras.utils.set_random_seed(options.seed)
    texts, labels = read(options.folder / "train.jsonl.gz")
    order = np.random.default_rng(options.seed).permutation(len(texts))
    model = built(options.cell)
    versions = f"{options.cell}, keras {tf.keras.__version__}, tensorflow {tf.__version__}"
    if options.epochs:
        held, rest = order[: len(order) // 10], order[len(order) // 10 :]
        known = vocabulary([texts[i] for i in rest])
        train, valid = ([(known(texts[i]), labels[i]) for i in some] for some in (rest, held))
        test = [(known(text), label) for text, label in zip(*read(options.folder / "test.jsonl.gz"), strict=True)]
        begin = time.perf_counter()
        found, kept = [], []
        for _ in range(options.epochs):
            learn(model, by_length(train))
            found.append(accuracy(model, valid))
            kept.append(model.get_weights())
        seconds = time.perf_counter() - begin
        model.set_weights(kept[int(np.argmax(found))])
        valids = " ".join(f"{each:.2%}" for each in found)
        print(f"{versions}: validation {valids}, test {accuracy(model, test):.2%}, {seconds / 60:.1f} min")
        return
    some = order[: options.documents]
    known = vocabulary([texts[i] for i in some])
    given = [(known(texts[i]), labels[i]) for i in some]
    drawn = [given[i : i + BATCH] for i in range(0, len(given), BATCH)]
    seconds = learn(model, by_length(given) if options.by_length else drawn)
    rate = len(given) / len(seconds) / statistics.mean(seconds[WARM:])
    print(f"{versions}: {rate:.0f} documents/s in {len(seconds)} batches")


def read(path: Path) -> tuple[list[list[str]], list[int]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = [re.findall(r"\w+|[^\w\s]", row["text"].replace("<br />", " ").lower()) for row in rows]
    return texts, [int(row["label"]) for row in rows]


def vocabulary(texts: list[list[str]]) -> Callable[[list[str]], list[int]]:
    """From words to numbers: the most frequent ones have one each, all others 1."""
    known = {word: i + 2 for i, (word, _) in enumerate(Counter(w for t in texts for w in t).most_common(WORDS - 2))}
    return lambda words: [known.get(word, 1) for word in words]


def built(cell: str) -> tf.keras.Model:
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Embedding(WORDS, WIDTH, mask_zero=True),
            tf.keras.layers.Bidirectional(CELLS[cell](UNITS, return_sequences=True)),
            AttentionPooling(),
            tf.keras.layers.Dense(2),
        ]
    )
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=tf.keras.optimizers.Adam(2e-3), loss=loss)
    return model


Documents = list[tuple[list[int], int]]


def by_length(documents: Documents) -> list[Documents]:
    """Batches of about one length, in an order of chance."""
    documents = sorted(documents, key=lambda each: len(each[0]))
    batches = [documents[i : i + BATCH] for i in range(0, len(documents), BATCH)]
    return [batches[i] for i in np.random.permutation(len(batches))]


def padded(batch: Documents) -> tuple[np.ndarray, np.ndarray]:
    words, labels = zip(*batch, strict=True)
    return tf.keras.utils.pad_sequences(words, padding="post"), np.array(labels)


def learn(model: tf.keras.Model, batches: list[Documents]) -> list[float]:
    """The seconds of each batch."""
    seconds: list[float] = []
    for batch in batches:
        x, labels = padded(batch)
        begin = time.perf_counter()
        model.train_on_batch(x, labels)
        seconds.append(time.perf_counter() - begin)
    return seconds


def accuracy(model: tf.keras.Model, documents: Documents) -> float:
    right = 0
    for batch in by_length(documents):
        x, labels = padded(batch)
        right += int((np.argmax(model.predict_on_batch(x), -1) == labels).sum())
    return right / len(documents)


if __name__ == "__main__":
    main()
