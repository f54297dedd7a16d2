"""`sightline info`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from sightline.tasks.classify import Classifier
from sightline.tasks.config import write_config
from sightline.tasks.folder import read_manifest
from sightline.tasks.forecast import Forecaster
from sightline.tasks.loading import load
from sightline.tasks.translate import Translator

__all__ = ["run_info"]


def _of_translator(model: Translator) -> dict[str, Any]:
    network, source, target = model.parts
    return {"parameters": _count(network), "source_tokens": source.size, "target_tokens": target.size}


def _of_forecaster(model: Forecaster) -> dict[str, Any]:
    known = model.parts.series
    return {
        "parameters": _count(model.parts.network),
        "horizon": model.config.horizon,
        "look_back": model.parts.look_back,
        "frequency": str(known.frequency),
        "series": len(known.units),
    }


def _count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _of_classifier(model: Classifier) -> dict[str, Any]:
    parts = model.parts
    return {
        "parameters": _count(parts.network),
        "tokens": parts.tokenizer.size,
        "ngrams": 0 if parts.wide is None else len(parts.wide.index.hashes),
        "classes": ", ".join(parts.labels.classes),
    }


_FACTS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "translate": _of_translator,
    "forecast": _of_forecaster,
    "classify": _of_classifier,
}


def run_info(folder: Path, as_json: bool) -> None:
    """What the model is, what it was trained with, and how well it did on its validation data."""
    manifest = read_manifest(folder)
    model = load(folder)
    facts: dict[str, Any] = {
        "task": manifest["task"],
        "model": model.config.model.type,
        **_FACTS[manifest["task"]](model),
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
