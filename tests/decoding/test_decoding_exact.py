import math

import pytest
import torch
from decoding_toys import EOS, SYMBOLS, Toy, toy
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.decoding import Hypothesis, beam_search, exact_search
from sightline.errors import ConfigError, SightlineError


@settings(max_examples=60, deadline=None)
@given(
    vocabulary=st.integers(4, 6),
    max_length=st.integers(1, 5),
    batch_rows=st.integers(1, 7),
    from_beam=st.booleans(),
    zeros=st.sampled_from([0.0, 0.4]),
    sharpness=st.sampled_from([0.1, 2.0, 7.0]),
    seed=st.integers(0, 10_000),
)
def test_exact_search_is_enumeration(vocabulary, max_length, batch_rows, from_beam, zeros, sharpness, seed):
    model = toy(1, vocabulary, seed, sharpness=sharpness, zeros=zeros)
    beam = beam_search(*model.given, batch=1, width=2, max_length=max_length, **SYMBOLS)[0]
    start = beam[0] if from_beam else None
    model.steps.clear()
    result = exact_search(
        *model.given, max_length=max_length, budget=10_000, start=start, batch_rows=batch_rows, **SYMBOLS
    )
    score, tokens = model.ranked(0, max_length)[0]
    assert result.certified
    assert result.hypothesis is not None
    assert result.hypothesis.tokens == tokens
    assert result.hypothesis.log_prob == result.hypothesis.score == result.bound == pytest.approx(score)
    assert result.hypothesis.forced_end == (len(tokens) == max_length)
    assert result.expanded == sum(model.steps)
    assert max(model.steps, default=0) <= batch_rows  # a start that is certain needs none


@settings(max_examples=40, deadline=None)
@given(budget=st.integers(1, 40), batch_rows=st.integers(1, 7), seed=st.integers(0, 10_000))
def test_a_budget_is_kept_and_what_is_told_holds(budget, batch_rows, seed):
    model = toy(1, 6, seed, sharpness=1.0)
    result = exact_search(*model.given, max_length=5, budget=budget, batch_rows=batch_rows, **SYMBOLS)
    best, _ = model.ranked(0, 5)[0]
    assert result.expanded == sum(model.steps) <= budget
    assert result.hypothesis is not None
    assert result.hypothesis.log_prob <= best + 1e-9
    assert result.bound >= best - 1e-9
    if result.certified:
        assert result.hypothesis.log_prob == pytest.approx(best)
    else:
        assert result.expanded == budget
        assert result.bound > result.hypothesis.log_prob


def test_a_good_start_saves_work():
    model = toy(1, 7, 4, sharpness=1.0)
    start = beam_search(*model.given, batch=1, width=5, max_length=6, **SYMBOLS)[0][0]
    cold = exact_search(*model.given, max_length=6, budget=10_000, batch_rows=1, **SYMBOLS)
    warm = exact_search(*model.given, max_length=6, budget=10_000, batch_rows=1, start=start, **SYMBOLS)
    assert warm.certified
    assert cold.certified
    assert warm.expanded <= cold.expanded


def test_a_beam_that_missed_the_best_is_found_out():
    # After token 3 everything is spread thin; after 4, at first less likely, the end is certain.
    table = torch.tensor([[0.0, 0.0, 0.0, 0.6, 0.4], [0.0, 0.3, 0.0, 0.35, 0.35], [0.0, 1.0, 0.0, 0.0, 0.0]]).log()

    def step(tokens, memory, state):
        return table[(tokens - 2).long()], state

    greedily = beam_search(step, None, None, batch=1, width=1, max_length=3, **SYMBOLS)[0][0]
    result = exact_search(step, None, None, max_length=3, budget=100, start=greedily, **SYMBOLS)
    assert greedily.tokens != (4, 1)
    assert result.hypothesis is not None
    assert result.hypothesis.tokens == (4, 1)
    assert result.certified


def test_of_equals_the_start_is_kept():
    model = Toy(torch.tensor([0.0, 0.5, 0.0, 0.25, 0.25]).log().expand(997, 5), torch.tensor([5]))
    start = Hypothesis((EOS,), math.log(0.5), math.log(0.5), False)
    result = exact_search(*model.given, max_length=4, budget=100, start=start, **SYMBOLS)
    assert result.hypothesis is start
    assert result.certified


def test_what_cannot_be_written_is_certified_as_nothing():
    model = Toy(torch.tensor([0.5, 0.0, 0.0, 0.5]).log().expand(997, 4), torch.tensor([5]))
    result = exact_search(*model.given, max_length=4, budget=100, **SYMBOLS)
    assert (result.hypothesis, result.certified, result.bound) == (None, True, -math.inf)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"budget": 0}, "budget is 0"),
        ({"batch_rows": 0}, "batch_rows is 0"),
        ({"max_length": 0}, "max_length is 0"),
        ({"start": Hypothesis((3, 3, 3, 1), -1.0, -1.0, False)}, "at most 3 tokens"),
        ({"start": Hypothesis((3, 3), -1.0, -1.0, False)}, "end symbol 1 last"),
    ],
)
def test_wrong_arguments_are_told(wrong, message):
    with pytest.raises(ConfigError, match=message):
        exact_search(*toy(1, 5, 1).given, **{"max_length": 3, "budget": 5, **SYMBOLS, **wrong})


def test_what_is_not_a_number_is_told():
    model = Toy(torch.full((997, 5), float("nan")), torch.tensor([5]))
    with pytest.raises(SightlineError, match="not numbers"):
        exact_search(*model.given, max_length=3, budget=5, **SYMBOLS)
