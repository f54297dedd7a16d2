"""The page of options says what the code says: the same keys with the same defaults."""

import re
from pathlib import Path

import yaml

from sightline.tasks.config import parse_config
from sightline.tasks.translate import TokenizerConfig, TransformerConfig, TranslateConfig

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"


def test_the_page_lists_every_option_with_its_default():
    whole, transformer = (yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.S))
    assert whole == TranslateConfig().model_dump(mode="json")
    assert whole["source_tokenizer"] == TokenizerConfig().model_dump(mode="json")
    assert transformer["model"] == TransformerConfig().model_dump(mode="json")
    assert parse_config(whole, TranslateConfig) == TranslateConfig()
