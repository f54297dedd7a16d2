"""Every mechanism on what it is for, through the command line: toy tasks, three seeds, exact match on unseen inputs.

    python benchmarks/mechanisms.py OUT [--only NAME ...] [--seeds 1 2 3]

- reverse: random letters, lengths 20 to 30, tested at length 30. Nothing but attention can find its way back.
- copy: the same letters in their order, for mechanisms that go forwards only, or by the step alone.
- names: copying words that are not in the vocabulary.

Prints a line for each run, and a table at the end; OUT keeps the data, the models, the logs and the results: one that
is there is not computed again.
"""

import argparse
import random
from pathlib import Path

from running import Result, run, seconds_of, slug, spread

from sightline.attention import ESTIMATORS, SCORES

LETTERS = "abcdefghijklmnopqrstuvwxyz"
RECURRENT = {"type": "recurrent", "decoder": "luong", "input_feeding": False, "width": 128, "embedding_width": 64}
HARD = {**RECURRENT, "selection": "argmax"}
TRANSFORMER = {"type": "transformer", "width": 64, "heads": 4, "hidden": 128, "encoder_layers": 2, "decoder_layers": 2}
POINTER = {**RECURRENT, "attention": "additive", "shared_embeddings": True, "width": 64, "input_feeding": True}

SELECTIONS = ("sparsemax", "entmax15", "local_p")
POSITIONS = ("sinusoidal", "learned", "rotary", "alibi", "relative")

# name -> task, the least share of right answers, the model's options
RUNS: dict[str, tuple[str, float, dict[str, object]]] = {
    **{name: ("reverse", 0.99, {**RECURRENT, "attention": name}) for name in SCORES if name != "location"},
    "location": ("copy", 0.99, {**RECURRENT, "attention": "location"}),  # it knows the step, not what stands where
    **{name: ("reverse", 0.99, {**RECURRENT, "selection": name}) for name in SELECTIONS},
    **{f"transformer, {name}": ("reverse", 0.99, {**TRANSFORMER, "positions": name}) for name in POSITIONS},
    **{f"argmax, {name}": ("reverse", 0.95, {**HARD, "estimator": name}) for name in ESTIMATORS},
    "coverage": ("reverse", 0.99, {**RECURRENT, "coverage": True}),
    "bahdanau": ("reverse", 0.99, {**RECURRENT, "decoder": "bahdanau"}),
    "none": ("reverse", 0.0, {**RECURRENT, "attention": "none"}),
    "local_m": ("copy", 0.99, {**RECURRENT, "selection": "local_m"}),
    "monotonic": ("copy", 0.99, {**RECURRENT, "selection": "monotonic", "decoder": "bahdanau"}),
    "copy, none": ("copy", 0.0, {**RECURRENT, "attention": "none"}),
    "pointer": ("names", 0.99, {**POINTER, "pointer": True}),
    "no pointer": ("names", 0.0, POINTER),
}


UPDATES = 2000
LONGER = {"bilinear": 5000, "argmax, reinforce": 6000} | {
    f"transformer, {name}": 5000 for name in ("learned", "alibi", "relative")
}


def write_data(folder: Path) -> None:
    """Pairs of every task, the same each time."""
    chance = random.Random(1)
    folder.mkdir(parents=True, exist_ok=True)

    def letters(length: int) -> str:
        return "".join(chance.choice(LETTERS) for _ in range(length))

    def sentence(words: list[str]) -> str:
        return " ".join(chance.choice(words) for _ in range(chance.randint(3, 8)))

    train = [letters(chance.randint(20, 30)) for _ in range(20000)]
    test = [letters(30) for _ in range(500)]
    for name, lines in (("train", train), ("valid", [letters(30) for _ in range(500)]), ("test", test)):
        for task, step in (("reverse", -1), ("copy", 1)):
            text = "".join(f"{line}\t{line[::step]}\n" for line in lines)
            (folder / f"{task}.{name}.tsv").write_text(text)
    common = [f"w{i}" for i in range(40)]
    seen, unseen = ([f"{kind}{i}" for i in range(3000)] for kind in ("rare", "new"))
    for name, count, names in (("train", 6000, seen), ("valid", 200, seen), ("test", 500, unseen)):
        lines = [sentence(common + chance.sample(names, 40)) for _ in range(count)]
        (folder / f"names.{name}.tsv").write_text("".join(f"{line}\t{line}\n" for line in lines))


def configuration(data: Path, task: str, model: dict[str, object], updates: int) -> dict[str, object]:
    files = {name: {"file": str(data / f"{task}.{name}.tsv"), "source": 1, "target": 2} for name in ("train", "valid")}
    exact = task == "names" or model.get("estimator") == "marginal"
    return {
        "task": "translate",
        "data": files,
        "source_tokenizer": {"kind": "word", "min_count": 30} if task == "names" else {"kind": "char"},
        "shared_vocabulary": True,
        "model": {**model, "dropout": 0.0},
        "training": {
            "updates": updates,
            "batch_tokens": 1024,
            "learning_rate": 0.003,
            "schedule": "cosine",
            "label_smoothing": 0 if exact else 0.1,
            "validate_every": 500,
            "metric": "exact_match",
            "patience": None,
        },
        "decoding": {"method": "greedy"},
    }


def tried(name: str, seed: int, out: Path) -> Result:
    """A training of that name, scored on the test pairs."""
    task, _, model = RUNS[name]
    place = out / f"{slug(name)}-{seed}"
    data = out / "data"
    return run(place, configuration(data, task, model, LONGER.get(name, UPDATES)), seed, data / f"{task}.test.tsv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="*", default=list(RUNS), choices=list(RUNS))
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    arguments = parser.parse_args()
    write_data(arguments.out / "data")
    rows: list[str] = []
    for name in arguments.only:
        found = [tried(name, seed, arguments.out) for seed in arguments.seeds]
        task, bar, _ = RUNS[name]
        values, seconds = spread(result.exact for result in found), f"{seconds_of(found):.0f}"
        below = any(result.exact < bar for result in found)
        print(name, values, seconds, "s", "BELOW" if below else "", flush=True)
        rows.append(f"| {name} | {task} | {values} | {bar or ''} | {seconds} |")
    print("| mechanism | task | exact match, by seed | bar | seconds |\n|---|---|---|---|---|", *rows, sep="\n")


if __name__ == "__main__":
    main()
