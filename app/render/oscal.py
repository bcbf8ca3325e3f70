"""OSCAL assessment results (NIST, version 1.2.1): what was observed and what it means for each control, with our limits.

OSCAL knows two states of a finding. *Supported* is `satisfied`; *exception noted* and *exception accepted* are
`not-satisfied`; where evidence is missing or a person must add some, there is no finding, and a property says so.
All UUIDs are derived and the only times are the scan's: the same scan gives the same bytes.
"""

from typing import Any, Final

from app.model.canonical import canonical_json
from app.model.control import ControlAssessment, ControlState
from app.model.finding import CheckResult, CheckRun, Outcome, Subject
from app.render.content import Page
from app.render.dossier import Dossier
from app.render.failing import Finding
from app.render.names import NAMESPACE, derived, line
from app.render.oscal_forms import (
    cluster_id,
    control_id,
    no_plan,
    observation_id,
    origins,
    props,
    resource_id,
    resources,
    risk_id,
    subject_id,
    tool_id,
    without_empty,
)
from app.render.wording import STATE_WORDS

VERSION: Final = "1.2.1"
MOST_SUBJECTS: Final = 500
"""Subjects named in one observation; failing ones come first, and a property gives the whole number."""

MOST_ENTRIES: Final = 400
"""Nights in the assessment log, the latest ones."""

_FOUND: Final[dict[ControlState, dict[str, Any]]] = {
    ControlState.SUPPORTED: {"status": {"state": "satisfied", "reason": "pass"}},
    ControlState.EXCEPTION: {"status": {"state": "not-satisfied", "reason": "fail"}},
    ControlState.PARTIAL: {
        "status": {"state": "not-satisfied", "reason": "other"},
        "implementation-status": {"state": "partial"},
    },
}
_WORST_FIRST: Final = (
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.INSUFFICIENT,
    Outcome.PASS,
    Outcome.NOT_APPLICABLE,
)


def oscal_document(dossier: Dossier, page: Page) -> bytes:
    """Write the assessment results of one framework."""
    scan = dossier.report.scan
    name = (scan.cluster, scan.number, dossier.assessment.framework.id)
    plan = derived(*name, "no plan")
    return canonical_json(
        {
            "assessment-results": {
                "uuid": derived(*name, "assessment-results", scan.digest),
                "metadata": {
                    "title": line(page.title),
                    "last-modified": scan.recorded_at.isoformat(),
                    "version": page.date,
                    "oscal-version": VERSION,
                    "remarks": "Times are those of the scan and of its record; the export has none of its own.",
                },
                "import-ap": {
                    "href": f"#{plan}",
                    "remarks": "A scheduled scan: no assessor wrote an assessment plan.",
                },
                "results": [_result(dossier, page)],
                "back-matter": {"resources": [no_plan(plan), *resources(dossier)]},
            }
        }
    )


def _result(dossier: Dossier, page: Page) -> dict[str, Any]:
    scan = dossier.report.scan
    observed = [_observation(dossier, evidence, run) for evidence, run in dossier.mapped_runs]
    values = {
        "uuid": derived(scan.cluster, scan.number, dossier.assessment.framework.id, "result"),
        "title": line(f"Scan {scan.number} of {scan.cluster}"),
        "description": "The state of the cluster at the start time; it says nothing about other times.",
        "start": scan.taken_at.isoformat(),
        "end": max(scan.taken_at, scan.recorded_at).isoformat(),
        "props": props(
            {
                "report": page.identifier,
                "scan-status": scan.status.value,
                "scan-sha256": scan.digest,
                "snapshot-sha256": scan.snapshot_digest,
                "framework-sha256": dossier.assessment.framework.digest,
                "tool-version": scan.tool_version,
                "objects": scan.objects,
                "gaps": scan.gaps,
            }
        ),
        "local-definitions": _definitions(dossier),
        "reviewed-controls": {"control-selections": [_selection(dossier)]},
        "assessment-log": {"entries": _log(dossier)},
        "observations": observed,
        "risks": _risks(dossier),
        "findings": [_finding(dossier, item) for item in dossier.counted if item.state in _FOUND],
    }
    return without_empty(values)


def _definitions(dossier: Dossier) -> dict[str, Any]:
    subjects = {result.subject: None for _, run in dossier.mapped_runs for result in _named(dossier, run)}
    return without_empty(
        {
            "components": [
                {
                    "uuid": cluster_id(dossier),
                    "type": "system",
                    "title": line(f"Cluster {dossier.report.scan.cluster}"),
                    "description": line(dossier.report.snapshot.source.description),
                    "status": {"state": "operational"},
                }
            ],
            "inventory-items": [_inventory_item(dossier, subject) for subject in sorted(subjects)],
            "assessment-assets": {
                "components": [
                    {
                        "uuid": tool_id(),
                        "type": "software",
                        "title": "netattest",
                        "description": "Works out allowed connections from stored configuration; sends no traffic.",
                        "status": {"state": "operational"},
                    }
                ],
                "assessment-platforms": [
                    {
                        "uuid": derived("platform"),
                        "title": "netattest",
                        "uses-components": [{"component-uuid": tool_id()}],
                    }
                ],
            },
        }
    )


def _inventory_item(dossier: Dossier, subject: Subject) -> dict[str, Any]:
    return {
        "uuid": subject_id(dossier, subject),
        "description": line(f"{subject.kind.value} {subject.id}"),
        "props": props({"kind": subject.kind.value, "namespace": subject.namespace}),
        "implemented-components": [{"component-uuid": cluster_id(dossier)}],
    }


