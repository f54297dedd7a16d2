"""Several models on the same input: whether they answer alike, and look at the same places."""

import json
import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.data.counting import count
from sightline.data.tables import Source
from sightline.errors import ConfigError
from sightline.explain import divergence, html_report
from sightline.explain.render.documents import document_report
from sightline.tasks.classify import Classification, Classifier
from sightline.tasks.classify.showing import shown_of
from sightline.tasks.forecast import Forecaster, ForecastExplanation
from sightline.tasks.forecast.showing import explanations_page
from sightline.tasks.translate import Translation, Translator

__all__ = ["Comparison", "Model", "check_comparable", "compare", "comparisons_page"]

Model = Translator | Classifier | Forecaster
Explanation = Translation | Classification | ForecastExplanation
_STEPS = 5  # of a forecast are told
_WIDE = 80  # characters of a text


@dataclass(frozen=True, slots=True)
class Comparison:
    """What several models say of one input, and where they look.

    Attributes:
        results: of each model by its name, with the attention behind it.
        divergence: of the attention to the input's places, the mean over all pairs of models, from 0 to 1 (see
            `sightline.explain.divergence`); NaN where a model attends to nothing. Of an answer of several parts it is
            the mean attention that is compared.
    """

    results: Mapping[str, Explanation]
    divergence: float

    @property
    def source(self) -> str:
        """The input: a text, or a series' name."""
        return _input(next(iter(self.results.values())))

    @property
    def agree(self) -> bool:
        """Whether all answers are the same; of forecasts, to six digits."""
        return len({_answer(result) for result in self.results.values()}) == 1

    def __str__(self) -> str:
        width = max(map(len, self.results))
        lines = [f"{name:<{width}}  {_spoken(result)}" for name, result in self.results.items()]
        return "\n".join([self.source, *lines, self.told()])

    def told(self) -> str:
        """Whether answers and attention are alike, in one line."""
        same = "the same answer" if self.agree else "different answers"
        apart = "to nothing" if math.isnan(self.divergence) else f"differs by {self.divergence:.2f} of 1"
        return f"{same}, attention {apart}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {
            "source": self.source,
            "agree": self.agree,
            "divergence": None if math.isnan(self.divergence) else self.divergence,
            "results": {name: result.to_dict() for name, result in self.results.items()},
        }

    def to_json(self) -> str:
        """All of it in one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)

    def to_html(self, path: str | Path | None = None) -> str:
        """A self-contained page, written to `path` if one is given."""
        return comparisons_page([self], path)


def compare(
    models: Mapping[str, Model],
    source: Sequence[str] | Source,
    *,
    future: Source | None = None,
    verdict: bool = True,
) -> list[Comparison]:
    """The same input to several models of one task; where these differ by their seed, how stable attention is.

    Args:
        models: two at least, by name.
        source: texts; for forecasters a table of series up to now.
        future: for forecasters, covariates of the steps ahead, where there are any.
        verdict: whether to find out how far each map is to be believed.

    Returns:
        A comparison for each text, or for each of the first few series.

    Raises:
        ConfigError: for fewer than two models, models of different tasks, or of different series; otherwise as the
            models' `explain`.

    Example:
        >>> from sightline.tasks.classify import Classifier, ClassifyTraining
        >>> texts, labels = [f"{word} film {i}" for i in range(20) for word in ("good", "bad")], ["yes", "no"] * 20
        >>> training = ClassifyTraining(epochs=2, batch_documents=8, warmup=2)
        >>> models = {str(i): Classifier(model="ngrams", training=training, seed=i).fit(texts, labels) for i in (1, 2)}
        >>> compare(models, ["a good film"])[0].agree
        True
    """
    check_comparable(models)
    explained = [_explained(model, source, future, verdict) for model in models.values()]
    inputs = [[_input(result) for result in results] for results in explained]
    if any(each != inputs[0] for each in inputs):
        raise ConfigError(
            f"the models do not read the same series of this table: {' and '.join(', '.join(each) for each in inputs)}"
        )
    return [
        Comparison(dict(zip(models, results, strict=True)), divergence([result.focus() for result in results]))
        for results in zip(*explained, strict=True)
    ]


def check_comparable(models: Mapping[str, Model]) -> None:
    """Refuse fewer than two models, and models of different tasks, by ConfigError."""
    if len(models) < 2:
        raise ConfigError("a comparison takes two models at least")
    tasks = {model.config.task for model in models.values()}
    if len(tasks) > 1:
        raise ConfigError(f"models of one task can be compared, and these are for {' and '.join(sorted(tasks))}")


def comparisons_page(found: Sequence[Comparison], path: str | Path | None = None) -> str:
    """A self-contained page: for each input what each model says, one below the other.

    Args:
        found: one at least.
        path: where to write it too.

    Raises:
        OutputError: when the file cannot be written.
    """
    by = [name for each in found for name in each.results]
    results: list[Any] = [result for each in found for result in each.results.values()]
    title = f"{count(len(found), 'input')}, {count(len(found[0].results), 'model')}"
    notes = [f"{textwrap.shorten(each.source, _WIDE, placeholder=' …')}: {each.told()}" for each in found]
    if isinstance(results[0], Translation):
        return html_report(results, path, title=title, notes=notes, by=by)
    if isinstance(results[0], Classification):
        shown = [one for name, result in zip(by, results, strict=True) for one in shown_of(result, name)]
        return document_report(shown, path, title=title, notes=notes)
    return explanations_page(results, path, title=title, notes=notes, by=by)


def _explained(
    model: Model, source: Sequence[str] | Source, future: Source | None, verdict: bool
) -> Sequence[Explanation]:
    given: Any = source
    if isinstance(model, Forecaster):
        return model.explanations(given, future=future, verdict=verdict)
    return model.explain(given, verdict=verdict)


def _input(result: Explanation) -> str:
    return result.series if isinstance(result, ForecastExplanation) else result.source


def _answer(result: Explanation) -> object:
    """What answers are told apart by."""
    if isinstance(result, ForecastExplanation):
        return tuple(f"{value:.6g}" for value in result.forecast)
    return result.text if isinstance(result, Translation) else result.label


def _spoken(result: Explanation) -> str:
    """An answer in one line, and what is to be thought of the attention behind it."""
    if isinstance(result, ForecastExplanation):
        answer = ", ".join(f"{value:.4g}" for value in result.forecast[:_STEPS])
        answer += ", ..." if len(result.forecast) > _STEPS else ""
    else:
        answer = str(result) or "(nothing)"
    return f"{answer}  (attention {result.verdict.kind})" if result.verdict else answer
