"""What a prediction saw: attention over words, its measures, and pictures of it."""

from typing import TYPE_CHECKING, Any

from sightline.explain.alignment import SYMMETRISATIONS, best_links, over_words, symmetrise
from sightline.explain.attention import Attention
from sightline.explain.comparison import divergence, over_characters
from sightline.explain.gradients import Scores, gradient_times_input, integrated_gradients
from sightline.explain.measures import entropy, flow, rollout
from sightline.explain.places import PlaceSurvey, Seen, survey_places
from sightline.explain.survey import HeadSurvey, Survey, survey
from sightline.explain.verdict import Verdict, judged, verdict, verdict_with_effects
from sightline.explain.words import merge_words

if TYPE_CHECKING:
    from sightline.explain.render import html_report, text_heatmap
    from sightline.explain.render.picture import heatmap

__all__ = [
    "SYMMETRISATIONS",
    "Attention",
    "HeadSurvey",
    "PlaceSurvey",
    "Scores",
    "Seen",
    "Survey",
    "Verdict",
    "best_links",
    "divergence",
    "entropy",
    "flow",
    "gradient_times_input",
    "heatmap",
    "html_report",
    "integrated_gradients",
    "judged",
    "merge_words",
    "over_characters",
    "over_words",
    "rollout",
    "survey",
    "survey_places",
    "symmetrise",
    "text_heatmap",
    "verdict",
    "verdict_with_effects",
]


_SHOWN = {
    "heatmap": "sightline.explain.render.picture",
    "html_report": "sightline.explain.render",
    "text_heatmap": "sightline.explain.render",
}


def __getattr__(name: str) -> Any:
    """Import what draws, and matplotlib, with the first picture."""
    if name in _SHOWN:
        from importlib import import_module

        return getattr(import_module(_SHOWN[name]), name)
    raise AttributeError(f"module 'sightline.explain' has no attribute {name!r}")
