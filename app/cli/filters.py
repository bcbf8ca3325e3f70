"""Filters that several questions share, and which subjects they let through."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from difflib import get_close_matches
from typing import Annotated

import typer

from app.cli.frameworks import chosen_frameworks
from app.cli.options import moment
from app.errors import InputError, NotFoundError
from app.model.finding import ARROW, Severity, Subject, SubjectKind
from app.model.history import Document, Scan
from app.model.ports import Store
from app.model.scope import Placement, Zone

CheckOption = Annotated[str | None, typer.Option("--check", metavar="ID", help="Only this check.")]
SeverityOption = Annotated[Severity | None, typer.Option("--severity", help="Only this severity and worse.")]
NamespaceOption = Annotated[str, typer.Option("--namespace", metavar="NAME", help="Only this namespace.")]
FrameworkOption = Annotated[
    str,
    typer.Option(
        "--framework", metavar="ID", help="Only what bears on this framework, or on --control of it."
    ),
]
ControlOption = Annotated[
    str, typer.Option("--control", metavar="ID", help="Only what bears on this control.")
]
ZoneOption = Annotated[
    Zone | None,
    typer.Option("--zone", help="Only subjects of this PCI DSS zone, by the scope map of the scan."),
]
SinceOption = Annotated[str | None, typer.Option("--since", metavar="DATE", help="First day, in UTC.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Last day, included, in UTC.")
]
CsvOption = Annotated[
    bool, typer.Option("--csv", help="Comma-separated values on stdout, safe to open as a sheet.")
]


@dataclass(frozen=True)
class Filters:
    """What a person asked for; empty takes everything."""

    check: str | None = None
    severity: Severity | None = None
    namespace: str = ""
    framework: str = ""
    control: str = ""
    zone: Zone | None = None
    since: datetime | None = None
    until: datetime | None = None

    def chooser(self, store: Store, scan: Scan, known: Iterable[tuple[str, Subject]]) -> "Chooser":
        """What lets through what was asked for, by the documents and the map of one scan.

        Args:
            store: where the scan is.
            scan: tells which checks bear on a framework, and who is in which zone.
            known: checks and subjects of findings: this version may not have the check any more, nor the scan the namespace.

        Raises:
            NotFoundError: a name fits nothing; an empty answer would look as if nothing had happened.
        """
        known = list(known)
        require_check(self.check, {check for check, _ in known})
        if self.namespace and self.namespace not in {subject.namespace for _, subject in known}:
            _require_namespace(self.namespace, store, scan)
        checks = None
        if self.framework or self.control:
            checks = _bearing(store.documents(scan), self.framework, self.control)
        return Chooser(self, checks, _zones(store, scan) if self.zone else None)


@dataclass(frozen=True)
class Chooser:
    """Filters with what they need to know; None in `checks` and `placements` asks for nothing."""

    filters: Filters
    checks: frozenset[str] | None
    placements: Mapping[str, Placement] | None

    def takes(self, check: str, subject: Subject, severity: Severity) -> bool:
        """True when a finding was asked for, whenever it was open."""
        asked = self.filters
        return (
            asked.check in (None, check)
            and (asked.severity is None or severity.rank <= asked.severity.rank)
            and asked.namespace in ("", subject.namespace)
            and (self.checks is None or check in self.checks)
            and self._in_zone(subject)
        )

    def open_within(self, opened: datetime, closed: datetime | None) -> bool:
        """True when it was open at some time between the days that were asked for."""
        since, until = self.filters.since, self.filters.until
        return (until is None or opened <= until) and (since is None or closed is None or closed >= since)

    def _in_zone(self, subject: Subject) -> bool:
        if self.placements is None:
            return True
        return any(
            place.zone is self.filters.zone
            for workload, place in self.placements.items()
            if _about(subject, workload)
        )


def _about(subject: Subject, workload: str) -> bool:
    match subject.kind:
        case SubjectKind.NAMESPACE:
            return workload.startswith(f"{subject.id}/")
        case SubjectKind.PATH:
            return workload in subject.id.split(ARROW)
        case _:
            return workload == subject.id


def _zones(store: Store, scan: Scan) -> Mapping[str, Placement]:
    from app import judging

    return judging.judge(store.snapshot(scan), store.documents(scan)).placements


def _bearing(documents: Sequence[Document], framework: str, control: str) -> frozenset[str]:
    """Checks that bear on a framework, or on a control of it."""
    from app import assess

    frameworks = assess.read_documents(documents).frameworks
    ids = chosen_frameworks([framework] if framework else [], documents)
    controls = [
        item
        for one in frameworks
        if not ids or one.id in ids
        for item in one.controls
        if control in ("", item.id)
    ]
    if not controls:
        raise NotFoundError(
            f"--control {control!r} is no control of {framework or 'any framework of this scan'}",
            advice="correct --control, as `netattest trend` prints them",
        )
    return frozenset(mapping.check for item in controls for mapping in item.checks)


def _require_namespace(name: str, store: Store, scan: Scan) -> None:
    """Refuse a namespace that neither a finding nor an object is in: it would look as if it had none. One that was deleted is such a one."""
    refs = [item.ref for item in store.snapshot(scan).objects]
    there = {ref.name if ref.kind == "Namespace" else ref.namespace for ref in refs} - {""}
    if name not in there:
        near = get_close_matches(name, sorted(there)) or sorted(there)
        raise NotFoundError(
            f"--namespace {name!r} is no namespace of scan {scan.number}, and no finding is in it",
            advice=f"there are {', '.join(near)}",
        )


def require_check(check: str | None, known: Collection[str]) -> None:
    """Refuse an id that no check has: no finding would look as if it had passed."""
    from app.evaluate.checks import CHECKS

    every = {item.id for item in CHECKS} | set(known)
    if check is not None and check not in every:
        near = get_close_matches(check, sorted(every)) or sorted(every)
        raise NotFoundError(f"--check {check!r} is no check", advice=f"there are {', '.join(near)}")


def within(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """The moments from the beginning of one day to the end of another, or the very moments that were given.

    Raises:
        InputError: one of them is no time, or there is no time between them.
    """
    first, last = moment(since, "--since"), _end_of(until)
    if first and last and first > last:
        raise InputError(
            f"--since {since} is after --until {until}", advice="give the earlier one to --since"
        )
    return first, last


def _end_of(text: str | None) -> datetime | None:
    value = moment(text, "--until")
    if value is None or text is None or len(text) > len("2026-11-22"):
        return value
    return datetime.combine(value, time.max, UTC)
