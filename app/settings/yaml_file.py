"""Read one YAML configuration file into a typed value, and word everything that is wrong with it."""

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.errors import ConfigurationError
from app.model.yaml_text import UNREADABLE

_VALUES_AT_MOST = 200_000


class _StrictLoader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, where YAML parsers silently keep the last one."""


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[object] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, Hashable):
            raise yaml.constructor.ConstructorError(
                None, None, "a name is text or a number, not a list or a mapping", key_node.start_mark
            )
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key!r} is given twice", key_node.start_mark
            )
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top level is a mapping; an empty file is an empty mapping.

    Raises:
        ConfigurationError: the file cannot be read, is not YAML, or holds something else than a mapping.
    """
    try:
        value: Any = yaml.load(path.read_bytes(), _StrictLoader)  # noqa: S506  a subclass of the safe loader
        _bounded(value)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror or error}",
            advice="check the path and its permissions, or leave --config out",
        ) from error
    except UNREADABLE as error:
        raise ConfigurationError(
            f"{path} is not valid YAML: {' '.join(str(error).split())}",
            advice="correct the file; the position is given above",
        ) from error
    if not isinstance(value, dict | None):
        raise ConfigurationError(
            f"{path} holds a {type(value).__name__}, where settings by name are expected",
            advice="write `name: value` lines",
        )
    return {str(key): item for key, item in (value or {}).items()}


def _bounded(value: object) -> None:
    """Refuse aliases of aliases, which unfold to more than anybody wrote; raises ValueError."""
    waiting, count = [value], 0
    while waiting:
        item, count = waiting.pop(), count + 1
        if count > _VALUES_AT_MOST:
            raise ValueError(f"it unfolds to more than {_VALUES_AT_MOST:,} values")
        waiting.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())


def anchored(model: type[BaseModel], raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Make relative paths of a file relative to the file's folder, so that the working directory does not matter."""
    result = dict(raw)
    for name, info in model.model_fields.items():
        value, kind = result.get(name), info.annotation
        if isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, BaseModel):
            result[name] = anchored(kind, value, folder)
        elif isinstance(value, str) and kind in (Path, Path | None):
            result[name] = str(folder / Path(value).expanduser())
    return result


def mistakes(
    error: ValidationError, model: type[BaseModel], source: str, *, prefix: str = ""
) -> ConfigurationError:
    """All problems of one validation as one error, a line each, with the path of the field.

    Args:
        error: what pydantic found.
        model: the model that was validated; its field names are proposed for misspelt ones.
        source: the file, as a person named it.
        prefix: prefix of environment variables that may have set a field; empty where none can.
    """
    lines = [f"  {_line(item, model, prefix)}" for item in _told(error.errors())]
    count = f"{len(lines)} settings" if len(lines) > 1 else "1 setting"
    return ConfigurationError(
        "\n".join([f"{source}: {count} cannot be used", *lines]), advice="correct the lines named above"
    )


def _told(found: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """All but lists called too short for the entries in them that cannot be used: those are told themselves."""
    for item in found:
        depth = len(item["loc"])
        inside = (other for other in found if other is not item and other["loc"][:depth] == item["loc"])
        if item["type"] != "too_short" or not any(inside):
            yield item


def _line(item: ErrorDetails, model: type[BaseModel], prefix: str) -> str:
    variable = prefix + "__".join(str(part) for part in item["loc"]).upper()
    where = f"environment variable {variable}" if prefix and variable in os.environ else dotted(item["loc"])
    return f"{where}: {_says(item, model)}"


def _says(item: ErrorDetails, model: type[BaseModel]) -> str:
    if item["type"] == "extra_forbidden":
        near = get_close_matches(str(item["loc"][-1]), _names(model), n=1)
        return f"unknown setting; did you mean {near[0]}?" if near else "unknown setting"
    if item["type"] == "missing":
        return "is required"
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input ")
    given = item["input"]
    return f"{message}, not {given!r}" if isinstance(given, str | int | float | bool) else message


def _names(model: type[BaseModel]) -> Iterable[str]:
    for name, info in model.model_fields.items():
        yield info.alias or name
        for kind in (info.annotation, *getattr(info.annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _names(kind)


def dotted(path: Iterable[int | str]) -> str:
    """Write `clusters[0].cron`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")
