"""The first pages: what was looked at, how every night ended, and what changed about how it was judged."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from app.model.control import ControlState
from app.model.months import day_range
from app.model.nights import Course, Night, NightStatus, Standing, longest_gap
from app.model.period import Period, TurnKind
from app.model.report import PeriodReport
from app.render.charts import DayMark
from app.render.content import Column, Fact, Mark, Row, Stack, Table, capped
from app.render.period.pages import Figure, Part, PeriodPage, PeriodSection, calendar
from app.render.wording import count, day, iso_day, minute, number, sentence, short_digest, spelled

NIGHT_WORDS: Final = {
    NightStatus.COMPLETE: "Complete",
    NightStatus.PARTIAL: "Partial",
    NightStatus.FAILED: "Failed",
    NightStatus.MISSING: "Missing",
}
_NIGHT_MARKS: Final = {
    NightStatus.COMPLETE: ControlState.SUPPORTED,
    NightStatus.PARTIAL: ControlState.INSUFFICIENT,
    NightStatus.FAILED: ControlState.EXCEPTION,
    NightStatus.MISSING: ControlState.INSUFFICIENT,
}
_TURN_WORDS: Final = {
    TurnKind.SCOPE: "Scope",
    TurnKind.FRAMEWORK: "Framework",
    TurnKind.TOOL: "Tool",
    TurnKind.CONFIGURATION: "Configuration",
    TurnKind.COVERAGE: "Coverage",
    TurnKind.CLUSTER: "Another cluster",
}


def summary(report: PeriodReport) -> PeriodPage:
    """What was looked at, in sentences and numbers."""
    period = report.period
    span = period.span
    return PeriodPage(
        "period-summary",
        "Summary",
        lede=(_covered(period), _courses(period), _deviated(period)),
        parts=(
            Part(
                facts=(
                    Fact("Cluster", period.cluster, code=True),
                    Fact("Framework", period.framework_title),
                    Fact("Period", f"{day(span.first)} to {day(span.last)}, on the clock of {span.zone.key}"),
                    Fact("Nights", _counted_by(period)),
                    Fact(
                        "Last scan",
                        f"number {report.scan.number} of {minute(report.scan.taken_at)}, sha256 {report.scan.digest}",
                    ),
                    Fact("Days to close", _allowed(period)),
                )
            ),
            Part(
                title="What the words mean",
                paragraphs=(
                    (
                        "*Held* means that the automated tests of a control were performed and found no exception; what a"
                        " scan cannot decide about a control stays with people. *Always* means held on every night of the"
                        " period. A night that was not scanned shows nothing, so with one of them it is *at some time*,"
                        " and its sentence counts the nights: held, failed, not to be decided, not scanned. *Never* means"
                        " tested and not held on any night; *not observed* means not tested automatically on any night, because no"
                        " test can decide it or it was declared not to apply."
                    ),
                    (
                        "Verdicts are those that each night's scan stored, by the rules and the version of that night. Of"
                        " several scans of one night the worst counts. Nothing is interpolated."
                    ),
                ),
            ),
        ),
    )


def _covered(period: Period) -> str:
    total, complete = len(period.nights), period.count(NightStatus.COMPLETE)
    others = [
        f"{number(period.count(status))} {NIGHT_WORDS[status].lower()}"
        for status in NightStatus
        if status is not NightStatus.COMPLETE and period.count(status)
    ]
    rest = f"; {', '.join(others)}" if others else ""
    return f"{number(complete)} of {count(total, 'night')} have a complete scan ({complete / max(total, 1):.1%}){rest}."


def _courses(period: Period) -> str:
    words = [
        f"{_some(sum(item.standing.course is course for item in period.controls))} {text}"
        for course, text in (
            (Course.ALWAYS, "always held"),
            (Course.SOMETIMES, "held at some time"),
            (Course.NEVER, "never held"),
            (Course.NOT_OBSERVED, "were not observed"),
        )
    ]
    scanned = sum(
        item.standing.held != 0 and item.standing.held | item.standing.unseen == item.standing.nights
        for item in period.controls
    )
    return (
        f"Of {count(len(period.controls), 'control')}, {', '.join(words)}; {_some(scanned)} held on every night that was"
        " scanned."
    )


def _some(value: int) -> str:
    return number(value) if value else "none"


def _deviated(period: Period) -> str:
    found = period.deviations
    if not found:
        return "No test that bears on this framework found an exception on a scanned night."
    still = sum(item.is_open for item in found)
    late = sum(item.overdue for item in found)
    again = sum(item.opening > 1 for item in found)
    left = sum(item.another_cluster_at is not None for item in found)
    measured = (
        f"{_some(late)} took longer than the entity allows" if period.allowed_days else "no target was set"
    )
    return (
        f"{count(len(found), 'deviation')}: {_some(still)} still open at the end, {_some(again)} reopened"
        f"{f', {number(left)} open when another cluster began to answer' if left else ''}; {measured}."
    )


def _counted_by(period: Period) -> str:
    if period.span.cron:
        return f"{number(len(period.nights))}, by the schedule `{period.span.cron}` and what was recorded".replace(
            "`", ""
        )
    return f"{number(len(period.nights))}, by recorded slots and else by calendar day: no schedule was given"


def _allowed(period: Period) -> str:
    if not period.allowed_days:
        return "none set by the entity"
    return ", ".join(
        f"{severity.value} {spelled(days, 'day')}" for severity, days in period.allowed_days.items()
    )


def nights(report: PeriodReport) -> PeriodPage:
    """Every night: those that are complete in the calendar, all others with cause and catch-up."""
    period = report.period
    odd = list(_runs(period.nights))
    shown = odd[: report.definition.rows]
    told, wanted = (sum(map(len, found)) for found in (shown, odd))
    gap = _longest_gap(period)
    return PeriodPage(
        "period-nights",
        "Nights",
        lede=(f"{_covered(period)} {gap}".strip(),),
        parts=(
            Part(
                keys=(
                    (DayMark.HELD, "complete"),
                    (DayMark.UNDECIDED, "partial"),
                    (DayMark.FAILED, "run failed"),
                    (DayMark.UNSEEN, "no run"),
                ),
                calendars=(
                    Figure(
                        "How each night ended",
                        calendar("calendar-nights", "How each night ended", _ended(period), period),
                        "",
                    ),
                ),
            ),
            Part(
                title="Nights that are not complete, or were made up for",
                table=Table(
                    caption="Nights that are not complete, or were made up for",
                    columns=(
                        Column("Night", 16),
                        Column("Due", 24),
                        Column("State", 14, "mark"),
                        Column("Scans", 8),
                        Column("Cause and catch-up"),
                    ),
                    rows=tuple(map(_row, shown)),
                    note=capped(told, wanted, "nights", "period.json"),
                    empty="Every night has a complete scan, on time.",
                ),
                notes=("All nights with their scans are attached as `nights.csv`.",),
            ),
        ),
    )


def _ended(period: Period) -> Standing:
    def having(status: NightStatus) -> int:
        return sum(1 << at for at, night in enumerate(period.nights) if night.status is status)

    return Standing(
        held=having(NightStatus.COMPLETE),
        undecided=having(NightStatus.PARTIAL),
        failed=having(NightStatus.FAILED),
        unseen=having(NightStatus.MISSING),
    )


def _longest_gap(period: Period) -> str:
    best = longest_gap(period.nights)
    if not best:
        return ""
    return f"The longest time without a stored scan is {count(len(best), 'night')}, {day_range(best[0].day, best[-1].day)}."


def _runs(nights: Iterable[Night]) -> Iterator[list[Night]]:
    """Nights that need words; those that follow one another and are told alike are one entry, as long as none has a scan."""
    for key, run in groupby(nights, key=lambda item: (item.status, item.scans, item.cause, item.caught_up)):
        _, scans, *says = key
        if not any(says):
            continue
        found = list(run)
        yield from ([item] for item in found) if scans else [found]


def _row(run: Sequence[Night]) -> Row:
    item, last = run[0], run[-1]
    says = "; ".join(text for text in (item.cause, item.caught_up) if text)
    alone = len(run) == 1
    return Row(
        (
            iso_day(item.day)
            if alone
            else Stack((f"{iso_day(item.day)} to {iso_day(last.day)}",), (count(len(run), "night"),)),
            minute(item.due_at) if alone else f"{minute(item.due_at)} to {minute(last.due_at)}",
            Mark.of(_NIGHT_MARKS[item.status], NIGHT_WORDS[item.status]),
            ", ".join(map(str, item.scans)) or "–",
            sentence(says),
        )
    )


def turns(report: PeriodReport) -> PeriodPage:
    """The time line of what judged the cluster."""
    period = report.period
    shown = period.turns[: report.definition.rows]
    return PeriodPage(
        "period-changes",
        "Changes of judgement",
        lede=(
            (
                "Changes of scope, framework, tool, configuration and coverage. Values before and after such a change are"
                " not the same measure; trends break there."
            ),
        ),
        parts=(
            Part(
                table=Table(
                    caption="What changed about how the cluster was judged",
                    columns=(
                        Column("From scan", 10, "number"),
                        Column("Taken at", 24),
                        Column("What", 14),
                        Column("Name", 20, "code"),
                        Column("Before", 0, "code"),
                        Column("After", 0, "code"),
                    ),
                    rows=tuple(
                        Row(
                            (
                                str(item.scan),
                                minute(item.at),
                                _TURN_WORDS[item.kind],
                                item.name,
                                short_digest(item.before) or "–",
                                short_digest(item.after) or "–",
                            )
                        )
                        for item in shown
                    ),
                    note=capped(len(shown), len(period.turns), "changes", "period.json"),
                    empty="Nothing changed about how the cluster was judged.",
                )
            ),
        ),
    )


SUMMARY: Final = PeriodSection("period-summary", "Summary", summary)
NIGHTS: Final = PeriodSection("period-nights", "Nights", nights)
CHANGES: Final = PeriodSection("period-changes", "Changes of judgement", turns)
