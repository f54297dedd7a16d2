"""The network that a configuration asks for."""

from typing import TypeAlias

from sightline.models import Recurrent, Transformer
from sightline.tasks.translate.config import TranslateConfig

__all__ = ["Network", "build_model"]

Network: TypeAlias = Transformer | Recurrent

_MODELS = {"transformer": Transformer, "recurrent": Recurrent}


def build_model(config: TranslateConfig, source_size: int, target_size: int) -> Network:
    """The network, freshly initialised from torch's random state."""
    options = config.model.model_dump(exclude={"type"})
    if config.model.type == "transformer":
        # A search may go past the longest training target; learned positions have to reach as far.
        longest = config.data.max_length * config.decoding.length_factor + config.decoding.length_extra
        options["longest"] = int(longest)
    return _MODELS[config.model.type](source_size, target_size, **options)
