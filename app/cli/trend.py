"""`netattest trend`: control states over the stored scans."""

from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.course import tell_findings
from app.cli.filters import (
    CheckOption,
    CsvOption,
    Filters,
    NamespaceOption,
    SeverityOption,
    SinceOption,
    UntilOption,
    ZoneOption,
    within,
)
from app.cli.options import (
    ClusterOption,
    ConfigOption,
    DatabaseOption,
    DebugOption,
    JsonOption,
    MoreArgument,
    PlainCommand,
    gathered,
    required,
    split,
)
from app.cli.output import emit, emit_csv, heading, say, table
from app.cli.session import begin
from app.cli.shapes import joined, plural
from app.cli.spark import courses
from app.errors import InputError, NotFoundError
from app.model.control import ControlState
from app.model.history import ControlPoint, Trend, TrendLine, TrendPoint

_EPILOG = """\b
Examples:
  netattest trend --cluster prod
  netattest trend --cluster prod --framework pci-dss-4.0.1 --since 2026-10-01
  netattest trend --cluster prod --framework pci-dss-4.0.1 --control 1.3.1 --json
  netattest trend --cluster prod --namespace payments --severity high
"""


def register(program: typer.Typer) -> None:
    """Add the command."""
    program.command(
        "trend", cls=PlainCommand, short_help="Control states over the stored scans.", epilog=_EPILOG
    )(trend)


def trend(
    *,
    cluster: ClusterOption = None,
    frameworks: Annotated[
        list[str] | None,
        typer.Option(
            "--framework", metavar="ID...", help="Frameworks, or the beginning of their ids.  [default: all]"
        ),
    ] = None,
    more: MoreArgument = None,
    control: Annotated[str, typer.Option("--control", metavar="ID", help="Only this control.")] = "",
    since: SinceOption = None,
    until: UntilOption = None,
    findings: Annotated[
        bool, typer.Option("--findings", help="Failing results by severity, and not controls by state.")
    ] = False,
    check: CheckOption = None,
    severity: SeverityOption = None,
    namespace: NamespaceOption = "",
    zone: ZoneOption = None,
    as_csv: CsvOption = False,
    config: ConfigOption = None,
    database_url: DatabaseOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """How many controls were in which state, scan by scan; days are counted in UTC.

    With --findings, or a filter that only findings have, how many results failed.
    """
    from app import trend as series

    session = begin(config, database_url, as_json=as_json, debug=debug)
    name = required(cluster)
    first, last = within(since, until)
    wanted = split(gathered(frameworks, more, "--framework"))
    if findings or check or severity or namespace or zone:
        if len(wanted) > 1:
            raise InputError(
                "findings can be told of one framework only", advice="give one --framework, or none"
            )
        framework = wanted[0] if wanted else ""
        asked = Filters(check, severity, namespace, framework, control, zone, first, last)
        tell_findings(session, name, asked, as_csv=as_csv)
        return
    with session.store() as store:
        points = store.points(name, control=control, since=first, until=last)
        scans = store.scans(name, first, last)
        slots = store.slots(name, scans[0].taken_at, scans[-1].taken_at) if scans else ()
        removed = store.removed(name)
        if not scans:
            raise NotFoundError(
                f"there is no scan of {name} in this time",
                advice=f"clusters with scans: {', '.join(store.clusters()) or 'none yet'}",
            )
    _all_known(points, control, wanted)
    chosen = tuple(item for item in points if not wanted or item.framework.startswith(wanted))
    lines = series.follow(chosen, scans, None, slots, removed)
    if as_csv:
        emit_csv(_CSV, (_csv_row(point) for point in chosen))
    elif as_json:
        emit(_document(name, lines, chosen))
    else:
        _tell(name, lines, chosen, control)


def _all_known(points: Sequence[ControlPoint], control: str, frameworks: Sequence[str]) -> None:
    """Refuse a name that fits nothing: an empty answer would look as if nothing had happened."""
    if control and not points:
        raise NotFoundError(f"no scan of this time has a control {control}", advice="correct --control")
    known = sorted({point.framework for point in points})
    for name in frameworks:
        if not any(item.startswith(name) for item in known):
            raise NotFoundError(
                f"--framework {name!r} is no framework of these scans", advice=f"there are {joined(known)}"
            )


def _document(cluster: str, trend: Trend, points: Sequence[ControlPoint]) -> dict[str, object]:
    return {
        "schema": "netattest/trend/v1",
        "cluster": cluster,
        "frameworks": [
            {"id": line.framework, "points": [_point_shape(point) for point in line.points]}
            for line in trend.lines
        ],
        "controls": [
            {
                "framework": point.framework,
                "control": point.control,
                "scan": point.scan,
                "taken_at": point.taken_at.isoformat(),
                "state": point.state.value,
                "contrary": point.contrary,
                "passed": point.passed,
                "failed": point.failed,
                "excepted": point.excepted,
                "undecided": point.undecided,
            }
            for point in points
        ],
    }


def _point_shape(point: TrendPoint) -> dict[str, object]:
    counts = None if point.counts is None else {state.value: number for state, number in point.counts}
    return {
        "at": point.at.isoformat(),
        "scan": point.scan,
        "status": point.status,
        "states": counts,
        "breaks": list(point.breaks),
        "scope": point.scope,
        "catalogue": point.catalogue,
        "tool_version": point.tool,
        "gaps": point.gaps,
    }


_CSV = (
    "scan",
    "taken_at",
    "framework",
    "control",
    "state",
    "contrary",
    "passed",
    "failed",
    "excepted",
    "undecided",
)


def _csv_row(point: ControlPoint) -> list[object]:
    return [
        point.scan,
        point.taken_at.isoformat(),
        point.framework,
        point.control,
        point.state.value,
        point.contrary,
        point.passed,
        point.failed,
        point.excepted,
        point.undecided,
    ]


def _tell(cluster: str, trend: Trend, points: Sequence[ControlPoint], control: str) -> None:
    if not trend.lines:
        say(f"no control of {cluster} fits")
    for line in trend.lines:
        heading(f"{line.framework}, {plural(len(line.points), 'night')} of {cluster}: {_span(line)}")
        if control:
            _tell_control([point for point in points if point.framework == line.framework])
        else:
            _tell_line(line)
        for point in line.points:
            for sentence in point.breaks:
                say(f"  {point.at:%Y-%m-%d}: {sentence}")


def _span(line: TrendLine) -> str:
    return f"{line.points[0].at:%Y-%m-%d} to {line.points[-1].at:%Y-%m-%d}"


def _tell_line(line: TrendLine) -> None:
    """For each state its course, the first count and the last one."""
    values = {state.value: [_count(point, state) for point in line.points] for state in ControlState}
    columns, rows, right = courses("controls", values, line.points)
    table(columns, rows, right=right)


def _tell_control(points: Sequence[ControlPoint]) -> None:
    rows = [
        [f"{point.taken_at:%Y-%m-%d %H:%M}", point.scan, point.state.value, point.failed, point.undecided]
        for point in points
    ]
    table(["taken at (UTC)", "scan", "state", "failed", "undecided"], rows, right=[1, 3, 4])


def _count(point: TrendPoint, state: ControlState) -> int | None:
    return None if point.counts is None else dict(point.counts).get(state, 0)
