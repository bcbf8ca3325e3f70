"""The whole period from what was stored about it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.model.archive import Counted, Opening, SaidOver
from app.model.control import Assessment
from app.model.finding import Severity
from app.model.history import ControlPoint, Scan
from app.model.nights import LOST_NIGHT, Night, Nights
from app.model.period import ControlCourse, Deviation, Period
from app.trend.period.deviations import Causes, Terms, closing_times, deviations
from app.trend.period.standing import Accepts, Ledger, bad_nights, control_standing
from app.trend.period.turns import turns
from app.trend.period.words import says
from app.trend.period.workloads import Presence, workload_courses

_NAMED = 2


@dataclass(frozen=True)
class Stored:
    """What was stored about a cluster, as far as a period needs it.

    Attributes:
        scans: stored scans by number, with those before the period.
        points: control states of the framework over the period.
        said: failing and undecided results over the scans of the period.
        openings: intervals of findings since the first scan.
        counted: which check read its whole population in which scan.
        present: workloads and the scans that saw them.
    """

    scans: tuple[Scan, ...]
    points: tuple[ControlPoint, ...]
    said: tuple[SaidOver, ...]
    openings: tuple[Opening, ...]
    counted: tuple[Counted, ...]
    present: tuple[Presence, ...]


def build(
    cluster: str,
    nights: Sequence[Night],
    stored: Stored,
    assessment: Assessment,
    terms: Terms,
    accepts: Accepts,
    causes: Causes,
) -> Period:
    """Work the period out; `assessment` is of its last stored scan and tells which checks decide which control."""
    ledger = Ledger.of(nights)
    found = deviations(stored.openings, stored.said, stored.scans, ledger, terms, accepts, causes)
    bad = bad_nights(stored.said, ledger, terms.boundary, accepts)
    spaces = sorted({item.subject.namespace for item in found if item.subject.namespace})
    return Period(
        cluster=cluster,
        framework=assessment.framework.id,
        framework_title=assessment.framework.title,
        span=terms.span,
        nights=tuple(nights),
        controls=tuple(_controls(assessment, stored.points, found, ledger)),
        workloads=workload_courses(stored.present, bad, stored.counted, terms.bearings, ledger),
        deviations=found,
        turns=turns(stored.scans, ledger.at, assessment.framework.id),
        by_severity=tuple(
            closing_times(item.value, [one for one in found if one.severity is item], ledger)
            for item in Severity
        ),
        by_namespace=tuple(
            closing_times(item, [one for one in found if one.subject.namespace == item], ledger)
            for item in spaces
        ),
        allowed_days=dict(terms.allowed),
    )


def _controls(
    assessment: Assessment, points: Iterable[ControlPoint], found: Sequence[Deviation], ledger: Ledger
) -> Iterable[ControlCourse]:
    by_control: Mapping[str, list[ControlPoint]] = _grouped(points)
    for item in assessment.controls:
        if not item.control.enabled:
            continue
        standing = control_standing(by_control.get(item.control.id, ()), ledger)
        failing = [
            one
            for one in found
            if one.direct and item.control.id in one.controls and one.failed & standing.failed
        ]
        sentence = says(standing, ledger.nights, failed_for(failing))
        yield ControlCourse(item.control.id, item.control.title, standing, sentence)


def _grouped(points: Iterable[ControlPoint]) -> dict[str, list[ControlPoint]]:
    found: dict[str, list[ControlPoint]] = defaultdict(list)
    for point in points:
        found[point.control].append(point)
    return found


def failed_for(failing: Sequence[Deviation]) -> str:
    """Whom it failed for, those with the most nights first; of several, no night is said to have failed for all."""
    nights: dict[str, Nights] = defaultdict(int)
    for item in failing:
        nights[_called(item)] |= item.failed
    names = sorted(nights, key=lambda name: (-nights[name].bit_count(), name))
    left = len(names) - _NAMED
    if left > 0:
        return f"one or more of {', '.join(names[:_NAMED])} and {left} other{'s' if left > 1 else ''}"
    return f"one or both of {' and '.join(names)}" if len(names) == _NAMED else "".join(names)


def _called(item: Deviation) -> str:
    """A subject as a sentence has it: the slot of a lost night goes by its instant, which people read otherwise."""
    if item.check != LOST_NIGHT:
        return item.subject.id
    at = datetime.fromisoformat(item.subject.id.removeprefix("slot "))
    return f"the slot of {at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
