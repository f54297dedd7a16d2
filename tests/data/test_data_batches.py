"""Batches: every pair once, within the limit, repeatable, little padding; tensors that say where the text is."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sightline.data import BOS, EOS, PAD, Padding, bucket, collate, padding, split_by_length
from sightline.errors import ConfigError

LENGTHS = st.lists(st.tuples(st.integers(1, 31), st.integers(1, 31)))
ROWS = st.lists(st.tuples(st.lists(st.integers(4, 97)), st.lists(st.integers(4, 97))), min_size=1)


def cost(batch: list[int], source: list[int], target: list[int]) -> int:
    return len(batch) * max(max(source[index], target[index]) for index in batch)


@given(lengths=LENGTHS, limit=st.integers(31, 199), epoch=st.integers(0, 5), shuffle=st.booleans())
def test_every_pair_once_within_the_limit(lengths, limit, epoch, shuffle):
    source, target = [s for s, _ in lengths], [t for _, t in lengths]
    batches = bucket(source, target, limit, seed=7, epoch=epoch, shuffle=shuffle)
    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(cost(batch, source, target) <= limit for batch in batches)
    assert batches == bucket(source, target, limit, seed=7, epoch=epoch, shuffle=shuffle)


def spread(count: int) -> tuple[list[int], list[int]]:
    """Lengths as in a corpus of captions: 4 to 40, the sides alike but not equal."""
    generator = torch.Generator().manual_seed(3)
    source = (12 + 4 * torch.randn(count, generator=generator)).round().clamp(4, 40)
    target = (source + 2.5 * torch.randn(count, generator=generator)).round().clamp(4, 40)
    return [int(length) for length in source.tolist()], [int(length) for length in target.tolist()]


def test_little_padding_and_other_batches_in_each_epoch():
    source, target = spread(29_000)
    first, second = (bucket(source, target, 4096, seed=1, epoch=epoch) for epoch in (0, 1))
    assert padding(first, source, target).waste < 0.10
    mates = {index: set(batch) for batch in first for index in batch}
    shared = sum(len(mates[batch[0]] & set(batch)) for batch in second) / len(source)
    assert shared < 0.3
    assert first != bucket(source, target, 4096, seed=2, epoch=0)


def test_without_shuffling_short_batches_come_first_and_seeds_do_not_matter():
    source, target = spread(997)
    plain = bucket(source, target, 211, seed=1, epoch=0, shuffle=False)
    assert plain == bucket(source, target, 211, seed=2, epoch=3, shuffle=False)
    flat = [source[index] for batch in plain for index in batch]
    assert flat == sorted(flat)


def test_same_batches_in_another_process():
    code = (
        "from sightline.data import bucket; print(bucket([3, 5, 7, 11] * 13, [5, 3, 11, 7] * 13, 29, seed=5, epoch=2))"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert other.strip() == str(bucket([3, 5, 7, 11] * 13, [5, 3, 11, 7] * 13, 29, seed=5, epoch=2))


def test_a_pair_too_long_for_any_batch_is_named():
    with pytest.raises(ConfigError, match="pair 2 is 13 tokens long, more than max_tokens=11"):
        bucket([3, 5, 7], [3, 13, 17], 11, seed=0, epoch=0)


@given(lengths=LENGTHS, limit=st.integers(1, 31))
def test_long_pairs_are_set_apart_and_none_is_lost(lengths, limit):
    kept, too_long = split_by_length([s for s, _ in lengths], [t for _, t in lengths], limit)
    assert sorted(kept + too_long) == list(range(len(lengths)))
    assert all(max(lengths[index]) <= limit for index in kept)
    assert all(max(lengths[index]) > limit for index in too_long)


@given(rows=ROWS)
def test_tensors_hold_the_ids_and_nothing_else(rows):
    sources, targets = [s for s, _ in rows], [t for _, t in rows]
    batch = collate(sources, targets)
    assert batch.source.dtype == batch.target.dtype == torch.int64
    assert batch.source_mask.dtype == torch.bool
    assert batch.source.shape == batch.source_mask.shape == (len(rows), 1 + max(map(len, sources)))
    assert batch.target.shape == (len(rows), 2 + max(map(len, targets)))
    assert torch.equal(batch.source_mask, batch.source != PAD)
    for row, ids in enumerate(sources):
        assert batch.source[row].tolist() == [*ids, EOS] + [PAD] * (batch.source.shape[1] - len(ids) - 1)
    for row, ids in enumerate(targets):
        assert batch.target[row].tolist() == [BOS, *ids, EOS] + [PAD] * (batch.target.shape[1] - len(ids) - 2)


@given(rows=ROWS)
def test_padding_counts_what_collate_pads(rows):
    source, target = [len(s) + 1 for s, _ in rows], [len(t) + 1 for _, t in rows]
    batches = bucket(source, target, 3 * max(source + target), seed=0, epoch=0)
    counts = [0, 0, 0, 0]
    for batch in batches:
        tensors = collate([rows[index][0] for index in batch], [rows[index][1] for index in batch])
        answers = tensors.target[:, 1:]
        for place, cells in enumerate((tensors.source != PAD, tensors.source == PAD, answers != PAD, answers == PAD)):
            counts[place] += int(cells.sum())
    found = padding(batches, source, target)
    assert found == Padding(*counts)
    assert found.waste == (counts[1] + counts[3]) / sum(counts)


def test_no_batches_waste_nothing():
    assert bucket([], [], 7, seed=0, epoch=0) == []
    assert padding([], [], []).waste == 0.0
