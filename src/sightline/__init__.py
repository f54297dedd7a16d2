"""Sightline: attention-based sequence models on your own data, with the attention behind every prediction.

    from sightline import Translator, load

    model = Translator(attention="additive").fit(pairs)
    result = model.predict(["How are you?"])[0]
    print(result); result.plot("attention.png")
    model.save("my-model"); model = load("my-model")

`sightline.attention` is usable alone, on tensors.
"""

from typing import TYPE_CHECKING, Any

from sightline.errors import SightlineError

if TYPE_CHECKING:
    from sightline.tasks.classify import Classifier
    from sightline.tasks.comparing import compare
    from sightline.tasks.forecast import Forecaster
    from sightline.tasks.loading import load
    from sightline.tasks.translate import Translation, Translator

__all__ = ["Classifier", "Forecaster", "SightlineError", "Translation", "Translator", "compare", "load"]

_HOMES = {
    "Classifier": "sightline.tasks.classify",
    "Forecaster": "sightline.tasks.forecast",
    "Translator": "sightline.tasks.translate",
    "Translation": "sightline.tasks.translate",
    "compare": "sightline.tasks.comparing",
    "load": "sightline.tasks.loading",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line answers before torch is there."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'sightline' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
