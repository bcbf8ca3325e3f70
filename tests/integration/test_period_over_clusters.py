"""A period over two clusters of one name, from a real store: its deviations are as old as they are in their own cluster."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app import bootstrap
from app.cli.progress import LogLines
from app.model.cluster import IDENTITY
from app.model.finding import Outcome
from app.model.history import Document
from app.model.nights import Span
from app.period import PeriodRequest, periods
from app.settings import load_settings
from app.store import PostgresArchive
from tests.histories import CLUSTER, FIRST_NIGHT, night, pods, record, result, snapshot

CHECK = "namespace-without-default-deny-egress"


def deviations_over(store, engine, course, clusters, first):
    """Save a night for each sign, and report on those from `first` on; signs are those of the unit tests."""
    files = bootstrap.documents(load_settings())
    for number, (sign, cluster) in enumerate(zip(course, clusters, strict=True), start=1):
        outcome = Outcome.INSUFFICIENT if sign == "?" else Outcome.FAIL
        found = [] if sign == "." else [result("shop", outcome, check=CHECK, says=f"shop {sign}")]
        documents = tuple(sorted((*files, Document(IDENTITY, cluster.encode())), key=lambda item: item.name))
        store.save(
            record(*found, at=night(number), performed=(CHECK,), documents=documents),
            snapshot(pods(cart=1), at=night(number)),
        )
    day = FIRST_NIGHT.date()
    span = Span(day + timedelta(days=first - 1), day + timedelta(days=len(course) - 1), ZoneInfo("UTC"))
    request = PeriodRequest(CLUSTER, span, frameworks=("pci-dss-4.0.1",))
    (found,) = periods(request, store, PostgresArchive(engine), LogLines(CLUSTER))
    return [
        (item.opened_in, item.another_cluster_at and item.another_cluster_at.day, item.closed_in)
        for item in found.period.deviations
    ]


@pytest.mark.parametrize(
    ("course", "clusters", "first", "found"),
    [
        ("xxyy", "abbb", 4, [(2, None, None)]),
        ("xx.y", "abbb", 4, [(4, None, None)]),
        ("x?x", "aab", 2, [(1, 3, None), (3, None, None)]),
        ("xx?", "abb", 3, [(2, None, None)]),
        ("xx", "ab", 2, [(2, None, None)]),
    ],
    ids=[
        "other words since the border",
        "gone again before the period",
        "unclear in the period, and seen in the next cluster",
        "unclear in the period",
        "the border is its first night",
    ],
)  # fmt: skip
def test_deviations_reach_back_to_the_first_scan_of_their_cluster(
    store, engine, course, clusters, first, found
):
    assert deviations_over(store, engine, course, clusters, first) == found
