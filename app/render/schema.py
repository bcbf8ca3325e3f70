"""The published JSON Schema of `netattest/report/v1`, worked out from the types that the document is written from."""

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from app.model.control import Attestation, CheckTally, ControlState, ExceptionUse, NotApplicable
from app.model.finding import CheckResult
from app.model.history import Comparison, Scan, TrendLine
from app.model.identity import GroupKind, ObjectRef
from app.model.ledger import MappingStrength
from app.model.platform import Platform
from app.model.report import ReportDefinition
from app.model.snapshot import CollectionGap, KindCoverage, SourceInfo
from app.render.plain import camel

Schema = dict[str, Any]

_DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_LEAVES: dict[object, Schema] = {
    str: _TEXT,
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


def schemas() -> dict[str, Schema]:
    """Name → JSON Schema (2020-12) of what this package publishes."""
    return {"report": report_schema()}


def report_schema() -> Schema:
    """Schema of `netattest/report/v1`."""
    known: dict[str, Schema] = {}
    result = _object({**_result_parts(known)})
    properties: Schema = {
        "schema": {"const": "netattest/report/v1"},
        "identifier": _TEXT,
        "title": _TEXT,
        "redacted": {"type": "boolean"},
        "definition": _of(ReportDefinition, known),
        "scan": _of(Scan, known),
        "source": _of(SourceInfo, known),
        "kinds": _list(_of(KindCoverage, known)),
        "gaps": _list(_of(CollectionGap, known)),
        "platform": _of(Platform, known),
        "assessment": _assessment(known),
        "states": _object({state.value: _COUNT for state in ControlState}),
        "mapping": _mapping(),
        "findings": _list(_finding(known)),
        "populations": _list(_population(result)),
        "exceptions": _list(_of(ExceptionUse, known)),
        "trend": _list(_of(TrendLine, known)),
        "comparison": _either(_of(Comparison, known), {"type": "null"}),
        "files": _list(_object({"name": _TEXT, "about": _TEXT, "bytes": _COUNT, "sha256": _DIGEST})),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netattest report",
        "description": "What a report says, as values. `netattest report --format json` writes it.",
        **_object(properties),
        "$defs": known,
    }


def _mapping() -> Schema:
    control: Schema = {
        "control": _TEXT,
        "counted": {"type": "boolean"},
        "strength": {"enum": [item.value for item in MappingStrength]},
        "direct": _list(_TEXT),
        "supporting": _list(_TEXT),
        "doesNotProve": _list(_TEXT),
        "elsewhere": _list(_TEXT),
        "whyNothing": _TEXT,
    }
    return _object(
        {
            "coverage": _TEXT,
            "strengths": _object({item.value: _COUNT for item in MappingStrength}),
            "controls": _list(_object(control)),
        }
    )


def _assessment(known: dict[str, Schema]) -> Schema:
    control = {
        "control": _TEXT,
        "title": _TEXT,
        "chapter": _TEXT,
        "enabled": {"type": "boolean"},
        "state": _of(ControlState, known),
        "reason": _TEXT,
        "missing": _list(_TEXT),
        "contrary": {"type": "boolean"},
        "tallies": _list(_of(CheckTally, known)),
        "failures": _list(_TEXT),
        "excepted": _list(_TEXT),
        "attestation": _either(_of(Attestation, known), {"type": "null"}),
        "notApplicable": _either(_of(NotApplicable, known), {"type": "null"}),
    }
    return _object(
        {
            "schema": {"const": "netattest/assessment/v1"},
            "framework": _object({"id": _TEXT, "version": _TEXT, "digest": _DIGEST}),
            "at": _LEAVES[datetime],
            "controls": _list(_object(control)),
        }
    )


def _finding(known: dict[str, Schema]) -> Schema:
    moment = _either(_LEAVES[datetime], {"type": "null"})
    own: Schema = {
        "id": _TEXT,
        "fingerprint": _TEXT,
        "state": _of(ControlState, known),
        "direct": {"type": "boolean"},
        "controls": _list(_TEXT),
        "exception": _TEXT,
        "firstSeen": moment,
        "openedAt": moment,
        "seenIn": _either(_COUNT, {"type": "null"}),
    }
    return _object({**own, **_fields(CheckResult, known)})


def _population(result: Schema) -> Schema:
    return _object(
        {
            "evidence": _TEXT,
            "check": _TEXT,
            "title": _TEXT,
            "complete": {"type": "boolean"},
            "limits": _list(_TEXT),
            "results": _list(result),
        }
    )


def _result_parts(known: dict[str, Schema]) -> Schema:
    names = ("subject", "outcome", "strength", "severity", "boundaries", "says", "data")
    fields = _fields(CheckResult, known)
    return {name: fields[name] for name in names}


def _of(kind: Any, known: dict[str, Schema]) -> Schema:
    """Schema of a type as `app.render.plain` writes its values; classes are written once, under `$defs`."""
    if kind in _LEAVES:
        return _LEAVES[kind]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (types.UnionType, Union):
        return _either(*(_of(item, known) for item in arguments))
    if origin in (tuple, frozenset):
        return _sequence(origin, arguments, known)
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _of(arguments[1], known)}
    return _named(kind, known)


def _named(kind: Any, known: dict[str, Schema]) -> Schema:
    if kind.__name__ not in known:
        known[kind.__name__] = {}  # stands for itself while its fields are looked at
        known[kind.__name__] = (
            {"enum": [item.value for item in kind]}
            if issubclass(kind, Enum)
            else _object(_fields(kind, known))
        )
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _sequence(origin: object, arguments: tuple[Any, ...], known: dict[str, Schema]) -> Schema:
    if origin is tuple and Ellipsis not in arguments:
        items = [_of(item, known) for item in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    return _list(_of(arguments[0], known))


def _fields(kind: type, known: dict[str, Schema]) -> Schema:
    hints = get_type_hints(kind)
    return {camel(item.name): _of(hints[item.name], known) for item in dataclasses.fields(kind)}


def _object(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _either(*options: Schema) -> Schema:
    return {"anyOf": list(options)}
