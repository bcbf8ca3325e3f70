"""The machine form of a report: `netattest/report/v1`, canonical JSON."""

import orjson

from app.model.canonical import canonical_json
from app.model.ledger import MappingLedger, MappingStrength
from app.render.content import Page
from app.render.dossier import Dossier
from app.render.failing import Finding
from app.render.plain import plain


def report_document(dossier: Dossier, page: Page) -> bytes:
    """Write everything the report says, and where it comes from, as values rather than pages."""
    report = dossier.report
    files = {item.name: item for item in dossier.files}
    return canonical_json(
        {
            "schema": "netattest/report/v1",
            "identifier": page.identifier,
            "title": page.title,
            "redacted": report.redacted,
            "definition": plain(report.definition),
            "scan": plain(report.scan),
            "source": plain(report.snapshot.source),
            "kinds": plain(report.snapshot.kinds),
            "gaps": plain(report.snapshot.gaps),
            "platform": plain(report.judgement.platform),
            "assessment": orjson.loads(files["assessment.json"].body),
            "states": {state.value: value for state, value in dossier.state_counts()},
            "mapping": _mapping(dossier.ledger),
            "findings": [_finding(item) for item in dossier.findings],
            "populations": [
                {
                    "evidence": evidence,
                    "check": run.meta.id,
                    "title": run.meta.title,
                    "complete": run.population_complete,
                    "limits": list(run.limits),
                    "results": [_result(item) for item in run.results],
                }
                for evidence, run in dossier.runs
            ],
            "exceptions": [_exception(item) for item in plain(dossier.assessment.exceptions)],
            "trend": plain(dossier.lines),
            "comparison": plain(report.trend.comparison),
            "files": [
                {"name": item.name, "about": item.about, "bytes": len(item.body), "sha256": item.digest}
                for item in dossier.files
            ],
        }
    )


def _mapping(found: MappingLedger) -> dict[str, object]:
    return {
        "coverage": found.sentence,
        "strengths": {item.value: found.count(item) for item in MappingStrength},
        "controls": [
            {
                "control": item.control.id,
                "counted": item.control.enabled,
                "strength": item.strength.value,
                "direct": list(item.direct),
                "supporting": list(item.supporting),
                "doesNotProve": list(item.does_not_prove),
                "elsewhere": list(item.elsewhere),
                "whyNothing": item.why_nothing,
            }
            for item in (*found.entries, *found.readiness)
        ],
    }


def _finding(item: Finding) -> dict[str, object]:
    return {
        "id": item.id,
        "fingerprint": item.result.fingerprint,
        "state": item.state.value,
        "direct": item.direct,
        "controls": list(item.controls),
        "exception": item.exception,
        "firstSeen": item.life.first_at.isoformat() if item.life else None,
        "openedAt": item.life.opened_at.isoformat() if item.life else None,
        "seenIn": item.life.seen_in if item.life else None,
        **plain(item.result),
    }


def _result(item: object) -> dict[str, object]:
    values: dict[str, object] = plain(item)
    return {
        key: values[key]
        for key in ("subject", "outcome", "strength", "severity", "boundaries", "says", "data")
    }


def _exception(values: dict[str, object]) -> dict[str, object]:
    return values
