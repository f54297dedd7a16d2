"""A table of phrases that the model has never seen, with its translations and the right ones.

python demo/table.py test.tsv MODEL
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sightline import load
from sightline.data import read_tsv

ROWS = 20


def main() -> None:
    pairs = read_tsv(Path(sys.argv[1]), 1, 2)[:ROWS]
    results = load(sys.argv[2]).predict([pair.source for pair in pairs], attention=False)
    table = Table("English, never seen", "Italian by the model", "right answer where it differs")
    for pair, result in zip(pairs, results, strict=True):
        table.add_row(pair.source, result.text, "" if result.text == pair.target else pair.target)
    Console().print(table)


if __name__ == "__main__":
    main()
