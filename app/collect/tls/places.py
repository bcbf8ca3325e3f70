"""Where a probe may connect to. Whoever may create an Ingress can write any name into it, so a name alone opens nothing.

An address is allowed when the cluster's own status reports it (a load balancer, a Gateway, a node), or when the operator's
list names it or the host that leads to it. Loopback, link-local, multicast and unspecified addresses, the metadata
services of clouds among them, are never connected to unless the list names their very range. A host on the list opens no private
address either: whoever answers for its name does not declare what lies inside.
"""

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from app.model.edge import ANY_HOST, Endpoint

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Sequence[str]]

# Services of clouds for their machines, where they are not link-local: metadata, DNS and agents of AWS, Alibaba, Azure, Oracle, Google.
_OF_CLOUDS = tuple(
    ip_network(block)
    for block in (
        "fd00:ec2::/32",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "192.0.0.192/32",
        "fd20:ce::/64",
    )
)
# RFC 1918, RFC 6598 and RFC 4193: behind such addresses are pods, nodes and machines that nobody meant by a name.
_PRIVATE = tuple(
    ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_LABEL = "netattest"  # asked for where an endpoint stands for every name of a domain


@dataclass(frozen=True, slots=True)
class Place:
    """Where to connect, and which name to ask for; without an address, `why` says why not."""

    address: str
    name: str
    why: str = ""
    refused: bool = False


def resolve(host: str) -> tuple[str, ...]:
    """Addresses of a name by the system's resolver, sorted, IPv4 first; none where it has none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    addresses = {str(item[4][0]).partition("%")[0] for item in found}
    return tuple(sorted(addresses, key=lambda text: (":" in text, text)))


@dataclass(frozen=True)
class AllowList:
    """Host patterns (`*.example.com`) and CIDR blocks of the settings."""

    hosts: tuple[str, ...]
    blocks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def of(cls, entries: Iterable[str]) -> "AllowList":
        """Tell blocks from patterns."""
        hosts: list[str] = []
        blocks: list[IPv4Network | IPv6Network] = []
        for entry in entries:
            try:
                blocks.append(ip_network(entry.strip(), strict=False))
            except ValueError:
                hosts.append(entry.strip().lower())
        return cls(tuple(hosts), tuple(blocks))

    def names(self, host: str) -> bool:
        """The list names this host."""
        return any(fnmatchcase(host.lower(), pattern) for pattern in self.hosts)

    def holds(self, address: Address) -> bool:
        """The list holds this address."""
        return any(address.version == block.version and address in block for block in self.blocks)


def place_of(endpoint: Endpoint, allow: AllowList, find: Resolve = resolve) -> Place:
    """Where to connect for an endpoint: where status says it is, else where its name leads."""
    name = _asked(endpoint.host)
    told = [address for item in endpoint.addresses for address in _addresses(item, find)]
    if told:
        return _first(told, name, allow, is_open=_by_status)
    if endpoint.host == ANY_HOST:
        return Place("", name, "no address of it is known")
    literal = _literal(endpoint.host)
    found = [endpoint.host] if literal else list(find(name))
    if not found:
        return Place("", name, f"the name {name} leads to no address")
    named = not literal and allow.names(name)
    return _first(found, "" if literal else name, allow, is_open=_by_name if named else _by_nothing)


def _by_status(address: Address) -> bool:
    """Where the cluster's own status leads: anywhere but where no edge is."""
    return not is_special(address)


def _by_name(address: Address) -> bool:
    """Where a host on the list leads: outside alone."""
    return not is_special(address) and not is_private(address)


def _by_nothing(_: Address) -> bool:
    """Where nobody vouches for what led here: nowhere."""
    return False


def _asked(host: str) -> str:
    if host == ANY_HOST or _literal(host):
        return ""
    return f"{_LABEL}.{host[2:]}" if host.startswith("*.") else host


def _addresses(text: str, find: Resolve) -> Sequence[str]:
    return (text,) if _literal(text) else find(text)


def _literal(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _first(texts: Sequence[str], name: str, allow: AllowList, *, is_open: Callable[[Address], bool]) -> Place:
    """The first address that may be connected to: its range is on the list, or what led here opens it."""
    for text in texts:
        address = _literal(text)
        if address is None:
            continue
        if allow.holds(address) or is_open(address):
            return Place(text, name)
    why = f"neither the cluster's status nor the allow-list names {texts[0]}"
    if any((address := _literal(text)) and is_special(address) for text in texts):
        why = f"{texts[0]} is an address that is never connected to unless the allow-list names its range"
    elif allow.names(name) and any((address := _literal(text)) and is_private(address) for text in texts):
        why = f"{name} leads to {texts[0]}, a private address whose range the allow-list does not name"
    return Place("", name, why, refused=True)


def is_special(address: Address) -> bool:
    """Addresses behind which no edge of a cluster is, and other things are; also where an IPv6 address only wraps such a one."""
    if any(is_special(inner) for inner in _inside(address)):
        return True
    return (
        any(address in block for block in _OF_CLOUDS)
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
        or (isinstance(address, IPv6Address) and address.is_site_local)
    )


def is_private(address: Address) -> bool:
    """Addresses of networks that are not the public one; also where an IPv6 address only wraps such a one."""
    return any(address in block for block in _PRIVATE) or any(is_private(inner) for inner in _inside(address))


def _inside(address: Address) -> tuple[IPv4Address, ...]:
    """IPv4 addresses that an IPv6 address carries: mapped, 6to4, Teredo's server and client."""
    if not isinstance(address, IPv6Address):
        return ()
    found = (address.ipv4_mapped, address.sixtofour, *(address.teredo or ()))
    return tuple(inner for inner in found if inner)
