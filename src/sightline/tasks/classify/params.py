"""A classifier's arguments as scikit-learn's searches know them: an option of a section is `training__epochs`."""

from collections.abc import Callable, Mapping
from typing import Any

from sightline.errors import ConfigError
from sightline.tasks.classify.config import ClassifyConfig
from sightline.tasks.config import Section, parse_config

__all__ = ["changed_params", "deep_params"]

_SECTIONS = ("model", "words", "wide", "training")


def deep_params(given: Mapping[str, Any], config: ClassifyConfig) -> dict[str, Any]:
    """The arguments, and each option of the sections that there are."""
    return {
        **given,
        **{
            f"{name}__{option}": getattr(section, option)
            for name in _SECTIONS
            if (section := _section(config, name)) is not None
            for option in type(section).model_fields
        },
    }


def changed_params(
    given: Mapping[str, Any], changes: Mapping[str, Any], resolve: Callable[[dict[str, Any]], ClassifyConfig]
) -> dict[str, Any]:
    """The arguments with some of them changed, then some of the options in them.

    Args:
        given: the arguments.
        changes: `epochs` of `training` is `training__epochs`.
        resolve: from arguments to the configuration they make.

    Raises:
        ConfigError: for an argument or an option that there is not, or what does not fit.
    """
    plain = {name: value for name, value in changes.items() if "__" not in name}
    if strange := sorted(plain.keys() - given.keys()):
        raise ConfigError(f"a classifier has no {strange[0]!r}: choose among {', '.join(given)}")
    inner: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        if name not in plain:
            place, _, option = name.partition("__")
            inner.setdefault(place, {})[option] = value
    found = {**given, **plain}
    config = resolve(found)
    for place, options in inner.items():
        if place not in _SECTIONS:
            raise ConfigError(f"{place!r} has no options to set: those that do are {', '.join(_SECTIONS)}")
        section = _section(config, place)
        if section is None:
            raise ConfigError(f"options of {place!r} are set, and it is off: set {place}=True too")
        found[place] = parse_config({**section.model_dump(), **options}, type(section))
    return found


def _section(config: ClassifyConfig, name: str) -> Section | None:
    return getattr(config, name)
