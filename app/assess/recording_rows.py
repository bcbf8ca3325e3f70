"""A file of rows, whatever its form: CSV, a JSON or YAML list (also below `flows:`), or one JSON object a line."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import yaml

_AS_A_WHOLE = 8 << 20  # bytes of a document whose values are kept with their lines
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """One row and its line; lines count from 1. `problem` is why it could not be read, and then it has no values."""

    line: int
    values: Mapping[str, Any]
    problem: str = ""


def rows_of(body: bytes) -> Iterator[Row]:
    """Read rows, one after the other.

    Raises:
        ValueError: the file has none of these forms.
    """
    body = body.removeprefix(_BOM)
    first = next((line for line in body.split(b"\n", 64) if line.strip()), b"").strip()
    if first.startswith(b"{") and first.endswith(b"}"):
        yield from _lines(body)
    elif not first.startswith((b"{", b"[", b"#", b"-")) and b"," in first:
        yield from _csv(body)
    else:
        yield from _document(body)


def _lines(body: bytes) -> Iterator[Row]:
    for number, line in enumerate(io.BytesIO(body), start=1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Row(number, {}, f"no JSON object ({error}); is it cut off?")
            continue
        yield Row(number, value) if isinstance(value, dict) else Row(number, {}, "no JSON object")


def _csv(body: bytes) -> Iterator[Row]:
    try:
        reader = csv.DictReader(io.StringIO(body.decode(), newline=""), restval="", strict=True)
        reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
        for values in reader:
            yield Row(reader.line_num, {name: text for name, text in values.items() if isinstance(name, str)})
    except (csv.Error, UnicodeDecodeError) as error:
        raise ValueError(f"it is no CSV file: {error}") from None


def _document(body: bytes) -> Iterator[Row]:
    """Rows of one document; only flat rows are read, so that no alias unfolds."""
    if len(body) > _AS_A_WHOLE:
        raise ValueError(
            f"a list of more than {_AS_A_WHOLE >> 20} MiB is read as CSV or as one JSON object a line"
        )
    try:
        node = yaml.compose(body, yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split())) from None
    for item in _listed(node):
        line = item.start_mark.line + 1
        if isinstance(item, yaml.MappingNode):
            yield Row(line, dict(_flat(item)))
        else:
            yield Row(line, {}, "no names with values")


def _listed(node: yaml.Node | None) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        found = [value for key, value in node.value if key.value == "flows"]
        node = found[0] if found else node
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    raise ValueError("it is neither a list of rows nor has one below `flows`")


def _flat(item: yaml.MappingNode) -> Iterator[tuple[str, str]]:
    for key, value in item.value:
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode):
            yield key.value, value.value
