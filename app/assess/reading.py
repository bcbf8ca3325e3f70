"""One document to one strict file model, or to every mistake that is in it.

YAML is read with libyaml's safe loader and handed to pydantic as JSON: that is the strictest reading there is. `yes` for
a name, `1.10` for a control number or a field nobody knows is a mistake with its place, never a guess.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import orjson
import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from app.errors import ConfigurationError
from app.model.history import Document
from app.model.yaml_text import UNREADABLE

Place = tuple[int | str, ...]

_VALUES_AT_MOST = 200_000  # aliases can make a small file unfold without end


class FileModel(BaseModel):
    """Base of every file model: strict types, no unknown field, values that do not change."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True)


M = TypeVar("M", bound=FileModel)
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Narrowing = Annotated[tuple[Text, ...], Field(min_length=1)]
"""A list that narrows an entry, and that left out means any. `[]` is refused: it reads as none, and would mean all."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that a person has to correct: the file, the place in it, and what is expected there."""

    file: str
    path: str
    expected: str

    def __str__(self) -> str:
        """Write `scope.yaml: rules[0].zone: …`."""
        return ": ".join(part for part in (self.file, self.path, self.expected) if part)


class Mistakes:
    """Collects mistakes of all files, so that one run reports them all."""

    def __init__(self) -> None:
        self._found: list[Mistake] = []

    def add(self, file: str, path: str, expected: str) -> None:
        """Note one mistake."""
        self._found.append(Mistake(file, path, expected))

    @property
    def found(self) -> tuple[Mistake, ...]:
        """All of them, as they were found."""
        return tuple(self._found)

    def settle(self) -> None:
        """Raise `ConfigurationError` with all mistakes; do nothing when there is none."""
        if not self._found:
            return
        count = len(self._found)
        lines = "\n".join(f"  {mistake}" for mistake in self._found)
        raise ConfigurationError(
            f"the configuration has {count} mistake{'s' if count > 1 else ''}:\n{lines}",
            advice="correct them all; config/schema/ has the shape of each file, config/*.example.yaml shows it",
        )


def parse(document: Document, model: type[M], mistakes: Mistakes) -> M | None:
    """Read one document strictly.

    Returns:
        The file model, or None when the document holds mistakes; these are added to `mistakes`.
    """
    try:
        value = yaml.load(document.body, _Loader)  # noqa: S506  a subclass of libyaml's safe loader
        body = _json(value)
    except UNREADABLE as error:
        mistakes.add(document.name, "", f"not readable as YAML: {' '.join(str(error).split())}")
        return None
    for place, repeated in _repeated_ids(value, ()):
        mistakes.add(document.name, _path(place), f"'{repeated}' is used before; each id is used once")
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        for item in _causes(error.errors()):
            mistakes.add(document.name, _path(item["loc"]), _expected(item))
        return None


class _Loader(yaml.CSafeLoader):
    """The safe loader, with a repeated key as an error; YAML 1.2 forbids it and PyYAML keeps the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        repeated = sorted({key for key in keys if keys.count(key) > 1})
        if repeated:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key '{repeated[0]}' stands twice in one mapping", node.start_mark
            )
        return super().construct_mapping(node, deep)


def _json(value: Any) -> bytes:
    if sum(1 for _ in _values(value, _VALUES_AT_MOST)) >= _VALUES_AT_MOST:
        raise ValueError(f"it unfolds to more than {_VALUES_AT_MOST} values")
    return orjson.dumps(value)


def _values(value: Any, most: int) -> Iterator[None]:
    """Yield once per value, nested ones included, and stop at `most`."""
    waiting = [value]
    while waiting and most:
        item = waiting.pop()
        most -= 1
        yield
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _repeated_ids(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Find every `id` that an earlier entry of the same list has, wherever the list stands."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _repeated_ids(item, (*place, key))
    elif isinstance(value, list):
        seen: set[str] = set()
        for index, item in enumerate(value):
            yield from _repeated_ids(item, (*place, index))
            name = item.get("id") if isinstance(item, dict) else None
            if isinstance(name, str) and name in seen:
                yield (*place, index, "id"), name
            seen.add(str(name))


def _causes(errors: Sequence[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Leave out that a list is too short when that is so because its items were refused."""
    places = [error["loc"] for error in errors]
    for error in errors:
        own = error["loc"]
        inner = any(len(place) > len(own) and place[: len(own)] == own for place in places)
        if error["type"] != "too_short" or not inner:
            yield error


def _path(location: Place) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def _expected(error: ErrorDetails) -> str:
    """What pydantic says, in the words of a person who edits a file."""
    match error["type"]:
        case "missing":
            return "is required and missing"
        case "extra_forbidden":
            return "is not a known field"
        case "value_error" | "assertion_error":
            return error["msg"].split(", ", 1)[1]
        case "too_short":
            return "should name at least one: an empty list is neither all nor none"
        case "string_type" if isinstance(error["input"], bool | int | float):
            return f"should be text: put it in quotes (found {_found(error['input'])})"
        case _:
            said = error["msg"].removeprefix("Input ").removeprefix("String ")
            return f"{said} (found {_found(error['input'])})"


def _found(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "nothing" if value is None else repr(value)
