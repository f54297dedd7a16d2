"""What `sightline train translate` takes: pairs, as options or a configuration say where they are."""

from pathlib import Path
from typing import Any, NamedTuple

from sightline.data import read_links
from sightline.errors import ConfigError
from sightline.tasks.config import parse_config
from sightline.tasks.translate import PairFiles, TranslateConfig, Translator, read_pairs

__all__ = ["KEYS", "Pairs", "begin", "complete", "pair_keys"]

# Options, and which key of the configuration each sets.
KEYS = {
    "output": "output",
    "seed": "seed",
    "model": "model.type",
    "attention": "model.attention",
    "tokenizer": "source_tokenizer.kind",
    "minutes": "training.minutes",
}


class Pairs(NamedTuple):
    """Where pairs are, as the command line says it."""

    source: str | None
    target: str | None
    data: Path | None

    def given(self) -> bool:
        """Whether anything was said."""
        return any(part is not None for part in self)

    def values(self) -> dict[str, Any]:
        """The same as a configuration says it."""
        if self.source is None or self.target is None:
            raise ConfigError("pairs need both sides: give --source and --target, with --data its columns or keys")
        if self.data is None:
            return {"source": self.source, "target": self.target}
        return {"file": str(self.data), "source": _column(self.source), "target": _column(self.target)}

    def files(self) -> PairFiles:
        """Checked."""
        return parse_config(self.values(), PairFiles)


def _column(name: str) -> str | int:
    return int(name) if name.isdecimal() else name


def pair_keys(options: dict[str, Any]) -> dict[str, Any]:
    """Takes from the options those that say where pairs are, and gives the keys of the configuration that they set."""
    source, target, data = (options.pop(name, None) for name in ("source", "target", "data"))
    valid_source, valid_target, valid_data = (options.pop(f"valid_{n}", None) for n in ("source", "target", "data"))
    if valid_data is not None:
        valid_source, valid_target = valid_source or source, valid_target or target
    pairs = {
        "data.train": Pairs(source, target, data),
        "data.valid": Pairs(valid_source, valid_target, valid_data),
    }
    return {key: some.values() for key, some in pairs.items() if some.given()}


def complete(values: dict[str, Any]) -> None:
    """What is meant where the options of a model are given, but not which."""
    model = values.get("model")
    if isinstance(model, dict):
        model.setdefault("type", "recurrent")


def begin(config: TranslateConfig) -> tuple[Translator, tuple[Any, ...]]:
    """An untrained translator, and what its `fit` takes; nothing is written yet."""
    if config.data.train is None:
        raise ConfigError("what should it learn from? give --source and --target, or 'data: train:' in the file")
    pairs = read_pairs(config.data.train)
    valid = read_pairs(config.data.valid) if config.data.valid else None
    files = config.data.train.links
    links = None if files is None else [each.possible for each in read_links(files)]
    return Translator.from_config(config), (pairs, valid, links)
