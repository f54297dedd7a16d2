"""Several models on the same input."""

import itertools
import json
import math

import numpy as np
import polars as pl
import pytest
from toy_translate import reversal, tiny

import sightline
from sightline.data.series import Columns
from sightline.errors import ConfigError
from sightline.explain import divergence
from sightline.tasks.classify import Classifier, ClassifyTraining
from sightline.tasks.comparing import Comparison, compare, comparisons_page
from sightline.tasks.forecast import Forecaster, ForecastTraining

TEXTS, LABELS = ["a good film", "a bad film", "good is this", "this is bad"] * 10, ["yes", "no"] * 20


def classifiers(count: int) -> dict[str, Classifier]:
    training = ClassifyTraining(epochs=3, batch_documents=8, warmup=2, learning_rate=0.02)
    return {f"seed {i}": Classifier(training=training, seed=i).fit(TEXTS, LABELS) for i in range(1, count + 1)}


def test_divergence_is_that_of_jensen_and_shannon():
    draw = np.random.default_rng(1)
    rows = draw.dirichlet(np.ones(6), 3)

    def kullback(p: np.ndarray, q: np.ndarray) -> float:
        return float(sum(a * math.log2(a / b) for a, b in zip(p, q, strict=True)))

    expected = [(kullback(p, (p + q) / 2) + kullback(q, (p + q) / 2)) / 2 for p, q in itertools.combinations(rows, 2)]
    given = [dict(enumerate(7 * row)) for row in rows]
    assert divergence(given) == pytest.approx(np.mean(expected))
    assert math.isnan(divergence([*given, {}]))


def test_classifiers_of_several_seeds(tmp_path):
    models = classifiers(3)
    found = compare(models, ["a good film <b>", "bad"])
    assert [list(each.results) for each in found] == [["seed 1", "seed 2", "seed 3"]] * 2
    for each in found:
        assert 0 <= each.divergence < 1
        assert each.agree == (len({result.label for result in each.results.values()}) == 1)
        assert each.source in str(each)
        assert json.loads(each.to_json())["divergence"] == each.divergence
    assert found[1].divergence == pytest.approx(0, abs=1e-9)  # there is one word to look at
    page = comparisons_page(found, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == page
    assert page.count("seed 2") == 2
    assert "<title>2 inputs, 3 models</title>" in page
    assert f"bad: {found[1].told()}" in page
    assert "&lt;" in page
    assert "<b>" not in page


def test_a_model_looks_where_it_looks_itself():
    model = tiny(30).fit(reversal())
    (found,) = sightline.compare({"one": model, "the same": model}, ["abcde"])
    assert (found.agree, found.divergence) == (True, pytest.approx(0, abs=1e-9))
    assert "the same" in found.to_html()
    result = found.results["one"]
    focus = result.focus()
    assert set(focus) == set(range(5))
    letters = result.attention["cross"].mean().weights.mean(0)[:5]
    np.testing.assert_allclose([focus[i] for i in range(5)], letters, rtol=1e-6)
    (blank,) = sightline.compare({"one": model, "two": model}, [" "])
    assert math.isnan(blank.divergence)
    assert blank.to_dict()["divergence"] is None
    assert "attention to nothing" in str(blank)


def test_forecasters_are_compared_step_by_step_back():
    steps = np.arange(120)
    frame = pl.DataFrame({"ds": steps, "y": np.random.default_rng(1).normal(size=120).cumsum()})
    models = {
        f"{length} back": Forecaster(3, look_back=length, training=ForecastTraining(epochs=1)).fit(frame)
        for length in (12, 20)
    }
    (found,) = compare(models, frame, verdict=False)
    assert isinstance(found, Comparison)
    assert 0 < found.divergence < 1
    assert not found.agree
    assert "the forecast of y, by 12 back" in found.to_html().replace("What the", "the")
    assert list(found.results["20 back"].focus()) == list(range(100, 120))


def test_models_of_other_series_are_not_compared():
    frame = pl.DataFrame({"ds": range(60), "a": np.arange(60.0), "b": np.arange(60.0) % 7})
    models = {
        name: Forecaster(2, look_back=8, columns=Columns(target=name), training=ForecastTraining(epochs=1)).fit(frame)
        for name in ("a", "b", "*")
    }
    for names in (("a", "b"), ("a", "*")):
        with pytest.raises(ConfigError, match="do not read the same series of this table: a and"):
            compare({name: models[name] for name in names}, frame, verdict=False)


def test_what_cannot_be_compared_is_refused():
    model = tiny(1).fit(reversal())
    with pytest.raises(ConfigError, match="two distributions at least"):
        divergence([{0: 1.0}])
    with pytest.raises(ConfigError, match="two models at least"):
        compare({"one": model}, ["a"])
    with pytest.raises(ConfigError, match="these are for classify and translate"):
        compare({"one": model, **classifiers(1)}, ["a"])
