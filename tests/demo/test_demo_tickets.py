"""The messages of the demo: no message twice, every desk there, and the words of all desks in all."""

import csv
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "demo"


def _rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_tickets(tmp_path):
    command = [sys.executable, DEMO / "tickets.py", tmp_path, "--train", "300", "--test", "100"]
    subprocess.run(command, check=True)
    train, test = _rows(tmp_path / "train.csv"), _rows(tmp_path / "test.csv")
    assert (len(train), len(test)) == (300, 100)
    texts = {row["text"] for row in (*train, *test)}
    assert len(texts) == 400
    assert {row["label"] for row in train} == {"account", "billing", "delivery", "product"}
    for word in ("invoice", "parcel", "password"):  # no word of a desk stands in its messages alone
        assert len({row["label"] for row in train if word in row["text"]}) == 4
    before = (tmp_path / "train.csv").read_bytes()
    subprocess.run(command, check=True)
    assert (tmp_path / "train.csv").read_bytes() == before
    assert len((tmp_path / "unread.txt").read_text().splitlines()) == 4
