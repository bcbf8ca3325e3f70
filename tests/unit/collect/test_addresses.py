"""Sets of addresses: sorted, disjoint, joined where they touch."""

import pytest

from app.collect.addresses import cidrs, everywhere, merged, single
from app.model.policy import AddressRange


def v4(*pairs):
    return tuple(AddressRange(4, first, last) for first, last in pairs)


@pytest.mark.parametrize(
    ("given", "joined"),
    [
        ([], []),
        ([(5, 9)], [(5, 9)]),
        ([(5, 9), (1, 3)], [(1, 3), (5, 9)]),
        ([(1, 4), (5, 9)], [(1, 9)]),
        ([(1, 9), (3, 4)], [(1, 9)]),
        ([(1, 5), (3, 9), (9, 9)], [(1, 9)]),
    ],
)
def test_ranges_that_overlap_or_touch_are_one(given, joined):
    assert merged(v4(*given)) == v4(*joined)


def test_families_never_touch():
    assert merged([AddressRange(6, 0, 1), AddressRange(4, 0, 2**32 - 1)]) == (
        AddressRange(4, 0, 2**32 - 1),
        AddressRange(6, 0, 1),
    )


def test_cidrs_are_one_set_and_what_is_none_is_named():
    found = []
    assert cidrs(["10.0.0.0/31", "10.0.0.2/31", "x"], "spec.networks", found) == v4(
        (10 << 24, (10 << 24) + 3)
    )
    assert [item.field for item in found] == ["spec.networks[2]"]


def test_host_names_are_no_addresses():
    assert single(["0.0.0.1", "node-1", "0.0.0.2"]) == v4((1, 2))


def test_everywhere_is_every_address_of_both_families():
    assert everywhere() == cidrs(["0.0.0.0/0", "::/0"], "", [])
