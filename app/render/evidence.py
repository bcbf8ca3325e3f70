"""The files that travel with a report: what it was made from and what was worked out, so that anyone can check it."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from typing import Final

from app.model.canonical import canonical_json, digest
from app.model.chain import chain_document
from app.model.cluster import IDENTITY
from app.model.evidence import snapshot_document
from app.model.finding import CheckRun, Outcome
from app.model.history import FindingLife
from app.model.past import Past, history_document
from app.model.reachability import Connection, Reachability
from app.model.report import ReportInput
from app.render.plain import plain
from app.render.table_file import policies, populations
from app.render.twin import Twin

MOST_CONNECTIONS: Final = 100_000
"""Rows of `reachability.json`; an open cluster has as many as pairs. The command that makes all of them is printed."""


POLICIES_FILE: Final = "policies.csv"
FIXES_FILE: Final = "fixes.yaml"


@dataclass(frozen=True)
class EvidenceFile:
    """One attachment. `document` is the name under which the file judged the scan, empty for results."""

    name: str
    about: str
    media_type: str
    body: bytes = field(repr=False)
    document: str = ""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return digest(self.body)

    @cached_property
    def packed(self) -> bytes:
        """Its bytes as a PDF holds them."""
        packing = zlib.compressobj(level=9)
        return packing.compress(self.body) + packing.flush()


@dataclass(frozen=True)
class ScanFiles:
    """Files that every report on one scan carries, whatever its framework; each is made when it is first asked for.

    Args:
        report: any of those reports.
        runs: evidence id and run of every performed check.
    """

    report: ReportInput
    runs: tuple[tuple[str, CheckRun], ...]

    @cached_property
    def snapshot(self) -> EvidenceFile:
        """What was collected."""
        body = snapshot_document(self.report.snapshot)
        return _json("snapshot.json", "All objects as collected, after redaction", body)

    @cached_property
    def findings(self) -> EvidenceFile:
        """What fails."""
        return _json(
            "findings.json", "Every failing result with its reasons and its life", _findings(self.report)
        )

    @cached_property
    def reachability(self) -> EvidenceFile:
        """Who can reach whom."""
        body = reachability_document(self.report.judgement.reachability)
        return _json("reachability.json", "Allowed connections", body)

    @cached_property
    def populations(self) -> EvidenceFile:
        """Whom the checks judged."""
        body = populations(self.runs, self.report.scan)
        return EvidenceFile("populations.csv", "Every subject of every check", "text/csv", body)


def evidence_files(
    report: ReportInput, shared: ScanFiles, twin: Twin | None = None
) -> tuple[EvidenceFile, ...]:
    """Everything that is attached, in the order in which the manifest prints it; `manifest.json` is the last.

    Args:
        report: what the report is about.
        shared: files of its scan.
        twin: pseudonyms to write instead of names.
    """
    files = (*_results(report, shared), *_documents(report))
    if twin is not None:
        files = tuple(_redacted(item, report, twin) for item in files)
    manifest = _json("manifest.json", "These files, their digests and the scan", _manifest(report, files))
    return (*files, _redacted(manifest, report, twin) if twin else manifest)


def _results(report: ReportInput, shared: ScanFiles) -> tuple[EvidenceFile, ...]:
    found = [
        shared.snapshot,
        shared.findings,
        _json("assessment.json", f"Controls of {report.assessment.framework.title}", _assessment(report)),
        shared.reachability,
        shared.populations,
        _json(
            "chain.json",
            "Records of the scans up to this one, as its digest covers them",
            chain_document(() if report.redacted else report.chain),
        ),
        _json(
            "history.json",
            "Lines, changes and lives of findings, as the pages show them",
            history_document(_past(report), report.judgement),
        ),
    ]
    if report.advice.hygiene:
        body = policies(report.advice.hygiene)
        found.append(EvidenceFile(POLICIES_FILE, "Every policy, with what is odd about it", "text/csv", body))
    if report.advice.remedies and report.advice.remedies.manifest:
        body = report.advice.remedies.manifest.encode()
        found.append(
            EvidenceFile(FIXES_FILE, "Proposed policies, tried on this snapshot", "application/yaml", body)
        )
    return tuple(found)


def _redacted(item: EvidenceFile, report: ReportInput, twin: Twin) -> EvidenceFile:
    """A file with pseudonyms; a framework or check file that came with the program stays byte for byte."""
    if item.digest in twin.own.files:
        return item
    if item.name == "snapshot.json":
        return replace(item, body=snapshot_document(twin.snapshot(report.snapshot)))
    if item.name.endswith(".json"):
        return replace(item, body=twin.json(item.body))
    if item.name.endswith(".csv"):
        return replace(item, body=twin.csv(item.body))
    return replace(item, body=twin.text(item.body.decode(errors="replace")).encode())


def reachability_document(reachability: Reachability, most: int = MOST_CONNECTIONS) -> bytes:
    """Write `netattest/reach/v1` with at most `most` connections; `complete` says whether they are all."""
    rows = list(islice(reachability.connections(), most + 1))
    return canonical_json(
        {
            "schema": "netattest/reach/v1",
            "complete": len(rows) <= most,
            "profile": reachability.profile.value,
            "asDeclared": reachability.as_declared,
            "workloads": [
                {
                    "id": item.id,
                    "namespace": item.namespace,
                    "name": item.key.name,
                    "kind": item.key.kind,
                    "pods": item.pods,
                    "host_network": item.host_network,
                }
                for item in reachability.workloads
            ],
            "connections": [_connection(row) for row in rows[:most]],
        }
    )


def _connection(row: Connection) -> dict[str, object]:
    return {
        "source": row.source,
        "destination": row.destination,
        "allowed": row.allowed.to_json(),
        "notes": list(row.notes),
    }


def _past(report: ReportInput) -> Past:
    return Past(report.assessment.framework.id, report.definition, report.trend, report.lives)


def _findings(report: ReportInput) -> bytes:
    lives = {life.fingerprint: _life(life) for life in report.lives}
    rows = [
        {"fingerprint": result.fingerprint, **plain(result), "life": lives.get(result.fingerprint)}
        for run in report.judgement.runs
        for result in run.results
        if result.outcome is Outcome.FAIL
    ]
    return canonical_json({"schema": "netattest/findings/v1", "scan": report.scan.number, "findings": rows})


def _life(life: FindingLife) -> dict[str, object]:
    values: dict[str, object] = plain(life)
    return {
        key: value
        for key, value in values.items()
        if key not in ("result", "check", "subject", "fingerprint")
    }


def _assessment(report: ReportInput) -> bytes:
    """Write each control's state; failing results are named by fingerprint and stand in `findings.json`."""
    controls = [
        {
            "control": item.control.id,
            "title": item.control.title,
            "chapter": item.control.chapter,
            "enabled": item.control.enabled,
            "state": item.state.value,
            "reason": item.reason,
            "missing": list(item.missing),
            "contrary": item.contrary,
            "tallies": plain(item.tallies),
            "failures": [result.fingerprint for result in item.failures],
            "excepted": [result.fingerprint for result in item.excepted],
            "attestation": plain(item.attestation),
            "notApplicable": plain(item.not_applicable),
        }
        for item in report.assessment.controls
    ]
    framework = report.assessment.framework
    return canonical_json(
        {
            "schema": "netattest/assessment/v1",
            "framework": {"id": framework.id, "version": framework.version, "digest": framework.digest},
            "at": report.assessment.at.isoformat(),
            "controls": controls,
        }
    )


