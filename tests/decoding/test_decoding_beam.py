import math
from collections import Counter

import pytest
import torch
from decoding_toys import BOS, EOS, PAD, SYMBOLS, Toy, toy
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.decoding import beam_search, greedy
from sightline.errors import ConfigError, SightlineError


@settings(max_examples=60, deadline=None)
@given(
    vocabulary=st.integers(4, 6),
    max_length=st.integers(1, 4),
    alpha=st.sampled_from([0.0, 0.3, 0.6, 1.0, 2.0]),
    n_best=st.integers(1, 13),
    zeros=st.sampled_from([0.0, 0.4]),
    sharpness=st.sampled_from([0.1, 2.0, 7.0]),
    seed=st.integers(0, 10_000),
)
def test_a_beam_that_holds_everything_is_enumeration(vocabulary, max_length, alpha, n_best, zeros, sharpness, seed):
    model = toy(3, vocabulary, seed, sharpness=sharpness, zeros=zeros)
    width = max(vocabulary**max_length, n_best)
    answers = beam_search(
        *model.given, batch=3, width=width, max_length=max_length, length_penalty=alpha, n_best=n_best, **SYMBOLS
    )
    for index, hypotheses in enumerate(answers):
        expected = model.ranked(index, max_length, alpha)[:n_best]
        assert [found.tokens for found in hypotheses] == [tokens for _, tokens in expected]
        assert [found.score for found in hypotheses] == pytest.approx([score for score, _ in expected])
        assert [found.log_prob for found in hypotheses] == pytest.approx(
            [model.log_prob(index, tokens) for _, tokens in expected]
        )
        assert all(found.forced_end == (len(found.tokens) == max_length) for found in hypotheses)


def naive_beam(model: Toy, index: int, width: int, max_length: int, alpha: float, n_best: int):
    """The search as its docstring tells it, without an early stop."""
    living, finished = [(0.0, ())], []
    for length in range(1, max_length + 1):
        grown = []
        for _, tokens in living:
            ends = [EOS] if length == max_length else [t for t in range(model.table.shape[1]) if t not in (PAD, BOS)]
            grown += [(model.log_prob(index, (*tokens, token)), (*tokens, token)) for token in ends]
        grown = sorted((pair for pair in grown if pair[0] > -math.inf), reverse=True)
        finished += [(t / ((5 + length) / 6) ** alpha, tokens) for t, tokens in grown[:width] if tokens[-1] == EOS]
        living = [pair for pair in grown if pair[1][-1] != EOS][:width]
    return sorted(finished, reverse=True)[:n_best]


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(1, 5),
    alpha=st.sampled_from([0.0, 0.6, 1.0]),
    data=st.data(),
    zeros=st.sampled_from([0.0, 0.4]),
    seed=st.integers(0, 10_000),
)
def test_a_narrow_beam_is_the_plain_search_and_stops_no_sooner(width, alpha, data, zeros, seed):
    model = toy(3, 7, seed, zeros=zeros)
    limits = data.draw(st.lists(st.integers(1, 7), min_size=3, max_size=3))
    n_best = data.draw(st.integers(1, width))
    answers = beam_search(
        *model.given, batch=3, width=width, max_length=limits, length_penalty=alpha, n_best=n_best, **SYMBOLS
    )
    for index, hypotheses in enumerate(answers):
        expected = naive_beam(model, index, width, limits[index], alpha, n_best)
        assert [found.tokens for found in hypotheses] == [tokens for _, tokens in expected]
        assert [found.score for found in hypotheses] == pytest.approx([score for score, _ in expected])


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 5), order=st.permutations(range(5)), seed=st.integers(0, 10_000))
def test_an_answer_does_not_hang_on_the_rest_of_the_batch(width, order, seed):
    model = toy(5, 11, seed)
    limits = [2, 3, 5, 7, 11]

    def search(inputs: list[int]):
        chosen = model.pick(inputs)
        return beam_search(
            *chosen.given,
            batch=len(inputs),
            width=width,
            max_length=[limits[i] for i in inputs],
            length_penalty=0.6,
            n_best=width,
            **SYMBOLS,
        )

    together = search(list(range(5)))
    assert search(order) == [together[index] for index in order]
    assert [search([index])[0] for index in range(5)] == together


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), max_length=st.integers(1, 9))
def test_width_one_is_greedy(seed, max_length):
    model = toy(5, 7, seed)
    beam = beam_search(*model.given, batch=5, width=1, max_length=max_length, **SYMBOLS)
    model.steps.clear()
    assert [hypotheses[0] for hypotheses in beam] == greedy(*model.given, batch=5, max_length=max_length, **SYMBOLS)


