"""Which cluster a scan is of: what is known, what is not, and where another one begins."""

from dataclasses import replace

import pytest

from app.model.cluster import IDENTITY, are_two, identity_document, other_clusters
from app.model.history import ScanStatus
from app.model.snapshot import SourceInfo, SourceKind
from tests.histories import snapshot
from tests.unit.trend.world import scan


def of_uid(uid):
    return identity_document(replace(snapshot(), source=SourceInfo(SourceKind.API, "x", uid)))


def test_a_cluster_is_known_by_a_digest_and_one_that_was_not_read_is_not():
    assert of_uid("") == ()
    (first,), (again,), (other,) = of_uid("a-uid"), of_uid("a-uid"), of_uid("b-uid")
    assert first == again != other
    assert first.name == IDENTITY
    assert b"a-uid" not in first.body


def nights(identities):
    """Scans 1, 2, …, each of the cluster that a letter stands for; `-` where nobody read which."""
    return [
        scan(number, documents=() if letter == "-" else ((IDENTITY, letter),))
        for number, letter in enumerate(identities, start=1)
    ]


@pytest.mark.parametrize(
    ("identities", "others"),
    [
        ("", {}),
        ("a", {}),
        ("---", {}),
        ("-a-a", {}),
        ("aab", {3: 2}),
        ("a--b", {4: 1}),
        ("aba", {2: 1, 3: 2}),
        ("ab-b", {2: 1}),
    ],
)
def test_another_cluster_begins_where_the_identity_differs_from_the_last_one_known(identities, others):
    found = other_clusters(reversed(nights(identities)))
    assert found.keys() == others.keys()
    assert all(f"than in scan {others[number]}." in sentence for number, sentence in found.items())


@pytest.mark.parametrize(
    ("pair", "two"), [("ab", True), ("aa", False), ("a-", False), ("-b", False), ("--", False)]
)
def test_two_scans_are_of_two_clusters_only_where_both_are_known(pair, two):
    assert are_two(*nights(pair)) is two


def test_a_failed_run_says_nothing_about_the_cluster():
    first, last = nights("a-b")[::2]
    assert other_clusters([first, scan(2, ScanStatus.FAILED), last]).keys() == {3}
