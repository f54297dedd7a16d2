"""Attention made visible: pictures, pages and plain text."""

from sightline.explain.render.heatmap import heatmap
from sightline.explain.render.report import html_report, html_table
from sightline.explain.render.terminal import text_heatmap

__all__ = ["heatmap", "html_report", "html_table", "text_heatmap"]
