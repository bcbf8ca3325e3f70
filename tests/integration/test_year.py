"""Every night of a year of three clusters comes out of the store as it went in, byte for byte.

Small clusters by default; NETATTEST_YEAR_OBJECTS sets the number of objects of each.
"""

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from app.model.history import Document
from app.model.snapshot import Coverage, Snapshot
from app.store import PostgresStore
from tests.histories import PODS, kubernetes_object, record, result, snapshot

OBJECTS = int(os.environ.get("NETATTEST_YEAR_OBJECTS", "25"))
CLUSTERS = ("dev", "prod-eu-1", "prod-us-1")
NEW_YEAR = datetime(2026, 1, 1, 2, tzinfo=UTC)
NIGHTS = 365


def year(cluster: str) -> Iterator[Snapshot]:
    """The same year each time it is asked for: pods change, come and go, and now and then their list is cut short."""
    rng = random.Random(cluster)
    there = dict.fromkeys(range(OBJECTS), 0)
    for night in range(NIGHTS):
        for index in rng.sample(sorted(there), max(1, OBJECTS // 50)):
            there[index] += 1
        if rng.random() < 0.2:
            del there[rng.choice(sorted(there))]
            there[OBJECTS + night] = 0
        cut = rng.random() < 0.03
        names = sorted(there)[: OBJECTS // 2] if cut else sorted(there)
        objects = [kubernetes_object(PODS, f"pod-{index:06}", there[index]) for index in names]
        yield snapshot(
            objects,
            at=NEW_YEAR + timedelta(days=night),
            cluster=cluster,
            unlisted={PODS: Coverage.PARTIAL} if cut else {},
        )


def documents(cluster: str, night: int) -> tuple[Document, ...]:
    """Scope changes each month, the context each night."""
    return (
        Document("context.json", f"{cluster} {night}".encode()),
        Document("scope.yaml", f"rules: [] # {cluster} {night // 30}".encode()),
    )


def test_every_night_of_a_year_is_read_back_byte_for_byte(store: PostgresStore):
    for night, taken in enumerate(zip(*map(year, CLUSTERS), strict=True), start=1):
        for item in taken:
            failing = [result(f"ns-{index}") for index in range(5) if (night + index) // 20 % 2]
            store.save(
                record(
                    *failing,
                    at=item.taken_at,
                    cluster=item.cluster,
                    documents=documents(item.cluster, night),
                ),
                item,
            )

    for cluster in CLUSTERS:
        scans = store.scans(cluster)
        assert len(scans) == NIGHTS
        for scan, expected in zip(scans, year(cluster), strict=True):
            rebuilt = store.snapshot(scan)
            assert rebuilt == expected
            assert [item.body for item in rebuilt.objects] == [item.body for item in expected.objects]
            assert store.documents(scan) == documents(cluster, scan.number)
    assert store.check().problems == ()
