"""Text to text: translation, grapheme to phoneme, inflection, normalisation."""

from sightline.tasks.translate.aligning import Alignment
from sightline.tasks.translate.config import (
    DataConfig,
    DecodingConfig,
    PairFiles,
    RecurrentConfig,
    TokenizerConfig,
    TrainingConfig,
    TransformerConfig,
    TranslateConfig,
)
from sightline.tasks.translate.corpus import read_pairs
from sightline.tasks.translate.guiding import View
from sightline.tasks.translate.predicting import TextTooLongError
from sightline.tasks.translate.result import Candidate, Translation
from sightline.tasks.translate.translator import Translator

__all__ = [
    "Alignment",
    "Candidate",
    "DataConfig",
    "DecodingConfig",
    "PairFiles",
    "RecurrentConfig",
    "TextTooLongError",
    "TokenizerConfig",
    "TrainingConfig",
    "TransformerConfig",
    "TranslateConfig",
    "Translation",
    "Translator",
    "View",
    "read_pairs",
]
