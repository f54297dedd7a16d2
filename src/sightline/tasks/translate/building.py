"""The network that a configuration asks for, and what else a translator is made of."""

from pathlib import Path
from typing import NamedTuple, TypeAlias

from sightline.data import Tokenizer
from sightline.files import write_atomic
from sightline.models import Recurrent, Transformer
from sightline.tasks.config import write_config
from sightline.tasks.folder import CONFIG, load_weights
from sightline.tasks.translate.config import TranslateConfig
from sightline.training import pick_device

__all__ = ["TOKENIZERS", "Network", "Parts", "build_model", "load_parts", "load_tokenizers", "write_parts"]

Network: TypeAlias = Transformer | Recurrent

TOKENIZERS = ("source-tokenizer.json", "target-tokenizer.json")
_MODELS = {"transformer": Transformer, "recurrent": Recurrent}


class Parts(NamedTuple):
    """What a translator is made of."""

    model: Network
    source: Tokenizer
    target: Tokenizer


def build_model(config: TranslateConfig, source_size: int, target_size: int) -> Network:
    """The network, freshly initialised from torch's random state, on the first GPU or else the CPU."""
    options = config.model.model_dump(exclude={"type"})
    # A search may go past the longest training target; learned positions have to reach as far.
    options["longest"] = int(config.data.max_length * config.decoding.length_factor + config.decoding.length_extra)
    return _MODELS[config.model.type](source_size, target_size, **options).to(pick_device())


def write_parts(folder: Path, config: TranslateConfig, parts: Parts) -> None:
    """Write down all but the weights; raises OutputError where the folder cannot be written."""
    for name, tokenizer in zip(TOKENIZERS, parts[1:], strict=True):
        write_atomic(folder / name, tokenizer.to_bytes())
    write_atomic(folder / CONFIG, write_config(config).encode())


def load_parts(folder: Path, config: TranslateConfig) -> Parts:
    """What a finished model's folder holds; raises ModelFolderError where a part is missing, damaged or another's."""
    source, target = load_tokenizers(folder)
    model = build_model(config, source.size, target.size)
    load_weights(folder, model)
    return Parts(model, source, target)


def load_tokenizers(folder: Path) -> tuple[Tokenizer, Tokenizer]:
    """Both sides' tokenizers; raises ModelFolderError where one is missing or damaged."""
    source, target = (Tokenizer.load(folder / name) for name in TOKENIZERS)
    return source, target
