"""The pages of options say what the code says: the same keys with the same defaults."""

import re
from pathlib import Path
from typing import Any

import yaml

from sightline.tasks.classify import (
    ClassifyConfig,
    HierarchicalConfig,
    NgramsConfig,
)
from sightline.tasks.classify import RecurrentConfig as RecurrentReaderConfig
from sightline.tasks.classify import TransformerConfig as TransformerReaderConfig
from sightline.tasks.config import parse_config
from sightline.tasks.forecast import DualStageConfig, ForecastConfig, SegmentsConfig, VariablesConfig
from sightline.tasks.translate import TokenizerConfig, TransformerConfig, TranslateConfig

DOCS = Path(__file__).parents[1] / "docs"


def blocks(page: str) -> list[Any]:
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)]


def test_the_page_lists_every_option_of_a_translator_with_its_default():
    whole, transformer = blocks("configuration.md")
    assert whole == TranslateConfig().model_dump(mode="json")
    assert whole["source_tokenizer"] == TokenizerConfig().model_dump(mode="json")
    assert transformer["model"] == TransformerConfig().model_dump(mode="json")
    assert parse_config(whole, TranslateConfig) == TranslateConfig()


def test_the_page_lists_every_option_of_a_forecaster_with_its_default():
    whole, models = blocks("forecasting.md")
    assert whole == ForecastConfig(horizon=24).model_dump(mode="json")
    kinds = {"segments": SegmentsConfig, "variables": VariablesConfig, "darnn": DualStageConfig}
    assert models == {name: kind().model_dump(mode="json") for name, kind in kinds.items()}


def test_the_page_lists_every_option_of_a_classifier_with_its_default():
    whole, models = blocks("classification.md")
    assert whole == ClassifyConfig().model_dump(mode="json")
    kinds = {"hierarchical": HierarchicalConfig, "transformer": TransformerReaderConfig, "ngrams": NgramsConfig}
    assert models.keys() == kinds.keys()
    above = RecurrentReaderConfig().model_dump(mode="json")
    for name, kind in kinds.items():
        options = kind().model_dump(mode="json")
        assert {key: above[key] for key in options if key in above} | models[name] == options