def _observation(dossier: Dossier, evidence: str, run: CheckRun) -> dict[str, Any]:
    own = dossier.of_boundary(run)
    counts = {item.value: sum(result.outcome is item for result in own) for item in Outcome}
    values = {
        "uuid": observation_id(dossier, run.meta.id),
        "title": line(run.meta.title),
        "description": line(
            f"{len(own)} subjects in the boundary: "
            + ", ".join(f"{number} {name}" for name, number in counts.items() if number)
            + "".join(f". {limit}" for limit in run.limits)
        ),
        "methods": ["TEST-AUTOMATED"],
        "types": ["control-objective"],
        "props": props(
            {
                "check-id": run.meta.id,
                "evidence-id": evidence,
                "population-complete": str(run.population_complete).lower(),
                "subjects": len(own),
                **{f"subjects-{name}": number for name, number in counts.items()},
            }
        ),
        "origins": origins(),
        "subjects": [
            {
                "subject-uuid": subject_id(dossier, result.subject),
                "type": "inventory-item",
                "props": props({"outcome": result.outcome.value, "strength": result.strength.value}),
                "remarks": line(result.says),
            }
            for result in _named(dossier, run)
        ],
        "relevant-evidence": [
            {
                "href": f"#{resource_id(dossier, 'populations.csv')}",
                "description": "Every subject of every check",
            },
            {
                "href": f"#{resource_id(dossier, 'snapshot.json')}",
                "description": "What the verdict was worked out from",
            },
        ],
        "collected": dossier.report.scan.taken_at.isoformat(),
    }
    return without_empty(values)


def _named(dossier: Dossier, run: CheckRun) -> list[CheckResult]:
    """Subjects that an observation names, each once, worst first."""
    ordered = sorted(
        dossier.of_boundary(run), key=lambda item: (_WORST_FIRST.index(item.outcome), item.subject)
    )
    return list({item.subject: item for item in reversed(ordered)}.values())[::-1][:MOST_SUBJECTS]


def _selection(dossier: Dossier) -> dict[str, Any]:
    included = [item for item in dossier.counted if item.state is not ControlState.NOT_APPLICABLE]
    excluded = [item for item in dossier.counted if item.state is ControlState.NOT_APPLICABLE]
    values = {
        "description": "Controls that this scan has something to say about; the identifiers are those of our own files.",
        "props": [
            {
                "name": item.state.value,
                "value": control_id(dossier, item),
                "ns": NAMESPACE,
                "remarks": line(" ".join((item.reason, *item.missing))),
            }
            for item in dossier.counted
            if item.state not in _FOUND
        ],
        "include-controls": [{"control-id": control_id(dossier, item)} for item in included],
        "exclude-controls": [{"control-id": control_id(dossier, item)} for item in excluded],
    }
    selection = without_empty(values)
    return selection if included else {**selection, "include-all": {}}  # one of the two has to be there


def _finding(dossier: Dossier, item: ControlAssessment) -> dict[str, Any]:
    performed = {run.meta.id for _, run in dossier.mapped_runs}
    checks = [mapping.check for mapping in item.control.checks if mapping.check in performed]
    risks = {risk_id(dossier, finding) for finding in dossier.findings if item.control.id in finding.controls}
    values = {
        "uuid": derived(dossier.identifier, "finding", item.control.id),
        "title": line(f"{item.control.id} {item.control.title}"),
        "description": line(f"{STATE_WORDS[item.state]}. {item.reason}"),
        "props": props({"state": item.state.value, "contrary-evidence": str(item.contrary).lower()}),
        "origins": origins(),
        "target": {
            "type": "objective-id",
            "target-id": f"{control_id(dossier, item)}_obj",
            **_FOUND[item.state],
        },
        "related-observations": [{"observation-uuid": observation_id(dossier, check)} for check in checks],
        "related-risks": [{"risk-uuid": risk} for risk in sorted(risks)],
    }
    return without_empty(values)


def _risks(dossier: Dossier) -> list[dict[str, Any]]:
    """One risk for each check that fails, and one for each whose failures an exception covers."""
    groups: dict[str, list[Finding]] = {}
    for finding in dossier.findings:
        groups.setdefault(risk_id(dossier, finding), []).append(finding)
    return [_risk(dossier, uuid, findings) for uuid, findings in groups.items()]


def _risk(dossier: Dossier, uuid: str, findings: list[Finding]) -> dict[str, Any]:
    first = findings[0]
    accepted = first.state is ControlState.PARTIAL
    return {
        "uuid": uuid,
        "title": line(dossier.check_titles.get(first.result.check, first.result.check)),
        "description": line("; ".join(item.result.says for item in findings[:MOST_SUBJECTS])),
        "statement": line(first.result.remedy or "See the finding in the report."),
        "props": props({"findings": len(findings), "worst": first.result.severity.value}),
        "status": "deviation-approved" if accepted else "open",
        "related-observations": [{"observation-uuid": observation_id(dossier, first.result.check)}],
    }


def _log(dossier: Dossier) -> list[dict[str, Any]]:
    """The nights of this framework's line, missed and failed ones too."""
    points = dossier.lines[0].points if dossier.lines else ()
    scan = dossier.report.scan
    entries = [
        {
            "uuid": derived(scan.cluster, "night", point.at.isoformat(), point.scan, point.status),
            "title": line(f"Scan {point.scan}" if point.scan else "No scan"),
            "start": point.at.isoformat(),
            "props": props({"status": point.status}),
        }
        for point in points[-MOST_ENTRIES:]
    ]
    own = {
        "uuid": derived(scan.cluster, "this scan", scan.number),
        "title": line(f"Scan {scan.number}"),
        "start": scan.taken_at.isoformat(),
        "props": props({"status": scan.status.value}),
    }
    return entries or [own]
