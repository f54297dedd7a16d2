"""How often the verdict on attention is right where it is known what an answer rests on.

    python benchmarks/verdicts.py [--model recurrent] [--set model.reads_out=words] [--train 4000] [--test 200]

Documents as in `planted_words.py`: one word in one place decides. The verdict should be "supported" on the model's own
attention, and "not supported" where the same prediction comes with attention that is uniform, or permuted.
"""

import time
from collections import Counter

import numpy as np
from planted_words import trained

from sightline.tasks.classify.believing import believe
from sightline.tasks.classify.cutting import number
from sightline.tasks.classify.predicting import cut_all


def main() -> None:
    classifier, cases = trained(__doc__ or "", 200)
    texts = [text for text, _, _ in cases]
    right = classifier.predict(texts) == np.array([label for _, label, _ in cases])
    print(f"{right.mean():.1%} of labels right")
    parts, config = classifier.parts, classifier.config
    rows = number(cut_all(texts, config), parts.tokenizer)
    results = classifier.explain(texts, verdict=False)
    draw = np.random.default_rng(1)
    for name, change in (
        ("its own", lambda weights: weights),
        ("uniform", lambda weights: np.full_like(weights, weights.mean())),
        ("permuted", draw.permutation),
    ):
        begin = time.perf_counter()
        kinds: Counter[str] = Counter()
        for result, each in zip(results, rows, strict=True):
            weights = result.sides[0].weights
            found = believe(
                parts.network, each, change(result.attended()), result.word_contributions, weights, config.training
            )
            kinds[found[0].kind if found else "nothing"] += 1
        shares = ", ".join(f"{kind} {number / len(cases):.1%}" for kind, number in kinds.most_common())
        print(f"{name}: {shares}; {(time.perf_counter() - begin) / len(cases):.2f} s each", flush=True)


if __name__ == "__main__":
    main()
