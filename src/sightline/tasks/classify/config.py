"""All options of a classifier, with their defaults."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from sightline.tasks.config import Section
from sightline.tasks.training import Training

__all__ = [
    "ClassifyConfig",
    "ClassifyTraining",
    "DocumentsConfig",
    "HierarchicalConfig",
    "ModelConfig",
    "NgramsConfig",
    "RecurrentConfig",
    "TransformerConfig",
    "WideConfig",
    "WordsConfig",
]

Rate = Annotated[float, Field(ge=0, lt=1)]
ScoreName = Literal["additive", "concat", "dot", "scaled_dot", "bilinear", "cosine"]  # that know no longest document
SelectionName = Literal["softmax", "sparsemax", "entmax15"]


class DocumentsConfig(Section):
    """Where documents are, and what of them is what."""

    train: Path | None = None
    valid: Path | None = None  # None: valid_share of the training documents is held out, of each class alike
    text: str = "text"
    label: str = "label"
    kind: Literal["one", "several", "ordered"] = "one"  # of labels
    separator: Annotated[str, Field(min_length=1)] = ","  # between several labels of a document
    classes: tuple[str, ...] | None = None  # from the lowest to the highest; None: as found in training
    valid_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    longest: PositiveInt | None = None  # words; None: documents are read in full
    keep: Literal["head", "tail", "both"] = "head"  # of longer ones, if longest is set


class WordsConfig(Section):
    """How a document becomes words, and these become tokens."""

    kind: Literal["word", "bpe", "unigram", "char"] = "word"
    size: PositiveInt = 30000
    min_count: PositiveInt | None = None  # how often a unit must be seen; None: 2 for words, else 1
    lower: bool = True
    markup: bool = False  # HTML tags count as spaces
    longest_sentence: PositiveInt = 60  # words; longer ones are read in parts
    vectors: Path | None = None  # of words, as GloVe, fastText and word2vec write them; they are trained on
    unlabelled: Path | None = None  # documents that words and their first vectors are learned from, beside training's

    @property
    def least(self) -> int:
        """How often a unit must be seen."""
        return self.min_count or (2 if self.kind == "word" else 1)

    @model_validator(mode="after")
    def _vectors_are_of_words(self) -> "WordsConfig":
        for name in ("vectors", "unlabelled"):
            if getattr(self, name) is not None and self.kind != "word":
                raise ValueError(f"{name!r} gives vectors to words, and the kind is {self.kind!r}: set it to 'word'")
        if self.vectors is not None and self.unlabelled is not None:
            raise ValueError("'vectors' and 'unlabelled' both give words their first vectors: leave one out")
        return self


class _Pooled(Section):
    """What the networks share that pool over words."""

    pooling: Literal["attention", "max", "gated"] = "attention"
    attention: ScoreName = "additive"
    selection: SelectionName = "softmax"
    reads_out: Literal["states", "words"] = "states"  # what attention sums: what words became in context, or themselves
    embedding_width: PositiveInt = 100
    embedding_dropout: Rate = 0.3
    word_dropout: Rate = 0.1
    dropout: Rate = 0.3  # of a document's vector

    @model_validator(mode="after")
    def _attention_reads_out(self) -> "_Pooled":
        if self.reads_out == "words" and self.pooling != "attention":
            raise ValueError("'reads_out: words' is for attention: set 'pooling: attention'")
        return self


class RecurrentConfig(_Pooled):
    """A recurrent encoder, and a pooling over its states."""

    type: Literal["recurrent"] = "recurrent"
    reads: Literal["document", "sentences"] = "document"  # in one go
    cell: Literal["gru", "lstm"] = "gru"
    width: PositiveInt = 64  # of each direction
    layers: PositiveInt = 1
    bidirectional: bool = True


class HierarchicalConfig(_Pooled):
    """A hierarchical attention network: words make sentences, sentences make the document."""

    type: Literal["hierarchical"] = "hierarchical"
    cell: Literal["gru", "lstm"] = "gru"
    width: PositiveInt = 64
    layers: PositiveInt = 1


class TransformerConfig(_Pooled):
    """A Transformer encoder, and a pooling over its states."""

    type: Literal["transformer"] = "transformer"
    reads: Literal["document", "sentences"] = "sentences"
    width: PositiveInt = 128
    heads: PositiveInt = 4
    hidden: PositiveInt = 256
    layers: PositiveInt = 2


class NgramsConfig(_Pooled):
    """An average of the embeddings of words and n-grams, weighted by attention: the fast one."""

    type: Literal["ngrams"] = "ngrams"
    orders: tuple[Annotated[int, Field(ge=2)], ...] = (2,)
    buckets: Annotated[int, Field(ge=2)] = 2**18
    attention: ScoreName = "dot"
    embedding_width: PositiveInt = 32


ModelConfig = RecurrentConfig | HierarchicalConfig | TransformerConfig | NgramsConfig


class WideConfig(Section):
    """A linear model of n-grams beside the network, weighted by how much more often a class has them (NB-SVM)."""

    orders: Annotated[tuple[PositiveInt, ...], Field(min_length=1)] = (1, 2, 3)
    min_count: PositiveInt = 2  # documents
    strength: PositiveFloat = 100.0  # the inverse of its regularisation


class ClassifyTraining(Training):
    """How long, how fast and by what measure to train. An update is one step of the optimizer."""

    epochs: PositiveInt | None = 8
    batch_documents: PositiveInt = 32
    batch_tokens: PositiveInt = 32768  # with padding; a longer document is a batch of its own
    learning_rate: PositiveFloat = 0.002
    class_weights: Literal["none", "balanced"] = "none"
    adversarial: Annotated[float, Field(ge=0)] = 0.0  # how far embeddings go the worst way, in their own length
    metric: Literal["loss", "accuracy", "macro_f1"] = "loss"
    patience: PositiveInt | None = 3
    keep_best: Annotated[int, Field(ge=0)] = 3


class ClassifyConfig(Section):
    """Everything that `sightline train` needs to know for a classifier."""

    task: Literal["classify"] = "classify"
    output: Path | None = None  # the model's folder
    seed: int = 1
    data: DocumentsConfig = DocumentsConfig()
    words: WordsConfig = WordsConfig()
    model: Annotated[ModelConfig, Field(discriminator="type")] = RecurrentConfig()
    wide: WideConfig | None = WideConfig()
    training: ClassifyTraining = ClassifyTraining()

    @model_validator(mode="after")
    def _weights_are_of_one_class(self) -> "ClassifyConfig":
        if self.data.kind == "several" and self.training.class_weights != "none":
            raise ValueError("documents with several labels go without class weights: set 'class_weights: none'")
        return self
