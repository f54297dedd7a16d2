"""Training speed of a bidirectional GRU with attention in Keras, as `documents_speed.py` has ours.

    python benchmarks/peers/keras_bigru.py FOLDER [--documents 1600] [--threads 2] [--cell lstm]

The same reviews in batches of 32, in full, padded to the longest of their batch and masked; embedding of 100, 64 units
in each direction, additive attention over the states, softmax of two classes, Adam. The first batches, for which
TensorFlow traces the graph, do not count.
"""

import argparse
import gzip
import json
import os
import re
import statistics
import time
from collections import Counter
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
    options = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(options.threads)
    tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    with gzip.open(options.folder / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))[: options.documents]]
    texts = [re.findall(r"\w+|[^\w\s]", row["text"].replace("<br />", " ").lower()) for row in rows]
    known = {word: i + 2 for i, (word, _) in enumerate(Counter(w for t in texts for w in t).most_common(WORDS - 2))}
    documents = [[known.get(word, 1) for word in text] for text in texts]
    labels = np.array([int(row["label"]) for row in rows])
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Embedding(WORDS, WIDTH, mask_zero=True),
            tf.keras.layers.Bidirectional(CELLS[options.cell](UNITS, return_sequences=True)),
            AttentionPooling(),
            tf.keras.layers.Dense(2),
        ]
    )
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=tf.keras.optimizers.Adam(2e-3), loss=loss)
    seconds: list[float] = []
    for start in range(0, len(documents) - BATCH + 1, BATCH):
        some = documents[start : start + BATCH]
        x = tf.keras.utils.pad_sequences(some, padding="post")
        begin = time.perf_counter()
        model.train_on_batch(x, labels[start : start + BATCH])
        seconds.append(time.perf_counter() - begin)
    rate = BATCH / statistics.mean(seconds[WARM:])
    versions = f"keras {tf.keras.__version__}, tensorflow {tf.__version__}"
    print(f"{options.cell}, {versions}: {rate:.0f} documents/s in {len(seconds)} batches")


if __name__ == "__main__":
    main()
