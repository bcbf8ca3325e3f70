"""The published JSON Schema of `netattest/report/v1`, worked out from the types that the document is written from."""

from datetime import datetime

from app.model.control import Attestation, CheckTally, ControlState, ExceptionUse, NotApplicable
from app.model.finding import CheckResult
from app.model.history import Comparison, Scan, TrendLine
from app.model.ledger import MappingStrength
from app.model.platform import Platform
from app.model.report import ReportDefinition
from app.model.snapshot import CollectionGap, KindCoverage, SourceInfo
from app.render.period.schema import period_schema
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


def schemas() -> dict[str, Schema]:
    """Name → JSON Schema (2020-12) of what this package publishes."""
    return {"period": period_schema(), "report": report_schema()}


def report_schema() -> Schema:
    """Schema of `netattest/report/v1`."""
    known: dict[str, Schema] = {}
    result = object_of({**_result_parts(known)})
    properties: Schema = {
        "schema": {"const": "netattest/report/v1"},
        "identifier": TEXT,
        "title": TEXT,
        "redacted": {"type": "boolean"},
        "definition": form_of(ReportDefinition, known),
        "scan": form_of(Scan, known),
        "source": form_of(SourceInfo, known),
        "kinds": list_of(form_of(KindCoverage, known)),
        "gaps": list_of(form_of(CollectionGap, known)),
        "platform": form_of(Platform, known),
        "assessment": _assessment(known),
        "states": object_of({state.value: COUNT for state in ControlState}),
        "mapping": _mapping(),
        "findings": list_of(_finding(known)),
        "populations": list_of(_population(result)),
        "exceptions": list_of(form_of(ExceptionUse, known)),
        "trend": list_of(form_of(TrendLine, known)),
        "comparison": either(form_of(Comparison, known), {"type": "null"}),
        "files": list_of(object_of({"name": TEXT, "about": TEXT, "bytes": COUNT, "sha256": DIGEST})),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "netattest report",
        "description": "What a report says, as values. `netattest report --format json` writes it.",
        **object_of(properties),
        "$defs": known,
    }


def _mapping() -> Schema:
    control: Schema = {
        "control": TEXT,
        "counted": {"type": "boolean"},
        "strength": {"enum": [item.value for item in MappingStrength]},
        "direct": list_of(TEXT),
        "supporting": list_of(TEXT),
        "doesNotProve": list_of(TEXT),
        "elsewhere": list_of(TEXT),
        "whyNothing": TEXT,
    }
    return object_of(
        {
            "coverage": TEXT,
            "strengths": object_of({item.value: COUNT for item in MappingStrength}),
            "controls": list_of(object_of(control)),
        }
    )


def _assessment(known: dict[str, Schema]) -> Schema:
    control = {
        "control": TEXT,
        "title": TEXT,
        "chapter": TEXT,
        "enabled": {"type": "boolean"},
        "state": form_of(ControlState, known),
        "reason": TEXT,
        "missing": list_of(TEXT),
        "contrary": {"type": "boolean"},
        "tallies": list_of(form_of(CheckTally, known)),
        "failures": list_of(TEXT),
        "excepted": list_of(TEXT),
        "attestation": either(form_of(Attestation, known), {"type": "null"}),
        "notApplicable": either(form_of(NotApplicable, known), {"type": "null"}),
    }
    return object_of(
        {
            "schema": {"const": "netattest/assessment/v1"},
            "framework": object_of({"id": TEXT, "version": TEXT, "digest": DIGEST}),
            "at": LEAVES[datetime],
            "controls": list_of(object_of(control)),
        }
    )


def _finding(known: dict[str, Schema]) -> Schema:
    moment = either(LEAVES[datetime], {"type": "null"})
    own: Schema = {
        "id": TEXT,
        "fingerprint": TEXT,
        "state": form_of(ControlState, known),
        "direct": {"type": "boolean"},
        "controls": list_of(TEXT),
        "exception": TEXT,
        "firstSeen": moment,
        "openedAt": moment,
        "seenIn": either(COUNT, {"type": "null"}),
    }
    return object_of({**own, **fields_of(CheckResult, known)})


def _population(result: Schema) -> Schema:
    return object_of(
        {
            "evidence": TEXT,
            "check": TEXT,
            "title": TEXT,
            "complete": {"type": "boolean"},
            "limits": list_of(TEXT),
            "results": list_of(result),
        }
    )


def _result_parts(known: dict[str, Schema]) -> Schema:
    names = ("subject", "outcome", "strength", "severity", "boundaries", "says", "data")
    fields = fields_of(CheckResult, known)
    return {name: fields[name] for name in names}
