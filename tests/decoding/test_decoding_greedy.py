import pytest
import torch
from decoding_toys import BOS, EOS, PAD, SYMBOLS, Toy, toy
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.decoding import greedy
from sightline.errors import ConfigError, SightlineError


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), limits=st.lists(st.integers(1, 9), min_size=3, max_size=3))
def test_greedy_is_the_likeliest_token_each_time(seed, limits):
    model = toy(3, 7, seed)
    for index, found in enumerate(greedy(*model.given, batch=3, max_length=limits, **SYMBOLS)):
        tokens = []
        while EOS not in tokens and len(tokens) < limits[index] - 1:
            choices = [token for token in range(7) if token not in (PAD, BOS)]
            tokens.append(max(choices, key=lambda token: model.log_prob(index, (*tokens, token))))
        tokens += [] if EOS in tokens else [EOS]
        assert found.tokens == tuple(tokens)
        assert found.log_prob == found.score == pytest.approx(model.log_prob(index, tokens))
        assert found.forced_end == (len(tokens) == limits[index])


def test_equals_go_to_the_lowest_token_that_is_allowed():
    model = Toy(torch.full((997, 200), 1 / 200).log(), torch.tensor([5]))
    symbols = {"bos": BOS, "eos": 150, "forbidden": (0, 1, 2)}
    assert greedy(*model.given, batch=1, max_length=3, **symbols)[0].tokens == (3, 3, 150)


def test_where_nothing_can_be_written_the_end_is_taken():
    model = Toy(torch.tensor([0.5, 0.0, 0.5, 0.0]).log().expand(997, 4), torch.tensor([5]))
    found = greedy(*model.given, batch=1, max_length=3, **SYMBOLS)[0]
    assert (found.tokens, found.log_prob) == ((EOS,), -float("inf"))


def test_the_loop_stops_with_the_last_input():
    model = Toy(torch.tensor([0.0, 0.1, 0.0, 0.9]).log().expand(997, 4), torch.tensor([5, 6, 7]))
    found = greedy(*model.given, batch=3, max_length=[1, 5, 2], **SYMBOLS)
    assert [len(hypothesis.tokens) for hypothesis in found] == [1, 5, 2]
    assert model.steps == [3] * 5


def test_no_gradients_are_kept():
    table = torch.zeros(997, 4, requires_grad=True)
    seen = []

    def step(tokens, memory, state):
        seen.append(table.log_softmax(1)[: len(tokens)])
        return seen[-1], state

    greedy(step, None, None, batch=2, max_length=2, **SYMBOLS)
    assert not any(log_probs.requires_grad for log_probs in seen)


def test_wrong_arguments_and_numbers_are_told():
    model = toy(2, 5, 1)
    with pytest.raises(ConfigError, match="max_length is 0"):
        greedy(*model.given, batch=2, max_length=0, **SYMBOLS)
    with pytest.raises(SightlineError, match="not numbers"):
        greedy(*Toy(model.table * float("nan"), model.keys).given, batch=2, max_length=3, **SYMBOLS)
