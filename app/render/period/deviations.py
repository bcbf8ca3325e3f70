"""Deviations: what opened when, for how long at least and at most, why, and how long closing took."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from app.model.archive import ObjectCause
from app.model.control import ControlState
from app.model.finding import Severity
from app.model.history import ChangeKind
from app.model.period import ClosingTimes, Deviation
from app.model.report import PeriodReport
from app.render.claims import claimed
from app.render.content import Column, Mark, Row, Stack, Table, capped
from app.render.period.pages import Part, PeriodPage, PeriodSection
from app.render.wording import SEVERITY_WORDS, count, iso_day, minute, number, plural

_MOST_FIELDS: Final = 3


def deviations(report: PeriodReport) -> PeriodPage:
    """One row for each time over which a subject failed."""
    period = report.period
    ordered = sorted(
        period.deviations,
        key=lambda item: (not item.direct, item.severity.rank, item.opened_at, item.check, item.subject),
    )
    shown = ordered[: report.definition.rows]
    return PeriodPage(
        "period-deviations",
        "Deviations",
        lede=(
            (
                "Each time over which a subject failed a test that bears on this framework. A scan sees a night and not the"
                " hours between: a deviation began after the last scan that did not see it and ended before the first that"
                " no longer did, so both bounds are given. What opened and closed between two scans was never seen."
            ),
        ),
        parts=(
            Part(
                table=Table(
                    caption="Deviations, those that decide a control first, worst first",
                    columns=(
                        Column("Severity", 10),
                        Column("What failed"),
                        Column("Opened and closed, UTC", 24),
                        Column("Days open", 16, "mark"),
                        Column("What changed, and who wrote it", 20),
                    ),
                    rows=tuple(_row(item) for item in shown),
                    note=capped(len(shown), len(ordered), "deviations", "deviations.csv"),
                    empty="No test that bears on this framework found an exception on a scanned night.",
                )
            ),
        ),
    )


def _row(item: Deviation) -> Row:
    again = (f"opened for the {_nth(item.opening)} time",) if item.opening > 1 else ()
    controls = _controls(item.controls) if item.direct else "supporting evidence only"
    accepted = tuple(
        f"{one.exception} ({one.reference}) stood before it on {count(one.nights.bit_count(), 'night')}"
        for one in item.accepted
    )
    return Row(
        (
            SEVERITY_WORDS[item.severity],
            Stack((claimed(item), f"`{item.check}`"), (controls, *again, *accepted)),
            Stack(_times(item), _bounds(item)),
            _duration(item),
            Stack(
                tuple(line for cause in item.causes for line in cause_lines(cause)) or (_unknown_cause(item),)
            ),
        )
    )


def _controls(numbers: Sequence[str]) -> str:
    return f"{'control' if len(numbers) == 1 else plural('control')} {', '.join(numbers)}"


def _times(item: Deviation) -> tuple[str, ...]:
    return (f"opened {iso_day(item.opened_at)}", _ended(item))


def _ended(item: Deviation) -> str:
    if item.closed_at:
        return f"closed {iso_day(item.closed_at)}"
    if item.another_cluster_at:
        return f"neither closed nor open: another cluster answers since {iso_day(item.another_cluster_at)}"
    return "open at the end"


def _bounds(item: Deviation) -> tuple[str, ...]:
    before = (
        f"not seen {_clock(item.clean_before)}"
        if item.clean_before
        else "seen by the first scan of the cluster"
    )
    return (before, f"last seen {_clock(item.last_seen_at)}")


def _clock(value: datetime) -> str:
    """A time of a column whose head names the zone."""
    return minute(value).removesuffix(" UTC")


def _duration(item: Deviation) -> Mark:
    days = count(item.days, "day") if item.days else "less than a day"
    if item.overdue:
        return Mark.of(ControlState.EXCEPTION, f"{days}, {number(item.allowed or 0)} allowed")
    if item.is_open:
        allowed = "" if item.allowed is None else f" of {item.allowed} allowed"
        return Mark.of(ControlState.PARTIAL, f"{days}{allowed} so far")
    if item.allowed is None or item.closed_at is None:
        return Mark.of(ControlState.NOT_APPLICABLE, days)
    return Mark.of(ControlState.SUPPORTED, f"{days} of {item.allowed} allowed")


def cause_lines(cause: ObjectCause) -> tuple[str, ...]:
    """The object, its fields that differ, and who wrote it."""
    fields = ", ".join(f"`{item.path}`" for item in cause.fields[:_MOST_FIELDS])
    left = len(cause.fields) - _MOST_FIELDS
    more = f" and {left} more" if left > 0 else ""
    alike = cause.kind is ChangeKind.CHANGED and not cause.fields
    told = (
        f"{fields}{more}"
        if fields
        else "status, book-keeping or an order without meaning only"
        if alike
        else ""
    )
    words = f"{cause.ref} {cause.kind.value}{f': {told}' if told else ''}"
    reference = f", change {cause.reference}" if cause.reference else ""
    return (words, f"{_writer(cause)}{reference}")


def _writer(cause: ObjectCause) -> str:
    """Who wrote it; a removal has no writer on record, only what was removed has."""
    if cause.kind is ChangeKind.REMOVED:
        by = f"last written by `{cause.manager}`, " if cause.manager else ""
        return f"{by}who removed it is not on record"
    return f"by `{cause.manager}`" if cause.manager else "the API did not say who wrote it"


def _unknown_cause(item: Deviation) -> str:
    if item.clean_before is None:
        return "It was there when the first scan looked."
    return "No object of its evidence or its namespace changed."


def _nth(value: int) -> str:
    teens = value % 100 in range(11, 14)
    ending = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return {2: "second", 3: "third"}.get(value, f"{value}{ending}")


def closing(report: PeriodReport) -> PeriodPage:
    """How long it took to close findings, by severity and namespace."""
    period = report.period
    shown, targets = period.by_namespace[: report.definition.rows], bool(period.allowed_days)
    return PeriodPage(
        "period-closing",
        "Time to close",
        lede=(
            (
                "Findings that opened, closed or stayed open over the period. Means are over those that closed in it, in days"
                " on the calendar from the first scan that saw a finding to the first that no longer did."
            ),
        ),
        parts=(
            Part(
                title="By severity",
                table=_table("Severity", _capitals(period.by_severity), "", targets=targets),
            ),
            Part(
                title="By namespace",
                table=_table(
                    "Namespace",
                    shown,
                    capped(len(shown), len(period.by_namespace), "namespaces", "period.json"),
                    targets=targets,
                ),
                notes=_nowhere(period.deviations),
            ),
        ),
    )


def _capitals(rows: Sequence[ClosingTimes]) -> tuple[ClosingTimes, ...]:
    """Severities as every other table writes them."""
    return tuple(replace(item, name=SEVERITY_WORDS[Severity(item.name)]) for item in rows)


def _nowhere(found: Sequence[Deviation]) -> tuple[str, ...]:
    """Why the numbers by namespace may be less than those by severity."""
    some = sum(not item.subject.namespace for item in found)
    if not some:
        return ()
    belong = "belongs to no namespace and counts" if some == 1 else "belong to no namespace and count"
    return (f"{count(some, 'finding')} {belong} by severity alone.",)


def _table(head: str, rows: Sequence[ClosingTimes], note: str, *, targets: bool) -> Table:
    """`targets` is False where the entity set no days: then nothing is known to be over them."""
    return Table(
        caption=f"Findings by {head.lower()}",
        columns=(
            Column(head),
            Column("Opened", 12, "number"),
            Column("Reopened", 12, "number"),
            Column("Closed", 12, "number"),
            Column("Open at end", 12, "number"),
            Column("Over target", 12, "number"),
            Column("Mean days", 12, "number"),
            Column("90th percentile", 12, "number"),
        ),
        rows=tuple(_closing_row(item, targets=targets) for item in rows),
        note=note,
    )


def _closing_row(item: ClosingTimes, *, targets: bool) -> Row:
    return Row(
        (
            item.name,
            number(item.opened),
            number(item.reopened),
            number(item.closed),
            number(item.open_at_end),
            number(item.overdue) if targets else "–",
            "–" if item.mean_days is None else f"{item.mean_days:g}",
            "–" if item.ninetieth_days is None else number(item.ninetieth_days),
        )
    )


DEVIATIONS: Final = PeriodSection("period-deviations", "Deviations", deviations)
CLOSING: Final = PeriodSection("period-closing", "Time to close", closing)
