"""All options of a translator, with their defaults."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from sightline.tasks.config import Section
from sightline.tasks.training import Training

__all__ = [
    "DataConfig",
    "DecodingConfig",
    "PairFiles",
    "RecurrentConfig",
    "TokenizerConfig",
    "TrainingConfig",
    "TransformerConfig",
    "TranslateConfig",
]

ScoreName = Literal["additive", "concat", "dot", "scaled_dot", "bilinear", "cosine", "location"]
SelectionName = Literal["softmax", "sparsemax", "entmax15", "local_p", "argmax", "sample"]  # that do not look back

Rate = Annotated[float, Field(ge=0, lt=1)]


class PairFiles(Section):
    """Where pairs are: two files side by side, or the columns of one.

    Without `file`, `source` and `target` are two text files of as many lines. With a TSV they are columns, by number
    from 1 or by the name in the header; with JSONL they are keys, dotted where nested.
    """

    source: str | int
    target: str | int
    file: Path | None = None
    links: Path | None = None  # of training pairs: words that belong together, i-j, a line for each pair

    @model_validator(mode="after")
    def _two_files_have_names(self) -> "PairFiles":
        if self.file is None and (isinstance(self.source, int) or isinstance(self.target, int)):
            raise ValueError("columns by number need 'file', the TSV that they are in")
        return self


class TokenizerConfig(Section):
    """How text becomes tokens: trained on the training pairs, or loaded."""

    kind: Literal["bpe", "unigram", "word", "char"] = "bpe"
    size: PositiveInt = 4000
    min_count: PositiveInt = 1
    dropout: Rate = 0.0
    load: Path | None = None

    @model_validator(mode="after")
    def _drops_merges(self) -> "TokenizerConfig":
        if self.dropout and self.kind != "bpe":
            raise ValueError(f"'dropout' leaves out merges, which the kind {self.kind!r} does not have: set it to 0")
        return self


class DataConfig(Section):
    """The pairs and what is kept of them."""

    train: PairFiles | None = None
    valid: PairFiles | None = None  # None: valid_share of the training pairs is held out
    valid_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    max_length: PositiveInt = 256  # tokens on either side; longer pairs are left out, and counted


class TransformerConfig(Section):
    """A Transformer encoder-decoder; the presets of the literature are a matter of these numbers."""

    type: Literal["transformer"] = "transformer"
    width: PositiveInt = 256
    heads: PositiveInt = 4
    hidden: PositiveInt = 1024
    encoder_layers: PositiveInt = 4
    decoder_layers: PositiveInt = 4
    attention: ScoreName = "scaled_dot"
    selection: SelectionName = "softmax"
    temperature: PositiveFloat = 1.0
    key_heads: PositiveInt | None = None
    dropout: Rate = 0.1
    attention_dropout: Rate = 0.0
    activation_dropout: Rate = 0.0
    norm: Literal["pre", "post"] = "pre"
    positions: Literal["sinusoidal", "learned", "rotary", "alibi", "relative", "none"] = "sinusoidal"
    shared_embeddings: bool = False
    tied_output: bool = True


class RecurrentConfig(Section):
    """A recurrent encoder-decoder, with attention or with one fixed context vector."""

    type: Literal["recurrent"] = "recurrent"
    cell: Literal["lstm", "gru"] = "gru"
    attention: Literal[ScoreName, "none"] = "additive"
    selection: Literal[SelectionName, "local_m", "monotonic"] = "softmax"
    temperature: PositiveFloat = 1.0
    radius: PositiveInt = 10
    estimator: Literal["gumbel", "reinforce", "marginal"] = "gumbel"
    coverage: bool = False
    pointer: bool = False
    decoder: Literal["bahdanau", "luong"] = "luong"
    input_feeding: bool = True
    embedding_width: PositiveInt = 128
    width: PositiveInt = 256
    encoder_layers: PositiveInt = 1
    decoder_layers: PositiveInt = 1
    bidirectional: bool = True
    dropout: Rate = 0.2
    shared_embeddings: bool = False
    tied_output: bool = False


class TrainingConfig(Training):
    """How long, how fast and by what measure to train. An update is one step of the optimizer."""

    batch_tokens: PositiveInt = 1024
    learning_rate: PositiveFloat = 0.002
    schedule: Literal["constant", "inverse_sqrt", "cosine"] = "inverse_sqrt"
    label_smoothing: Rate = 0.1
    coverage_loss: Annotated[float, Field(ge=0)] = 0.0
    guided_alignment: Annotated[float, Field(ge=0)] = 0.0
    entropy_weight: Annotated[float, Field(ge=0)] = 0.01
    scheduled_sampling: Annotated[float, Field(ge=0, le=1)] = 0.0
    metric: Literal["loss", "bleu", "chrf", "exact_match", "per"] = "loss"
    keep_best: Annotated[int, Field(ge=0)] = 3


class DecodingConfig(Section):
    """How answers are searched for."""

    method: Literal["beam", "greedy", "sample", "exact"] = "beam"
    beam: PositiveInt = 5
    length_penalty: Annotated[float, Field(ge=0)] = 1.0
    n_best: PositiveInt = 1
    temperature: PositiveFloat = 1.0
    top_k: PositiveInt | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    budget: PositiveInt = 20000  # rows that the exact search may expand for one input
    length_factor: PositiveFloat = 2.0  # an answer has at most length_factor x source tokens + length_extra tokens
    length_extra: PositiveInt = 20
    batch_size: PositiveInt = 64

    @model_validator(mode="after")
    def _has_n_best(self) -> "DecodingConfig":
        if self.n_best > 1 and self.method != "beam":
            raise ValueError(f"the method {self.method!r} finds one answer: set 'n_best' to 1, or 'method' to 'beam'")
        if self.n_best > self.beam:
            raise ValueError(f"a beam of {self.beam} finds no {self.n_best} answers: set 'beam' to 'n_best' or more")
        return self


class TranslateConfig(Section):
    """Everything that `sightline train` needs to know for a translator."""

    task: Literal["translate"] = "translate"
    output: Path | None = None  # the model's folder
    seed: int = 1
    data: DataConfig = DataConfig()
    source_tokenizer: TokenizerConfig = TokenizerConfig()
    target_tokenizer: TokenizerConfig | None = None  # None: as the source's
    shared_vocabulary: bool = False  # one tokenizer, trained on both sides
    model: Annotated[TransformerConfig | RecurrentConfig, Field(discriminator="type")] = RecurrentConfig()
    training: TrainingConfig = TrainingConfig()
    decoding: DecodingConfig = DecodingConfig()

    @property
    def copies(self) -> bool:
        """Whether answers may hold what the vocabulary lacks, copied from the input."""
        return self.model.type == "recurrent" and self.model.pointer

    @model_validator(mode="after")
    def _one_vocabulary(self) -> "TranslateConfig":
        if self.shared_vocabulary and self.target_tokenizer is not None:
            raise ValueError("a shared vocabulary has one tokenizer: leave out 'target_tokenizer', or the sharing")
        if self.model.shared_embeddings and not self.shared_vocabulary:
            raise ValueError("shared embeddings need 'shared_vocabulary: true'")
        return self

    @model_validator(mode="after")
    def _fits_the_attention(self) -> "TranslateConfig":
        recurrent = self.model if self.model.type == "recurrent" else None
        hard = recurrent is not None and recurrent.selection in ("argmax", "sample")
        marginal = recurrent is not None and hard and recurrent.estimator == "marginal"
        pointer = recurrent is not None and recurrent.pointer
        if pointer and not self.shared_vocabulary:
            raise ValueError("a pointer copies tokens from one side to the other: set 'shared_vocabulary: true'")
        if (pointer or marginal) and self.training.label_smoothing:
            what = "a pointer" if pointer else "the marginal likelihood"
            raise ValueError(f"{what} goes without label smoothing: set 'training.label_smoothing: 0'")
        if (pointer or marginal) and self.training.scheduled_sampling:
            what = "a pointer" if pointer else "the marginal likelihood"
            raise ValueError(f"{what} goes without scheduled sampling: set 'training.scheduled_sampling: 0'")
        if pointer and self.source_tokenizer.dropout:
            raise ValueError("a pointer goes without dropout of merges: set 'source_tokenizer.dropout: 0'")
        if self.training.coverage_loss and (recurrent is None or recurrent.attention == "none" or hard):
            raise ValueError("'training.coverage_loss' is for the soft attention of a recurrent model: set it to 0")
        return self

    @model_validator(mode="after")
    def _can_be_guided(self) -> "TranslateConfig":
        train = self.data.train
        if train is not None and (train.links is None) == bool(self.training.guided_alignment):
            raise ValueError(
                "links guide a training by 'training.guided_alignment', their weight, and both are needed: name "
                "'data.train.links' and a weight such as 0.05, or leave out both"
            )
        if self.data.valid is not None and self.data.valid.links is not None:
            raise ValueError("links guide training alone: leave out 'data.valid.links'")
        if not self.training.guided_alignment:
            return self
        pointer = self.model.type == "recurrent" and self.model.pointer
        if self.model.selection != "softmax" or self.model.attention == "none" or pointer:
            raise ValueError(
                "'training.guided_alignment' teaches soft attention: choose an attention with the selection 'softmax' "
                "and no pointer, or set it to 0"
            )
        if self.source_tokenizer.dropout or (self.target_tokenizer and self.target_tokenizer.dropout):
            raise ValueError("guided alignment goes without dropout of merges: set the tokenizers' 'dropout' to 0")
        return self
