"""Bytes of one file → the objects in it, each with the place where it stands.

A file holds YAML documents, JSON documents (also several in a row), Lists, or a snapshot document of this program. Each
document is read on its own: one that cannot be read becomes a gap that names file, document and line, and the others
are read all the same.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import orjson

from app.collect.objects import MAX_OBJECT_BYTES
from app.collect.yaml_reader import YamlError, YamlTooLargeError, read_yaml
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, GapReason

MAX_YAML_BYTES = 64 * 1024 * 1024  # of one document; about ten seconds and half a gigabyte
UNKNOWN = GroupKind("", "")

_SEPARATOR = re.compile(rb"^(?:---(?=[ \t\r\n]|\Z)|\.\.\.[ \t]*(?=\r?\n|\Z))", re.MULTILINE)
_SOMETHING = re.compile(rb"^[ \t]*(?![#%])\S", re.MULTILINE)  # neither comment nor directive
_TEMPLATE = "{{"
_AS_JSON = "Give large input as JSON (`kubectl get -o json`): lists are then read object by object."


@dataclass(frozen=True, slots=True)
class Document:
    """One value as it stands in a file.

    Attributes:
        value: JSON values; `msgspec.Raw` items stay undecoded inside a JSON list until they are looked at.
        origin: file, document and item, as a message names them.
        repeated: paths of keys that stand twice in one YAML mapping.
        raw: the text of a JSON value, where repeated keys can be looked for.
    """

    value: Any
    origin: str
    repeated: tuple[str, ...] = ()
    raw: bytes = b""


class _Envelope(msgspec.Struct, rename="camel"):
    """The outer fields of a JSON document, with the items of a list left undecoded."""

    kind: Any = None
    api_version: Any = None
    metadata: Any = None
    items: list[msgspec.Raw] | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def read_documents(name: str, data: bytes) -> Iterator[Document | CollectionGap]:
    """Read every document of one file.

    Args:
        name: the file's name for messages.
        data: its bytes, UTF-8 with or without a byte order mark.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if data.lstrip()[:1] in (b"{", b"["):
        whole = _json_document(name, data)
        if whole is not None:
            yield whole
            return
    yield from _yaml_documents(name, data)


def unreadable(
    origin: str,
    problem: str,
    *,
    kind: GroupKind = UNKNOWN,
    reason: GapReason = GapReason.UNREADABLE,
    advice: str = "",
) -> CollectionGap:
    """Say that something in a file was not read."""
    return CollectionGap(kind, reason, f"{origin} was not read: {problem}", advice=advice)


def decoded_item(item: Any, origin: str) -> Document | CollectionGap:
    """Decode one item of a list; a JSON item above the size of an object is a gap."""
    if not isinstance(item, msgspec.Raw):
        return Document(item, origin)
    if memoryview(item).nbytes > MAX_OBJECT_BYTES:
        return too_large(origin, memoryview(item).nbytes, MAX_OBJECT_BYTES)
    try:
        return Document(orjson.loads(memoryview(item)), origin, raw=bytes(item))
    except (
        orjson.JSONDecodeError
    ) as error:  # what the splitter lets through: a lone surrogate, endless nesting
        return unreadable(origin, f"it is not JSON: {error}", advice="Check the syntax of the document.")


def too_large(origin: str, size: int, limit: int) -> CollectionGap:
    """Say that something is beyond a size limit."""
    problem = f"it has {_megabytes(size)}, more than the limit of {_megabytes(limit)}"
    return unreadable(origin, problem, reason=GapReason.TOO_LARGE, advice=_AS_JSON)


def _json_document(name: str, data: bytes) -> Document | CollectionGap | None:
    """A file that is one JSON document; None when it is not."""
    try:
        envelope = _ENVELOPE.decode(data)
    except msgspec.ValidationError:
        envelope = (
            _Envelope()
        )  # JSON of another shape: an array, or odd types that reading the object will name
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if envelope.items is not None and str(envelope.kind).endswith("List"):
        outer = {
            "kind": envelope.kind,
            "apiVersion": envelope.api_version,
            "metadata": envelope.metadata,
            "items": envelope.items,
        }
        return Document(outer, name)
    if len(data) > MAX_OBJECT_BYTES and data.lstrip()[:1] == b"{" and b'"netattest/' not in data[:4096]:
        return too_large(name, len(data), MAX_OBJECT_BYTES)
    try:
        return Document(orjson.loads(data), name, raw=data)
    except orjson.JSONDecodeError:
        return None


def _yaml_documents(name: str, data: bytes) -> Iterator[Document | CollectionGap]:
    number, start = 0, 0
    line, counted = 1, 0
    bounds = [*_SEPARATOR.finditer(data), None]
    for bound in bounds:
        end = bound.start() if bound else len(data)
        chunk = data[start:end]
        line += data.count(b"\n", counted, start)
        counted = start
        start = bound.end() if bound else end
        content = _SOMETHING.search(chunk)
        if content is None:
            continue
        number += 1
        begin = line + chunk.count(b"\n", 0, content.start())
        yield from _chunk(f"{name}, document {number} (line {begin})", chunk, line)


def _chunk(origin: str, chunk: bytes, line: int) -> Iterator[Document | CollectionGap]:
    if len(chunk) > MAX_YAML_BYTES:
        yield too_large(origin, len(chunk), MAX_YAML_BYTES)
        return
    try:
        text = chunk.decode()
    except UnicodeDecodeError:
        yield unreadable(origin, "it is not UTF-8 text", advice="Save the file as UTF-8.")
        return
    if text.lstrip()[:1] == "{":
        values = _json_values(text)
        if values:
            yield from (Document(value, origin, raw=raw.encode()) for value, raw in values)
            return
    yield _yaml_document(origin, text, line)


def _json_values(text: str) -> list[tuple[Any, str]]:
    """JSON documents in a row, as `kubectl` with several requests and `jq` write them; empty if it is not that."""
    decoder, values, position = json.JSONDecoder(), list[tuple[Any, str]](), 0
    text = text.strip()
    while position < len(text):
        start = position
        try:
            value, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return []
        values.append((value, text[start:position]))
        while position < len(text) and text[position].isspace():
            position += 1
    return values


def _yaml_document(origin: str, text: str, line: int) -> Document | CollectionGap:
    try:
        document = read_yaml(text, line)
    except YamlTooLargeError as error:
        return unreadable(origin, str(error), reason=GapReason.TOO_LARGE, advice="Write the values out.")
    except (YamlError, RecursionError) as error:
        advice = "Check the syntax of the document."
        if _TEMPLATE in text:
            advice = "It looks like a template: render it first, for example with `helm template`."
        return unreadable(origin, f"it is not YAML: {error}", advice=advice)
    return Document(document.value, origin, document.repeated)


def _megabytes(size: int) -> str:
    return f"{size / 1024 / 1024:,.1f} MiB"
