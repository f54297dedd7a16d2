"""Which attention for inflection? Every mechanism on CoNLL-SIGMORPHON 2017 task 1, through the command line.

    python benchmarks/inflection.py ARCHIVE OUT [--languages german ...] [--only NAME ...] [--seeds 1 2 3]

ARCHIVE is the shared task's `task1.zip`. A source is the lemma's letters and the features, each a token; training is on
train-high less a share that decides which weights are kept, the accuracy is of dev, or with `--part uncovered-test` of
the test pairs. OUT keeps the data, the models and the logs; a result that is there is not computed again.
"""

import argparse
import statistics
import zipfile
from pathlib import Path

from running import Result, run, seconds_of, slug, spread

from sightline.attention import ESTIMATORS, SCORES

LANGUAGES = ("german", "finnish", "turkish", "italian")
RECURRENT = {
    "type": "recurrent",
    "decoder": "luong",
    "input_feeding": False,
    "embedding_width": 96,
    "width": 192,
    "dropout": 0.3,
}
HARD = {**RECURRENT, "selection": "argmax"}
TRANSFORMER = {
    "type": "transformer",
    "width": 96,
    "heads": 4,
    "hidden": 256,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "dropout": 0.2,
}
MECHANISMS: dict[str, dict[str, object]] = {
    **{name: {**RECURRENT, "attention": name} for name in SCORES},
    "additive, input feeding": {**RECURRENT, "input_feeding": True},
    "additive, bahdanau": {**RECURRENT, "decoder": "bahdanau"},
    "coverage": {**RECURRENT, "coverage": True},
    **{name: {**RECURRENT, "selection": name} for name in ("sparsemax", "entmax15", "local_m", "local_p")},
    "monotonic": {**RECURRENT, "selection": "monotonic", "decoder": "bahdanau"},
    **{f"argmax, {name}": {**HARD, "estimator": name} for name in ESTIMATORS},
    **{f"transformer, {name}": {**TRANSFORMER, "positions": name} for name in ("sinusoidal", "relative")},
    "none": {**RECURRENT, "attention": "none"},
}


def write_data(archive: Path, language: str, part: str, folder: Path) -> Path:
    """The pairs of one part as a TSV of tokens."""
    with zipfile.ZipFile(archive) as packed:
        name = next(n for n in packed.namelist() if n.endswith(f"{language}-{part}"))
        lines = packed.read(name).decode().splitlines()
    path = folder / f"{language}-{part}.tsv"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(_as_tokens(line) for line in lines))
    return path


def _as_tokens(line: str) -> str:
    lemma, form, features = line.split("\t")
    spaced, answer = (" ".join(word.replace(" ", "▁")) for word in (lemma, form))
    return f"{spaced} {' '.join(features.split(';'))}\t{answer}\n"


def configuration(train: Path, model: dict[str, object], updates: int) -> dict[str, object]:
    return {
        "task": "translate",
        "data": {"train": {"file": str(train), "source": 1, "target": 2}, "valid_share": 0.03},
        "source_tokenizer": {"kind": "word"},
        "model": model,
        "training": {
            "updates": updates,
            "batch_tokens": 1024,
            "optimizer": "muon",
            "learning_rate": 0.004,
            "schedule": "cosine",
            "warmup": 50,
            "label_smoothing": 0 if model.get("estimator") == "marginal" else 0.1,
            "validate_every": max(1, updates // 4),
            "metric": "exact_match",
            "patience": None,
        },
        "decoding": {"method": "beam", "beam": 5, "length_penalty": 0.0},
    }


def tried(name: str, language: str, seed: int, arguments: argparse.Namespace) -> Result:
    """A training of that mechanism, scored on that part."""
    place = arguments.out / f"{language}-{slug(name)}-{seed}"
    train, test = (
        write_data(arguments.archive, language, part, arguments.out / "data") for part in ("train-high", arguments.part)
    )
    return run(place, configuration(train, MECHANISMS[name], arguments.updates), seed, test)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--languages", nargs="*", default=LANGUAGES, choices=LANGUAGES)
    parser.add_argument("--only", nargs="*", default=list(MECHANISMS), choices=list(MECHANISMS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--updates", type=int, default=600)
    parser.add_argument("--part", default="dev", choices=["dev", "uncovered-test"])
    arguments = parser.parse_args()
    rows: list[str] = []
    for name in arguments.only:
        found = [[tried(name, one, seed, arguments) for seed in arguments.seeds] for one in arguments.languages]
        every = [result for results in found for result in results]
        entropies = [r.metrics["entropy/cross"] for r in every if "entropy/cross" in r.metrics]
        entropy = f"{statistics.mean(entropies):.2f}" if entropies else ""
        cells = [spread(result.exact for result in results) for results in found]
        mean = statistics.mean(result.exact for result in every)
        rows.append(f"| {name} | {' | '.join(cells)} | {mean:.3f} | {seconds_of(every):.0f} | {entropy} |")
        print(rows[-1], flush=True)
    print(f"| mechanism | {' | '.join(arguments.languages)} | mean | seconds | entropy |")
    print("|---" * (len(arguments.languages) + 4) + "|", *rows, sep="\n")


if __name__ == "__main__":
    main()
