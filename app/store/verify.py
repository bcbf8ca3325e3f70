"""The full check of everything stored: every byte, every row, every scan rebuilt, every chain.

A row is right when the digest of some scan, slot or removal covers what it says; what no digest covers must not be there.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import Connection

from app.errors import EvidenceError
from app.model.canonical import digest_of
from app.model.chain import chain_problems, results_digest
from app.model.history import Scan, ScanStatus
from app.model.snapshot import SnapshotObject
from app.store import heads, strays
from app.store.blobs import blob_digests, broken_blobs, load_blobs, stored_bytes
from app.store.codec import decode_manifest
from app.store.ledger import KINDS, Entries, decode_ledger
from app.store.points import counts_of, points_of
from app.store.removals import removal_problems, removals_of, removed_scans
from app.store.scans import PartIds, cluster_id_of, cluster_names, part_ids, read_scans, results_digests
from app.store.sweep import Sweep

_WORDS = {
    "objects": "its objects do not match its ledger (object_range, object_key)",
    "holes": "what it could not see does not match its ledger (object_hole)",
    "results": "its results do not match its ledger (finding_result, finding)",
    "findings": "what it opened and closed does not match its ledger (finding_interval)",
}


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What was checked, and what is wrong with it: sentences naming scan and object, empty when all holds."""

    clusters: int
    scans: int
    blobs: int
    problems: tuple[str, ...]


def check_everything(connection: Connection) -> StoreCheck:
    """Check the whole store, as it is at one moment. Memory is bounded by one scan's identities, not by history."""
    blobs = dict(broken_blobs(connection))
    broken = frozenset(sha256 for sha256, sound in blobs.items() if not sound)
    problems = [f"stored bytes {sha256} do not match that digest (blob)" for sha256 in sorted(broken)]
    problems += strays.problems(connection)
    names = cluster_names(connection)
    scans = 0
    for name in names:
        found = read_scans(connection, name)
        scans += len(found)
        problems += check_cluster(connection, name, found, broken)
    return StoreCheck(len(names), scans, len(blobs), tuple(problems))


