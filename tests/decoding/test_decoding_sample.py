import math
from collections import Counter

import pytest
import torch
from decoding_toys import EOS, SYMBOLS, Toy, toy

from sightline.decoding import expand, greedy, sample
from sightline.errors import ConfigError, SightlineError

DRAWS = 4001


def draw(model: Toy, seed: int = 0, max_length: int = 4, **options):
    generator = torch.Generator().manual_seed(seed)
    return sample(*model.given, batch=model.batch, max_length=max_length, generator=generator, **{**SYMBOLS, **options})


def many(model: Toy) -> Toy:
    return model.pick([0] * DRAWS)


def chi_square(counts: Counter[tuple[int, ...]], expected: dict[tuple[int, ...], float]) -> float:
    """Against the expected shares; sequences seen less than five times are put together."""
    total = sum(counts.values())
    common = [tokens for tokens, share in expected.items() if share * total >= 5]
    pairs = [(counts[tokens], expected[tokens] * total) for tokens in common]
    rest = 1.0 - sum(expected[tokens] for tokens in common)
    pairs.append((total - sum(seen for seen, _ in pairs), rest * total + 1e-9))
    statistic = sum((seen - wanted) ** 2 / wanted for seen, wanted in pairs if wanted > 1e-6)
    return statistic / max(1, len(pairs) - 1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_sequences_are_drawn_as_often_as_they_should_be(temperature):
    model = toy(1, 5, 3, sharpness=1.0)
    counts = Counter(found.tokens for found in draw(many(model), temperature=temperature))
    allowed = torch.tensor([EOS, 3, 4])
    tempered = torch.full_like(model.table, -math.inf)
    tempered[:, allowed] = (model.table[:, allowed] / temperature).log_softmax(1)
    expected = {}
    for _, tokens in model.ranked(0, 4):
        # The last place is the end's own: nothing is drawn there.
        drawn = tokens[:-1] if len(tokens) == 4 else tokens
        place, total = model.keys[0], 0.0
        for before, token in zip((2, *tokens), drawn, strict=False):
            place = model.hash(place, before)
            total += float(tempered[place, token])
        expected[tokens] = math.exp(total)
    assert sum(expected.values()) == pytest.approx(1.0)
    assert chi_square(counts, expected) < 2.5


@pytest.mark.parametrize("options", [{}, {"temperature": 3.0}, {"top_k": 2}, {"top_p": 0.5}])
def test_the_log_probability_is_the_models_own(options):
    model = toy(3, 7, 5)
    for index, found in enumerate(draw(model, max_length=7, **options)):
        assert found.log_prob == found.score == pytest.approx(model.log_prob(index, found.tokens))
        assert found.tokens[-1] == EOS
        assert found.tokens.count(EOS) == 1
        assert not {0, 2} & set(found.tokens)


@pytest.mark.parametrize("options", [{"top_k": 1}, {"top_p": 1e-6}, {"temperature": 1e-4}])
def test_the_sharpest_settings_are_greedy(options):
    model = toy(5, 11, 7)
    limits = [2, 3, 5, 7, 11]
    generator = torch.Generator().manual_seed(1)
    drawn = sample(*model.given, batch=5, max_length=limits, generator=generator, **options, **SYMBOLS)
    model.steps.clear()
    assert [found.tokens for found in drawn] == [
        found.tokens for found in greedy(*model.given, batch=5, max_length=limits, **SYMBOLS)
    ]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, {1, 3, 4, 5}),
        ({"top_k": 2}, {3, 4}),
        ({"top_k": 99}, {1, 3, 4, 5}),
        ({"top_p": 1.0}, {1, 3, 4, 5}),
        ({"top_p": 0.39}, {3}),  # of what is allowed 0.4, 0.3, 0.2, 0.1: the one that reaches the sum stays
        ({"top_p": 0.41}, {3, 4}),
        ({"top_p": 0.71}, {3, 4, 1}),
        ({"top_k": 2, "top_p": 0.55}, {3}),  # 4/7 once the others are gone
    ],
)
def test_top_k_and_top_p_keep_the_likeliest(options, kept):
    # Half of the probability lies with what is never written.
    table = torch.tensor([0.25, 0.1, 0.25, 0.2, 0.15, 0.05], dtype=torch.float64).log().expand(997, 6)
    drawn = draw(many(Toy(table, torch.tensor([5]))), max_length=2, **options)
    assert {found.tokens[0] for found in drawn} == kept


def test_an_expanded_state_draws_several_answers_for_each_input():
    model = toy(2, 7, 5)
    drawn = sample(
        model.step,
        model.memory,
        expand(model.start, 3),
        batch=6,
        max_length=5,
        **SYMBOLS,
        generator=torch.Generator().manual_seed(0),
    )
    for row, found in enumerate(drawn):
        assert found.log_prob == pytest.approx(model.log_prob(row // 3, found.tokens))
    assert len({found.tokens for found in drawn}) > 2


def test_the_same_seed_draws_the_same():
    model = toy(5, 7, 3)
    first = draw(model, seed=4, max_length=9)
    model.steps.clear()
    assert draw(model, seed=4, max_length=9) == first
    model.steps.clear()
    assert draw(model, seed=5, max_length=9) != first


def test_where_nothing_can_be_written_the_end_is_taken():
    model = Toy(torch.tensor([0.5, 0.0, 0.5, 0.0]).log().expand(997, 4), torch.tensor([5]))
    found = draw(model)[0]
    assert (found.tokens, found.log_prob) == ((EOS,), -math.inf)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"top_k": 0}, "top_k is 0"),
        ({"top_p": 0.0}, "top_p is 0.0"),
        ({"top_p": 1.1}, "top_p is 1.1"),
        ({"max_length": 0}, "max_length is 0"),
    ],
)
def test_wrong_arguments_are_told(wrong, message):
    with pytest.raises(ConfigError, match=message):
        draw(toy(2, 5, 1), **wrong)


def test_what_is_not_a_number_is_told():
    with pytest.raises(SightlineError, match="not numbers"):
        draw(Toy(torch.full((997, 5), float("nan")), torch.tensor([5])))
