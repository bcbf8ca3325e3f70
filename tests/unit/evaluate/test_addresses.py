from ipaddress import ip_address

import pytest

from app.evaluate.addresses import AddressSpace, merged, parse
from app.evaluate.bits import as_set, members, run, union
from app.model.policy import AddressRange
from tests.builders import cidr


def space(*blocks):
    return AddressSpace.cut_by([cidr(*block.split("-")).ranges for block in blocks])


def shown(ranges):
    def text(item, value):
        return str(ip_address(value.to_bytes(4 if item.version == 4 else 16, "big")))

    return [f"{text(item, item.first)} to {text(item, item.last)}" for item in ranges]


V4, V6 = "0.0.0.0 to 255.255.255.255", ":: to ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"


@pytest.mark.parametrize(
    ("blocks", "atoms"),
    [
        pytest.param([], [V4, V6], id="no block"),
        pytest.param(["0.0.0.0/0", "::/0"], [V4, V6], id="blocks that hold everything"),
        pytest.param(
            ["10.0.0.0/8"],
            ["0.0.0.0 to 9.255.255.255", "10.0.0.0 to 10.255.255.255", "11.0.0.0 to 255.255.255.255", V6],
            id="one block",
        ),
        pytest.param(
            ["0.0.0.0/1", "128.0.0.0/1"],
            ["0.0.0.0 to 127.255.255.255", "128.0.0.0 to 255.255.255.255", V6],
            id="blocks that touch",
        ),
        pytest.param(
            ["::/1"],
            [
                V4,
                ":: to 7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                "8000:: to ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            ],
            id="the other family",
        ),
    ],
)
def test_atoms_are_maximal_and_cover_both_families(blocks, atoms):
    assert shown(space(*blocks).atoms) == atoms


def test_ranges_of_one_block_that_touch_make_no_atom():
    first, second = cidr("10.0.0.0/9").ranges[0], cidr("10.128.0.0/9").ranges[0]
    assert len(AddressSpace.cut_by([(first, second)]).atoms) == 4


def test_a_block_holds_the_atoms_within_it():
    found = space("10.0.0.0/8-10.1.0.0/16", "10.1.2.0/24")
    held = found.atoms_in(cidr("10.0.0.0/8", "10.1.0.0/16").ranges)
    assert shown(found.atoms[number] for number in members(held)) == [
        "10.0.0.0 to 10.0.255.255",
        "10.2.0.0 to 10.255.255.255",
    ]


def test_what_is_no_address_matches_no_block():
    assert parse("pending") is None
    assert parse("10.0.0.1") == (4, (10 << 24) + 1)


def test_neighbouring_ranges_merge_within_their_family():
    ranges = [AddressRange(6, 0, 9), AddressRange(4, 5, 9), AddressRange(4, 0, 4), AddressRange(4, 11, 12)]
    assert merged(ranges) == (AddressRange(4, 0, 9), AddressRange(4, 11, 12), AddressRange(6, 0, 9))


def test_sets_of_numbers_are_what_they_say():
    assert list(members(as_set([70, 3, 3, 0]))) == [0, 3, 70]
    assert list(members(run(2, 5))) == [2, 3, 4]
    assert list(members(union([1, 4]))) == [0, 2]
    assert as_set([]) == 0
