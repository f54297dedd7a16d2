"""Every mechanism by a word of configuration: the words, what does not go together, and that each one learns."""

import math
import typing

import pytest

from sightline import Translator
from sightline.attention import ESTIMATORS, SCORES, SELECTIONS
from sightline.errors import ConfigError
from sightline.layers import POSITIONS
from sightline.tasks.config import parse_config
from sightline.tasks.translate.config import RecurrentConfig, TransformerConfig, TranslateConfig

PAIRS = [(word, word[::-1]) for word in ("abc", "bca", "cab", "acb", "bac", "cba", "aab", "bbc", "cca", "abca")]


def _words(section: type, key: str) -> set[str]:
    return set(typing.get_args(section.model_fields[key].annotation))


def test_the_words_are_those_of_the_tables():
    assert _words(RecurrentConfig, "attention") == SCORES.keys() | {"none"}
    assert _words(RecurrentConfig, "selection") == SELECTIONS.keys()
    assert _words(RecurrentConfig, "estimator") == set(ESTIMATORS)
    assert _words(TransformerConfig, "attention") == SCORES.keys()
    assert _words(TransformerConfig, "selection") == SELECTIONS.keys() - {"local_m", "monotonic"}
    assert _words(TransformerConfig, "positions") == POSITIONS.keys()


@pytest.mark.parametrize(
    ("model", "training", "message"),
    [
        ({"pointer": True}, {"label_smoothing": 0}, "set 'shared_vocabulary: true'"),
        ({"selection": "argmax", "estimator": "marginal"}, {}, "the marginal likelihood goes without label smoothing"),
        ({"attention": "none"}, {"coverage_loss": 1}, "'training.coverage_loss' is for the soft attention"),
        ({"type": "transformer"}, {"coverage_loss": 1}, "'training.coverage_loss' is for the soft attention"),
    ],
)
def test_what_does_not_go_together(model, training, message):
    with pytest.raises(ConfigError, match=message):
        parse_config({"model": {"type": "recurrent"} | model, "training": training}, TranslateConfig)


RUNS = {
    "sparsemax": {"selection": "sparsemax"},
    "monotonic": {"selection": "monotonic"},
    "coverage": {"coverage": True, "training": {"coverage_loss": 1.0}},
    "gumbel": {"selection": "argmax", "estimator": "gumbel"},
    "reinforce": {"selection": "sample", "estimator": "reinforce"},
    "marginal": {
        "selection": "argmax",
        "estimator": "marginal",
        "input_feeding": False,
        "training": {"label_smoothing": 0},
    },
    "pointer": {"pointer": True, "training": {"label_smoothing": 0}, "shared_vocabulary": True},
    "grouped": {"type": "transformer", "attention": "additive", "selection": "entmax15", "key_heads": 1},
}


@pytest.mark.parametrize("name", RUNS)
def test_each_trains_and_answers(name, tmp_path):
    options = dict(RUNS[name])
    training = {"updates": 20, "validate_every": 10} | options.pop("training", {})
    values = {
        "model": {"type": "recurrent", "width": 16} | options,
        "source_tokenizer": {"kind": "char"},
        "training": training,
        "shared_vocabulary": options.pop("shared_vocabulary", False),
    }
    values["model"].pop("shared_vocabulary", None)
    if values["model"]["type"] == "transformer":
        values["model"] |= {"hidden": 16, "encoder_layers": 1, "decoder_layers": 1}
    translator = Translator.from_config(parse_config(values, TranslateConfig)).fit(PAIRS, folder=tmp_path / "m")
    (answer,) = Translator.load(tmp_path / "m").predict(["abx"])
    assert answer.text == translator.predict(["abx"])[0].text
    cross = answer.attention["cross"].weights
    assert cross.shape[-1] == 4
    if values["model"].get("selection") in ("argmax", "sample"):
        assert set(cross.ravel().tolist()) <= {0.0, 1.0}
    assert translator.result is not None
    assert translator.result.metrics["loss"] > 0
    verdict = translator.explain(["abx"])[0].verdict  # "x" is no token of the vocabulary
    if values["model"].get("selection") == "sample":
        assert verdict is None
    elif answer.text:
        assert verdict is not None
        assert all(map(math.isfinite, verdict.comprehensiveness.values()))
