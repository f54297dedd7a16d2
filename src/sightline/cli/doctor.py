"""`sightline doctor`."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from sightline.data.series import Columns, Panel, Windows, check_last_window, check_lengths, examine
from sightline.data.series.findings import Finding, tell_time
from sightline.errors import ConfigError

__all__ = ["run_doctor"]


def run_doctor(
    path: Path, columns: Columns, frequency: str | None, look_back: int | None, horizon: int | None, as_json: bool
) -> None:
    """What a table of series holds, and all that is wrong with it; ends with status 1 if it cannot be used.

    Args:
        path: the file.
        columns: which column is what.
        frequency: the step's name; None to infer it.
        look_back: with `horizon`, whether the series are long enough for such windows; None not to ask.
        horizon: likewise.
        as_json: print one JSON object.
    """
    if (look_back is None) != (horizon is None):
        raise ConfigError("--look-back and --horizon go together: give both, or neither")
    panel, findings = examine(path, columns, frequency)
    facts = {} if panel is None else _facts(panel)
    if panel is not None and look_back is not None and horizon is not None:
        findings += check_lengths(panel, look_back, horizon) + check_last_window(panel, look_back)
        facts["windows"] = len(Windows(panel, look_back, horizon).cutoffs())
    if as_json:
        found = [{**asdict(finding), "message": str(finding)} for finding in findings]
        print(json.dumps({"file": str(path), **facts, "findings": found}, indent=2, ensure_ascii=False))
    else:
        _print(facts, findings)
    if panel is None:
        sys.exit(1)


def _facts(panel: Panel) -> dict[str, Any]:
    """The panel in figures."""
    ends = panel.frequency.step(panel.starts, panel.lengths - 1)
    return {
        "series": len(panel.ids),
        "frequency": str(panel.frequency),
        "seasonality": panel.frequency.seasonality,
        "start": tell_time(panel.clock(panel.starts.min(keepdims=True))[0]),
        "end": tell_time(panel.clock(ends.max(keepdims=True))[0]),
        "time zone": panel.zone or "",
        "steps": len(panel.target),
        "shortest": int(panel.lengths.min()),
        "longest": int(panel.lengths.max()),
        "missing": int(np.isnan(panel.target).sum()),
        "categories": {name: len(names) for name, names in panel.categories.items()},
    }


def _print(facts: dict[str, Any], findings: list[Finding]) -> None:
    for name, value in facts.items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        if shown != "":
            print(f"{name:<12} {shown:,}" if isinstance(shown, int) else f"{name:<12} {shown}")
    for finding in sorted(findings, key=lambda finding: not finding.fatal):
        print(f"\n{'error' if finding.fatal else 'note'}: {finding.kind}\n  {finding}")
    if facts and not findings:
        print("\nnothing to mend")
