"""The morning page: what opened since the scan before, why, and what to do; one page when little happened."""

from dataclasses import dataclass
from typing import Final

from app.model.control import ControlState
from app.model.finding import CheckResult, Severity
from app.model.history import Comparison, PathChange
from app.render.claims import claim
from app.render.content import Column, Entry, Mark, Row, SectionPage, Table
from app.render.differing import CHANGE_WORDS, written_first
from app.render.dossier import Dossier, Section
from app.render.sections.summary import coverage_sentence, since_sentence
from app.render.wording import SEVERITY_WORDS, clipped, count, ended, joined, number, sentence, short_digest

_REASONS: Final = 3
_LONGEST: Final = 200  # characters of a sentence that may hold a name
_PATHS: Final = 25
_OBJECTS: Final = 20  # with a title of two lines they stay on one page, Letter too
_CLOSED: Final = 25


@dataclass(frozen=True, slots=True)
class Opened:
    """A failing result that was not there in the scan before."""

    id: str
    title: str
    mark: Mark
    severity: str
    again: str
    why: tuple[str, ...]
    remedy: str
    remedy_code: str


@dataclass(frozen=True)
class MorningPage(SectionPage):
    """`alike` says in one line what has no part of its own, as nothing of it differs; `objects` come last, as there may be many."""

    opened: tuple[Opened, ...]
    left: str
    alike: str
    differing: tuple[Table, ...]
    still: str
    objects: Table | None

    @property
    def sheet(self) -> bool:
        """It is read on its own."""
        return True


def build(dossier: Dossier) -> MorningPage:
    """Build the page."""
    comparison = dossier.report.trend.comparison
    opened = sorted(comparison.opened if comparison else (), key=_gravest)
    shown = opened[: dossier.definition.rows]
    tables, objects = (_paths(comparison), _closed(comparison)), _objects(comparison)
    nothing = [] if opened else ["No failing result opened."]
    return MorningPage(
        id="morning",
        title="What opened overnight",
        lede=(f"{since_sentence(dossier)} {coverage_sentence(dossier)}",),
        entries=(Entry("Still open", "morning-still", 2),),
        opened=tuple(_opened(dossier, item) for item in shown),
        left=_left(len(opened) - len(shown), "failing result"),
        alike=" ".join([*nothing, *(table.empty for table in (*tables, objects) if not table.rows)]),
        differing=tuple(table for table in tables if table.rows),
        still=_still(dossier),
        objects=objects if objects.rows else None,
    )


def _gravest(item: CheckResult) -> tuple[int, str, str]:
    return (item.severity.rank, item.check, item.subject.id)


def _left(value: int, noun: str) -> str:
    return f"{sentence(count(value, f'more {noun}'))[:-1]} in `findings.json`." if value > 0 else ""


def _says(item: CheckResult) -> str:
    return clipped(claim(item), _LONGEST)


def _opened(dossier: Dossier, item: CheckResult) -> Opened:
    finding = dossier.findings_by_print.get(item.fingerprint)
    words, _, code = item.remedy.partition("\n\n")
    life = finding.life if finding else None
    times = life.times_opened if life else 1
    return Opened(
        id=finding.id if finding else f"F-{item.fingerprint[:8]}",
        title=_says(item),
        mark=finding.mark if finding else Mark.of(ControlState.EXCEPTION, "Outside this framework"),
        severity=SEVERITY_WORDS[item.severity],
        again=f"opened {number(times)} times" if times > 1 else "",
        why=tuple(ended(clipped(step, _LONGEST)) for step in item.why[:_REASONS]),
        remedy=f"{words.rstrip('.: ')}:" if code else ended(words),
        remedy_code=code.strip("\n"),
    )


def _paths(comparison: Comparison | None) -> Table:
    opened = sorted(
        (item for item in (comparison.paths if comparison else ()) if item.opened),
        key=lambda item: (item.source, item.destination),
    )
    return Table(
        caption="Connections that opened",
        columns=(Column("From", 36, "code"), Column("To", 36, "code"), Column("Ports")),
        rows=tuple(_path(item) for item in opened[:_PATHS]),
        note=_left(len(opened) - _PATHS, "connection").replace("findings", "reachability"),
        empty="No connection opened.",
    )


def _path(item: PathChange) -> Row:
    return Row(
        (clipped(item.source, _LONGEST), clipped(item.destination, _LONGEST), clipped(item.ports, _LONGEST)),
        ControlState.EXCEPTION.value,
    )


def _objects(comparison: Comparison | None) -> Table:
    changes = sorted(comparison.objects, key=written_first) if comparison else []
    return Table(
        caption="Objects that differ from the scan before",
        columns=(Column("Object", 0, "code"), Column("Change", 14), Column("SHA-256 now", 24, "code")),
        rows=tuple(
            Row((clipped(str(item.ref), _LONGEST), CHANGE_WORDS[item.kind], short_digest(item.after) or "–"))
            for item in changes[:_OBJECTS]
        ),
        note=_left(len(changes) - _OBJECTS, "object").replace("findings", "snapshot"),
        empty="No object differs.",
    )


def _closed(comparison: Comparison | None) -> Table:
    closed = sorted(comparison.closed if comparison else (), key=_gravest)
    return Table(
        caption="What closed",
        columns=(Column("What was wrong"), Column("Severity", 12), Column("Change", 14, "mark")),
        rows=tuple(
            Row(
                (ended(_says(item)), SEVERITY_WORDS[item.severity], Mark.of(ControlState.SUPPORTED, "Closed"))
            )
            for item in closed[:_CLOSED]
        ),
        note=_left(len(closed) - _CLOSED, "failing result").replace("findings", "history"),
        empty="Nothing closed.",
    )


def _still(dossier: Dossier) -> str:
    """Count what is open for this framework, so that a quiet night is not taken for a good one."""
    found = [item for item in dossier.findings if item.state is ControlState.EXCEPTION]
    if not found:
        return "No finding is open for this framework."
    parts = [
        f"{number(size)} {severity.value}"
        for severity in Severity
        if (size := sum(item.result.severity is severity for item in found))
    ]
    return (
        f"{count(len(found), 'finding')} {'is' if len(found) == 1 else 'are'} open for {dossier.assessment.framework.title}: {joined(parts)}."
        " The report by the definition `findings` tells why, and what to do."
    )


SECTION = Section("morning", "What opened overnight", build)
