"""What the past contributes to the verdicts of a scan; stored with it, so that it can be judged again exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Self

import orjson

from app.model.canonical import canonical_json
from app.model.history import ChangeKind, Document, ObjectChange, Slot, SlotStatus
from app.model.identity import ObjectRef


@dataclass(frozen=True, slots=True)
class Integrity:
    """Result of checking the cluster's stored chain before this scan. `problems` are sentences naming scans."""

    checked_scans: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class DocumentChange:
    """A document that differs from the one that judged the scan before; an empty digest: there was, or is, none."""

    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs from the last whole scan, as far as somebody has to approve it.

    Attributes:
        objects: policies, routes and settings of meshes whose content differs, sorted; what was not listed is neither
            added nor removed.
        documents: scope, registers and exceptions that differ, sorted.
        new_exceptions: ids of exceptions that the file of that scan did not have, sorted.
        since: when that scan was taken.
    """

    since: datetime
    objects: tuple[ObjectChange, ...] = ()
    documents: tuple[DocumentChange, ...] = ()
    new_exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunContext:
    """What the past contributes to a verdict; stored with the scan so that it can be judged again exactly.

    Attributes:
        previous: number of the last scan that was stored whole, or None.
        streaks: `check id/subject id` → consecutive scans, this one excluded, in which the condition held.
        slots: schedule slots since the last complete scan and up to this one, oldest first; None when no schedule is known.
        integrity: state of the chain before this scan.
        changes: what somebody has to have approved; None when there is no whole scan to compare with.
        absent: exception id → day of the last whole scan whose file did not have it; none for those of the first scan.
    """

    previous: int | None = None
    streaks: Mapping[str, int] = field(default_factory=dict)
    slots: tuple[Slot, ...] | None = None
    integrity: Integrity = Integrity()
    changes: Changes | None = None
    absent: Mapping[str, date] = field(default_factory=dict)

    def document(self) -> Document:
        """This context as the document `context.json`."""
        slots = None if self.slots is None else [_slot_json(slot) for slot in self.slots]
        body: dict[str, object] = {
            "schema": "netattest/context/v1",
            "previous": self.previous,
            "streaks": dict(self.streaks),
            "slots": slots,
            "integrity": {
                "checkedScans": self.integrity.checked_scans,
                "problems": list(self.integrity.problems),
            },
            "changes": None if self.changes is None else _changes_json(self.changes),
        }
        if self.absent:  # left out where there is none, as scans before it had it do
            body["absent"] = {name: day.isoformat() for name, day in self.absent.items()}
        return Document("context.json", canonical_json(body))

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Read back what `document` wrote."""
        body = orjson.loads(document.body)
        slots, changes = body["slots"], body.get("changes")  # scans of 0.1 have no changes
        return cls(
            previous=body["previous"],
            streaks=body["streaks"],
            slots=None if slots is None else tuple(_slot_from(item) for item in slots),
            integrity=Integrity(body["integrity"]["checkedScans"], tuple(body["integrity"]["problems"])),
            changes=None if changes is None else _changes_from(changes),
            absent={name: date.fromisoformat(day) for name, day in body.get("absent", {}).items()},
        )


def _changes_json(changes: Changes) -> dict[str, object]:
    return {
        "since": changes.since.isoformat(),
        "objects": [[item.ref.key, item.kind.value, item.before, item.after] for item in changes.objects],
        "documents": [[item.name, item.before, item.after] for item in changes.documents],
        "newExceptions": list(changes.new_exceptions),
    }


def _changes_from(body: Mapping[str, Any]) -> Changes:
    return Changes(
        since=datetime.fromisoformat(body["since"]),
        objects=tuple(
            ObjectChange(ObjectRef.from_key(key), ChangeKind(kind), before, after)
            for key, kind, before, after in body["objects"]
        ),
        documents=tuple(DocumentChange(*row) for row in body["documents"]),
        new_exceptions=tuple(body["newExceptions"]),
    )


def _slot_from(item: Mapping[str, Any]) -> Slot:
    return Slot(
        cluster=item["cluster"],
        due_at=datetime.fromisoformat(item["dueAt"]),
        status=SlotStatus(item["status"]),
        scan=item["scan"],
        reason=item["reason"],
    )


def _slot_json(slot: Slot) -> dict[str, object]:
    return {
        "cluster": slot.cluster,
        "dueAt": slot.due_at.isoformat(),
        "status": slot.status.value,
        "scan": slot.scan,
        "reason": slot.reason,
    }
