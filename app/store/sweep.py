"""One pass over a cluster's history, scan by scan, from the rows alone: what each began and ended, and what held then.

Rows come as streams in the order of scans, so that memory is bounded by one scan and not by the history.
"""

from bisect import bisect_left, insort
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from app.model.snapshot import SnapshotObject
from app.store.ledger import Entries
from app.store.objects import IDENTITY, identity_of
from app.store.tables import (
    OPEN,
    blob,
    finding,
    finding_interval,
    finding_result,
    object_hole,
    object_key,
    object_range,
)

_ROWS = 2_000


class Stream:
    """Rows in the order of their scan, `at`."""

    def __init__(self, connection: Connection, query: Select[Any]) -> None:
        self._rows = connection.execute(query, execution_options={"yield_per": _ROWS})
        self._next: Row[Any] | None = self._rows.fetchone()

    def take(self, number: int) -> list[Row[Any]]:
        """The rows of one scan, and those of scans before it that nobody asked for."""
        found: list[Row[Any]] = []
        while self._next is not None and self._next.at <= number:
            found.append(self._next)
            self._next = self._rows.fetchone()
        return found

    def left(self) -> bool:
        """True when rows belong to scans that were never asked for."""
        return self._next is not None

    def close(self) -> None:
        """Let the server forget the rest."""
        self._rows.close()


class Sweep:
    """The state of a cluster as its rows have it, moved on from scan to scan by `move_to`."""

    def __init__(self, connection: Connection, cluster_id: int) -> None:
        self._objects = _Pair(connection, _objects(cluster_id), _objects_ended(cluster_id))
        self._holes = _Pair(connection, _holes(cluster_id), _holes_ended(cluster_id))
        self._results = _Pair(connection, _results(cluster_id), _results_ended(cluster_id))
        self._findings = _Pair(connection, _findings(cluster_id), _findings_ended(cluster_id))
        self._order: list[tuple[str, ...]] = []
        self._held: dict[tuple[str, ...], SnapshotObject] = {}
        self._hidden: set[tuple[str, ...]] = set()
        self._said: dict[str, str] = {}

    def close(self) -> None:
        """Let the server forget the rest."""
        for pair in self._pairs().values():
            pair.close()

    def move_to(self, number: int) -> dict[str, Entries]:
        """Take the rows that a scan began and ended, and return them by kind of ledger entry."""
        return {
            "objects": self._move_objects(number),
            "holes": self._move_holes(number),
            "results": self._move_results(number),
            "findings": self._move_findings(number),
        }

    def objects(self) -> list[SnapshotObject]:
        """Every object of this scan without its body, sorted."""
        return [self._held[key] for key in self._order if key not in self._hidden]

    def results(self) -> list[list[str]]:
        """`[fingerprint, digest]` of every failing and undecided result of this scan, sorted."""
        return sorted([key, sha256] for key, sha256 in self._said.items())

    def strays(self) -> list[str]:
        """Kinds of rows that a scan after the last one began or ended."""
        return [kind for kind, pair in self._pairs().items() if pair.left()]

    def _pairs(self) -> dict[str, "_Pair"]:
        return {
            "objects": self._objects,
            "holes": self._holes,
            "results": self._results,
            "findings": self._findings,
        }

    def _move_objects(self, number: int) -> Entries:
        began, ended = self._objects.take(number)
        for row in ended:
            self._drop(_key(row))
        for row in began:
            key = _key(row)
            if key not in self._held:
                insort(self._order, key)
            self._held[key] = SnapshotObject(identity_of(row), b"", row.sha256.hex())
        return Entries.of(
            ((identity_of(row).key, row.sha256.hex()) for row in began),
            ((identity_of(row).key, row.first_scan) for row in ended),
        )

    def _drop(self, key: tuple[str, ...]) -> None:
        if self._held.pop(key, None) is not None:
            del self._order[bisect_left(self._order, key)]

    def _move_holes(self, number: int) -> Entries:
        began, ended = self._holes.take(number)
        self._hidden -= {_key(row) for row in ended}
        self._hidden |= {_key(row) for row in began}
        return Entries.of(
            ((identity_of(row).key, "") for row in began),
            ((identity_of(row).key, row.first_scan) for row in ended),
        )

    def _move_results(self, number: int) -> Entries:
        began, ended = self._results.take(number)
        for row in ended:
            self._said.pop(row.fingerprint, None)
        self._said.update((row.fingerprint, row.sha256.hex()) for row in began)
        return Entries.of(
            ((row.fingerprint, row.sha256.hex()) for row in began),
            ((row.fingerprint, row.first_scan) for row in ended),
        )

    def _move_findings(self, number: int) -> Entries:
        began, ended = self._findings.take(number)
        return Entries.of(
            ((row.fingerprint, "") for row in began), ((row.fingerprint, row.first_scan) for row in ended)
        )


