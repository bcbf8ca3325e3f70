"""Control states and check counts: a few small rows for each scan, which trends read without any snapshot."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from app.model.control import ControlState
from app.model.finding import Outcome
from app.model.history import CheckCounts, ControlPoint
from app.store.bulk import among, insert_rows
from app.store.tables import check_count, control, control_state, scan

_OUTCOMES = {
    "passed": Outcome.PASS,
    "failed": Outcome.FAIL,
    "not_applicable": Outcome.NOT_APPLICABLE,
    "insufficient": Outcome.INSUFFICIENT,
    "errors": Outcome.ERROR,
}
_TALLY = ("contrary", "passed", "failed", "excepted", "undecided")


def write_counts(connection: Connection, cluster_id: int, number: int, counts: Sequence[CheckCounts]) -> None:
    """Write what each check counted."""
    columns: dict[str, list[Any]] = {
        "cluster_id": [cluster_id] * len(counts),
        "scan": [number] * len(counts),
        "check_id": [item.check for item in counts],
        "population_complete": [item.population_complete for item in counts],
    }
    for name, outcome in _OUTCOMES.items():
        columns[name] = [dict(item.counts).get(outcome, 0) for item in counts]
    insert_rows(connection, check_count, columns)


def write_points(
    connection: Connection, cluster_id: int, number: int, points: Sequence[ControlPoint]
) -> None:
    """Write the state of each control."""
    ids = _control_ids(connection, points)
    columns: dict[str, list[Any]] = {
        "cluster_id": [cluster_id] * len(points),
        "scan": [number] * len(points),
        "control_id": [ids[_edition(item)] for item in points],
        "state": [item.state.value for item in points],
    }
    for name in _TALLY:
        columns[name] = [getattr(item, name) for item in points]
    insert_rows(connection, control_state, columns)


def read_points(
    connection: Connection,
    cluster_id: int,
    *,
    frameworks: Collection[str] = (),
    control_id: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    up_to: int | None = None,
) -> tuple[ControlPoint, ...]:
    """Control states of a cluster by scan, framework, control; empty filters take everything."""
    query = _points(cluster_id)
    if frameworks:
        query = query.where(control.c.framework.in_(sorted(frameworks)))
    if control_id:
        query = query.where(control.c.control == control_id)
    if since is not None:
        query = query.where(scan.c.taken_at >= since)
    if until is not None:
        query = query.where(scan.c.taken_at <= until)
    if up_to is not None:
        query = query.where(control_state.c.scan <= up_to)
    return _sorted(_point(row) for row in connection.execute(query))


def points_of(connection: Connection, cluster_id: int, number: int) -> tuple[ControlPoint, ...]:
    """Control states of one scan."""
    query = _points(cluster_id).where(control_state.c.scan == number)
    return _sorted(_point(row) for row in connection.execute(query))


def counts_of(connection: Connection, cluster_id: int, number: int) -> tuple[CheckCounts, ...]:
    """What each check counted in one scan, by check."""
    rows = connection.execute(
        select(check_count).where(check_count.c.cluster_id == cluster_id, check_count.c.scan == number)
    )
    found = (
        CheckCounts(
            row.check_id,
            tuple((outcome, getattr(row, name)) for name, outcome in _OUTCOMES.items()),
            row.population_complete,
        )
        for row in rows
    )
    return tuple(sorted(found, key=lambda item: item.check))


def _points(cluster_id: int) -> Select[Any]:
    return (
        select(
            scan.c.taken_at, control.c.framework, control.c.framework_digest, control.c.control, control_state
        )
        .select_from(control_state)
        .join(control, control.c.id == control_state.c.control_id)
        .join(
            scan, (scan.c.cluster_id == control_state.c.cluster_id) & (scan.c.number == control_state.c.scan)
        )
        .where(control_state.c.cluster_id == cluster_id)
    )


def _point(row: Row[Any]) -> ControlPoint:
    return ControlPoint(
        scan=row.scan,
        taken_at=row.taken_at,
        framework=row.framework,
        framework_digest=row.framework_digest,
        control=row.control,
        state=ControlState(row.state),
        contrary=row.contrary,
        passed=row.passed,
        failed=row.failed,
        excepted=row.excepted,
        undecided=row.undecided,
    )


def _sorted(points: Iterable[ControlPoint]) -> tuple[ControlPoint, ...]:
    return tuple(sorted(points, key=lambda item: (item.scan, item.framework, item.control)))


def _edition(point: ControlPoint) -> tuple[str, str, str]:
    return (point.framework, point.framework_digest, point.control)


def _control_ids(connection: Connection, points: Sequence[ControlPoint]) -> dict[tuple[str, str, str], int]:
    editions = sorted({_edition(item) for item in points})
    names = ("framework", "framework_digest", "control")
    columns = {name: [edition[index] for edition in editions] for index, name in enumerate(names)}
    known = _known_controls(connection, columns["framework_digest"])
    if not known.keys() >= set(editions):
        insert_rows(connection, control, columns, skip_existing=True)
        known = _known_controls(connection, columns["framework_digest"])
    return known


def _known_controls(connection: Connection, digests: Sequence[str]) -> dict[tuple[str, str, str], int]:
    rows = connection.execute(select(control).where(among(control.c.framework_digest, sorted(set(digests)))))
    return {(row.framework, row.framework_digest, row.control): row.id for row in rows}
