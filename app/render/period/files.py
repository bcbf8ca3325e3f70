"""A period as values and tables: `netattest/period/v1` and four CSV files."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from app.model.canonical import canonical_json
from app.model.chain import chain_document
from app.model.nights import Night, Nights, Standing, runs
from app.model.period import Deviation, Period, WorkloadCourse
from app.model.report import PeriodReport
from app.render.evidence import EvidenceFile
from app.render.plain import plain
from app.render.table_file import safe_cell

SETS = ("accepted", "failed", "undecided", "untested", "unseen")


def period_files(report: PeriodReport) -> tuple[EvidenceFile, ...]:
    """What travels with the report, in the order in which it is attached; `manifest.json` is the last.

    A redacted one has no chain: records are digests over names.
    """
    period = report.period
    files: tuple[EvidenceFile, ...] = (
        EvidenceFile("period.json", "The period as values", "application/json", period_document(report)),
        *tables(period),
        EvidenceFile(
            "chain.json",
            "Records of the scans up to the last one, as their digests cover them",
            "application/json",
            chain_document(() if report.redacted else report.chain),
        ),
    )
    manifest = canonical_json(
        {
            "schema": "netattest/manifest/v1",
            "scan": plain(report.scan),
            "redacted": report.redacted,
            "files": [
                {"name": item.name, "document": "", "bytes": len(item.body), "sha256": item.digest}
                for item in files
            ],
        }
    )
    return (
        *files,
        EvidenceFile("manifest.json", "These files and their digests", "application/json", manifest),
    )


def period_document(report: PeriodReport) -> bytes:
    """Write `netattest/period/v1`."""
    period = report.period
    span = period.span
    return canonical_json(
        {
            "schema": "netattest/period/v1",
            "cluster": period.cluster,
            "framework": period.framework,
            "first": span.first.isoformat(),
            "last": span.last.isoformat(),
            "timezone": span.zone.key,
            "cron": span.cron,
            "closingDays": {item.value: days for item, days in period.allowed_days.items()},
            "lastScan": {"number": report.scan.number, "digest": report.scan.digest},
            "sample": None if period.sample is None else _sample(period),
            "nights": [plain(item) for item in period.nights],
            "controls": [
                {
                    "control": item.control,
                    "title": item.title,
                    "says": item.says,
                    **_standing(item.standing, period),
                }
                for item in period.controls
            ],
            "workloads": [_workload(item, period) for item in period.workloads],
            "deviations": [_deviation(item, period) for item in period.deviations],
            "changes": [plain(item) for item in period.turns],
            "bySeverity": [plain(item) for item in period.by_severity],
            "byNamespace": [plain(item) for item in period.by_namespace],
        }
    )


def _sample(period: Period) -> dict[str, object]:
    assert period.sample is not None
    return {
        "seed": period.sample.seed,
        "nights": [
            {
                "day": period.nights[at].day.isoformat(),
                "dueAt": period.nights[at].due_at.isoformat(),
                "scans": list(period.nights[at].scans),
            }
            for at in period.sample.nights
        ],
    }


def _standing(standing: Standing, period: Period) -> dict[str, object]:
    return {
        "course": standing.course.value,
        "nights": standing.nights.bit_count(),
        "held": standing.held.bit_count(),
        **{name: _ranges(getattr(standing, name), period) for name in SETS},
    }


def _ranges(nights: Nights, period: Period) -> list[list[str]]:
    """First and last day of each run of nights: whole years of single days would be hundreds of megabytes."""
    return [
        [period.nights[first].day.isoformat(), period.nights[last].day.isoformat()]
        for first, last in runs(nights)
    ]


def _workload(item: WorkloadCourse, period: Period) -> dict[str, object]:
    said = dict(item.says)
    return {
        "workload": item.workload,
        "namespace": item.namespace,
        "inside": item.inside,
        "firstSeen": item.first_at.isoformat(),
        "lastSeen": item.last_at.isoformat(),
        "nightsSeen": item.present.bit_count(),
        "whole": item.whole,
        "controls": [
            {"control": control, "says": said.get(control, ""), **_standing(standing, period)}
            for control, standing in item.controls
        ],
    }


def _deviation(item: Deviation, period: Period) -> dict[str, object]:
    values: dict[str, object] = plain(item)
    return {
        **values,
        "overdue": item.overdue,
        "failed": _ranges(item.failed, period),
        "accepted": [
            {
                "exception": one.exception,
                "reference": one.reference,
                "nights": _ranges(one.nights, period),
            }
            for one in item.accepted
        ],
    }


def tables(period: Period) -> tuple[EvidenceFile, ...]:
    """Nights, controls, workloads and deviations, one row each."""
    return (
        _table("nights.csv", "Every night", _NIGHT, (_night(item) for item in period.nights)),
        _table("controls.csv", "Every control", _CONTROL, _controls(period)),
        _table("workloads.csv", "Every workload and control", _WORKLOAD, _workloads(period)),
        _table("deviations.csv", "Every deviation", _DEVIATION, (_row(item) for item in period.deviations)),
    )


_NIGHT = ("day", "due_at", "status", "scans", "failed_runs", "taken_at", "cause", "caught_up")
_COUNTS = ("course", "nights", "held", *SETS)
_CONTROL = ("control", "title", *_COUNTS, "says")
_WORKLOAD = ("workload", "namespace", "inside", "first_seen", "last_seen", "control", *_COUNTS, "says")
_DEVIATION = (
    "fingerprint",
    "check",
    "subject",
    "namespace",
    "severity",
    "direct",
    "controls",
    "opening",
    "opened_at",
    "clean_before",
    "last_seen_at",
    "closed_at",
    "another_cluster_at",
    "days",
    "allowed",
    "overdue",
    "exceptions",
    "changed",
    "managers",
    "says",
)


def _night(item: Night) -> Sequence[object]:
    return (
        item.day,
        item.due_at.isoformat(),
        item.status.value,
        " ".join(map(str, item.scans)),
        " ".join(map(str, item.failed_runs)),
        item.taken_at.isoformat() if item.taken_at else "",
        item.cause,
        item.caught_up,
    )


def _counts(standing: Standing) -> Sequence[object]:
    return (
        standing.course.value,
        standing.nights.bit_count(),
        standing.held.bit_count(),
        *(getattr(standing, name).bit_count() for name in SETS),
    )


def _controls(period: Period) -> Iterable[Sequence[object]]:
    for item in period.controls:
        yield (item.control, item.title, *_counts(item.standing), item.says)


def _workloads(period: Period) -> Iterable[Sequence[object]]:
    words: Mapping[bool | None, str] = {True: "inside", False: "outside", None: "unknown"}
    for item in period.workloads:
        said = dict(item.says)
        for control, standing in item.controls:
            yield (
                item.workload,
                item.namespace,
                words[item.inside],
                item.first_at.isoformat(),
                item.last_at.isoformat(),
                control,
                *_counts(standing),
                said.get(control, ""),
            )


def _row(item: Deviation) -> Sequence[object]:
    return (
        item.fingerprint,
        item.check,
        item.subject.id,
        item.subject.namespace,
        item.severity.value,
        item.direct,
        " ".join(item.controls),
        item.opening,
        item.opened_at.isoformat(),
        item.clean_before.isoformat() if item.clean_before else "",
        item.last_seen_at.isoformat(),
        item.closed_at.isoformat() if item.closed_at else "",
        item.another_cluster_at.isoformat() if item.another_cluster_at else "",
        item.days,
        "" if item.allowed is None else item.allowed,
        item.overdue,
        " ".join(one.exception for one in item.accepted),
        "; ".join(f"{one.ref} {one.kind.value}" for one in item.causes),
        "; ".join(one.manager for one in item.causes),
        item.says,
    )


def _table(name: str, about: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> EvidenceFile:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(str(value)) for value in row] for row in rows)
    return EvidenceFile(name, about, "text/csv", out.getvalue().encode())
