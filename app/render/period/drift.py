"""The first stored night of a period against the last: what is otherwise now, and which objects made it so."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from app.model.change import Drift, EncryptionChange
from app.model.control import ControlState
from app.model.report import PeriodReport
from app.render.claims import claimed
from app.render.content import Column, Mark, Row, Stack, Table, capped
from app.render.period.deviations import cause_lines
from app.render.period.pages import Part, PeriodPage, PeriodSection
from app.render.wording import SEVERITY_WORDS, count, joined, minute, number

_MOST_ENDS: Final = 12
_LOST, _WON = ControlState.EXCEPTION, ControlState.SUPPORTED


def drift(report: PeriodReport) -> PeriodPage:
    """Objects, connections, encryption, controls and findings that differ between the two nights."""
    found = report.drift
    title = "From the first night to the last"
    if found is None:
        says = "The period has one stored scan only, so there is nothing to compare."
        return PeriodPage("period-drift", title, lede=(says,))
    most = report.definition.rows
    whole = f"`netattest diff --cluster {report.period.cluster} {found.before.number} {found.after.number}`"
    return PeriodPage(
        "period-drift",
        title,
        lede=(_lede(found),),
        parts=(
            Part(title="Controls of this framework", table=_flips(found, report.period.framework)),
            Part(title="Connections", table=_paths(found, most, whole)),
            _encrypted(found, most, whole),
            Part(title="Objects", table=_objects(found, most, whole)),
            Part(title="Failing results", table=_findings(found, most, whole)),
        ),
    )


def _lede(found: Drift) -> str:
    before, after, change = found.before, found.after, found.consequences
    opened = sum(item.opened for item in change.paths)
    notes = " ".join((*found.notes, *change.notes))
    return (
        f"Scan {before.number} of {minute(before.taken_at)} beside scan {after.number} of {minute(after.taken_at)}, each judged"
        f" by its own documents: {count(opened, 'connection')} opened, {number(len(change.paths) - opened)} closed,"
        f" {count(len(found.objects), 'object')} differ. {notes}"
    )


def _flips(found: Drift, framework: str) -> Table:
    return Table(
        caption="Controls whose state differs",
        columns=(
            Column("Control", 16, "code"),
            Column("First night", 0, "mark"),
            Column("Last night", 0, "mark"),
        ),
        rows=tuple(
            Row((item.control, Mark.of(item.before), Mark.of(item.after)))
            for item in found.consequences.flips
            if item.framework == framework
        ),
        empty="No control has another state.",
    )


def _paths(found: Drift, most: int, whole: str) -> Table:
    """Connections one by one are counted; those of one end that changed alike for one cause share a row."""
    paths = found.consequences.paths
    ordered = sorted(paths, key=lambda item: (not item.opened, item.source, item.destination))
    alike: dict[tuple[bool, str, str, tuple[str, ...]], list[str]] = defaultdict(list)
    for item in ordered[:most]:
        alike[item.opened, item.source, str(item.ports), item.because].append(item.destination)
    return Table(
        caption="Connections that opened or closed",
        columns=(
            Column("From", 26, "code"),
            Column("To", 26, "code"),
            Column("Ports"),
            Column("Change", 10, "mark"),
            Column("Because of", 22),
        ),
        rows=tuple(
            Row(
                (
                    source,
                    Stack(destinations),
                    ports,
                    Mark.of(_LOST, "Opened") if opened else Mark.of(_WON, "Closed"),
                    Stack(because or ("–",)),
                )
            )
            for (opened, source, ports, because), ends in alike.items()
            for destinations in _portions(ends)
        ),
        note=capped(min(most, len(paths)), len(paths), "connections", whole.strip("`")),
        empty="No connection opened or closed.",
    )


def _portions(ends: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """No row becomes as high as a page."""
    for start in range(0, len(ends), _MOST_ENDS):
        yield tuple(ends[start : start + _MOST_ENDS])


def _tallies(found: Drift) -> str:
    was, now = (
        joined([f"{number(pairs)} {label.value}" for label, pairs in tally]) or "none"
        for tally in found.tallies
    )
    return f"Allowed pairs of workloads by their weakest label: {was} on the first night; {now} on the last."


def _encrypted(found: Drift, most: int, whole: str) -> Part:
    """Counts alone where pairs were not compared: an empty table would say that nothing was lost."""
    compared = None if found.encryption is None else _encryption(found.encryption, most, whole)
    return Part(title="Encryption in transit", paragraphs=(_tallies(found),), table=compared)


def _encryption(changed: Sequence[EncryptionChange], most: int, whole: str) -> Table:
    return Table(
        caption="Pairs whose encryption differs",
        columns=(
            Column("From", 26, "code"),
            Column("To", 26, "code"),
            Column("Before"),
            Column("After"),
            Column("Change", 12, "mark"),
        ),
        rows=tuple(
            Row(
                (
                    item.source,
                    item.destination,
                    item.before.value,
                    item.after.value,
                    Mark.of(_LOST, "Lost") if item.lost else Mark.of(_WON, "Won"),
                )
            )
            for item in changed[:most]
        ),
        note=capped(min(most, len(changed)), len(changed), "pairs", whole.strip("`")),
        empty="No pair that may connect on both nights has another label.",
    )


def _objects(found: Drift, most: int, whole: str) -> Table:
    return Table(
        caption="Objects that differ, with fields and who wrote them",
        columns=(Column("What differs"), Column("Approved change", 20)),
        rows=tuple(Row((Stack(cause_lines(item)), item.reference or "–")) for item in found.objects[:most]),
        note=capped(min(most, len(found.objects)), len(found.objects), "objects", whole.strip("`")),
        empty="No object differs.",
    )


def _findings(found: Drift, most: int, whole: str) -> Table:
    change = found.consequences
    rows = [("Opened", item) for item in change.opened] + [("Closed", item) for item in change.closed]
    return Table(
        caption="Failing results that opened or closed",
        columns=(Column("Severity", 12), Column("What is or was wrong"), Column("Change", 12, "mark")),
        rows=tuple(
            Row(
                (
                    SEVERITY_WORDS[item.severity],
                    claimed(item),
                    Mark.of(_LOST if word == "Opened" else _WON, word),
                )
            )
            for word, item in rows[:most]
        ),
        note=capped(min(most, len(rows)), len(rows), "results", whole.strip("`")),
        empty="None opened and none closed.",
    )


DRIFT: Final = PeriodSection("period-drift", "From the first night to the last", drift)
