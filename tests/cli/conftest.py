"""The command line in this process, where only the outcome counts; data, and a trained model."""

import io
import sys

import pytest
from cli_runs import Outcome, settings, shell

from sightline.cli import main


@pytest.fixture
def cli(monkeypatch, capfd):
    """`sightline` in this process: words, and bytes for standard input."""

    def run(*words, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["sightline", *map(str, words)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        code = ended.value.code
        if isinstance(code, str):  # the interpreter prints it and exits with 1
            code, err = 1, f"{err}{code}\n"
        assert "Traceback" not in err
        return Outcome(code or 0, out, err)

    return run


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """60 pairs to reverse, in two files, in a TSV, and in a JSONL file."""
    folder = tmp_path_factory.mktemp("data")
    sources = [a + b + c for a in "abcd" for b in "efg" for c in "ahijk"]
    targets = [text[::-1] for text in sources]
    (folder / "source.txt").write_text("\n".join(sources) + "\n")
    (folder / "target.txt").write_text("\n".join(targets) + "\n")
    rows = [f"{i}\t{a}\t{b}" for i, (a, b) in enumerate(zip(sources, targets, strict=True))]
    (folder / "pairs.tsv").write_text("\n".join(["id\tfrom\tto", *rows]) + "\n")
    lines = [f'{{"pair": {{"a": "{a}", "b": "{b}"}}}}\n' for a, b in zip(sources, targets, strict=True)]
    (folder / "pairs.jsonl").write_text("".join(lines))
    return folder


@pytest.fixture
def files(data):
    return ["--source", data / "source.txt", "--target", data / "target.txt"]


@pytest.fixture(scope="session")
def trained(data, tmp_path_factory):
    """A model's folder, and what its training said."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    files = ["--source", data / "source.txt", "--target", data / "target.txt"]
    return folder, shell("train", "translate", *files, "-o", folder, *settings(updates=40))


@pytest.fixture
def model(trained):
    return trained[0]
