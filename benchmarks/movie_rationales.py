"""What names the words that decided, on film reviews in which people marked those that should (ERASER, movies).

    python benchmarks/movie_rationales.py ARCHIVE [--seeds 1] [--documents 199] [--validation]
        [--set model.width=64]

ARCHIVE is `movies.zip`. A classifier learns from the 1,600 training reviews, its own options with the 200 validation
reviews to stop by; the network alone is asked, since n-grams attend to nothing. Of each test review, for the label that
it gets: attention, signed evidence, gradient x input, leaving each word out, and a random order. Overlap with the words
that people marked is the area under the precision-recall curve of each review, on average; comprehensiveness and
sufficiency are in the label's score, for 1, 5, 10, 20 and 50 % of the words (DeYoung et al. 2020).
"""

import argparse
import json
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from sightline.explain import gradient_times_input, integrated_gradients
from sightline.explain.faithfulness import faithfulness
from sightline.tasks.classify import Classification, Classifier, ClassifyConfig
from sightline.tasks.classify.believing import asking, of_tokens, scoring
from sightline.tasks.classify.cutting import number
from sightline.tasks.classify.predicting import cut_all
from sightline.tasks.config import parse_config, set_option
from sightline.training import set_threads, show_progress

CHOSEN: dict[str, Any] = {"wide": None, "model": {"reads_out": "words"}}


class Review(NamedTuple):
    """A review, its label, and which of the words between its spaces people marked."""

    text: str
    label: str
    marked: NDArray[np.bool_]


def read(archive: zipfile.ZipFile, part: str) -> list[Review]:
    found: list[Review] = []
    for line in archive.read(f"{part}.jsonl").decode().splitlines():
        row = json.loads(line)
        text = archive.read(f"docs/{row['annotation_id']}").decode()
        marked = np.zeros(len(text.split()), bool)
        for span in (each for group in row["evidences"] for each in group):
            marked[span["start_token"] : span["end_token"]] = True
        found.append(Review(" ".join(text.split()), row["classification"], marked))
    return found


def by_word(result: Classification, values: NDArray[np.floating]) -> NDArray[np.float64]:
    """The largest value of the pieces in each word between spaces; the least of all where there is none."""
    ends = np.cumsum([len(word) + 1 for word in result.source.split()])
    found = np.full(len(ends), values.min(initial=0), np.float64)
    places = np.searchsorted(ends, [piece.start for piece in result.pieces], side="right")
    np.maximum.at(found, places, values)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--documents", type=int, default=199)
    parser.add_argument("--validation", action="store_true", help="ask the validation reviews, not the test")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="+", default=[])
    options = parser.parse_args()
    set_threads(options.threads)
    with zipfile.ZipFile(options.archive) as archive:
        train, valid, test = (read(archive, part) for part in ("train", "val", "test"))
    for seed in options.seeds:
        values = {**CHOSEN, "seed": seed}
        for option in options.set:
            set_option(values, option)
        classifier = Classifier.from_config(parse_config(values, ClassifyConfig))
        pairs = [([each.text for each in part], [each.label for each in part]) for part in (train, valid)]
        begin = time.perf_counter()
        classifier.fit(*pairs[0], pairs[1], listeners=[show_progress(counted="documents")], say=print)
        print(f"seed {seed}: {time.perf_counter() - begin:.0f} s of training")
        asked = valid if options.validation else test
        report(classifier, asked[:: max(1, len(asked) // options.documents)], seed)


def report(classifier: Classifier, reviews: list[Review], seed: int) -> None:
    parts, config = classifier.parts, classifier.config
    texts = [review.text for review in reviews]
    results = classifier.explain(texts, verdict=True)
    right = np.mean([result.label == review.label for result, review in zip(results, reviews, strict=True)])
    draw, generator = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    overlap: dict[str, list[float]] = {}
    falls: dict[str, list[tuple[float, float]]] = {}
    for result, review, rows in zip(results, reviews, number(cut_all(texts, config), parts.tokenizer), strict=True):
        weights = result.sides[0].weights
        scored = scoring(parts.network, rows, weights)
        ranked = {
            "attention": result.attended(),
            "gradient x input": of_tokens(rows, gradient_times_input(*scored)),
            "integrated gradients": of_tokens(rows, integrated_gradients(*scored)),
            "leaving out each word": result.effects,
            "random": draw.random(len(result.pieces)),
        }
        if result.word_contributions is not None:
            ranked["signed evidence"] = result.word_contributions @ weights
        importance = torch.tensor(np.stack(list(ranked.values())), dtype=torch.float32)
        ask = asking(parts.network, rows, weights, config.training)
        fallen = faithfulness(ask, importance.unsqueeze(1), generator)
        for i, (name, each) in enumerate(ranked.items()):
            overlap.setdefault(name, []).append(average_precision_score(review.marked, by_word(result, each)))
            falls.setdefault(name, []).append((float(fallen.comprehensiveness[i]), float(fallen.sufficiency[i])))
    kinds = Counter(result.verdict.kind for result in results if result.verdict is not None)
    share = np.mean([review.marked.mean() for review in reviews])
    print(f"{right:.1%} of {len(reviews)} labels right; {share:.1%} of words marked by people; {dict(kinds)}")
    print("| ranking | overlap with people (AUPRC) | comprehensiveness | sufficiency |\n|---|---|---|---|")
    for name, found in overlap.items():
        comprehensiveness, sufficiency = np.mean(falls[name], 0)
        print(f"| {name} | {np.mean(found):.3f} | {comprehensiveness:.2f} | {sufficiency:.2f} |")
    ahead = np.array(overlap["attention"]) - np.array(overlap["gradient x input"])
    spread = ahead.std(ddof=1) / len(ahead) ** 0.5
    print(f"attention less gradient x input: {ahead.mean():.3f} +- {spread:.3f}", flush=True)


if __name__ == "__main__":
    main()
