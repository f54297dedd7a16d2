"""`sightline info`."""

import json
from pathlib import Path
from typing import Any

from sightline.tasks import load
from sightline.tasks.config import write_config
from sightline.tasks.folder import read_manifest

__all__ = ["run_info"]


def run_info(folder: Path, as_json: bool) -> None:
    """What the model is, what it was trained with, and how well it did on its validation pairs."""
    manifest = read_manifest(folder)
    model = load(folder)
    network, source, target = model.parts
    facts: dict[str, Any] = {
        "task": manifest["task"],
        "model": model.config.model.type,
        "parameters": sum(p.numel() for p in network.parameters()),
        "source_tokens": source.size,
        "target_tokens": target.size,
        "validation": manifest["metrics"],
        "sightline": manifest["sightline"],
        "torch": manifest["torch"],
        "megabytes": round(sum((folder / name).stat().st_size for name in manifest["files"]) / 1e6, 1),
    }
    if as_json:
        print(json.dumps({**facts, "config": model.config.model_dump(mode="json")}, indent=2, ensure_ascii=False))
        return
    for name, value in facts.items():
        shown = ", ".join(f"{k} {v:.4g}" for k, v in value.items()) if isinstance(value, dict) else value
        print(f"{name:<14} {shown:,}" if isinstance(shown, int) else f"{name:<14} {shown}")
    print("\n" + write_config(model.config), end="")
