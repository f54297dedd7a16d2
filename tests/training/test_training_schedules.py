import math

import pytest

from sightline.errors import ConfigError
from sightline.training import SCHEDULES, TrainSettings, constant, cosine, inverse_sqrt


def test_by_hand():
    assert [constant(step, 5, None) for step in (1, 3, 5, 6, 1000)] == [0.2, 0.6, 1.0, 1.0, 1.0]
    assert [inverse_sqrt(step, 16, None) for step in (4, 16, 64, 1600)] == [0.25, 1.0, 0.5, 0.1]
    found = [cosine(step, 10, 50) for step in (5, 10, 20, 30, 40, 50, 51)]
    root = math.sqrt(0.5)
    assert found == pytest.approx([0.5, 1.0, (1 + root) / 2, 0.5, (1 - root) / 2, 0.0, 0.0])


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_warmup_starts_at_the_peak(name):
    assert SCHEDULES[name](1, 0, 1000) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("name", SCHEDULES)
def test_rises_to_one_and_never_above(name):
    factors = [SCHEDULES[name](step, 7, 100) for step in range(1, 101)]
    assert max(factors) == factors[6] == 1.0
    assert factors[:7] == sorted(factors[:7])
    assert factors[6:] == sorted(factors[6:], reverse=True)


def test_a_warmup_longer_than_the_run_is_only_a_warmup():
    assert [cosine(step, 20, 10) for step in (5, 10)] == [0.25, 0.5]


def test_cosine_waits_for_an_end():
    assert [cosine(step, 2, None) for step in (1, 2, 3)] == [0.5, 1.0, 1.0]
    with pytest.raises(ConfigError, match="max_updates, max_epochs or max_minutes"):
        TrainSettings(patience=3, schedule="cosine")


def test_the_rate_is_the_peak_times_the_factor():
    settings = TrainSettings(max_updates=100, learning_rate=0.5, warmup=16)
    assert [settings.rate(update) for update in (4, 16, 64)] == [0.125, 0.5, 0.25]
    timed = TrainSettings(max_minutes=1, learning_rate=0.5, warmup=0, schedule="cosine")
    assert [timed.rate(update, done) for update, done in ((1, 0.0), (51, 0.5), (21, 1.0))] == [0.5, 0.25, 0.0]
    both = TrainSettings(max_minutes=1, max_updates=80, learning_rate=0.5, warmup=0, schedule="cosine")
    assert both.rate(51, 0.5) == 0.5 * cosine(51, 0, 80)
    own = TrainSettings(max_updates=100, learning_rate=0.5, schedule=lambda step, warmup, total: step / total)
    assert own.rate(50) == 0.25


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "nothing ends the training"),
        ({"max_updates": 0}, "max_updates is 0"),
        ({"max_updates": 1, "accumulate": 0}, "accumulate is 0"),
        ({"max_updates": 1, "learning_rate": math.inf}, "learning_rate is inf"),
        ({"max_updates": 1, "clip_norm": 0.0}, "clip_norm is 0.0"),
        ({"max_updates": 1, "weight_decay": math.nan}, "weight_decay is nan"),
        ({"max_updates": 1, "betas": (0.9, 1.0)}, "betas are"),
        ({"max_updates": 1, "mode": "best"}, "mode is 'best'"),
        ({"max_updates": 1, "schedule": "linear"}, "there are constant, inverse_sqrt, cosine"),
        ({"max_minutes": 0.0, "patience": 0}, "patience is 0.*max_minutes is 0.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values, words):
    with pytest.raises(ConfigError, match=words):
        TrainSettings(**values)
