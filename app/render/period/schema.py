"""The published JSON Schema of `netattest/period/v1`, worked out from the types that the document is written from."""

from datetime import date, datetime

from app.model.finding import Severity
from app.model.nights import Course, Night
from app.model.period import ClosingTimes, Deviation, Turn
from app.render.period.files import SETS
from app.render.schema_forms import (
    COUNT,
    DIGEST,
    LEAVES,
    TEXT,
    Schema,
    either,
    fields_of,
    form_of,
    list_of,
    object_of,
)

_DAY, _MOMENT = LEAVES[date], LEAVES[datetime]
_RUNS: Schema = {
    "description": "first and last day of each run of nights",
    **list_of({"type": "array", "prefixItems": [_DAY, _DAY], "minItems": 2, "items": False}),
}


def period_schema() -> Schema:
    """Schema of `netattest/period/v1`."""
    known: dict[str, Schema] = {}
    standing = _standing(known)
    properties: Schema = {
        "schema": {"const": "netattest/period/v1"},
        "cluster": TEXT,
        "framework": TEXT,
        "first": _DAY,
        "last": _DAY,
        "timezone": TEXT,
        "cron": TEXT,
        "closingDays": {
            "type": "object",
            "properties": {item.value: COUNT for item in Severity},
            "additionalProperties": False,
        },
        "lastScan": object_of({"number": COUNT, "digest": DIGEST}),
        "sample": either(_sample(), {"type": "null"}),
        "nights": list_of(form_of(Night, known)),
        "controls": list_of(object_of({"control": TEXT, "title": TEXT, "says": TEXT, **standing})),
        "workloads": list_of(_workload(standing)),
        "deviations": list_of(_deviation(known)),
        "changes": list_of(form_of(Turn, known)),
        "bySeverity": list_of(form_of(ClosingTimes, known)),
        "byNamespace": list_of(form_of(ClosingTimes, known)),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netattest period report",
        "description": "A report on a period, as values. `netattest report --period … --format json` writes it.",
        **object_of(properties),
        "$defs": known,
    }


def _sample() -> Schema:
    night = {"day": _DAY, "dueAt": _MOMENT, "scans": list_of(COUNT)}
    return object_of({"seed": TEXT, "nights": list_of(object_of(night))})


def _standing(known: dict[str, Schema]) -> Schema:
    return {"course": form_of(Course, known), "nights": COUNT, "held": COUNT, **dict.fromkeys(SETS, _RUNS)}


def _workload(standing: Schema) -> Schema:
    return object_of(
        {
            "workload": TEXT,
            "namespace": TEXT,
            "inside": {"type": ["boolean", "null"]},
            "firstSeen": _MOMENT,
            "lastSeen": _MOMENT,
            "nightsSeen": COUNT,
            "whole": {"type": "boolean"},
            "controls": list_of(object_of({"control": TEXT, "says": TEXT, **standing})),
        }
    )


def _deviation(known: dict[str, Schema]) -> Schema:
    accepted = object_of({"exception": TEXT, "reference": TEXT, "nights": _RUNS})
    return object_of(
        {
            **fields_of(Deviation, known),
            "overdue": {"type": "boolean"},
            "failed": _RUNS,
            "accepted": list_of(accepted),
        }
    )
