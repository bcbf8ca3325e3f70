"""Check results as canonical bytes, which a scan's digest covers. A change of form needs a new schema name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.errors import EvidenceError
from app.model.canonical import canonical_json, digest
from app.model.finding import CheckResult, Evidence, Outcome, Severity, Strength, Subject, SubjectKind
from app.model.history import ScanRecord
from app.model.identity import ObjectRef
from app.model.scope import Boundary

_RESULT = "netattest/result/v1"


@dataclass(frozen=True, slots=True)
class Said:
    """A result of this scan in its stored form."""

    result: CheckResult
    body: bytes
    digest: str

    @property
    def failing(self) -> bool:
        """True for a failure, False for a result that could not be told."""
        return self.result.outcome is Outcome.FAIL


def said(record: ScanRecord) -> dict[str, Said]:
    """Failing and undecided results by fingerprint; of two with one fingerprint the first counts, failures first."""
    results: dict[str, Said] = {}
    for result in (*record.failures, *record.undecided):
        body = encode_result(result)
        results.setdefault(result.fingerprint, Said(result, body, digest(body)))
    return results


def encode_result(result: CheckResult) -> bytes:
    """One check result."""
    return canonical_json(
        {
            "schema": _RESULT,
            "check": result.check,
            "subject": [result.subject.kind.value, result.subject.id, result.subject.namespace],
            "outcome": result.outcome.value,
            "strength": result.strength.value,
            "says": result.says,
            "why": result.why,
            "evidence": [_evidence_json(item) for item in result.evidence],
            "remedy": result.remedy,
            "boundaries": sorted(result.boundaries),
            "severity": result.severity.value,
            "data": dict(result.data),
        }
    )


def decode_result(body: bytes) -> CheckResult:
    """Read back what `encode_result` wrote; sequences in `data` come back as lists."""
    value = loaded(body, _RESULT)
    kind, subject, namespace = value["subject"]
    return CheckResult(
        check=value["check"],
        subject=Subject(SubjectKind(kind), subject, namespace),
        outcome=Outcome(value["outcome"]),
        strength=Strength(value["strength"]),
        says=value["says"],
        why=tuple(value["why"]),
        evidence=tuple(_evidence_from(item) for item in value["evidence"]),
        remedy=value["remedy"],
        boundaries=frozenset(Boundary(item) for item in value["boundaries"]),
        severity=Severity(value["severity"]),
        data=value["data"],
    )


def encode_streaks(streaks: Mapping[str, int]) -> bytes:
    """Consecutive scans by condition."""
    return canonical_json(dict(streaks))


def _evidence_json(item: Evidence) -> list[object]:
    return [_ref_json(item.ref), item.field, item.digest, item.excerpt]


def _evidence_from(value: list[Any]) -> Evidence:
    ref, *rest = value
    return Evidence(ObjectRef(*ref), *rest)


def _ref_json(ref: ObjectRef) -> list[str]:
    return [ref.group, ref.kind, ref.namespace, ref.name]


def loaded(body: bytes, schema: str) -> dict[str, Any]:
    """A JSON object that says which form it has.

    Raises:
        EvidenceError: it says another one.
    """
    value: dict[str, Any] = orjson.loads(body)
    if value.get("schema") != schema:
        raise EvidenceError(
            f"stored bytes have the form {value.get('schema')!r}, this version reads {schema!r}",
            advice="use the version of netattest that wrote them, or a newer one",
        )
    return value
