"""What the sections of a period report are made of: parts of words, calendars and tables, printed by one template."""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.model.control import ControlState
from app.model.nights import Course, Nights, Standing, each
from app.model.period import Period
from app.model.report import PeriodReport
from app.render.charts import Calendar, DayMark
from app.render.content import Fact, Mark, SectionPage, Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One calendar with its title and the sentence that says the same; empty where the section opens with it."""

    title: str
    chart: Calendar
    says: str


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a section, in the order in which it is printed; `keys` are marks and their words."""

    title: str = ""
    anchor: str = ""
    paragraphs: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    calendars: tuple[Figure, ...] = ()
    table: Table | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PeriodPage(SectionPage):
    """A section of a period report."""

    parts: tuple[Part, ...] = field(default=(), kw_only=True)

    @property
    def template(self) -> str:
        """All of them are printed alike."""
        return "period/part.html"


@dataclass(frozen=True, slots=True)
class PeriodSection:
    """One line of `PERIOD_SECTIONS`."""

    id: str
    title: str
    build: Callable[[PeriodReport], SectionPage]


def course_mark(standing: Standing) -> Mark:
    """The course in its word; the shape says what stood in the way."""
    course = standing.course
    if course is Course.ALWAYS:
        state = ControlState.SUPPORTED
    elif standing.failed:
        state = ControlState.EXCEPTION
    elif standing.accepted:
        state = ControlState.PARTIAL
    else:
        state = ControlState.INSUFFICIENT
    return Mark.of(state, course.value.capitalize())


_FILTERS = (
    (ControlState.SUPPORTED, "Always held"),
    (ControlState.EXCEPTION, "Failed on a night"),
    (ControlState.PARTIAL, "Exception accepted"),
    (ControlState.INSUFFICIENT, "Not shown on every night"),
)


def filters(period: Period) -> tuple[Mark, ...]:
    """Marks by which the HTML edition lets its reader choose among controls: those that some control has."""
    found = {course_mark(item.standing).state for item in period.controls}
    return tuple(Mark.of(state, word) for state, word in _FILTERS if state.value in found)


def calendar(identifier: str, title: str, standing: Standing, period: Period) -> Calendar:
    """Days of a standing; of several nights on one day the worst is drawn."""
    sets: tuple[tuple[DayMark, Nights], ...] = (
        (DayMark.HELD, standing.held),
        (DayMark.UNTESTED, standing.untested),
        (DayMark.UNSEEN, standing.unseen),
        (DayMark.ACCEPTED, standing.accepted),
        (DayMark.UNDECIDED, standing.undecided),
        (DayMark.FAILED, standing.failed),
    )
    days = {period.nights[at].day: mark for mark, nights in sets for at in each(nights)}
    return Calendar(identifier, title, tuple(sorted(days.items())))
