"""Batches of pairs that waste little on padding, and the tensors made of them.

Lengths are counted as `collate` makes them: a source with its `<eos>`, and a target with one special symbol (what the
decoder reads begins with `<bos>`, what it answers ends in `<eos>`; both are one longer than the target).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from sightline.data.units import BOS, EOS, PAD
from sightline.errors import ConfigError

__all__ = ["Padding", "PairBatch", "bucket", "collate", "padding", "split_by_length"]


class PairBatch(NamedTuple):
    """Pairs as tensors.

    Attributes:
        source: ids that end in `<eos>`, then `<pad>`.
        source_mask: True where `source` is not padding.
        target: `<bos>`, ids, `<eos>`, then `<pad>`; a decoder reads `target[:, :-1]` and answers `target[:, 1:]`.
        links: row, target token and source token of each link that is known; tokens are counted without `<bos>`.
    """

    source: Int[Tensor, "B S"]
    source_mask: Bool[Tensor, "B S"]
    target: Int[Tensor, "B T"]
    links: Int[Tensor, "K 3"]

    def to(self, device: torch.device) -> "PairBatch":
        """The same on a device."""
        return PairBatch(*(tensor.to(device) for tensor in self))


@dataclass(frozen=True, slots=True)
class Padding:
    """Cells of all batches' tensors, and how many of them hold something."""

    source_real: int
    source_padded: int
    target_real: int
    target_padded: int

    @property
    def waste(self) -> float:
        """The part of all cells that is padding, from 0 to 1."""
        padded = self.source_padded + self.target_padded
        cells = padded + self.source_real + self.target_real
        return padded / cells if cells else 0.0


def split_by_length(
    source_lengths: Sequence[int], target_lengths: Sequence[int], max_length: int
) -> tuple[list[int], list[int]]:
    """Indices of the pairs with both sides within `max_length`, and of those with a side beyond it.

    Example:
        >>> split_by_length([3, 9, 4], [4, 4, 8], max_length=8)
        ([0, 2], [1])
    """
    kept: list[int] = []
    too_long: list[int] = []
    for index, lengths in enumerate(zip(source_lengths, target_lengths, strict=True)):
        (kept if max(lengths) <= max_length else too_long).append(index)
    return kept, too_long


def bucket(
    source_lengths: Sequence[int],
    target_lengths: Sequence[int],
    max_tokens: int,
    *,
    seed: int,
    epoch: int,
    shuffle: bool = True,
) -> list[list[int]]:
    """Batches of indices of pairs of like lengths, the same in every process for the same seed and epoch.

    A batch of B pairs costs `B * max over its pairs of max(source, target)`, at most `max_tokens`. Pairs are sorted by
    the source's length, then by the target's, each with a small random shift, and cut; the batches are put in random
    order.

    Args:
        source_lengths: length of each source with its `<eos>`.
        target_lengths: length of each target with one special symbol.
        max_tokens: the largest cost of a batch.
        seed: seed of the whole training.
        epoch: number of the pass, for other batches in each.
        shuffle: False for the plain order of lengths, without chance.

    Raises:
        ConfigError: when a pair alone costs more than `max_tokens`.

    Example:
        >>> bucket([2, 9, 2, 8], [3, 9, 3, 9], max_tokens=18, seed=0, epoch=0, shuffle=False)
        [[0, 2], [3, 1]]
    """
    costs = [max(lengths) for lengths in zip(source_lengths, target_lengths, strict=True)]
    for index, cost in enumerate(costs):
        if cost > max_tokens:
            raise ConfigError(
                f"pair {index + 1} is {cost} tokens long, more than max_tokens={max_tokens} allows in a whole batch: "
                "raise max_tokens, or leave out long pairs with max_length"
            )
    random = Random(f"{seed}-{epoch}")
    order = _by_length(source_lengths, target_lengths, random if shuffle else None)
    batches: list[list[int]] = []
    batch: list[int] = []
    longest = 0
    for index in order:
        longest = max(longest, costs[index])
        if longest * (len(batch) + 1) > max_tokens:
            batches.append(batch)
            batch, longest = [], costs[index]
        batch.append(index)
    if batch:
        batches.append(batch)
    # random() alone is promised to stay the same in later versions of Python; shuffle() is not.
    return sorted(batches, key=lambda _: random.random()) if shuffle else batches


def _by_length(source_lengths: Sequence[int], target_lengths: Sequence[int], random: Random | None) -> list[int]:
    """Indices by source length, which chance shifts by up to 1, then by target length, shifted by up to a half.

    Target lengths rise and fall in turn, so that they do not jump back where the source length grows by 1.
    """
    keys: list[tuple[int, float]] = []
    for source, target in zip(source_lengths, target_lengths, strict=True):
        near = round(source + 2 * random.random() - 1) if random else source
        then = target + random.random() - 0.5 if random else target
        keys.append((near, then if near % 2 else -then))
    return sorted(range(len(keys)), key=keys.__getitem__)


def padding(batches: Sequence[Sequence[int]], source_lengths: Sequence[int], target_lengths: Sequence[int]) -> Padding:
    """Count what `collate` will pad, on each side.

    Args:
        batches: indices of pairs, from `bucket`.
        source_lengths: length of each source with its `<eos>`.
        target_lengths: length of each target with one special symbol.
    """
    real, cells = [0, 0], [0, 0]
    for batch in batches:
        for side, lengths in enumerate((source_lengths, target_lengths)):
            here = [lengths[index] for index in batch]
            real[side] += sum(here)
            cells[side] += len(here) * max(here)
    return Padding(real[0], cells[0] - real[0], real[1], cells[1] - real[1])


def collate(
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    links: Sequence[Sequence[tuple[int, int]]] = (),
) -> PairBatch:
    """Tensors of pairs of ids, with `<bos>` and `<eos>` added.

    Args:
        sources: ids of each.
        targets: likewise.
        links: source and target token of those that belong together, for each pair; empty where they are not known.

    Example:
        >>> batch = collate([[5, 6], [7]], [[8], [9, 10]])
        >>> batch.source.tolist(), batch.target.tolist()
        ([[5, 6, 3], [7, 3, 0]], [[2, 8, 3, 0], [2, 9, 10, 3]])
    """
    source = _pad([[*ids, EOS] for ids in sources])
    target = _pad([[BOS, *ids, EOS] for ids in targets])
    lengths = torch.tensor([len(ids) + 1 for ids in sources])
    found = [(row, t, s) for row, some in enumerate(links) for s, t in some]
    known = torch.tensor(found, dtype=torch.int64).view(-1, 3)
    return PairBatch(source, torch.arange(source.shape[1]) < lengths[:, None], target, known)


def _pad(rows: list[list[int]]) -> Int[Tensor, "B _"]:
    width = max(map(len, rows))
    return torch.tensor([row + [PAD] * (width - len(row)) for row in rows])
