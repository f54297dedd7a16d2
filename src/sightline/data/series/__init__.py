"""Time series in, tensors out: tables, what is wrong with them, panels, windows.

panel = read_series("sales.csv", Columns(future=["price"], static=["region"]))
windows = Windows(panel.with_calendar("dayofweek"), look_back=56, horizon=28)
for batch in windows.batches(windows.cutoffs(), 128, seed=1, epoch=1): ...
"""

from sightline.data.series.calendar import CALENDAR
from sightline.data.series.columns import Columns
from sightline.data.series.drawing import alike
from sightline.data.series.findings import Finding
from sightline.data.series.frequency import Frequency, by_clock
from sightline.data.series.panel import Panel
from sightline.data.series.reading import Examination, examine, read_series
from sightline.data.series.value_checks import check_last_window, check_lengths
from sightline.data.series.windows import WindowBatch, Windows

__all__ = [
    "CALENDAR",
    "Columns",
    "Examination",
    "Finding",
    "Frequency",
    "Panel",
    "WindowBatch",
    "Windows",
    "alike",
    "by_clock",
    "check_last_window",
    "check_lengths",
    "examine",
    "read_series",
]