def check_cluster(
    connection: Connection, name: str, scans: tuple[Scan, ...], broken: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Check one cluster's scans against its rows; `broken` are digests whose bytes are known to be wrong."""
    cluster_id = cluster_id_of(connection, name)
    assert cluster_id is not None
    with closing(Sweep(connection, cluster_id)) as sweep:
        checked = _Cluster(connection, cluster_id, name, broken, sweep)
        for problem in chain_problems(scans, checked.recorded):
            yield f"{problem} (scan, scan_document, tombstone, cluster)"
        yield from checked.ends(scans)
        for scan in scans:
            yield from checked.scan(scan)
        yield from checked.rest()


def remains(connection: Connection, cluster_id: int, last: int, removed: Collection[int]) -> str:
    """Digest over the rows of removed scans that are still there, because they last into scans that are kept."""
    found = []
    with closing(Sweep(connection, cluster_id)) as sweep:
        for number in range(1, last + 1):
            moved = sweep.move_to(number)
            if number in removed:
                found.append(_remaining(number, moved))
    return _remains_digest(found)


def _remaining(number: int, moved: Mapping[str, Entries]) -> list[object]:
    """A removed scan's rows that are still there; nothing when there are none."""
    if not any(entries.began or entries.ended for entries in moved.values()):
        return []
    return [number, *([moved[kind].began, moved[kind].ended] for kind in KINDS)]


def _remains_digest(found: list[list[object]]) -> str:
    return digest_of([item for item in found if item])


class _Cluster:
    """One cluster under the check."""

    def __init__(
        self, connection: Connection, cluster_id: int, name: str, broken: frozenset[str], sweep: Sweep
    ) -> None:
        self.connection, self.id, self.name, self.broken = connection, cluster_id, name, broken
        self.recorded = results_digests(connection, cluster_id)
        self._removals = removals_of(connection, cluster_id)
        self._removed = removed_scans(connection, cluster_id)
        self._sweep = sweep
        self._remaining: list[list[object]] = []
        self._failed: frozenset[int] = frozenset()

    def ends(self, scans: tuple[Scan, ...]) -> Iterator[str]:
        """Whether the chain, the slots and the removals end where they are known to end."""
        self._failed = frozenset(item.number for item in scans if item.status is ScanStatus.FAILED)
        yield from removal_problems(self.name, self._removals, self._removed.values())
        head, slots = heads.head_of(self.connection, self.id), heads.slots_of(self.connection, self.id)
        last = scans[-1]
        if head is None:
            if last.ledger:
                yield f"the end of the chain of {self.name} is not on record (chain_head)"
            return
        if (head.number, head.digest.hex()) != (last.number, last.digest):
            yield (
                f"the chain of {self.name} ends with scan {last.number}, and not with scan {head.number}"
                " as recorded (chain_head, scan)"
            )
        if (head.slots, head.slots_digest) != slots:
            yield f"the slots of {self.name} do not match their digest (slot, chain_head)"

    def scan(self, scan: Scan) -> Iterator[str]:
        """Whether the rows say of a scan what its digests say."""
        where = f"scan {scan.number} of {self.name}"
        moved = self._sweep.move_to(scan.number)
        if scan.number in self._removed:
            self._remaining.append(_remaining(scan.number, moved))
            yield from (f"{where}: {problem}" for problem in self._left(scan))
        else:
            yield from (f"{where}: {problem}" for problem in self._kept(scan, moved))

    def rest(self) -> Iterator[str]:
        """Whether rows are left that belong to no scan, or remain of removed ones without having been recorded."""
        for kind in self._sweep.strays():
            yield f"{self.name}: rows belong to a scan that is not there; {_WORDS[kind]}"
        if self._removals and self._removals[-1].removal.remains != _remains_digest(self._remaining):
            yield (
                f"what remains of removed scans of {self.name} does not match its digest"
                " (object_range, object_hole, finding_result, finding_interval)"
            )

    def _left(self, scan: Scan) -> Iterator[str]:
        if scan.status is ScanStatus.FAILED or part_ids(self.connection, self.id, scan.number):
            yield "it has a tombstone and was not removed (tombstone)"
        if counts_of(self.connection, self.id, scan.number) or points_of(
            self.connection, self.id, scan.number
        ):
            yield "it was removed, and counts or states are there (check_count, control_state)"

    def _kept(self, scan: Scan, moved: Mapping[str, Entries]) -> Iterator[str]:
        parts = part_ids(self.connection, self.id, scan.number)
        digests = blob_digests(self.connection, parts.all) if parts else {}
        yield from self._against_ledger(scan, moved, parts, digests)
        if parts is None:
            if scan.status is not ScanStatus.FAILED:
                yield "its parts are gone, and it has no tombstone (scan)"
            yield from self._results(scan, [], "")
            return
        if len(digests) < len(set(parts.all)) or not self.broken.isdisjoint(digests.values()):
            yield "its manifest cannot be trusted (scan, blob)"
            return
        yield from self._objects(scan, parts)
        yield from self._results(scan, self._sweep.results(), digests[parts.streaks])

    def _against_ledger(
        self,
        scan: Scan,
        moved: Mapping[str, Entries],
        parts: PartIds | None,
        digests: Mapping[int, str],
    ) -> Iterator[str]:
        if not scan.ledger:  # version 0.1
            return
        try:
            ledger = decode_ledger(stored_bytes(self.connection, scan.ledger))
        except EvidenceError:
            yield "its ledger cannot be trusted (blob)"
            return
        for kind in KINDS:
            if self._expected(ledger.of_kind(kind), moved[kind], scan.number) != moved[kind]:
                yield _WORDS[kind]
        if ledger.parts != (tuple(digests.get(item, "") for item in parts.all) if parts else ()):
            yield "its manifest, origins or streaks are not those of its ledger (scan)"

    def _expected(self, entries: Entries, there: Entries, number: int) -> Entries:
        """What has to be there of a ledger's entries: rows that lay in removed scans alone may have gone with them.

        That one of those is missing that should not be, the digest over what remains tells.
        """
        if not self._removed:
            return entries
        gone = self._removed.keys() | self._failed
        ended = (
            (key, first)
            for key, first in entries.ended
            if (key, first) in there.ended or any(scan not in gone for scan in range(first, number))
        )
        return Entries(entries.began, tuple(ended))

    def _objects(self, scan: Scan, parts: PartIds) -> Iterator[str]:
        objects = self._sweep.objects()
        yield from (f"{item.ref} cannot be trusted (blob)" for item in objects if item.digest in self.broken)
        yield from (
            f"{name} cannot be trusted (blob)" for name, sha256 in scan.documents if sha256 in self.broken
        )
        if self._snapshot_digest(parts, objects) != scan.snapshot_digest:
            yield "its objects do not match the snapshot's digest (object_range, object_key, object_hole, scan)"

    def _snapshot_digest(self, parts: PartIds, objects: list[SnapshotObject]) -> str:
        """The digest of what the rows make up; empty when what should be a manifest is none."""
        manifest = load_blobs(self.connection, [parts.manifest])[parts.manifest]
        try:
            return decode_manifest(manifest, objects).digest
        except (EvidenceError, ValueError, TypeError):
            return ""

    def _results(self, scan: Scan, results: list[list[str]], streaks: str) -> Iterator[str]:
        try:
            counts = counts_of(self.connection, self.id, scan.number)
            points = points_of(self.connection, self.id, scan.number)
            found = results_digest(results, counts, points, streaks)
        except ValueError:  # a state or outcome that there is not
            found = ""
        if found != self.recorded[scan.number]:
            yield (
                "its results do not match their digest"
                " (finding_result, finding, check_count, control_state, control, scan)"
            )
