"""JSON Schemas of types as `app.render.plain` writes their values."""

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from app.model.identity import GroupKind, ObjectRef
from app.render.plain import camel

Schema = dict[str, Any]

DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
LEAVES: dict[object, Schema] = {
    str: TEXT,
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    object: {},
    Any: {},
    datetime: {"type": "string", "format": "date-time"},
    date: {"type": "string", "format": "date"},
    ObjectRef: {"type": "string", "description": "group/Kind/namespace/name"},
    GroupKind: {"type": "string", "description": "Kind.group, or Kind of the core group"},
}


def form_of(kind: Any, known: dict[str, Schema]) -> Schema:
    """Schema of a type as `app.render.plain` writes its values; classes are written once, under `$defs`."""
    if kind in LEAVES:
        return LEAVES[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (types.UnionType, Union):
        return either(*(form_of(item, known) for item in arguments))
    if origin in (tuple, frozenset):
        return _sequence(origin, arguments, known)
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": form_of(arguments[1], known)}
    return _named(kind, known)


def _named(kind: Any, known: dict[str, Schema]) -> Schema:
    if kind.__name__ not in known:
        known[kind.__name__] = {}  # stands for itself while its fields are looked at
        known[kind.__name__] = (
            {"enum": [item.value for item in kind]}
            if issubclass(kind, Enum)
            else object_of(fields_of(kind, known))
        )
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _sequence(origin: object, arguments: tuple[Any, ...], known: dict[str, Schema]) -> Schema:
    if origin is tuple and Ellipsis not in arguments:
        items = [form_of(item, known) for item in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    return list_of(form_of(arguments[0], known))


def fields_of(kind: type, known: dict[str, Schema]) -> Schema:
    """Schemas of a class's fields, by their names in JSON."""
    hints = get_type_hints(kind)
    return {camel(item.name): form_of(hints[item.name], known) for item in dataclasses.fields(kind)}


def object_of(properties: Schema) -> Schema:
    """An object with these properties, all of them and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def list_of(items: Schema) -> Schema:
    """A list of them."""
    return {"type": "array", "items": items}


def either(*options: Schema) -> Schema:
    """Any one of them."""
    return {"anyOf": list(options)}
