"""The installed command in a process of its own, and options that make a training short."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

SIGHTLINE = str(Path(sys.executable).with_name("sightline"))
SIZES = ("model.width=16", "model.embedding_width=8")
PACE = ("training.learning_rate=0.01", "training.warmup=5", "training.validate_every=10", "training.batch_tokens=128")


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def shell(*words, stdin=b"", **options):
    """`sightline` in a process of its own."""
    done = subprocess.run([SIGHTLINE, *map(str, words)], input=stdin, capture_output=True, timeout=120, **options)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err
    assert "Warning" not in err
    return Outcome(done.returncode, out, err)


def settings(**training):
    """Options that make a model small and its training short."""
    words = ["--tokenizer", "char", "--threads", "1"]
    for setting in (*SIZES, *PACE, *(f"training.{key}={value}" for key, value in training.items())):
        words += ["--set", setting]
    return words
