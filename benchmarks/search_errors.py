"""In how many sentences the beam missed the model's best sequence: an exact search beside it.

    python benchmarks/search_errors.py MODEL --source FILE --target FILE [--data TABLE] [--beam 5] [--budget 20000]

Both rank by log-probability, without a length penalty. The exact search either certifies its answer or runs out of its
budget, the number of beginnings it may expand for one input; only certified sentences tell whether the beam missed.
"""

import argparse
import json
import time
from pathlib import Path

from sightline import load
from sightline.cli.train import Pairs
from sightline.metrics import bleu
from sightline.tasks.translate import DecodingConfig, read_pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--source", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--budget", type=int, default=20000)
    options = parser.parse_args()
    pairs = read_pairs(Pairs(options.source, options.target, options.data).files())
    sources, references = [pair.source for pair in pairs], [pair.target for pair in pairs]
    model = load(options.model)

    def answers(**how):
        start = time.perf_counter()
        config = DecodingConfig(beam=options.beam, length_penalty=0.0, **how)
        found = model.predict(sources, attention=False, decoding=config)
        return found, time.perf_counter() - start

    (beam, beam_seconds), (exact, exact_seconds) = answers(), answers(method="exact", budget=options.budget)
    certified = [i for i, answer in enumerate(exact) if answer.certified]
    # A better sequence is a proof that the beam missed the best, also where the budget ran out.
    missed = [i for i in range(len(exact)) if exact[i].text != beam[i].text and exact[i].score > beam[i].score + 1e-5]
    print(
        json.dumps(
            {
                "sentences": len(pairs),
                "beam": options.beam,
                "budget": options.budget,
                "certified": len(certified),
                "beam_missed_of_certified": len(set(missed) & set(certified)),
                "beam_missed_of_all": len(missed),
                "empty_answers_of_exact": sum(not answer.text for answer in exact),
                "bleu_beam": bleu([a.text for a in beam], references, tokenize="none").value,
                "bleu_exact": bleu([a.text for a in exact], references, tokenize="none").value,
                "seconds_beam": round(beam_seconds, 1),
                "seconds_exact": round(exact_seconds, 1),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
