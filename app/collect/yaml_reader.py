"""One YAML document → JSON values, safely.

The parser's events are turned into values directly: no node graph in between, so a document costs what its values
cost. Aliases share the value they stand for, but count as if they were written out: a document of a few lines that
means billions of values is refused before anything is copied. No tag ever makes a Python object.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from app.collect.scalars import Scalar, key_text, plain_scalar, tagged_scalar

MAX_DEPTH = 128
MAX_ALIASED = 100_000  # values that aliases of one document may stand for, together
_MERGE = "<<"
_TOO_DEEP = "maximum nesting depth"  # libyaml has a limit of its own, above ours, and looks ahead in `[[[…`

Json = dict[str, Any] | list[Any] | Scalar


class YamlError(ValueError):
    """A document that is not YAML, or not YAML that means JSON; the message says where."""


class YamlTooLargeError(YamlError):
    """A document that means too much: nested too deeply, or unfolded by aliases."""


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """The value of one document; `repeated` are keys that stand twice in one mapping, as paths."""

    value: Json
    repeated: tuple[str, ...] = ()


def read_yaml(text: str, first_line: int = 1) -> YamlDocument:
    """Read one document.

    Args:
        text: the document without its separator lines.
        first_line: its first line in the file, for messages.

    Raises:
        YamlError: with the line.
        YamlTooLargeError: a limit was reached.
    """
    try:
        builder = _Builder(yaml.CSafeLoader(text), first_line)
        return YamlDocument(builder.document(), tuple(builder.repeated))
    except yaml.YAMLError as error:
        if _TOO_DEEP in str(getattr(error, "problem", "")):
            mark = getattr(error, "problem_mark", None)
            line = first_line + (mark.line if mark else 0)
            raise YamlTooLargeError(f"line {line}: nested deeper than {MAX_DEPTH} levels") from None
        raise YamlError(_explained(error, first_line)) from None


@dataclass(slots=True)
class _Anchor:
    """A value that aliases may stand for, and how many values it holds when written out."""

    value: Json
    size: int


@dataclass
class _Builder:
    """Builds the value of one document from parser events.

    `size` counts the values built so far, aliases written out; the difference over a subtree is the subtree's size.
    """

    loader: Any
    first_line: int
    anchors: dict[str, _Anchor | None] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    size: int = 0
    aliased: int = 0

    def document(self) -> Json:
        """The value of the stream's only document; None when it is empty."""
        self.loader.get_event()  # stream start
        if self.loader.check_event(yaml.StreamEndEvent):
            return None
        self.loader.get_event()  # document start
        value = self.value(())
        self.loader.get_event()  # document end
        if not self.loader.check_event(yaml.StreamEndEvent):
            raise YamlError(f"line {self._line(self.loader.peek_event())}: a second document without `---`")
        return value

    def value(self, path: tuple[str, ...]) -> Json:
        """The next value."""
        event = self.loader.get_event()
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if len(path) > MAX_DEPTH:
            raise YamlTooLargeError(f"line {self._line(event)}: nested deeper than {MAX_DEPTH} levels")
        before = self.size
        self.size += 1
        if event.anchor:
            self.anchors[event.anchor] = None
        match event:
            case yaml.ScalarEvent():
                value: Json = _scalar(event)
            case yaml.SequenceStartEvent():
                value = self._sequence(path)
            case _:
                value = self._mapping(path)
        if event.anchor:
            self.anchors[event.anchor] = _Anchor(value, self.size - before)
        return value

    def _sequence(self, path: tuple[str, ...]) -> list[Any]:
        items: list[Any] = []
        while not self.loader.check_event(yaml.SequenceEndEvent):
            items.append(self.value((*path, f"[{len(items)}]")))
        self.loader.get_event()
        return items

    def _mapping(self, path: tuple[str, ...]) -> dict[str, Any]:
        own: dict[str, Any] = {}
        merged: list[Json] = []
        while not self.loader.check_event(yaml.MappingEndEvent):
            event = self.loader.peek_event()
            plain = isinstance(event, yaml.ScalarEvent) and event.implicit[0]
            key = self._key(path, event)
            value = self.value((*path, f".{key}"))
            if key == _MERGE and plain:
                merged += value if isinstance(value, list) else [value]
                continue
            if key in own:
                self.repeated.append("".join((*path, f".{key}")).removeprefix("."))
            own[key] = value
        self.loader.get_event()
        return _merge(own, merged)

    def _key(self, path: tuple[str, ...], event: yaml.Event) -> str:
        key = self.value((*path, ".<key>"))
        if isinstance(key, dict | list):
            raise YamlError(f"line {self._line(event)}: a mapping key is not a plain value")
        return key_text(key)

    def _alias(self, event: yaml.AliasEvent) -> Json:
        if event.anchor not in self.anchors:
            raise YamlError(f"line {self._line(event)}: alias `*{event.anchor}` stands for nothing")
        anchor = self.anchors[event.anchor]
        if anchor is None:
            raise YamlError(f"line {self._line(event)}: alias `*{event.anchor}` contains itself")
        self.size += anchor.size
        self.aliased += anchor.size
        if self.aliased > MAX_ALIASED:
            problem = f"aliases stand for more than {MAX_ALIASED:,} values"
            raise YamlTooLargeError(f"line {self._line(event)}: {problem}")
        return anchor.value

    def _line(self, event: yaml.Event) -> int:
        return self.first_line + (event.start_mark.line if event.start_mark else 0)


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    if event.tag is not None and event.tag != "!":
        return tagged_scalar(event.tag, event.value)
    return plain_scalar(event.value) if event.implicit[0] else str(event.value)


def _merge(own: dict[str, Any], merged: list[Json]) -> dict[str, Any]:
    """`<<` adds what is missing; of several sources the first wins (YAML merge keys)."""
    for source in merged:
        if not isinstance(source, dict):
            raise YamlError("`<<` stands for something that is no mapping")
        own = {**source, **own}
    return own


def _explained(error: yaml.YAMLError, first_line: int) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
    context = getattr(error, "context", None)
    text = f"{problem} {context}" if context else str(problem)
    return f"line {mark.line + first_line}: {text}" if mark else text
