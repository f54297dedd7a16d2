"""What a prediction saw: attention over words, its measures, and pictures of it."""

from sightline.explain.attention import Attention
from sightline.explain.measures import entropy, rollout
from sightline.explain.render import heatmap, html_report, text_heatmap
from sightline.explain.words import merge_words

__all__ = ["Attention", "entropy", "heatmap", "html_report", "merge_words", "rollout", "text_heatmap"]
