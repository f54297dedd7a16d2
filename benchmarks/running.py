"""One training and its score, through the command line, as the benchmarks of mechanisms run many of them."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import yaml

SIGHTLINE = [sys.executable, "-m", "sightline.cli.app"]


class Result(NamedTuple):
    """Exact match on unseen pairs, seconds of training, and the validation's measures of the weights that were kept."""

    exact: float
    seconds: float
    metrics: dict[str, float]


def run(place: Path, config: dict[str, object], seed: int, test: Path) -> Result:
    """Train at `place`, with all that belongs to it beside it, and answer a TSV's pairs; or what was found before."""
    kept = place.with_name(f"{place.name}.{test.stem}.json")
    if kept.exists():
        return Result(*json.loads(kept.read_text()))
    written = place.with_name(place.name + ".yaml")
    written.write_text(yaml.safe_dump(config))
    command = [*SIGHTLINE, "train", str(written), "--output", str(place), "--seed", str(seed), "--threads", "1"]
    start = time.perf_counter()
    with place.with_name(place.name + ".log").open("w") as log:
        subprocess.run([*command, "--overwrite"], stdout=log, stderr=log, check=True)
    seconds = time.perf_counter() - start
    command = [*SIGHTLINE, "evaluate", str(place), "--data", str(test), "--source", "1", "--target", "2"]
    options = ["--metric", "exact_match", "--json", "--threads", "1"]
    answer = json.loads(subprocess.run([*command, *options], capture_output=True, text=True, check=True).stdout)
    metrics = json.loads((place / "manifest.json").read_text())["metrics"]
    found = Result(answer["exact_match"]["value"], seconds, metrics)
    kept.write_text(json.dumps(found))
    return found


def slug(name: str) -> str:
    """A mechanism's name as a part of a file's."""
    return name.replace(", ", "-").replace(" ", "-")


def spread(values: Iterable[float]) -> str:
    """Each seed's value."""
    return " ".join(f"{value:.3f}" for value in values)


def seconds_of(results: Iterable[Result]) -> float:
    """The median."""
    return statistics.median(result.seconds for result in results)
