"""How controls and workloads held over the period, as tables and as calendars."""

from collections.abc import Iterable, Sequence
from typing import Final

from app.model.nights import Course
from app.model.period import ControlCourse, Period, WorkloadCourse
from app.model.report import PeriodReport
from app.render.charts import DayMark
from app.render.charts.calendar import WORDS
from app.render.content import Column, Row, Stack, Table, capped
from app.render.period.pages import Figure, Part, PeriodPage, PeriodSection, calendar, course_mark
from app.render.wording import count, iso_day, joined, number, sentence

MOST_CALENDARS: Final = 24
_MOST_SAID: Final = 3


def controls(report: PeriodReport) -> PeriodPage:
    """Each control in a word and a sentence."""
    period = report.period
    return PeriodPage(
        "period-controls",
        "Controls over the period",
        lede=("Each control of the framework as it was edited last, over every night of the period.",),
        parts=(
            Part(
                table=Table(
                    caption="Controls over the period",
                    columns=(
                        Column("Control", 14, "code"),
                        Column("Held", 18, "mark"),
                        Column("Nights held", 12, "number"),
                        Column("What was seen"),
                    ),
                    rows=tuple(_control(item) for item in period.controls),
                    empty="The framework has no control that counts.",
                )
            ),
        ),
    )


def _control(item: ControlCourse) -> Row:
    standing = item.standing
    return Row(
        (
            item.control,
            course_mark(standing),
            f"{number(standing.held.bit_count())} of {number(standing.nights.bit_count())}",
            Stack((sentence(item.title), sentence(item.says))),
        ),
        state=course_mark(standing).state,
    )


def calendars(report: PeriodReport) -> PeriodPage:
    """A calendar for each control that failed, was accepted or could not be decided on some nights."""
    period = report.period
    varied = [item for item in period.controls if _varied(item)]
    shown = varied[:MOST_CALENDARS]
    left = len(varied) - len(shown)
    return PeriodPage(
        "period-calendar",
        "Calendar of nights by control",
        lede=(
            (
                f"{count(len(varied), 'control')} did not stand the same on every scanned night. Each has a line for each"
                " month and a mark for each night; the others are told by their sentence alone."
            ),
        ),
        parts=(
            Part(
                keys=tuple((mark, WORDS[mark]) for mark in DayMark),
                calendars=tuple(_figure(index, item, period) for index, item in enumerate(shown)),
                notes=(f"{count(left, 'more control')} in `period.json`.",) if left else (),
            ),
        ),
    )


def _varied(item: ControlCourse) -> bool:
    standing = item.standing
    sets = (standing.held, standing.accepted, standing.failed, standing.undecided, standing.untested)
    return sum(bool(nights) for nights in sets) > 1


def _figure(index: int, item: ControlCourse, period: Period) -> Figure:
    title = f"Control {item.control}"
    return Figure(title, calendar(f"calendar-{index}", title, item.standing, period), sentence(item.says))


def workloads(report: PeriodReport) -> PeriodPage:
    """Each workload in the boundary: when it was there, and what did not always hold for it."""
    period = report.period
    shown = period.workloads[: report.definition.rows]
    brief = [item for item in period.workloads if not item.whole]
    return PeriodPage(
        "period-workloads",
        "Workloads over the period",
        lede=(
            (
                f"{count(len(period.workloads), 'workload')} of the framework's boundary, or not known to be outside it, were"
                f" seen; {number(len(brief)) if brief else 'none'} of them on a part of the scanned nights only. A workload answers for results"
                " about itself, its paths and its namespace; results about nodes, the cluster or the records bear on"
                " controls alone."
            ),
        ),
        parts=(
            Part(
                table=Table(
                    caption="Workloads over the period",
                    columns=(
                        Column("Workload", 26, "code"),
                        Column("Seen", 16),
                        Column("Always held", 10, "number"),
                        Column("What did not always hold"),
                    ),
                    rows=tuple(_workload(item) for item in shown),
                    note=capped(len(shown), len(period.workloads), "workloads", "workloads.csv"),
                    empty="No workload was seen.",
                )
            ),
        ),
    )


def _workload(item: WorkloadCourse) -> Row:
    held = sum(standing.course is Course.ALWAYS for _, standing in item.controls)
    seen = f"{iso_day(item.first_at)} to {iso_day(item.last_at)}"
    part = "" if item.whole else "part of the period"
    unknown = "" if item.inside else "placed by no scope rule"
    notes = tuple(text for text in (count(item.present.bit_count(), "night"), part, unknown) if text)
    lines, more = _exceptions(item)
    return Row(
        (
            item.workload,
            Stack((seen,), notes),
            f"{held} of {len(item.controls)}",
            Stack(lines or ("Everything held.",), more),
        )
    )


def _exceptions(item: WorkloadCourse) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What did not always hold, failures first; controls that held whenever somebody looked are one line and hide nothing."""
    standings = dict(item.controls)
    seen = {
        control
        for control, _ in item.says
        if standings[control].held | standings[control].unseen == standings[control].nights
    }
    told = sorted(
        _alike((control, text) for control, text in item.says if control not in seen),
        key=lambda one: all(standings[control].failed == 0 for control in one[1]),
    )
    lines = tuple(f"{_numbers(controls)}: {text}" for text, controls in told[:_MOST_SAID])
    left = sum(len(controls) for _, controls in told[_MOST_SAID:])
    rest = _numbers([control for control, _ in item.says if control in seen])
    return (
        (*lines, f"{rest}: held on every scanned night; {_not_scanned(item)}") if rest else lines,
        (f"{count(left, 'more control')} in workloads.csv",) if left > 0 else (),
    )


def _alike(says: Iterable[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Each sentence with the controls of which it is said, in their order."""
    found: dict[str, list[str]] = {}
    for control, text in says:
        found.setdefault(text, []).append(control)
    return list(found.items())


def _numbers(controls: Sequence[str]) -> str:
    return joined([f"`{control}`" for control in controls])


def _not_scanned(item: WorkloadCourse) -> str:
    nights = max(standing.unseen.bit_count() for _, standing in item.controls)
    return f"{count(nights, 'night')} {'was' if nights == 1 else 'were'} not scanned"


CONTROLS: Final = PeriodSection("period-controls", "Controls over the period", controls)
CALENDAR: Final = PeriodSection("period-calendar", "Calendar of nights by control", calendars)
WORKLOADS: Final = PeriodSection("period-workloads", "Workloads over the period", workloads)
