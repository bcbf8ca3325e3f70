"""The algebra of address ranges against sets, and the list of what is not public."""

from ipaddress import ip_address
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluate.checks.common.addresses import PUBLIC, common, everything, merged, range_of, size, without
from app.model.policy import AddressRange

ends = st.integers(0, 40)
ranges = st.lists(
    st.builds(
        lambda version, a, b: AddressRange(version, min(a, b), max(a, b)), st.sampled_from([4, 6]), ends, ends
    )
)


def members(items):
    return {(item.version, at) for item in items for at in range(item.first, item.last + 1)}


@given(ranges)
def test_merging_keeps_the_addresses_and_leaves_no_two_ranges_to_merge(items):
    found = merged(items)
    assert members(found) == members(items)
    assert size(found) == len(members(items))
    assert all(a.version != b.version or a.last + 1 < b.first for a, b in pairwise(found))


@given(ranges, ranges)
def test_difference_and_intersection_are_those_of_sets(one, other):
    assert members(without(one, other)) == members(one) - members(other)
    assert members(common(one, other)) == members(one) & members(other)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.31.0.1",
        "192.168.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fd00:ec2::254",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:8.8.8.8",
    ],
)
def test_private_and_special_addresses_are_not_public(address):
    assert not common(PUBLIC, [range_of(address)])


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2600::1", "2a00:1450::1"]
)
def test_addresses_of_the_internet_are_public(address):
    assert common(PUBLIC, [range_of(address)])


def test_python_agrees_about_what_is_global_at_each_edge_of_the_list():
    """`is_global` has more exceptions for single services; at the edges of our ranges both say the same."""
    edges = {edge for item in PUBLIC if item.version == 4 for edge in (item.first, item.last)}
    assert all(ip_address(edge).is_global for edge in edges)
    assert size(without(everything(4), PUBLIC)) > 2**28
