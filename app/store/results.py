"""Failing and undecided results as ranges of scans, and findings as intervals over them.

A *result range* says what a check said about a subject, scan by scan. A *finding interval* says how long the subject is
held to have failed: a night that could not judge it ends the range of the failing result, and leaves the interval open.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from app.model.history import ScanRecord
from app.model.results import Said
from app.store.blobs import blob_digests, blob_ids
from app.store.bulk import among, end_ranges, escaped, insert_rows, open_from
from app.store.ledger import Entries
from app.store.tables import OPEN, finding, finding_interval, finding_result


@dataclass(frozen=True, slots=True)
class KnownFinding:
    """A finding that the scans so far leave with an open range, an open interval, or both."""

    finding_id: int
    check: str
    digest: str = ""  # of the open range; empty without one
    first: int = 0  # scan that began the open range
    opened: int = 0  # scan that opened the open interval; 0 without one


@dataclass(frozen=True, slots=True)
class ResultPlan:
    """What one scan has to write about results, by fingerprint."""

    started: Mapping[str, Said]
    ended: Mapping[str, KnownFinding]
    opened: tuple[str, ...]
    closed: Mapping[str, KnownFinding]

    @property
    def entries(self) -> Entries:
        """What the ledger says about results."""
        return Entries.of(
            ((key, item.digest) for key, item in self.started.items()),
            ((key, item.first) for key, item in self.ended.items()),
        )

    @property
    def finding_entries(self) -> Entries:
        """What the ledger says about the times over which findings are open."""
        return Entries.of(
            ((key, "") for key in self.opened), ((key, item.opened) for key, item in self.closed.items())
        )


def plan_results(
    known: Mapping[str, KnownFinding], tonight: Mapping[str, Said], record: ScanRecord
) -> ResultPlan:
    """Compare what was known with what was said tonight.

    A finding is closed only by knowledge: its check was performed over a complete population and does not report
    the subject, or this very subject passed.
    """
    complete = {item.check for item in record.counts if item.population_complete}
    failing = {fingerprint for fingerprint, item in tonight.items() if item.failing}
    was_open = {fingerprint for fingerprint, item in known.items() if item.opened}
    said_before = {fingerprint: item.digest for fingerprint, item in known.items() if item.digest}
    return ResultPlan(
        started={key: item for key, item in tonight.items() if said_before.get(key) != item.digest},
        ended={
            key: known[key]
            for key, before in said_before.items()
            if key not in tonight or tonight[key].digest != before
        },
        opened=tuple(sorted(failing - was_open)),
        closed={
            key: known[key]
            for key in was_open
            if key not in tonight and (known[key].check in complete or key in record.passed)
        },
    )


def known_findings(connection: Connection, cluster_id: int) -> dict[str, KnownFinding]:
    """Findings with an open range or interval after the last scan of a cluster, by fingerprint.

    Three plain queries: joined in one, a database without statistics (on the second night) chooses a plan that takes
    a second for 5,000 findings.
    """
    said_last = _open_ranges(connection, cluster_id)
    still_open = _open_intervals(connection, cluster_id)
    rows = connection.execute(
        select(finding.c.id, finding.c.fingerprint, finding.c.check_id).where(
            among(finding.c.id, sorted(said_last.keys() | still_open.keys()))
        )
    )
    return {
        row.fingerprint: KnownFinding(
            row.id, row.check_id, *said_last.get(row.id, ("", 0)), still_open.get(row.id, 0)
        )
        for row in rows
    }


def _open_ranges(connection: Connection, cluster_id: int) -> dict[int, tuple[str, int]]:
    """`finding.id` → digest of the result that the last scan gave, and the scan that gave it first."""
    rows = connection.execute(
        select(finding_result.c.finding_id, finding_result.c.blob_id, finding_result.c.first_scan).where(
            finding_result.c.cluster_id == cluster_id, finding_result.c.last_scan == OPEN
        )
    ).all()
    digests = blob_digests(connection, (row.blob_id for row in rows))
    return {row.finding_id: (digests.get(row.blob_id, ""), row.first_scan) for row in rows}


def _open_intervals(connection: Connection, cluster_id: int) -> dict[int, int]:
    """`finding.id` → scan that opened it."""
    rows = connection.execute(
        select(finding_interval.c.finding_id, finding_interval.c.opened_scan).where(
            finding_interval.c.cluster_id == cluster_id, finding_interval.c.closed_scan.is_(None)
        )
    )
    return {row.finding_id: row.opened_scan for row in rows}


def write_results(connection: Connection, cluster_id: int, number: int, plan: ResultPlan) -> None:
    """Write a plan; the bodies of what started are stored already."""
    end_ranges(connection, finding_result.c.finding_id, _numbers(plan.ended), number)
    if plan.closed:
        connection.execute(
            update(finding_interval)
            .where(
                among(finding_interval.c.finding_id, _numbers(plan.closed)),
                finding_interval.c.closed_scan.is_(None),
            )
            .values(closed_scan=number)
        )
    ids = _finding_ids(connection, cluster_id, plan)
    _start_ranges(connection, cluster_id, number, plan.started, ids)
    opened = {
        "cluster_id": [cluster_id] * len(plan.opened),
        "opened_scan": [number] * len(plan.opened),
        "finding_id": [ids[fingerprint] for fingerprint in plan.opened],
    }
    insert_rows(connection, finding_interval, opened)


def _numbers(known: Mapping[str, KnownFinding]) -> list[int]:
    """In order, so that two transactions take rows in the same one."""
    return sorted(item.finding_id for item in known.values())


def _start_ranges(
    connection: Connection, cluster_id: int, number: int, started: Mapping[str, Said], ids: Mapping[str, int]
) -> None:
    blobs = blob_ids(connection, (item.digest for item in started.values()))
    columns: dict[str, list[Any]] = {
        **open_from(cluster_id, number, len(started)),
        "finding_id": [ids[fingerprint] for fingerprint in started],
        "outcome": [item.result.outcome.value for item in started.values()],
        "severity": [item.result.severity.value for item in started.values()],
        "says": [escaped(item.result.says) for item in started.values()],
        "blob_id": [blobs[item.digest] for item in started.values()],
    }
    insert_rows(connection, finding_result, columns)


def _finding_ids(connection: Connection, cluster_id: int, plan: ResultPlan) -> dict[str, int]:
    """Fingerprint → `finding.id` for what a plan starts and opens; those never seen before are added."""
    subjects = [item.result.subject for item in plan.started.values()]
    columns: dict[str, list[Any]] = {
        "cluster_id": [cluster_id] * len(subjects),
        "fingerprint": list(plan.started),
        "check_id": [item.result.check for item in plan.started.values()],
        "subject_kind": [subject.kind.value for subject in subjects],
        "subject": [escaped(subject.id) for subject in subjects],
        "namespace": [escaped(subject.namespace) for subject in subjects],
    }
    insert_rows(connection, finding, columns, skip_existing=True)
    return finding_ids(connection, cluster_id, {*plan.started, *plan.opened})


def finding_ids(connection: Connection, cluster_id: int, fingerprints: Iterable[str]) -> dict[str, int]:
    """Fingerprint → `finding.id` for findings that are stored."""
    rows = connection.execute(
        select(finding.c.fingerprint, finding.c.id)
        .where(finding.c.cluster_id == cluster_id)
        .where(among(finding.c.fingerprint, sorted(fingerprints)))
    )
    return {row.fingerprint: row.id for row in rows}
