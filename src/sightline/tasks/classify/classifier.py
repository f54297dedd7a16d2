"""Document to label: train on labelled documents, predict, see the evidence."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sightline.data.documents import Label, Labels
from sightline.errors import ConfigError
from sightline.metrics import accuracy
from sightline.tasks.classify.building import FILES, Parts, load_parts, write_beside, write_start
from sightline.tasks.classify.config import ClassifyConfig, ClassifyTraining, ModelConfig, WideConfig, WordsConfig
from sightline.tasks.classify.explaining import classifications
from sightline.tasks.classify.given import as_texts, known_documents, training_documents, values_of
from sightline.tasks.classify.judging import Judgement, Opinion, judge
from sightline.tasks.classify.learning import learn
from sightline.tasks.classify.params import changed_params, deep_params
from sightline.tasks.classify.predicting import Said, found_beside, said_of
from sightline.tasks.classify.result import Classification
from sightline.tasks.classify.resuming import compare_run, record_data
from sightline.tasks.classify.starting import Labelled, Start, hold_out, prepare
from sightline.tasks.config import parse_config, read_config
from sightline.tasks.fitting import begun, check_folder_options, fit_in_passing
from sightline.tasks.folder import CONFIG, TRAINING, check_free, new_folder, read_manifest, seal, unseal
from sightline.training import FitResult, Listener, fast_matmul

__all__ = ["Classifier"]


class Classifier:
    """Labels documents, with calibrated probabilities and the words and sentences that decided.

    Args:
        model: `"recurrent"`, `"hierarchical"`, `"transformer"` or `"ngrams"`, or the options of one.
        kind: of labels: `"one"` for each document, `"several"`, or `"ordered"` ones.
        classes: in their order; None for those found.
        words: how documents become tokens.
        wide: the linear model of n-grams beside the network; False for none.
        training: how long and how fast.
        seed: of all that is random.

    Raises:
        ConfigError: for options that do not fit each other.

    Example:
        >>> from sightline.tasks.classify import Classifier, ClassifyTraining
        >>> texts = [f"{word} {sign} {i}" for i in range(20) for word, sign in (("good", "film"), ("bad", "film"))]
        >>> training = ClassifyTraining(epochs=2, batch_documents=8, warmup=2)
        >>> classifier = Classifier(model="ngrams", training=training).fit(texts, ["yes", "no"] * 20)
        >>> classifier.predict(["a good film", "a bad film"]).tolist()
        ['yes', 'no']
    """

    def __init__(
        self,
        *,
        model: Literal["recurrent", "hierarchical", "transformer", "ngrams"] | ModelConfig = "recurrent",
        kind: Literal["one", "several", "ordered"] = "one",
        classes: Sequence[str] | None = None,
        words: WordsConfig | None = None,
        wide: WideConfig | bool = True,
        training: ClassifyTraining | None = None,
        seed: int = 1,
    ) -> None:
        self._given: dict[str, Any] = {
            "model": model,
            "kind": kind,
            "classes": classes,
            "words": words,
            "wide": wide,
            "training": training,
            "seed": seed,
        }
        beside = WideConfig() if wide is True else wide or None
        values = {
            "model": {"type": model} if isinstance(model, str) else model.model_dump(),
            "data": {"kind": kind, "classes": classes},
            "words": (words or WordsConfig()).model_dump(),
            "wide": beside.model_dump() if beside else None,
            "training": (training or ClassifyTraining()).model_dump(),
            "seed": seed,
        }
        self.config = parse_config(values, ClassifyConfig)
        self.result: FitResult | None = None
        self.metrics: dict[str, float] = {}
        self._trained: Parts | None = None

    @classmethod
    def from_config(cls, config: ClassifyConfig) -> "Classifier":
        """A classifier with all options given."""
        classifier = cls(
            model=config.model,
            kind=config.data.kind,
            classes=config.data.classes,
            words=config.words,
            wide=config.wide or False,
            training=config.training,
            seed=config.seed,
        )
        classifier.config = config
        return classifier

    @property
    def parts(self) -> Parts:
        """What it is made of; raises ConfigError before `fit` or `load`."""
        if self._trained is None:
            raise ConfigError("this classifier is not trained: call fit(texts, labels) first, or load one")
        return self._trained

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes in the order of probabilities, as they were given; raises ConfigError before `fit` or `load`."""
        known = self.parts.labels
        return known.given(known.classes)

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[Label],
        valid: tuple[Sequence[str], Sequence[Label]] | None = None,
        *,
        folder: str | Path | None = None,
        resume: bool = False,
        finish: bool = False,
        overwrite: bool = False,
        listeners: Sequence[Listener] = (),
        say: Callable[[str], None] = lambda line: None,
    ) -> "Classifier":
        """Train on labelled documents.

        Args:
            texts: the documents.
            labels: of each; a tuple of them where a document may have several.
            valid: texts and labels that decide when to stop, which weights are best, and how sure to be; None holds
                out `data.valid_share`, of each class alike.
            folder: the model's folder, written as training goes on, so that it can be resumed; None keeps nothing.
            resume: go on in that folder.
            finish: train no further: make the model of the best weights that the resumed training found.
            overwrite: write over what the folder holds.
            listeners: each is called with every event of the training loop.
            say: called with each line worth telling.

        Returns:
            The classifier itself, trained.

        Raises:
            DataError: for documents that nothing can be learned from.
            ConfigError: for options that do not fit the documents.
            OutputError: where the folder is in the way or cannot be written.
            TrainingError: when the loss is no longer a number, or training was interrupted (`Interrupted`).
        """
        check_folder_options(folder, resume=resume, finish=finish, overwrite=overwrite)
        if folder is None:
            return fit_in_passing(
                lambda scratch: self.fit(texts, labels, valid, folder=scratch, listeners=listeners, say=say)
            )
        place, data = Path(folder), self.config.data
        given = training_documents(texts, labels, data.kind)
        if not resume:
            check_free(place, overwrite=overwrite)
        # Documents that say the same in the same words are one to learn from.
        different = [label for _, label in dict.fromkeys(zip(*given, strict=True))]
        known = Labels.of(different, data.kind, data.classes, least=2 if valid is None else 1)
        known = replace(known, values=values_of(labels))
        if valid is None:
            given, held_out = hold_out(given, data.valid_share, self.config.seed)
        else:
            held_out = training_documents(*valid, data.kind)
        changes = compare_run(place, self.config, given, held_out) if resume else []
        with begun(
            place,
            resume=resume,
            overwrite=overwrite,
            changes=changes,
            prepare=lambda resumed: prepare(self.config, known, given, held_out, resumed, say),
            keep=lambda start: self._keep(place, start, given, held_out),
            lines=lambda start: start.lines(self.config),
            say=say,
        ) as start:
            self._trained, self.result, said = learn(
                start, self.config, folder=place / TRAINING, resume=resume, finish=finish, listeners=listeners
            )
            self.metrics = dict(self.result.metrics)
            if self._trained.wide is not None:
                truth = start.valid.corpus.labels.numpy().astype(np.int64)
                say(_opinion(said, self._trained).line(self._trained.labels, truth))
            self._write(place)
        return self

    def predict(self, texts: Sequence[str]) -> NDArray[Any]:
        """The label of each document, as scikit-learn gives it; where there may be several, a tuple for each.

        Raises:
            ConfigError: before `fit` or `load`.
        """
        labels = self.parts.labels
        names = labels.names(labels.decide(self.predict_proba(texts)))
        if labels.kind != "several":
            return labels.given([str(name) for name in names])
        found = np.empty(len(names), object)  # numpy would take tuples of one length for a second dimension
        for i, name in enumerate(names):
            found[i] = name
        return found

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Calibrated probabilities, `[n, C]`, classes in the order of `classes_`.

        Raises:
            ConfigError: before `fit` or `load`.
        """
        return self._said(as_texts(texts)).probabilities(self.parts)

    def score(self, texts: Sequence[str], labels: Sequence[Label]) -> float:
        """The share of documents whose label is found.

        Raises:
            ConfigError: before `fit` or `load`.
            DataError: for a label that training did not see.
        """
        known = self.parts.labels
        given = known_documents(texts, labels, known.kind)
        truth = known.encode(given.labels).astype(np.int64)
        return accuracy(known.decide(self.predict_proba(given.texts)), truth)

    def evaluate(self, texts: Sequence[str], labels: Sequence[Label]) -> Judgement:
        """Label documents, and tell how good that was, class by class, and how far probabilities can be trusted.

        Raises:
            ConfigError: before `fit` or `load`.
            DataError: for a label that training did not see.
        """
        known = self.parts.labels
        given = known_documents(texts, labels, known.kind)
        return judge(known, self.opinion(given.texts), known.encode(given.labels).astype(np.int64))

    def opinion(self, texts: Sequence[str]) -> Opinion:
        """What it says of documents, each of its parts alone, and the baseline.

        Raises:
            ConfigError: before `fit` or `load`.
        """
        return _opinion(self._said(as_texts(texts)), self.parts)

    def explain(self, texts: Sequence[str], *, verdict: bool = True) -> list[Classification]:
        """The label of each document with all of its evidence.

        Args:
            texts: the documents.
            verdict: whether to find out how far attention is to be believed, which asks the network some hundred times.

        Raises:
            ConfigError: before `fit` or `load`.
        """
        with fast_matmul("exact", next(self.parts.network.parameters()).device):
            return classifications(as_texts(texts), self.parts, self.config, verdict=verdict)

    def _said(self, texts: Sequence[str]) -> Said:
        with fast_matmul("exact", next(self.parts.network.parameters()).device):
            return said_of(texts, self.parts, self.config)

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self._given.items() if value is not None)
        return f"Classifier({options})"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments it was made with, as scikit-learn asks for them; deep, each option as `training__epochs`."""
        return deep_params(self._given, self.config) if deep else dict(self._given)

    def set_params(self, **params: Any) -> "Classifier":
        """Begin anew with some arguments or options changed, as scikit-learn's searches do.

        Raises:
            ConfigError: for an argument that there is not, or options that do not fit each other.
        """
        given = changed_params(self._given, params, lambda given: type(self)(**given).config)
        self.__dict__.update(type(self)(**given).__dict__)
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return self._trained is not None

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(multi_label=self.config.data.kind == "several"),
            input_tags=InputTags(one_d_array=True, two_d_array=False, string=True),
        )

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write the model folder (see `sightline.tasks.folder`).

        Raises:
            ConfigError: before `fit` or `load`.
            OutputError: where the folder is in the way or cannot be written.
        """
        _ = self.parts
        self._write(new_folder(folder, overwrite=overwrite))

    def _keep(self, place: Path, start: Start, train: Labelled, valid: Labelled) -> None:
        record_data(place, train, valid)
        write_start(place, self.config, start.parts)

    def _write(self, place: Path) -> None:
        unseal(place)
        write_start(place, self.config, self.parts)
        write_beside(place, self.parts)
        seal(place, "classify", self.parts.network, FILES, self.metrics)

    @classmethod
    def load(cls, folder: str | Path) -> "Classifier":
        """A classifier from its folder.

        Raises:
            ModelFolderError: where it is missing, unfinished, damaged, or of another task or format.
        """
        place = Path(folder)
        manifest = read_manifest(place, "classify")
        classifier = cls.from_config(read_config(place / CONFIG, ClassifyConfig))
        classifier.metrics = manifest["metrics"]
        classifier._trained = load_parts(place, classifier.config)
        return classifier


def _opinion(said: Said, parts: Parts) -> Opinion:
    words = [len(each.words) for each in said.cuts]
    return Opinion(said.probabilities(parts), words, found_beside(said, parts))
