"""What differs from the scan before, as tables: failing results, controls, connections and objects."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from app.model.control import ControlState
from app.model.finding import CheckResult
from app.model.history import ChangeKind, Comparison, ObjectChange
from app.model.identity import ObjectRef
from app.render.claims import claimed
from app.render.content import Column, Mark, Row, Table, capped
from app.render.dossier import Dossier
from app.render.wording import SEVERITY_WORDS, number, sentence, short_digest

_CHANGES_FILE: Final = "history.json"
_MOST_OBJECTS: Final = 20
_FOLLOWING: Final = frozenset({"Endpoints", "EndpointSlice", "Pod", "ReplicaSet"})
"""Kinds that controllers write: they change where something else did, and there are many of them."""

CHANGE_WORDS: Final = {
    ChangeKind.ADDED: "Added",
    ChangeKind.CHANGED: "Changed",
    ChangeKind.REMOVED: "Removed",
}
"""What happened to an object."""


def differing_tables(dossier: Dossier, comparison: Comparison | None) -> tuple[Table, ...]:
    """Four tables, empty ones included; `history.json` has what they leave out."""
    return tuple(build(dossier, comparison) for build in (_changes, _flips, _paths, _objects))


def written_first(item: ObjectChange) -> tuple[bool, ObjectRef]:
    """Sort key: what somebody writes before what a controller makes of it."""
    return item.ref.kind in _FOLLOWING, item.ref


def _changes(dossier: Dossier, comparison: Comparison | None) -> Table:
    opened = [("Opened", item) for item in (comparison.opened if comparison else ())]
    closed = [("Closed", item) for item in (comparison.closed if comparison else ())]
    rows = sorted(
        [*opened, *closed],
        key=lambda pair: (pair[0] == "Closed", pair[1].severity.rank, pair[1].check, pair[1].subject.id),
    )
    shown = rows[: dossier.definition.rows]
    return Table(
        caption="Failing results that opened or closed",
        columns=(
            Column("Finding", 14, "code"),
            Column("What is or was wrong"),
            Column("Severity", 12),
            Column("Change", 16, "mark"),
        ),
        rows=tuple(_change_row(dossier, word, result) for word, result in shown),
        note=capped(len(shown), len(rows), "changes", _CHANGES_FILE),
        empty="No failing result opened or closed.",
    )


def _change_row(dossier: Dossier, word: str, result: CheckResult) -> Row:
    finding = dossier.findings_by_print.get(result.fingerprint)
    name = dossier.finding_link(finding) if finding else f"F-{result.fingerprint[:8]}"
    state = ControlState.EXCEPTION if word == "Opened" else ControlState.SUPPORTED
    return Row((name, claimed(result), SEVERITY_WORDS[result.severity], Mark.of(state, word)))


def _flips(dossier: Dossier, comparison: Comparison | None) -> Table:
    own = dossier.assessment.framework.id
    flips = [item for item in (comparison.flips if comparison else ()) if item.framework == own]
    titles = {item.control.id: item.control.title for item in dossier.assessment.controls}
    return Table(
        caption="Controls of this framework whose state changed",
        columns=(
            Column("Control", 20, "code"),
            Column("Title"),
            Column("Before", 22, "mark"),
            Column("Now", 22, "mark"),
        ),
        rows=tuple(
            Row(
                (
                    dossier.control_link(item.control),
                    sentence(titles.get(item.control, "")),
                    Mark.of(item.before),
                    Mark.of(item.after),
                )
            )
            for item in flips
        ),
        empty="No control of this framework changed its state.",
    )


def _paths(dossier: Dossier, comparison: Comparison | None) -> Table:
    paths = sorted(
        comparison.paths if comparison else (),
        key=lambda item: (not item.opened, item.source, item.destination),
    )
    shown = paths[: dossier.definition.rows]
    return Table(
        caption="Connections that opened or closed",
        columns=(
            Column("From", 30, "code"),
            Column("To", 30, "code"),
            Column("Ports"),
            Column("Change", 14, "mark"),
        ),
        rows=tuple(
            Row(
                (
                    item.source,
                    item.destination,
                    item.ports,
                    Mark.of(
                        ControlState.EXCEPTION if item.opened else ControlState.SUPPORTED,
                        "Opened" if item.opened else "Closed",
                    ),
                )
            )
            for item in shown
        ),
        note=capped(len(shown), len(paths), "connections", _CHANGES_FILE),
        empty="No connection opened or closed.",
    )


def _objects(dossier: Dossier, comparison: Comparison | None) -> Table:
    """What somebody wrote first, what controllers write after it; the rest is counted by kind."""
    changes = sorted(comparison.objects if comparison else (), key=written_first)
    shown = changes[: min(_MOST_OBJECTS, dossier.definition.rows)]
    return Table(
        caption="Objects that changed",
        columns=(
            Column("Object", 0, "code"),
            Column("Change", 14),
            Column("SHA-256 before", 22, "code"),
            Column("SHA-256 now", 22, "code"),
        ),
        rows=tuple(
            Row(
                (
                    str(item.ref),
                    CHANGE_WORDS[item.kind],
                    short_digest(item.before) or "–",
                    short_digest(item.after) or "–",
                )
            )
            for item in shown
        ),
        note=f"{capped(len(shown), len(changes), 'objects', _CHANGES_FILE)} {_by_kind(changes)}"
        if len(shown) < len(changes)
        else "",
        empty="No object differs.",
    )


def _by_kind(changes: Sequence[ObjectChange]) -> str:
    counts = sorted(Counter(item.ref.kind for item in changes).items())
    return f"By kind: {', '.join(f'{kind} {number(size)}' for kind, size in counts)}."