class _Pair:
    """Rows by the scan that began them, and by the scan that ended them."""

    def __init__(self, connection: Connection, began: Select[Any], ended: Select[Any]) -> None:
        self._began, self._ended = Stream(connection, began), Stream(connection, ended)

    def take(self, number: int) -> tuple[list[Row[Any]], list[Row[Any]]]:
        return self._began.take(number), self._ended.take(number)

    def left(self) -> bool:
        return self._began.left() or self._ended.left()

    def close(self) -> None:
        self._began.close()
        self._ended.close()


def _key(row: Row[Any]) -> tuple[str, ...]:
    ref = identity_of(row)
    return (ref.group, ref.kind, ref.namespace, ref.name)


# A key belongs to the same cluster as the rows that name it, or they are not read.
_OBJECT = (object_key.c.id == object_range.c.key_id) & (object_key.c.cluster_id == object_range.c.cluster_id)
_HIDDEN = (object_key.c.id == object_hole.c.key_id) & (object_key.c.cluster_id == object_hole.c.cluster_id)
_SAID = (finding.c.id == finding_result.c.finding_id) & (finding.c.cluster_id == finding_result.c.cluster_id)
_OPENED = (finding.c.id == finding_interval.c.finding_id) & (
    finding.c.cluster_id == finding_interval.c.cluster_id
)


def _objects(cluster_id: int) -> Select[Any]:
    return (
        select(object_range.c.first_scan.label("at"), *IDENTITY, blob.c.sha256)
        .join(object_key, _OBJECT)
        .join(blob, blob.c.id == object_range.c.blob_id)
        .where(object_range.c.cluster_id == cluster_id)
        .order_by(object_range.c.first_scan)
    )


def _objects_ended(cluster_id: int) -> Select[Any]:
    return (
        select((object_range.c.last_scan + 1).label("at"), *IDENTITY, object_range.c.first_scan)
        .join(object_key, _OBJECT)
        .where(object_range.c.cluster_id == cluster_id, object_range.c.last_scan != OPEN)
        .order_by(object_range.c.last_scan)
    )


def _holes(cluster_id: int) -> Select[Any]:
    return (
        select(object_hole.c.first_scan.label("at"), *IDENTITY)
        .join(object_key, _HIDDEN)
        .where(object_hole.c.cluster_id == cluster_id)
        .order_by(object_hole.c.first_scan)
    )


def _holes_ended(cluster_id: int) -> Select[Any]:
    return (
        select((object_hole.c.last_scan + 1).label("at"), *IDENTITY, object_hole.c.first_scan)
        .join(object_key, _HIDDEN)
        .where(object_hole.c.cluster_id == cluster_id, object_hole.c.last_scan != OPEN)
        .order_by(object_hole.c.last_scan)
    )


def _results(cluster_id: int) -> Select[Any]:
    return (
        select(finding_result.c.first_scan.label("at"), finding.c.fingerprint, blob.c.sha256)
        .join(finding, _SAID)
        .join(blob, blob.c.id == finding_result.c.blob_id)
        .where(finding_result.c.cluster_id == cluster_id)
        .order_by(finding_result.c.first_scan)
    )


def _results_ended(cluster_id: int) -> Select[Any]:
    return (
        select(
            (finding_result.c.last_scan + 1).label("at"), finding.c.fingerprint, finding_result.c.first_scan
        )
        .join(finding, _SAID)
        .where(finding_result.c.cluster_id == cluster_id, finding_result.c.last_scan != OPEN)
        .order_by(finding_result.c.last_scan)
    )


def _findings(cluster_id: int) -> Select[Any]:
    return (
        select(finding_interval.c.opened_scan.label("at"), finding.c.fingerprint)
        .join(finding, _OPENED)
        .where(finding_interval.c.cluster_id == cluster_id)
        .order_by(finding_interval.c.opened_scan)
    )


def _findings_ended(cluster_id: int) -> Select[Any]:
    return (
        select(
            finding_interval.c.closed_scan.label("at"),
            finding.c.fingerprint,
            finding_interval.c.opened_scan.label("first_scan"),
        )
        .join(finding, _OPENED)
        .where(finding_interval.c.cluster_id == cluster_id, finding_interval.c.closed_scan.is_not(None))
        .order_by(finding_interval.c.closed_scan)
    )