def _documents(report: ReportInput) -> list[EvidenceFile]:
    """Attach configuration byte for byte; a folder in its name becomes a hyphen, since PDF readers refuse slashes."""
    return [
        EvidenceFile(
            name=item.name.replace("/", "-"),
            about=_ABOUT.get(
                item.name, "Framework file" if item.name.startswith("frameworks/") else "Configuration"
            ),
            media_type="application/json" if item.name.endswith(".json") else "application/yaml",
            body=item.body,
            document=item.name,
        )
        for item in report.documents
    ]


_ABOUT: Final[dict[str, str]] = {
    "scope.yaml": "Scope: zones and registers, owned by the entity",
    "exceptions.yaml": "Exceptions accepted by the entity",
    "checks.yaml": "Check catalogue",
    "other-frameworks.json": "What entries name of frameworks that are switched off",
    "context.json": "What earlier scans contributed",
    IDENTITY: "Which cluster it is: a digest of the UID of namespace kube-system",
    "attestations.yaml": "Manual records",
    "not-applicable.yaml": "Declarations of what does not apply",
}


def _manifest(report: ReportInput, files: Iterable[EvidenceFile]) -> bytes:
    return canonical_json(
        {
            "schema": "netattest/manifest/v1",
            "scan": plain(report.scan),
            "redacted": report.redacted,
            "files": [
                {"name": item.name, "document": item.document, "bytes": len(item.body), "sha256": item.digest}
                for item in files
            ],
        }
    )


def _json(name: str, about: str, body: bytes) -> EvidenceFile:
    return EvidenceFile(name, about, "application/json", body)
