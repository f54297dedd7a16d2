"""A classification as pages and pictures show it."""

from sightline.explain.render.documents import Shown
from sightline.tasks.classify.result import Classification
from sightline.tasks.classify.sides import Side

__all__ = ["shown_of", "told"]

_CLASSES = 5  # the likeliest
_PHRASES = 8
_ODD = 1e-3


def told(result: Classification, side: Side) -> str:
    """What a side's numbers speak for, and whether they are the network's too."""
    if result.word_contributions is None and result.sentence_contributions is None:
        return side.meaning + "; by the n-grams alone, since the network's pooling is no sum of words"
    return side.meaning


def shown_of(result: Classification, by: str = "") -> list[Shown]:
    """One for each side; the verdict on attention stands with the first. `by` is the model, where there are several."""
    likely = sorted(result.probabilities.items(), key=lambda item: -item[1])[:_CLASSES]
    bars = result.sentence_attention
    if bars is not None and abs(bars.sum() - 1) > _ODD:  # gates, each for itself
        bars = None
    missed = result.missed_words()
    found: list[Shown] = []
    for side in result.sides:
        phrases = [(phrase.piece.text, float(phrase.shares @ side.weights)) for phrase in result.phrases]
        found.append(
            Shown(
                label=result.label if isinstance(result.label, str) else ", ".join(result.label),
                meaning=told(result, side),
                probabilities=dict(likely),
                source=result.source,
                words=result.words,
                values=result.evidence() @ side.weights,
                sentences=() if bars is None else result.sentences,
                attention=() if bars is None else bars.tolist(),
                phrases=sorted(phrases, key=lambda item: -abs(item[1]))[:_PHRASES],
                verdict=str(result.verdict or "") if side is result.sides[0] else "",
                attended=result.attended_words().tolist(),
                missed=() if missed is None or side is not result.sides[0] else missed.tolist(),
                by=by,
            )
        )
    return found
