import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.decoding.candidates import best_tokens
from sightline.errors import SightlineError


@settings(max_examples=80, deadline=None)
@given(
    rows=st.integers(1, 5),
    vocabulary=st.sampled_from([3, 64, 127, 128, 1000, 1024, 3001]),
    count=st.integers(1, 11),
    levels=st.sampled_from([2, 50, 10**6]),
    zeros=st.sampled_from([0.0, 0.5, 0.999]),
    seed=st.integers(0, 10_000),
)
def test_all_the_best_are_there_with_their_equals(rows, vocabulary, count, levels, zeros, seed):
    generator = torch.Generator().manual_seed(seed)
    log_probs = -torch.randint(levels, (rows, vocabulary), generator=generator).float()
    log_probs[torch.rand(log_probs.shape, generator=generator) < zeros] = -float("inf")
    found = best_tokens(log_probs, count)
    places = found.rows * vocabulary + found.tokens
    assert (np.diff(places) > 0).all()  # in order, each once
    assert np.array_equal(found.log_probs, log_probs.double().numpy()[found.rows, found.tokens])
    for row in range(rows):
        values = np.sort(log_probs[row].numpy())[::-1]
        least = values[:count][-1]
        wanted = np.flatnonzero((log_probs[row].numpy() >= least) & (log_probs[row].numpy() > -np.inf))
        assert set(wanted) <= set(found.tokens[found.rows == row])
    assert np.isfinite(found.log_probs).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_every_precision_is_read_as_it_is(dtype):
    log_probs = torch.randn(3, 1009, generator=torch.Generator().manual_seed(1)).to(dtype)
    found = best_tokens(log_probs, 5)
    assert np.array_equal(found.log_probs, log_probs.double().numpy()[found.rows, found.tokens])


def test_gradients_are_no_hindrance():
    found = best_tokens(torch.tensor([[1.0, 2.0]], requires_grad=True), 1)
    assert found.tokens.tolist() == [1]


@pytest.mark.parametrize("vocabulary", [5, 1000])
@pytest.mark.parametrize("share", [0.001, 1.0])
def test_what_is_not_a_number_is_told(vocabulary, share):
    log_probs = torch.zeros(3, vocabulary)
    log_probs[2, : max(1, int(vocabulary * share))] = float("nan")
    with pytest.raises(SightlineError, match="not numbers"):
        best_tokens(log_probs, 2)
