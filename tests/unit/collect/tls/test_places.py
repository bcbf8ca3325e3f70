"""Where a probe may go: a name that anybody can write into an object must not lead it anywhere."""

import pytest

from app.collect.tls.places import AllowList, place_of
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Leg, Security
from app.model.encryption import EvidenceStrength

LEG = Leg(Security.UNKNOWN, EvidenceStrength.CONFIGURED, "not known")
NAMES = {
    "shop.example": ("198.51.100.7",),
    "db.internal.example": ("10.0.0.5",),
    "metadata.example": ("169.254.169.254",),
    "me.example": ("127.0.0.1", "::1"),
    "lb.cloud.example": ("203.0.113.9",),
    "six.example": ("fd12::5",),
    "mapped.example": ("::ffff:10.0.0.5",),
    "wrapped.example": ("2002:a00:5::1",),  # 6to4 around 10.0.0.5
    "shared.example": ("100.64.0.9",),
    "both.example": ("10.0.0.5", "198.51.100.9"),
    "netattest.shops.example": ("198.51.100.8",),
}


def place(host, *addresses, allow=()):
    end = Endpoint(host, 443, Protocol.TCP, LEG, addresses)
    return place_of(end, AllowList.of(allow), lambda name: NAMES.get(name, ()))


@pytest.mark.parametrize(
    ("host", "addresses", "allow", "address", "name"),
    [
        ("shop.example", ("203.0.113.9",), (), "203.0.113.9", "shop.example"),
        ("shop.example", ("lb.cloud.example",), (), "203.0.113.9", "shop.example"),
        ("shop.example", (), ("*.example", "shop.example"), "198.51.100.7", "shop.example"),
        ("shop.example", (), ("198.51.100.0/24",), "198.51.100.7", "shop.example"),
        ("*.shops.example", (), ("*.shops.example",), "198.51.100.8", "netattest.shops.example"),
        (ANY_HOST, ("203.0.113.9",), (), "203.0.113.9", ""),
        ("203.0.113.50", (), ("203.0.113.0/24",), "203.0.113.50", ""),
        ("me.example", (), ("127.0.0.0/8",), "127.0.0.1", "me.example"),
        ("db.internal.example", ("10.1.1.1",), (), "10.1.1.1", "db.internal.example"),
        ("db.internal.example", (), ("10.0.0.0/16",), "10.0.0.5", "db.internal.example"),
        ("both.example", (), ("both.example",), "198.51.100.9", "both.example"),  # the public one of two
        ("six.example", (), ("fd12::/16",), "fd12::5", "six.example"),
    ],
)
def test_what_status_or_the_list_vouches_for_is_connected_to(host, addresses, allow, address, name):
    found = place(host, *addresses, allow=allow)
    assert (found.address, found.name) == (address, name)


@pytest.mark.parametrize(
    ("host", "addresses", "allow"),
    [
        ("shop.example", (), ()),  # a name alone opens nothing
        ("db.internal.example", (), ("*.shop.example",)),
        # a name on the list opens no private address: whoever answers for it could point it at any machine inside
        ("db.internal.example", (), ("db.internal.example",)),
        ("db.internal.example", (), ("*",)),
        ("six.example", (), ("six.example",)),
        ("mapped.example", (), ("mapped.example",)),
        ("wrapped.example", (), ("wrapped.example",)),
        ("shared.example", (), ("shared.example",)),
        ("db.internal.example", (), ("db.internal.example", "10.1.0.0/16")),  # another range than this one
        ("db.internal.example", (), ("db.internal.example", "::ffff:10.0.0.0/104")),
        ("metadata.example", (), ("metadata.example",)),  # a name on the list does not open special addresses
        ("me.example", (), ("me.example",)),
        ("shop.example", ("169.254.169.254",), ()),
        ("shop.example", ("::ffff:169.254.169.254",), ()),
        ("shop.example", ("127.0.0.1",), ()),
        ("shop.example", ("168.63.129.16",), ()),  # agents of Azure
        ("shop.example", ("192.0.0.192",), ()),  # metadata of Oracle
        ("shop.example", ("fd20:ce::254",), ()),  # metadata of Google
        ("shop.example", ("fd00:ec2::23",), ()),  # identities of pods at AWS
        ("shop.example", ("2002:a9fe:a9fe::1",), ()),  # 6to4 around 169.254.169.254
        ("shop.example", ("2001:0:a9fe:a9fe::1",), ()),  # Teredo with it as the server
        ("shop.example", ("64:ff9b::a9fe:a9fe",), ()),  # NAT64 around it
        ("shop.example", ("fe80::1%eth0",), ()),
        ("shop.example", ("fec0::1",), ()),  # of a site, before there were unique local ones
        ("shop.example", ("metadata.example",), ()),
        ("203.0.113.50", (), ()),  # an external IP is written by whoever may create a Service
        ("203.0.113.50", (), ("203.0.113.50.evil.example",)),
        ("0.0.0.0", (), ("*",)),
    ],
)
def test_everything_else_is_refused_with_a_reason(host, addresses, allow):
    found = place(host, *addresses, allow=allow)
    assert found.address == ""
    assert found.refused
    assert found.why


@pytest.mark.parametrize(("host", "allow"), [("nowhere.example", ("*",)), (ANY_HOST, ())])
def test_what_leads_nowhere_is_not_tried(host, allow):
    found = place(host, allow=allow)
    assert not found.address
    assert not found.refused
    assert found.why
