"""Numbered documents in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sightline.data import PAD
from sightline.models.classify import Documents

__all__ = ["Batch", "Corpus", "batches_of", "collate"]


class Batch(NamedTuple):
    """Documents with their labels: a class each, or a row of ones and zeros."""

    documents: Documents
    labels: Tensor


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled documents, numbered.

    Attributes:
        rows: of each document its rows of tokens.
        labels: of all.
        batch_documents: at most in a batch.
        batch_tokens: at most in a batch of several, with padding.
        seed: of the order of batches.
    """

    rows: Sequence[list[list[int]]]
    labels: Tensor
    batch_documents: int
    batch_tokens: int
    seed: int

    def batches(self, epoch: int | None = None) -> "Epoch":
        """The batches of an epoch, the same for the same seed; None for those in the plain order of length."""
        chance = None if epoch is None else Random(f"{self.seed}-{epoch}")
        places = batches_of(self.rows, self.batch_documents, self.batch_tokens, chance)
        return Epoch(self, places)


@dataclass(frozen=True, slots=True)
class Epoch:
    """The batches of an epoch, of which each is made when its turn comes."""

    corpus: Corpus
    places: Sequence[list[int]]

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Batch]:
        for some in self.places:
            yield Batch(collate([self.corpus.rows[i] for i in some]), self.corpus.labels[some])


def batches_of(
    rows: Sequence[Sequence[Sequence[int]]], most: int, most_tokens: int, chance: Random | None
) -> list[list[int]]:
    """Documents of like lengths together; in random order, with a little disorder among lengths, if there is chance."""
    lengths = [sum(map(len, document)) for document in rows]
    widths = [max(map(len, document), default=0) for document in rows]
    shaken = [length * (1 + 0.2 * (chance.random() - 0.5)) if chance else length for length in lengths]
    batches: list[list[int]] = []
    batch: list[int] = []
    count = width = 0  # rows, and the longest of them
    for i in sorted(range(len(rows)), key=shaken.__getitem__):
        count, width = count + len(rows[i]), max(width, widths[i])
        if batch and (len(batch) == most or count * width > most_tokens):
            batches.append(batch)
            batch, count, width = [], len(rows[i]), widths[i]
        batch.append(i)
    if batch:
        batches.append(batch)
    return sorted(batches, key=lambda _: chance.random()) if chance else batches


def collate(rows: Sequence[Sequence[Sequence[int]]]) -> Documents:
    """Documents as tensors."""
    flat = [row for document in rows for row in document]
    lengths = np.array([len(row) for row in flat])
    mask = np.arange(max(1, int(lengths.max(initial=0)))) < lengths[:, None]
    tokens = np.full(mask.shape, PAD, np.int64)
    tokens[mask] = np.fromiter((token for row in flat for token in row), np.int64, int(lengths.sum()))
    owner = np.repeat(np.arange(len(rows)), [len(document) for document in rows])
    return Documents(torch.from_numpy(tokens), torch.from_numpy(mask), torch.from_numpy(owner))
