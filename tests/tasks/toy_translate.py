"""Toy pairs and small translators."""

import random

from sightline import Translator
from sightline.tasks.translate import RecurrentConfig, TrainingConfig

SMALL = RecurrentConfig(embedding_width=8, width=16, dropout=0.1)


def strings(count, longest, letters="abcdef", seed=1):
    """Different strings of 3 to `longest` letters."""
    draw = random.Random(seed)
    found = set()
    while len(found) < count:
        found.add("".join(draw.choices(letters, k=draw.randint(3, longest))))
    return sorted(found, key=lambda text: draw.random())


def reversal(count=200, longest=5, **options):
    return [(text, text[::-1]) for text in strings(count, longest, **options)]


def tiny(updates=20, model=SMALL, decoding=None, seed=1, **changes):
    """A translator that trains in a blink, and hardly learns."""
    options = {"learning_rate": 0.01, "warmup": 5, "validate_every": 10, "batch_tokens": 256, "patience": None}
    training = TrainingConfig(updates=updates, **(options | changes))
    return Translator(model=model, tokenizer="char", training=training, decoding=decoding, seed=seed)
