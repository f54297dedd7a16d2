"""Configuration files: YAML read into a pydantic model, with every complaint placed at its line."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sightline.errors import ConfigError

__all__ = ["Section", "parse_config", "read_config", "read_yaml", "set_option", "write_config"]

_WHOLE = "the configuration"

C = TypeVar("C", bound=BaseModel)


class Section(BaseModel):
    """A part of a configuration: unknown keys are refused, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML in which a key may stand once only."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping; a key that stands twice is refused, where YAML would let the last one win in silence."""
        lines: dict[str, int] = {}
        for key, _ in node.value:
            name = str(key.value)
            if name in lines:
                problem = f"the key {name!r} stands twice, first in line {lines[name]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[name] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path) -> tuple[dict[str, Any], yaml.Node]:
    """The mapping in a YAML file, and its tree of nodes, which know their lines.

    Raises:
        ConfigError: where the file cannot be read, is not YAML, or does not hold a mapping.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: the configuration cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: the configuration is not valid UTF-8: {error.reason}") from error
    try:
        values, node = yaml.load(text, _StrictLoader), yaml.compose(text, _StrictLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}, line {line}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(values, dict) or node is None:
        raise ConfigError(f"{path}: expected keys and values, such as 'task: translate', a line each")
    return values, node


def read_config(path: str | Path, model: type[C], overrides: Sequence[str] = ()) -> C:
    """A configuration from a YAML file, `overrides` ("training.minutes=5") applied.

    Raises:
        ConfigError: for a file that cannot be read, or values that do not fit: file, line, what was expected.
    """
    values, node = read_yaml(path)
    for option in overrides:
        set_option(values, option)
    return parse_config(values, model, path, node)


def set_option(values: dict[str, Any], option: str) -> None:
    """Set one value, given as `"training.minutes=5"`, where the value is read as YAML.

    Raises:
        ConfigError: where it is not of that form, or a part of the path holds a plain value.
    """
    path, equals, text = option.partition("=")
    if not equals or not path:
        raise ConfigError(f"cannot set {option!r}: write key=value, such as training.minutes=5")
    *parents, last = path.strip().split(".")
    for parent in parents:
        inner = values.get(parent)
        if inner is None:  # not there, or a key with nothing behind it
            inner = values[parent] = {}
        if not isinstance(inner, dict):
            raise ConfigError(f"cannot set {option!r}: {parent!r} is a plain value and has no keys")
        values = inner
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"cannot set {option!r}: the value is not valid YAML") from error


def parse_config(
    values: Mapping[str, Any], model: type[C], path: str | Path | None = None, node: yaml.Node | None = None
) -> C:
    """A configuration from plain values.

    Raises:
        ConfigError: with all complaints, each with its key, its line where `node` knows it, and the remedy.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = sorted(error.errors(), key=lambda problem: _line(node, _keys(problem, model)) or 0)
        raise ConfigError("\n".join(_complaint(problem, model, path, node) for problem in problems)) from None


def write_config(config: BaseModel) -> str:
    """The configuration as YAML text, every value resolved."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def _complaint(problem: Any, model: type[BaseModel], path: str | Path | None, node: yaml.Node | None) -> str:
    keys = _keys(problem, model)
    place = "" if path is None else f"{path}: "
    line = _line(node, keys)
    if path is not None and line is not None:
        place = f"{path}, line {line}: "
    name = ".".join(str(key) for key in keys) or _WHOLE
    if problem["type"] == "extra_forbidden":
        known = _known_keys(model, problem["loc"][:-1])
        near = difflib.get_close_matches(str(keys[-1]), known, n=1, cutoff=0.7)
        full = [".".join(map(str, (*keys[:-1], key))) for key in near] or _elsewhere(model, str(keys[-1]))
        remedy = f"did you mean {full[0]!r}?" if full else f"known here: {', '.join(known)}"
        return f"{place}unknown key {name!r}: {remedy}"
    if problem["type"] == "missing":
        return f"{place}the key {name!r} is missing"
    message = problem["msg"].removeprefix("Value error, ").partition(", unable to parse")[0]
    if problem["type"] == "value_error":  # our own, of several keys, and it says which
        return f"{place}{'' if name == _WHOLE else name + ': '}{message}"
    if problem["type"] in ("model_type", "model_attributes_type", "dict_type"):
        message = "expected keys of its own below it"
    elif problem["type"] == "union_tag_invalid":
        name, message = f"{name}.type", f"expected {problem['ctx']['expected_tags']}"
    return f"{place}{name}: {message[0].lower()}{message[1:]}, and here it is {_shown(problem)}"


def _shown(problem: Any) -> str:
    value = problem["ctx"]["tag"] if problem["type"] == "union_tag_invalid" else problem["input"]
    return f"{value!r:.60}"


def _keys(problem: Any, model: type[BaseModel]) -> list[str | int]:
    """The path to a value in the file: what pydantic says, without the tags of unions."""
    keys: list[str | int] = []
    sections: list[type[BaseModel]] = [model]
    for part in problem["loc"]:
        tagged = _tagged(sections, part)
        if not tagged:
            keys.append(part)
        sections = tagged or _inside(sections, part)
    return keys


def _line(node: yaml.Node | None, keys: Sequence[str | int]) -> int | None:
    line = None
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            break
        found = next(((k, v) for k, v in node.value if k.value == str(key)), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _known_keys(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """The keys that the section at `path` has; a union's members are told apart by their `type`."""
    sections: list[type[BaseModel]] = [model]
    for key in path:
        sections = _tagged(sections, key) or _inside(sections, key)
    return sorted({name for section in sections for name in section.model_fields})


def _tagged(sections: Sequence[type[BaseModel]], key: str | int) -> list[type[BaseModel]]:
    """Those whose `type` that is, where the key is a union's tag."""
    return [s for s in sections if "type" in s.model_fields and s.model_fields["type"].default == key]


def _inside(sections: Sequence[type[BaseModel]], key: str | int) -> list[type[BaseModel]]:
    """The sections that stand behind that key."""
    found = [s.model_fields[str(key)].annotation for s in sections if str(key) in s.model_fields]
    return [s for annotation in found for s in _sections(annotation)]


def _elsewhere(model: type[BaseModel], key: str) -> list[str]:
    """That key in sections of the whole."""
    return [f"{section}.{key}" for section in _known_keys(model, ()) if key in _known_keys(model, (section,))]


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type):
        return [annotation] if issubclass(annotation, BaseModel) else []
    return [section for part in getattr(annotation, "__args__", ()) for section in _sections(part)]