def test_large_vocabularies_take_the_other_way_to_the_candidates():
    model = toy(3, 1009, 5, sharpness=3.0)
    answers = beam_search(*model.given, batch=3, width=3, max_length=5, n_best=3, **SYMBOLS)
    for index, hypotheses in enumerate(answers):
        expected = naive_beam(model, index, 3, 5, 0.0, 3)
        assert [found.tokens for found in hypotheses] == [tokens for _, tokens in expected]


def test_equals_go_to_the_better_beam_then_to_the_lower_token():
    table = torch.full((997, 8), 1 / 8).log()
    answers = beam_search(*Toy(table, torch.tensor([5])).given, batch=1, width=4, max_length=2, n_best=4, **SYMBOLS)
    # The end is token 1, the lowest that may be written, and so among the best four with 3, 4 and 5.
    assert [found.tokens for found in answers[0]] == [(1,), (3, 1), (4, 1), (5, 1)]


def test_the_search_ends_as_soon_as_nothing_better_can_come():
    table = torch.tensor([1e-9, 0.9, 1e-9, 0.1]).log().expand(997, 4)
    model = Toy(table, torch.tensor([5, 6, 7]))
    answers = beam_search(*model.given, batch=3, width=2, max_length=50, **SYMBOLS)
    assert [hypotheses[0].tokens for hypotheses in answers] == [(EOS,)] * 3
    assert model.steps == [3]


def test_a_longer_maximum_keeps_the_search_alive_under_a_length_penalty():
    # Token 3 is nearly free: at length 20 with alpha 1 the sequence of 19 of them beats the short one.
    table = torch.tensor([1e-9, 0.2, 1e-9, 0.8]).log().expand(997, 4)
    model = Toy(table, torch.tensor([5]))
    search = {"batch": 1, "width": 2, "max_length": 20, **SYMBOLS}
    assert len(beam_search(*model.given, **search)[0][0].tokens) == 1
    model.steps.clear()
    best = beam_search(*model.given, length_penalty=3.0, **search)[0][0]
    assert (best.score, best.tokens) == max(model.ranked(0, 20, 3.0))
    assert len(best.tokens) == 20
    assert best.forced_end


def test_a_step_has_no_more_rows_than_there_are_beginnings():
    model = toy(3, 5, 1, sharpness=0.1)
    beam_search(*model.given, batch=3, width=64, max_length=4, n_best=64, **SYMBOLS)
    assert model.steps == [3, 6, 12, 24]  # two letters: no more beginnings than there are


def test_what_cannot_be_written_gives_no_hypothesis():
    table = torch.tensor([0.5, 0.0, 0.5, 0.0]).log().expand(997, 4)
    answers = beam_search(*Toy(table, torch.tensor([5, 6])).given, batch=2, width=2, max_length=3, **SYMBOLS)
    assert answers == [[], []]


@pytest.mark.parametrize("place", [0, 1, 5, 700, 799])
def test_what_is_not_a_number_is_told(place):
    table = torch.full((997, 800), 1 / 800).log()
    table[:, place] = float("nan")
    with pytest.raises(SightlineError, match="not numbers"):
        beam_search(*Toy(table, torch.tensor([5])).given, batch=1, width=2, max_length=3, **SYMBOLS)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": 0}, "width is 0"),
        ({"n_best": 3}, "n_best is 3"),
        ({"n_best": 0}, "n_best is 0"),
        ({"max_length": 0}, "max_length is 0"),
        ({"max_length": [3, 0]}, "max_length is 0"),
        ({"max_length": [3]}, "1 lengths for 2 inputs"),
        ({"length_penalty": -0.5}, "length_penalty is -0.5"),
        ({"length_penalty": math.nan}, "length_penalty is nan"),
        ({"batch": 0}, "batch is 0"),
        ({"forbidden": (0, 1)}, "end symbol 1"),
    ],
)
def test_wrong_arguments_are_told(wrong, message):
    model = toy(2, 5, 1)
    arguments = {"batch": 2, "width": 2, "max_length": 3, **SYMBOLS, **wrong}
    with pytest.raises(ConfigError, match=message):
        beam_search(*model.given, **arguments)


def test_forbidden_tokens_are_never_written_even_when_likeliest():
    table = torch.tensor([0.4, 0.05, 0.4, 0.05, 0.1]).log().expand(997, 5)
    answers = beam_search(*Toy(table, torch.tensor([5])).given, batch=1, width=5, max_length=4, n_best=5, **SYMBOLS)
    written = Counter(token for found in answers[0] for token in found.tokens)
    assert set(written) == {1, 3, 4}
