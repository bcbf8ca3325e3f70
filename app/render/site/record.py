"""What the pages say about one cluster, small enough to keep a fleet of them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.model.canonical import digest
from app.model.history import ControlPoint, Course, FindingLife, Scan, ScanStatus, Slot, SlotStatus, TrendLine
from app.render.site.nights import Days, Lost, Night, words, worst, worst_by_scan

NIGHTS = 365  # days of a calendar
RECENT = 28  # of these, columns of the table with signs
FRESH = 1  # days after which a scan no longer speaks for today


@dataclass(frozen=True, slots=True)
class Line:
    """One framework as a whole (`control` is empty), or one control, over the nights."""

    control: str
    nights: tuple[Night, ...]

    @property
    def recent(self) -> tuple[Night, ...]:
        """The last four weeks, from the first scan on."""
        return tuple(night for night in self.nights[-RECENT:] if night.kind != "before")

    @property
    def counted(self) -> tuple[tuple[str, int], ...]:
        """Days by what they show, in words, most frequent first; days without a scan are one, whatever the reason."""
        found: dict[str, int] = defaultdict(int)
        for night in self.nights:
            found["no scan" if night.kind in ("none", "failed") else night.says] += 1
        return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class Standing:
    """One framework at the last stored scan; `fresh` when that scan speaks for today."""

    framework: str
    kind: str
    mark: str
    says: str
    day: date
    fresh: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """One row of the overview.

    Attributes:
        until: the last day that its page shows: the last one of which something is known, or the day of publication once
            that is so long past that days without a scan are to be seen. A page does not change because a day begins.
        latest: the last scan whose evidence is stored.
        last: the last run.
        lost: a slot after `latest` that failed or was missed, the last one.
    """

    cluster: str
    until: date
    latest: Scan | None
    last: Scan
    lost: Slot | None
    standings: tuple[Standing, ...]

    @property
    def slug(self) -> str:
        """A part of file names that is safe everywhere and differs where names differ."""
        plain = re.sub(r"[^a-z0-9]+", "-", self.cluster.lower()).strip("-")[:60].rstrip("-") or "x"
        return f"{plain}-{digest(self.cluster.encode())[:8]}"

    @property
    def page(self) -> str:
        """The cluster's page."""
        return f"cluster-{self.slug}.html"

    @property
    def warning(self) -> str:
        """What is wrong with its nights; empty when the last one was stored whole and is fresh."""
        if self.latest is None:
            return "no scan is stored: every night failed, or its evidence was removed"
        day = self.latest.taken_at.date()
        if self.last.status is ScanStatus.FAILED or self.lost:
            word = "was missed" if self.lost and self.lost.status is SlotStatus.MISSED else "failed"
            return f"the last night {word}; what is shown is of {day}"
        if (self.until - day).days > FRESH:
            return f"stale: the last scan is of {day}"
        return "the last scan has gaps" if self.latest.status is ScanStatus.PARTIAL else ""


@dataclass(frozen=True, slots=True)
class ClusterRecord:
    """One cluster up to the last day that its page shows; `lines` are by framework, the whole first; `trends` are over the same days."""

    overview: Overview
    lines: tuple[tuple[str, tuple[Line, ...]], ...]
    lost: tuple[Lost, ...]
    trends: tuple[TrendLine, ...]
    findings: tuple[FindingLife, ...]


def latest_stored(scans: Iterable[Scan], removed: Mapping[int, str]) -> Scan | None:
    """The last scan whose evidence is stored; `scans` are by number."""
    whole = [item for item in scans if item.status is not ScanStatus.FAILED and item.number not in removed]
    return whole[-1] if whole else None


def overview(
    cluster: str,
    today: date,
    scans: Sequence[Scan],
    removed: Mapping[int, str],
    slots: Iterable[Slot],
    points: Iterable[ControlPoint],
) -> Overview:
    """A row of the overview; `scans` are all of the cluster, at least one, by number; `points` are of its latest scan.

    Of `slots`, oldest first, those after that scan count for what was lost.
    """
    slots = tuple(slots)
    latest = latest_stored(scans, removed)
    ended = [item for item in slots if latest is None or item.due_at > latest.taken_at]
    lost = ended[-1] if ended and ended[-1].status in (SlotStatus.FAILED, SlotStatus.MISSED) else None
    fresh = latest is not None and scans[-1].status is not ScanStatus.FAILED and lost is None
    found: dict[str, list[ControlPoint]] = defaultdict(list)
    for point in points:
        found[point.framework].append(point)
    known = max((scans[-1].taken_at.date(), *(item.due_at.date() for item in slots)))
    until = today if (today - known).days > FRESH else known
    return Overview(
        cluster,
        until,
        latest,
        scans[-1],
        lost,
        tuple(
            _standing(name, found[name], latest.taken_at.date(), today, whole=fresh)
            for name in sorted(found)
            if latest
        ),
    )


def _in_order(control: str) -> list[tuple[int, int, str]]:
    """Numbers by their value: 1.2 before 1.10, 10.1 after 2.1."""
    parts = re.findall(r"\d+|[^\d]+", control)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def _standing(
    framework: str, points: Sequence[ControlPoint], day: date, today: date, *, whole: bool
) -> Standing:
    kind = worst(points)
    return Standing(framework, kind, *words(kind), day, whole and (today - day).days <= FRESH)


def kept_record(
    row: Overview,
    scans: Sequence[Scan],
    removed: Mapping[int, str],
    slots: Iterable[Slot],
    courses: Iterable[Course],
    trends: Sequence[TrendLine],
    findings: Sequence[FindingLife],
) -> ClusterRecord:
    """Everything that a cluster's page says; `courses` and `slots` are of the days that are shown."""
    span = [row.until - timedelta(days=back) for back in reversed(range(NIGHTS))]
    days = Days.of(span, scans, removed, slots)
    found: dict[str, list[Course]] = defaultdict(list)
    for course in courses:
        found[course.framework].append(course)
    return ClusterRecord(
        overview=row,
        lines=tuple((name, tuple(_lines(of, days))) for name, of in sorted(found.items())),
        lost=days.lost(),
        trends=tuple(trends),
        findings=tuple(sorted(findings, key=lambda item: (item.severity.rank, item.fingerprint))),
    )


def _lines(courses: Sequence[Course], days: Days) -> Iterator[Line]:
    """The framework as a whole, then its controls; those that went the same way share their nights."""
    yield Line("", days.nights(worst_by_scan(courses)))
    of: dict[str, list[Course]] = defaultdict(list)
    for course in courses:
        for control in course.controls:
            of[control].append(course)
    shown: dict[tuple[int, ...], tuple[Night, ...]] = {}
    for control in sorted(of, key=_in_order):
        key = tuple(map(id, of[control]))
        if key not in shown:
            shown[key] = days.nights(worst_by_scan(of[control]))
        yield Line(control, shown[key])
