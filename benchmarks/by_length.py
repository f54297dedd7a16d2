"""BLEU by source length of several models, as a table and a figure: what attention is for.

    python benchmarks/by_length.py FIGURE.png --source FILE --target FILE NAME=MODEL [NAME=MODEL ...]

Text is scored as it is, without sacrebleu's tokenizer.
"""

import argparse
from functools import partial
from pathlib import Path

from matplotlib.figure import Figure

from sightline import load
from sightline.data import read_parallel
from sightline.metrics import bleu, by_length

EDGES = (8, 11, 14, 18, 24)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", type=Path)
    parser.add_argument("models", nargs="+", metavar="NAME=MODEL")
    parser.add_argument("--source", required=True)
    parser.add_argument("--target", required=True)
    options = parser.parse_args()
    pairs = read_parallel(options.source, options.target)
    sources, references = [pair.source for pair in pairs], [pair.target for pair in pairs]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, _, folder in (model.partition("=") for model in options.models):
        texts = [answer.text for answer in load(folder).predict(sources, attention=False)]
        groups = by_length(sources, texts, references, edges=EDGES, metric=partial(bleu, tokenize="none"))
        groups = [group for group in groups if group.score is not None]
        labels = [f"{g.low}-{g.high - 1}" if g.high else f"{g.low} and more" for g in groups]
        axes.plot(labels, [group.score.value for group in groups], marker="o", label=name)
        print(name, {label: (g.count, round(g.score.value, 2)) for label, g in zip(labels, groups, strict=True)})
    axes.set(xlabel="source length in words", ylabel="BLEU", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(options.figure, dpi=150)


if __name__ == "__main__":
    main()
