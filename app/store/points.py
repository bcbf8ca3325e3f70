"""Control states and check counts: a few small rows for each scan, which trends read without any snapshot."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, text

from app.model.control import ControlState
from app.model.finding import Outcome
from app.model.history import CheckCounts, ControlPoint, Course
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
_STATE = tuple(control_state.c[name] for name in ("scan", "control_id", "state", *_TALLY))
_STATES = {item.value: item for item in ControlState}
_STEPS = {
    f"{sign}{state.value}": (state, contrary)
    for state in ControlState
    for sign, contrary in (("", False), ("!", True))
}
_COURSES = text(
    """
    SELECT array_agg(control_id) AS controls, scans, states FROM (
        SELECT control_id, array_agg(scan ORDER BY scan) AS scans,
            string_agg(CASE WHEN contrary THEN '!' ELSE '' END || state, ',' ORDER BY scan) AS states
        FROM control_state WHERE cluster_id = :cluster AND scan BETWEEN :first AND :last GROUP BY control_id
    ) AS control GROUP BY scans, states"""
)
_Steps = tuple[tuple[int, ControlState, bool], ...]
_Names = Mapping[int, tuple[str, str, str]]  # `control.id` → framework, digest of its file, control


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
    """Control states of a cluster by scan, framework, control; empty filters take everything.

    What all states of a control or of a scan share is read once and not with each state: a year of a cluster is some 70,000.
    """
    times = _times(connection, cluster_id, since, until, up_to)
    names = _names(connection, frameworks, control_id)
    if not times or not names:
        return ()
    query = select(*_STATE).where(
        control_state.c.cluster_id == cluster_id, control_state.c.scan.between(min(times), max(times))
    )
    if frameworks or control_id:
        query = query.where(among(control_state.c.control_id, sorted(names)))
    rows = connection.execute(query.order_by(control_state.c.scan))
    return _by_control((row for row in rows if row[0] in times), times, names)


def read_courses(
    connection: Connection, cluster_id: int, since: datetime | None, until: datetime | None
) -> tuple[Course, ...]:
    """What pages show of a year, grouped by the server: its rows are some 70,000, and most controls go the same way."""
    times = _times(connection, cluster_id, since, until, None)
    if not times:
        return ()
    between = {"cluster": cluster_id, "first": min(times), "last": max(times)}
    rows = connection.execute(_COURSES, between).all()
    names = _names_of(connection, sorted({key for row in rows for key in row.controls}))
    found: dict[tuple[str, _Steps], set[str]] = defaultdict(set)
    for row in rows:
        steps = tuple(step for step in _steps(row.scans, row.states) if step[0] in times)
        for framework, _, control_id in (names[key] for key in row.controls if steps and key in names):
            found[framework, steps].add(control_id)
    courses = (Course(name, tuple(sorted(ids)), steps) for (name, steps), ids in found.items())
    return tuple(sorted(courses, key=lambda item: (item.framework, item.controls, item.seen)))


def _steps(scans: Sequence[int], states: str) -> Iterable[tuple[int, ControlState, bool]]:
    each = (_STEPS[state] for state in states.split(","))
    return ((number, *step) for number, step in zip(scans, each, strict=True))


def points_of(connection: Connection, cluster_id: int, number: int) -> tuple[ControlPoint, ...]:
    """Control states of one scan."""
    states = connection.execute(
        select(*_STATE).where(control_state.c.cluster_id == cluster_id, control_state.c.scan == number)
    )
    rows = states.all()
    names = _names_of(connection, sorted({row[1] for row in rows}))
    times = connection.execute(
        select(scan.c.taken_at).where(scan.c.cluster_id == cluster_id, scan.c.number == number)
    )
    return _by_control(rows, dict.fromkeys([number], times.scalar_one()), names) if rows else ()


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


def _times(
    connection: Connection, cluster_id: int, since: datetime | None, until: datetime | None, up_to: int | None
) -> dict[int, datetime]:
    """Scan → when it was taken, for scans within bounds."""
    query = select(scan.c.number, scan.c.taken_at).where(scan.c.cluster_id == cluster_id)
    if since is not None:
        query = query.where(scan.c.taken_at >= since)
    if until is not None:
        query = query.where(scan.c.taken_at <= until)
    if up_to is not None:
        query = query.where(scan.c.number <= up_to)
    return {row.number: row.taken_at for row in connection.execute(query)}


def _names(connection: Connection, frameworks: Collection[str], control_id: str) -> _Names:
    query = select(control)
    if frameworks:
        query = query.where(control.c.framework.in_(sorted(frameworks)))
    if control_id:
        query = query.where(control.c.control == control_id)
    return _editions(connection.execute(query))


def _names_of(connection: Connection, ids: Sequence[int]) -> _Names:
    return _editions(connection.execute(select(control).where(among(control.c.id, ids))))


def _editions(rows: Iterable[Row[Any]]) -> _Names:
    return {row.id: (row.framework, row.framework_digest, row.control) for row in rows}


def _by_control(
    rows: Iterable[Any], times: Mapping[int, datetime], names: _Names
) -> tuple[ControlPoint, ...]:
    """Rows of `_STATE` by scan, framework, control; a state whose control was deleted is left out, and missed by the check of the chain."""
    ordered = sorted(names, key=lambda number: (names[number][0], names[number][2], names[number][1]))
    rank = {number: at for at, number in enumerate(ordered)}
    known = sorted((row for row in rows if row[1] in rank), key=lambda row: (row[0], rank[row[1]]))
    return tuple(
        ControlPoint(number, times[number], *names[control_id], _STATES[state], *tally)
        for number, control_id, state, *tally in known
    )


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
