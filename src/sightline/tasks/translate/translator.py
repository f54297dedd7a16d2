"""Text to text: train on pairs, predict, see the attention."""

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from sightline.data import Link, Pair
from sightline.errors import ConfigError, DataError
from sightline.explain import symmetrise
from sightline.metrics import METRICS, Score, bleu
from sightline.tasks.config import parse_config, read_config
from sightline.tasks.fitting import begun, check_folder_options, fit_in_passing
from sightline.tasks.folder import (
    CONFIG,
    TRAINING,
    check_free,
    new_folder,
    read_manifest,
    seal,
    unseal,
)
from sightline.tasks.translate.aligning import Alignment, align, choose_view, join, too_long
from sightline.tasks.translate.building import TOKENIZERS, Parts, load_parts, write_parts
from sightline.tasks.translate.config import (
    DecodingConfig,
    RecurrentConfig,
    TokenizerConfig,
    TrainingConfig,
    TransformerConfig,
    TranslateConfig,
)
from sightline.tasks.translate.corpus import as_pairs, hold_out
from sightline.tasks.translate.guiding import Guide, View, as_guide, guided_view
from sightline.tasks.translate.learning import learn
from sightline.tasks.translate.predicting import TextTooLongError, predict
from sightline.tasks.translate.result import Translation
from sightline.tasks.translate.resuming import compare_run, record_data
from sightline.tasks.translate.starting import Start, prepare
from sightline.training import FitResult, Listener, fast_matmul

