"""How often the verdict on attention is right where it is known what an answer rests on.

    python benchmarks/verdicts.py [--model recurrent] [--set model.reads_out=words] [--train 3000] [--cases 200]

Documents as in `planted_words.py`: one word in one place decides. The verdict should be "supported" on the model's own
attention, and "not supported" where the same prediction comes with attention that is uniform, or permuted.
"""

import argparse
import random
import time
from collections import Counter
from typing import Any

import numpy as np
from planted_words import document

from sightline.tasks.classify import Classifier, ClassifyConfig
from sightline.tasks.classify.believing import believe
from sightline.tasks.classify.cutting import number
from sightline.tasks.classify.predicting import cut_all
from sightline.tasks.config import parse_config, set_option
from sightline.training import set_threads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="recurrent")
    parser.add_argument("--train", type=int, default=3000)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--set", nargs="+", default=[])
    options = parser.parse_args()
    set_threads(options.threads)
    chance = random.Random(options.seed)
    train, cases = ([document(chance) for _ in range(count)] for count in (options.train, options.cases))
    values: dict[str, Any] = {"seed": options.seed, "model": {"type": options.model}, "wide": None}
    values["training"] = {"epochs": 6, "batch_documents": 32, "learning_rate": 0.003}
    for option in options.set:
        set_option(values, option)
    classifier = Classifier.from_config(parse_config(values, ClassifyConfig))
    classifier.fit([text for text, _, _ in train], [label for _, label, _ in train])
    texts = [text for text, _, _ in cases]
    right = classifier.predict(texts) == np.array([label for _, label, _ in cases])
    print(f"{options.model} {' '.join(options.set)}: {right.mean():.1%} of labels right")
    parts, config = classifier.parts, classifier.config
    rows = number(cut_all(texts, config), parts.tokenizer)
    results = classifier.explain(texts, verdict=False)
    draw = np.random.default_rng(options.seed)
    for name, change in (
        ("its own", lambda weights: weights),
        ("uniform", lambda weights: np.full_like(weights, weights.mean())),
        ("permuted", draw.permutation),
    ):
        begin = time.perf_counter()
        kinds: Counter[str] = Counter()
        for result, each in zip(results, rows, strict=True):
            weights = result.sides[0].weights
            found = believe(parts.network, each, change(result.attended()), weights, config.training)
            kinds[found.kind if found else "nothing"] += 1
        shares = ", ".join(f"{kind} {number / len(cases):.1%}" for kind, number in kinds.most_common())
        print(f"{name}: {shares}; {(time.perf_counter() - begin) / len(cases):.2f} s each", flush=True)


if __name__ == "__main__":
    main()
