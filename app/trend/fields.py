"""Two versions of one object: which fields differ in meaning, and who wrote the later one."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from app.model.archive import FieldChange, ObjectCause
from app.model.history import ChangeKind
from app.model.identity import ObjectRef
from app.trend.lists import ABSENT, Lists

CHANGE = "netattest.io/change"
"""Annotation by which an object names the approved change that it is."""

_NOISE = frozenset({"managedFields", "resourceVersion", "generation", "uid", "selfLink", "creationTimestamp"})
_LONGEST = 120

Body = Mapping[str, Any]


def object_cause(ref: ObjectRef, before: bytes | None, after: bytes | None) -> ObjectCause:
    """What changed about an object; either body is None where the object was not there."""
    was, now = _loaded(before), _loaded(after)
    latest = now or was or {}
    manager, at = written_by(latest)
    kind = ChangeKind.CHANGED if was is not None and now is not None else _other(was)
    changed = tuple(field_changes(was, now)) if was is not None and now is not None else ()
    return ObjectCause(ref, kind, changed, manager, at, reference_of(latest))


def field_changes(before: Body, after: Body) -> Iterator[FieldChange]:
    """Fields that differ, in the order of their paths.

    Status and the API server's own book-keeping are left out, and so is the order of entries where it has no meaning.
    """
    was, now = ({key: value for key, value in body.items() if key != "status"} for body in (before, after))
    yield from _differing("", "", _without_noise(was), _without_noise(now), Lists(after))


def written_by(body: Body) -> tuple[str, str]:
    """Manager of the latest write and its time (API field `metadata.managedFields`); empty where the API did not say."""
    entries = _mapping(body.get("metadata")).get("managedFields")
    found = [item for item in entries if isinstance(item, dict)] if isinstance(entries, list) else []
    own = [item for item in found if not item.get("subresource")] or found
    if not own:
        return "", ""
    last = max(own, key=lambda item: str(item.get("time", "")))
    return str(last.get("manager", "")), str(last.get("time", ""))


def reference_of(body: Body) -> str:
    """The approved change that the object names, or an empty text."""
    return str(_mapping(_mapping(body.get("metadata")).get("annotations")).get(CHANGE, ""))


def _loaded(body: bytes | None) -> dict[str, Any] | None:
    return None if body is None else orjson.loads(body)


def _other(was: Body | None) -> ChangeKind:
    return ChangeKind.ADDED if was is None else ChangeKind.REMOVED


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _without_noise(body: dict[str, Any]) -> dict[str, Any]:
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return body
    return {**body, "metadata": {key: value for key, value in metadata.items() if key not in _NOISE}}


def _differing(path: str, field: str, was: Any, now: Any, lists: Lists) -> Iterator[FieldChange]:
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted({*was, *now}):
            yield from _differing(_child(path, key), key, was.get(key, ABSENT), now.get(key, ABSENT), lists)
    elif isinstance(was, list) and isinstance(now, list):
        for at, before, after in lists.pairs(field, was, now):
            yield from _differing(f"{path}[{at}]", "", before, after, lists)
    elif was is ABSENT or now is ABSENT or was != now:
        yield FieldChange(path, _text(was), _text(now))


def _child(path: str, key: str) -> str:
    name = f"[{key}]" if "." in key or "/" in key else key
    return f"{path}.{name}" if path and name == key else f"{path}{name}"


def _text(value: Any) -> str:
    if value is ABSENT:
        return ""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode(errors="replace")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
