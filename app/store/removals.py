"""What retention removed: tombstones, and the chain of removals that they belong to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select

from app.model.canonical import canonical_json, digest_of
from app.store.bulk import unescaped
from app.store.chain_tables import removal, tombstone


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A scan that was removed: why, and which documents had judged it, as `documents_text` wrote them."""

    scan: int
    reason: str
    text: str

    @property
    def documents(self) -> tuple[tuple[str, str], ...]:
        """The documents as (name, digest); none where the text is not what was written."""
        try:
            return tuple((name, sha256) for name, sha256 in orjson.loads(self.text))
        except (ValueError, TypeError):
            return ()


@dataclass(frozen=True, slots=True)
class Removal:
    """One time that scans were removed. Digests are lower-case hexadecimal."""

    number: int
    removed_at: datetime
    tool_version: str
    rule: str
    remains: str
    previous: str
    tombstones: tuple[Tombstone, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A removal, and the digest that its row has."""

    removal: Removal
    digest: str


def removal_digest(cluster: str, item: Removal) -> str:
    """SHA-256 over all that a removal's rows say, and the digest of the removal before."""
    return digest_of(
        {
            "schema": "netattest/removal/v1",
            "cluster": cluster,
            "number": item.number,
            "removedAt": item.removed_at.isoformat(),
            "toolVersion": item.tool_version,
            "rule": item.rule,
            "remains": item.remains,
            "previous": item.previous,
            "scans": [[stone.scan, stone.reason, stone.text] for stone in item.tombstones],
        }
    )


def documents_text(documents: Iterable[tuple[str, str]]) -> str:
    """Names and digests of documents as a tombstone keeps them."""
    return canonical_json(list(documents)).decode()


def removals_of(connection: Connection, cluster_id: int) -> tuple[Recorded, ...]:
    """Every removal of a cluster, oldest first."""
    stones = _tombstones(connection, cluster_id)
    rows = connection.execute(
        select(removal).where(removal.c.cluster_id == cluster_id).order_by(removal.c.number)
    )
    return tuple(Recorded(_removal(row, stones.get(row.number, ())), row.digest.hex()) for row in rows)


def removed_scans(connection: Connection, cluster_id: int) -> dict[int, Tombstone]:
    """Scans of a cluster whose evidence was removed, by number."""
    found = _tombstones(connection, cluster_id)
    return {stone.scan: stone for stones in found.values() for stone in stones}


def removal_problems(
    cluster: str, recorded: Sequence[Recorded], stones: Iterable[Tombstone]
) -> tuple[str, ...]:
    """What is wrong with the chain of removals, as sentences; empty when it holds."""
    problems: list[str] = []
    previous = ""
    for expected, item in enumerate(recorded, start=1):
        found = item.removal
        if found.number != expected or found.previous != previous:
            problems.append(f"removal {found.number} of {cluster} does not continue the removal before it")
        if removal_digest(cluster, found) != item.digest:
            problems.append(
                f"the record of removal {found.number} of {cluster}, or one of its tombstones,"
                " does not match its digest"
            )
        previous = item.digest
    told = {stone.scan for item in recorded for stone in item.removal.tombstones}
    problems += [
        f"the tombstone of scan {stone.scan} of {cluster} belongs to no removal"
        for stone in stones
        if stone.scan not in told
    ]
    return tuple(problems)


def _tombstones(connection: Connection, cluster_id: int) -> dict[int, tuple[Tombstone, ...]]:
    rows = connection.execute(
        select(tombstone).where(tombstone.c.cluster_id == cluster_id).order_by(tombstone.c.scan)
    )
    found: dict[int, tuple[Tombstone, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.removal] += (Tombstone(row.scan, unescaped(row.reason), unescaped(row.documents)),)
    return found


def _removal(row: Row[Any], stones: tuple[Tombstone, ...]) -> Removal:
    return Removal(
        number=row.number,
        removed_at=row.removed_at,
        tool_version=row.tool_version,
        rule=unescaped(row.rule),
        remains=row.remains_digest.hex(),
        previous=row.previous_digest.hex(),
        tombstones=stones,
    )