__all__ = ["Translator"]


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
        self.metrics: dict[str, float] = {}
        self._trained: Parts | None = None

    @classmethod
    def from_config(cls, config: TranslateConfig) -> "Translator":
        """A translator with all options given."""
        translator = cls()
        translator.config = config
        return translator

    @property
    def parts(self) -> Parts:
        """The network and the tokenizers; raises ConfigError before `fit` or `load`."""
        if self._trained is None:
            raise ConfigError("this translator is not trained: call fit(pairs) first, or load one")
        return self._trained

    def fit(
        self,
        pairs: Sequence[tuple[str, str]],
        valid: Sequence[tuple[str, str]] | None = None,
        links: Sequence[Collection[Link]] | None = None,
        *,
        folder: str | Path | None = None,
        resume: bool = False,
        finish: bool = False,
        overwrite: bool = False,
        listeners: Sequence[Listener] = (),
        say: Callable[[str], None] = lambda line: None,
    ) -> "Translator":
        """Train on pairs of texts.

        Args:
            pairs: sources with their targets.
            valid: pairs that decide when to stop and which weights are best; None holds out `data.valid_share`.
            links: for `training.guided_alignment`: words of the source and of the target that belong together, for
                each pair.
            folder: the model's folder, written as training goes on, so that it can be resumed; None keeps nothing.
            resume: go on in that folder.
            finish: train no further: make the model of the best weights that the resumed training found.
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
        given, held_out = as_pairs(pairs, "training"), None if valid is None else as_pairs(valid, "validation")
        check_folder_options(folder, resume=resume, finish=finish, overwrite=overwrite)
        if folder is None:
            return fit_in_passing(
                lambda scratch: self.fit(given, held_out, links, folder=scratch, listeners=listeners, say=say)
            )
        if (links is None) == bool(self.config.training.guided_alignment):
            raise ConfigError(
                "links guide a training by training.guided_alignment, and both are needed: give fit(pairs, links=...) "
                "and TrainingConfig(guided_alignment=0.05), or neither"
            )
        guide = {} if links is None else as_guide(given, links)
        place = Path(folder)
        if not resume:
            check_free(place, overwrite=overwrite)
        if held_out is None:
            given, held_out = hold_out(given, self.config.data.valid_share, self.config.seed)
        changes = compare_run(place, self.config, given, held_out, guide) if resume else []
        with begun(
            place,
            resume=resume,
            overwrite=overwrite,
            changes=changes,
            prepare=lambda resumed: prepare(self.config, given, held_out, guide, resumed),
            keep=lambda start: self._keep(place, start, given, held_out, guide),
            lines=lambda start: start.lines(self.config),
            say=say,
        ) as start:
            self.result = learn(
                *start,
                self.config,
                folder=place / TRAINING,
                resume=resume,
                finish=finish,
                listeners=listeners,
            )
            self.metrics = dict(self.result.metrics)
            self._trained = start.parts
            self._write(place)
        return self

    def predict(
        self,
        texts: Sequence[str],
        *,
        attention: bool = True,
        decoding: DecodingConfig | None = None,
        seed: int | None = None,
    ) -> list[Translation]:
        """Translate texts.

        Args:
            texts: one input each; a blank one gets a blank answer.
            attention: recover the attention behind each answer, at the cost of one more pass.
            decoding: how to search, in place of the model's own options.
            seed: of sampling, in place of the model's own: one call after the other draws anew by a new seed.

        Returns:
            One translation for each text, in order.

        Raises:
            ConfigError: before `fit` or `load`.
            DataError: for a text longer than the model takes; nothing is cut.
        """
        return self._answers(texts, decoding=decoding, seed=seed, attention=attention, verdict=False)

    def explain(
        self,
        texts: Sequence[str],
        *,
        verdict: bool = True,
        decoding: DecodingConfig | None = None,
        seed: int | None = None,
    ) -> list[Translation]:
        """Translate texts, and tell of each answer what it attended to and whether that is to be believed.

        Args:
            texts: as in `predict`.
            verdict: whether to find out how far attention is to be believed, which asks the network some hundred times;
                of attention that draws its keys, anew each time, there is none.
            decoding: as in `predict`.
            seed: likewise.

        Raises:
            ConfigError: before `fit` or `load`.
            DataError: for a text longer than the model takes.
        """
        verdict = verdict and self.config.model.selection != "sample"
        return self._answers(texts, decoding=decoding, seed=seed, attention=True, verdict=verdict)

    def _answers(
        self,
        texts: Sequence[str],
        *,
        decoding: DecodingConfig | None,
        seed: int | None,
        attention: bool,
        verdict: bool,
    ) -> list[Translation]:
        if isinstance(texts, str):
            raise DataError("this is one text, and a list of texts is expected: write [text]")
        model, source, target = self.parts
        model.eval()
        with fast_matmul("exact", model.output.weight.device):
            return predict(
                texts,
                model=model,
                source_tokenizer=source,
                target_tokenizer=target,
                decoding=decoding or self.config.decoding,
                copying=self.config.copies,
                max_length=self.config.data.max_length,
                seed=self.config.seed if seed is None else seed,
                attention=attention,
                verdict=verdict,
            )

    def align(
        self,
        pairs: Sequence[tuple[str, str]],
        *,
        view: View | None = None,
        reverse: "Translator | None" = None,
        symmetrisation: str = "grow-diag-final",
    ) -> list[Alignment]:
        """Say which words of a text and its translation belong together, by forced decoding.

        Words are what spaces part. Each target word is linked to the source word that it attends to most.

        Args:
            pairs: sources with their targets.
            view: the part of the attention that is read; None for the `view_of` these pairs.
            reverse: a translator of the other direction, to join the links of both.
            symmetrisation: how they are joined (see `sightline.explain.symmetrise`).

        Returns:
            One for each pair, in order; the attention in it is this translator's own.

        Raises:
            ConfigError: before `fit` or `load`, for a model without attention, or an unknown symmetrisation.
            DataError: for a blank text, or one longer than the model takes (`TextTooLongError`).

        Example:
            >>> from sightline.tasks.translate import TrainingConfig
            >>> pairs = [("a b", "b a"), ("b a", "a b"), ("a a b", "b a a")]
            >>> translator = Translator(tokenizer="word", training=TrainingConfig(updates=1)).fit(pairs)
            >>> len(translator.align([("a b", "b a")])[0].links)
            2
        """
        symmetrise(frozenset(), frozenset(), symmetrisation)  # an unknown one is told at once
        given = self._alignable(pairs)
        view = view or guided_view(self.config) or self._chosen(given)
        with self._quietly():
            found = align(given, self.parts, view)
        if reverse is None:
            return found
        return join(found, reverse.align([(pair.target, pair.source) for pair in given]), symmetrisation)

    def too_long(self, pairs: Sequence[tuple[str, str]]) -> dict[int, str]:
        """Which pairs are longer than `align` takes, counted from 0, and what is wrong with each."""
        return too_long(as_pairs(pairs, "given"), self.parts, self.config.data.max_length)

    def view_of(self, pairs: Sequence[tuple[str, str]]) -> View:
        """The part of the attention that tells best what belongs together.

        It is the one that was taught by links, if there were any, or else found on up to 50 pairs without gold links.

        Raises:
            ConfigError: before `fit` or `load`, or for a model without attention.
        """
        return guided_view(self.config) or self._chosen(self._alignable(pairs))

    def _chosen(self, given: Sequence[Pair]) -> View:
        with self._quietly():
            return choose_view(given[:: -(-len(given) // 50)], self.parts)

    def _alignable(self, pairs: Sequence[tuple[str, str]]) -> list[Pair]:
        given = as_pairs(pairs, "given")
        for number, pair in enumerate(given, 1):
            if not pair.source.strip() or not pair.target.strip():
                raise DataError(f"given pair {number} has a blank side: there is nothing to link, leave it out")
        for i, what in sorted(self.too_long(given).items())[:1]:
            raise TextTooLongError(what, i)
        return given

    @contextmanager
    def _quietly(self) -> Generator[None]:
        """The model answers, by exact products, and without a trace in the random state of others."""
        self.parts.model.eval()
        with torch.random.fork_rng(devices=[]), fast_matmul("exact", self.parts.model.output.weight.device):
            torch.manual_seed(self.config.seed)  # for attention that draws its keys
            yield

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
        sources = list(references)
        try:
            answers = self.predict(sources, attention=False, decoding=decoding)
        except TextTooLongError as error:
            place = next(i for i, pair in enumerate(pairs, 1) if pair[0] == sources[error.index])
            raise DataError(error.what, path=f"pair {place}") from error
        texts = [answer.text for answer in answers]
        choices = {**METRICS, "bleu": partial(bleu, tokenize=bleu_tokenize)}
        return {name: choices[name](texts, list(references.values())) for name in metrics}

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the model folder (see `sightline.tasks.folder`).

        Raises:
            ConfigError: before `fit` or `load`.
            OutputError: where the folder is in the way or cannot be written.
        """
        _ = self.parts
        self._write(new_folder(folder, overwrite=overwrite))

    def _keep(self, place: Path, start: Start, train: Sequence[Pair], valid: Sequence[Pair], guide: Guide) -> None:
        record_data(place, train, valid, guide)
        write_parts(place, self.config, start.parts)

    def _write(self, place: Path) -> None:
        """Weights, the configuration that a resumed training may have changed, and the manifest over all."""
        unseal(place)
        write_parts(place, self.config, self.parts)
        seal(place, "translate", self.parts.model, TOKENIZERS, self.metrics)

    @classmethod
    def load(cls, folder: str | Path) -> "Translator":
        """A translator from its folder.

        Raises:
            ModelFolderError: where it is missing, unfinished, damaged, or of another task or format.
        """
        place = Path(folder)
        manifest = read_manifest(place, "translate")
        translator = cls.from_config(read_config(place / CONFIG, TranslateConfig))
        translator.metrics = manifest["metrics"]
        translator._trained = load_parts(place, translator.config)
        return translator
