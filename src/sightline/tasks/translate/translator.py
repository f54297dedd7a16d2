"""Text to text: train on pairs, predict, see the attention."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import torch

from sightline.data import Pair, Tokenizer
from sightline.errors import ConfigError, DataError, ModelFolderError
from sightline.metrics import METRICS, Score, bleu
from sightline.tasks.config import parse_config, read_config, write_config
from sightline.tasks.folder import TRAINING, WEIGHTS, new_folder, read_manifest, seal, unseal
from sightline.tasks.translate.building import Network, build_model
from sightline.tasks.translate.config import (
    DecodingConfig,
    RecurrentConfig,
    TokenizerConfig,
    TrainingConfig,
    TransformerConfig,
    TranslateConfig,
)
from sightline.tasks.translate.corpus import Corpus, hold_out, make_corpus, make_tokenizers
from sightline.tasks.translate.learning import learn
from sightline.tasks.translate.predicting import predict
from sightline.tasks.translate.result import Translation
from sightline.training import FitResult, Listener, fast_matmul, load_tensors, make_folder, save_tensors, write_atomic

__all__ = ["Translator"]

_CONFIG = "config.yaml"
_TOKENIZERS = ("source-tokenizer.json", "target-tokenizer.json")


class _Parts(NamedTuple):
    """What a trained translator is made of."""

    model: Network
    source: Tokenizer
    target: Tokenizer


class Translator:
    """An encoder-decoder that turns one text into another, trained on pairs of texts.

    Args:
        model: `"recurrent"`, `"transformer"`, or the options of one.
        attention: the recurrent model's score (`"additive"`, `"dot"`, `"scaled_dot"`, `"bilinear"`), or `"none"`.
        tokenizer: `"bpe"`, `"unigram"`, `"word"` or `"char"`, or the options of one, for both sides.
        shared_vocabulary: one tokenizer for both sides.
        training: how long and how fast.
        decoding: how answers are searched for.
        seed: of all that is random.

    Raises:
        ConfigError: for an attention that the model does not have, or options that do not fit each other.

    Example:
        >>> from sightline import Translator
        >>> from sightline.tasks.translate import RecurrentConfig, TrainingConfig
        >>> pairs = [(a + b + c, c + b + a) for a in "pqrs" for b in "pqrs" for c in "pqrs"]
        >>> small = RecurrentConfig(embedding_width=16, width=32, dropout=0.0)
        >>> training = TrainingConfig(updates=5, learning_rate=0.01, warmup=2)
        >>> translator = Translator(model=small, tokenizer="char", training=training).fit(pairs)
        >>> result = translator.predict(["pqr"])[0]
        >>> [key.text for key in result.attention["cross"].keys]
        ['p', 'q', 'r', '<eos>']
    """

    def __init__(
        self,
        *,
        model: Literal["recurrent", "transformer"] | RecurrentConfig | TransformerConfig = "recurrent",
        attention: str | None = None,
        tokenizer: str | TokenizerConfig = "bpe",
        shared_vocabulary: bool = False,
        training: TrainingConfig | None = None,
        decoding: DecodingConfig | None = None,
        seed: int = 1,
    ) -> None:
        options = {"type": model} if isinstance(model, str) else model.model_dump()
        if attention is not None:
            options["attention"] = attention
        values = {
            "model": options,
            "source_tokenizer": {"kind": tokenizer} if isinstance(tokenizer, str) else tokenizer.model_dump(),
            "shared_vocabulary": shared_vocabulary,
            "training": (training or TrainingConfig()).model_dump(),
            "decoding": (decoding or DecodingConfig()).model_dump(),
            "seed": seed,
        }
        self.config = parse_config(values, TranslateConfig)
        self.result: FitResult | None = None
        self._trained: _Parts | None = None

    @classmethod
    def from_config(cls, config: TranslateConfig) -> "Translator":
        """A translator with all options given."""
        translator = cls()
        translator.config = config
        return translator

    @property
    def parts(self) -> _Parts:
        """The network and the tokenizers; raises ConfigError before `fit` or `load`."""
        if self._trained is None:
            raise ConfigError("this translator is not trained: call fit(pairs) first, or load one")
        return self._trained

    def fit(
        self,
        pairs: Sequence[tuple[str, str]],
        valid: Sequence[tuple[str, str]] | None = None,
        *,
        folder: str | Path | None = None,
        resume: bool = False,
        overwrite: bool = False,
        listeners: Sequence[Listener] = (),
        say: Callable[[str], None] = lambda line: None,
    ) -> "Translator":
        """Train on pairs of texts.

        Args:
            pairs: sources with their targets.
            valid: pairs that decide when to stop and which weights are best; None holds out `data.valid_share`.
            folder: the model's folder, written as training goes on, so that it can be resumed; None keeps nothing.
            resume: go on in that folder.
            overwrite: write over what the folder holds.
            listeners: each is called with every event of the training loop.
            say: called with each line worth telling.

        Returns:
            The translator itself, trained.

        Raises:
            DataError: for pairs that nothing can be learned from.
            ConfigError: for options that do not fit the pairs.
            OutputError: where the folder is in the way or cannot be written.
            TrainingError: when the loss is no longer a number, or training was interrupted (`Interrupted`).
        """
        if folder is None:
            with tempfile.TemporaryDirectory(prefix="sightline-") as scratch:
                return self.fit(pairs, valid, folder=scratch, listeners=listeners, say=say)
        place = make_folder(folder) if resume else new_folder(folder, overwrite=overwrite)
        train_pairs = [Pair(*pair) for pair in pairs]
        if valid is None:
            train_pairs, valid_pairs = hold_out(train_pairs, self.config.data.valid_share, self.config.seed)
        else:
            valid_pairs = [Pair(*pair) for pair in valid]
        torch.manual_seed(self.config.seed)
        parts = self._prepare(place, train_pairs, resume)
        train, held = (self._corpus(some, parts) for some in (train_pairs, valid_pairs))
        say(f"training: {train.report}")
        say(f"validation: {held.report}")
        say(f"vocabulary: {parts.source.size:,} source, {parts.target.size:,} target tokens")
        say(f"model: {self.config.model.type}, {sum(p.numel() for p in parts.model.parameters()):,} parameters")
        self.result = learn(
            parts.model,
            train,
            held,
            parts.target,
            self.config.training,
            seed=self.config.seed,
            folder=place / TRAINING,
            resume=resume,
            listeners=listeners,
        )
        self._trained = parts
        self._write(place)
        return self

    def _prepare(self, place: Path, pairs: Sequence[Pair], resume: bool) -> _Parts:
        """Tokenizers and an untrained network; what they are is written down before training begins."""
        if resume:
            source, target = (Tokenizer.load(place / name) for name in _TOKENIZERS)
        else:
            unseal(place)
            config = self.config
            source, target = make_tokenizers(
                pairs, config.source_tokenizer, config.target_tokenizer, shared=config.shared_vocabulary
            )
            for name, tokenizer in zip(_TOKENIZERS, (source, target), strict=True):
                tokenizer.save(place / name)
        write_atomic(place / _CONFIG, write_config(self.config).encode())
        return _Parts(build_model(self.config, source.size, target.size), source, target)

    def _corpus(self, pairs: Sequence[Pair], parts: _Parts) -> Corpus:
        return make_corpus(
            pairs,
            parts.source,
            parts.target,
            max_length=self.config.data.max_length,
            batch_tokens=self.config.training.batch_tokens,
            seed=self.config.seed,
        )

    def predict(
        self, texts: Sequence[str], *, attention: bool = True, decoding: DecodingConfig | None = None
    ) -> list[Translation]:
        """Translate texts.

        Args:
            texts: one input each; a blank one gets a blank answer.
            attention: recover the attention behind each answer, at the cost of one more pass.
            decoding: how to search, in place of the model's own options.

        Returns:
            One translation for each text, in order.

        Raises:
            ConfigError: before `fit` or `load`.
            DataError: for a text longer than the model takes; nothing is cut.
        """
        if isinstance(texts, str):
            raise DataError("predict takes a list of texts, and this is one text: write predict([text])")
        model, source, target = self.parts
        model.eval()
        with fast_matmul("exact"):
            return predict(
                texts,
                model=model,
                source_tokenizer=source,
                target_tokenizer=target,
                decoding=decoding or self.config.decoding,
                max_length=self.config.data.max_length,
                seed=self.config.seed,
                attention=attention,
            )

    def evaluate(
        self,
        pairs: Sequence[tuple[str, str]],
        metrics: Sequence[str] = ("bleu", "chrf", "exact_match"),
        *,
        decoding: DecodingConfig | None = None,
        bleu_tokenize: str = "13a",
    ) -> dict[str, Score]:
        """Translate the sources and score the answers; sources given several times have several references.

        Raises:
            ConfigError: for an unknown metric, or before `fit` or `load`.
            DataError: where there are no pairs.
        """
        for name in metrics:
            if name not in METRICS:
                raise ConfigError(f"unknown metric {name!r}: choose among {', '.join(METRICS)}")
        references: dict[str, list[str]] = {}
        for source, target in pairs:
            references.setdefault(source, []).append(target)
        answers = self.predict(list(references), attention=False, decoding=decoding)
        texts = [answer.text for answer in answers]
        choices = {**METRICS, "bleu": partial(bleu, tokenize=bleu_tokenize)}
        return {name: choices[name](texts, list(references.values())) for name in metrics}

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the model folder (see `sightline.tasks.folder`).

        Raises:
            ConfigError: before `fit` or `load`.
            OutputError: where the folder is in the way or cannot be written.
        """
        source, target = self.parts[1:]
        place = new_folder(folder, overwrite=overwrite)
        unseal(place)
        for name, tokenizer in zip(_TOKENIZERS, (source, target), strict=True):
            tokenizer.save(place / name)
        write_atomic(place / _CONFIG, write_config(self.config).encode())
        self._write(place)

    def _write(self, place: Path) -> None:
        unseal(place)
        save_tensors(place / WEIGHTS, dict(self.parts.model.named_parameters()), {})
        metrics = dict(self.result.metrics) if self.result else {}
        seal(place, "translate", [_CONFIG, *_TOKENIZERS, WEIGHTS], {"metrics": metrics})

    @classmethod
    def load(cls, folder: str | Path) -> "Translator":
        """A translator from its folder.

        Raises:
            ModelFolderError: where it is missing, unfinished, damaged, or of another task or format.
        """
        place = Path(folder)
        manifest = read_manifest(place)
        if manifest["task"] != "translate":
            raise ModelFolderError(f"{place}: holds a model of the task {manifest['task']!r}, not 'translate'")
        translator = cls.from_config(read_config(place / _CONFIG, TranslateConfig))
        source, target = (Tokenizer.load(place / name) for name in _TOKENIZERS)
        model = build_model(translator.config, source.size, target.size)
        tensors, _ = load_tensors(place / WEIGHTS)
        parameters = dict(model.named_parameters())
        if parameters.keys() != tensors.keys():
            raise ModelFolderError(f"{place / WEIGHTS}: the weights are not those of the model in {_CONFIG}")
        with torch.no_grad():
            for name, parameter in parameters.items():
                parameter.copy_(tensors[name])
        translator._trained = _Parts(model, source, target)
        return translator
