"""Attention made visible: pages and plain text here, pictures in modules of their own, which import matplotlib."""

from sightline.explain.render.report import html_report, html_table
from sightline.explain.render.terminal import text_heatmap

__all__ = ["html_report", "html_table", "text_heatmap"]
