"""Document to label: the classifier, its options and its results."""

from sightline.tasks.classify.classifier import Classifier
from sightline.tasks.classify.config import (
    ClassifyConfig,
    ClassifyTraining,
    DocumentsConfig,
    HierarchicalConfig,
    ModelConfig,
    NgramsConfig,
    RecurrentConfig,
    TransformerConfig,
    WideConfig,
    WordsConfig,
)
from sightline.tasks.classify.folding import cross_validate
from sightline.tasks.classify.judging import Judgement
from sightline.tasks.classify.result import Classification, Phrase

__all__ = [
    "Classification",
    "Classifier",
    "ClassifyConfig",
    "ClassifyTraining",
    "DocumentsConfig",
    "HierarchicalConfig",
    "Judgement",
    "ModelConfig",
    "NgramsConfig",
    "Phrase",
    "RecurrentConfig",
    "TransformerConfig",
    "WideConfig",
    "WordsConfig",
    "cross_validate",
]
