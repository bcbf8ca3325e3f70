"""OCSF compliance findings (Open Cybersecurity Schema Framework 1.4.0, class 2003): one JSON array of events.

Failing and undecided subjects are events of their own; each check adds one with its counts, so that passing evidence is
there too. `time` and all other times are the scan's, in milliseconds since 1970; the export has no time of its own.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from app.model.canonical import canonical_json
from app.model.finding import CheckResult, CheckRun, Outcome, Severity
from app.render.content import Page
from app.render.dossier import Dossier
from app.render.names import derived

VERSION: Final = "1.4.0"

_CLASS, _CATEGORY, _CREATE = 2003, 2, 1
_SEVERITY: Final = {
    Severity.INFO: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
_STATUS: Final = {
    Outcome.PASS: (1, "Pass"),
    Outcome.FAIL: (3, "Fail"),
    Outcome.INSUFFICIENT: (0, "Unknown"),
    Outcome.ERROR: (0, "Unknown"),
    Outcome.NOT_APPLICABLE: (99, "not-applicable"),
}
_WORST_FIRST: Final = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.INSUFFICIENT,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)
_TOLD: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.INSUFFICIENT)


def ocsf_document(dossier: Dossier, _: Page) -> bytes:
    """Write the events of one framework."""
    return canonical_json(
        [event for evidence, run in dossier.mapped_runs for event in _events(dossier, evidence, run)]
    )


def _events(dossier: Dossier, evidence: str, run: CheckRun) -> Iterator[dict[str, Any]]:
    own = dossier.of_boundary(run)
    yield _summary(dossier, evidence, run, own)
    for result in own:
        if result.outcome in _TOLD:
            yield _subject(dossier, evidence, run, result)


def _summary(dossier: Dossier, evidence: str, run: CheckRun, own: tuple[CheckResult, ...]) -> dict[str, Any]:
    counts = {item.value: sum(result.outcome is item for result in own) for item in Outcome}
    worst = next((item for item in _WORST_FIRST if counts[item.value]), Outcome.INSUFFICIENT)
    if worst is Outcome.PASS and not run.population_complete:
        worst = Outcome.INSUFFICIENT
    told = ", ".join(f"{number} {name}" for name, number in counts.items() if number) or "no subject"
    return {
        **_event(dossier, run, worst, run.meta.severity),
        "message": f"{run.meta.title}: {told}",
        "finding_info": _info(dossier, run, derived(dossier.identifier, "ocsf", run.meta.id), evidence),
        "unmapped": {
            "counts": counts,
            "population_complete": run.population_complete,
            "limits": list(run.limits),
        },
    }


def _subject(dossier: Dossier, evidence: str, run: CheckRun, result: CheckResult) -> dict[str, Any]:
    finding = dossier.findings_by_print.get(result.fingerprint)
    info = _info(dossier, run, result.fingerprint, evidence)
    if finding is not None and finding.life is not None:
        info |= {
            "first_seen_time": _ms(finding.life.first_at),
            "last_seen_time": _ms(dossier.report.scan.taken_at),
            "created_time": _ms(finding.life.opened_at),
        }
    return {
        **_event(dossier, run, result.outcome, result.severity),
        "message": result.says,
        "finding_info": {**info, "desc": "\n".join(result.why) or result.says},
        "remediation": {"desc": result.remedy or "See the report."},
        "resources": [
            {
                "uid": result.subject.id,
                "name": result.subject.id,
                "type": result.subject.kind.value,
                **({"namespace": result.subject.namespace} if result.subject.namespace else {}),
            }
        ],
        "unmapped": {
            "outcome": result.outcome.value,
            "strength": result.strength.value,
            "exception": finding.exception if finding else "",
        },
    }


def _event(dossier: Dossier, run: CheckRun, outcome: Outcome, severity: Severity) -> dict[str, Any]:
    number, word = _SEVERITY[severity]
    status, status_word = _STATUS[outcome]
    framework, scan = dossier.assessment.framework, dossier.report.scan
    return {
        "class_uid": _CLASS,
        "class_name": "Compliance Finding",
        "category_uid": _CATEGORY,
        "category_name": "Findings",
        "activity_id": _CREATE,
        "activity_name": "Create",
        "type_uid": _CLASS * 100 + _CREATE,
        "type_name": "Compliance Finding: Create",
        "time": _ms(scan.taken_at),
        "severity_id": number,
        "severity": word,
        "metadata": {
            "version": VERSION,
            "uid": scan.digest,
            "logged_time": _ms(scan.recorded_at),
            "product": {
                "name": "netattest",
                "vendor_name": "netattest",
                "version": scan.tool_version or "unknown",
            },
        },
        "compliance": {
            "standards": [f"{framework.name} {framework.version}"],
            "requirements": [item.control.id for item in dossier.bearing[run.meta.id]],
            "control": run.meta.id,
            "status_id": status,
            "status": status_word,
        },
        "resources": [{"uid": scan.cluster, "name": scan.cluster, "type": "cluster"}],
    }


def _info(dossier: Dossier, run: CheckRun, uid: str, evidence: str) -> dict[str, Any]:
    return {
        "uid": uid,
        "title": run.meta.title,
        "desc": run.meta.fails_when,
        "types": [run.meta.group.value],
        "data_sources": [f"{dossier.identifier}/{evidence}"],
    }


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
