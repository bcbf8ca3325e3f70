"""VirtualService: which subsets of a host requests are sent to, and whether any are sent to none.

A subset's TLS counts only where a route leads there. Routes of the mesh (`gateways` absent or naming `mesh`) are followed by
sidecars, the others by gateways. One without hosts is a delegate: whoever follows a route that names it follows its routes.
Source: Istio API reference, "Virtual Service".
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.detect.meshes.istio.hosts import full_name
from app.detect.meshes.istio.objects import NETWORKING, by_age, heeded, revision, visible
from app.detect.served import Served
from app.model.snapshot import SnapshotObject

KIND = (NETWORKING, "VirtualService")
_MESH = "mesh"
_HTTP = frozenset({"http", "http2", "grpc"})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a route leads. `port` 0 stands for the Service's only port, `subset` "" for none."""

    host: str
    subset: str
    port: int


@dataclass(frozen=True)
class VirtualService:
    """One object.

    Attributes:
        name: namespace and name of the object.
        hosts: the names that clients call; none for a delegate.
        delegates: objects that its routes leave the rest to.
        revision: the one revision that heeds it; empty for all.
        destinations: everything that any of its routes, mirrors included, leads to.
        settled: none of its HTTP requests stays without a route of its own.
    """

    name: tuple[str, str]
    hosts: tuple[str, ...]
    gateways: tuple[str, ...]
    exports: tuple[str, ...]
    destinations: tuple[Destination, ...]
    settled: bool
    delegates: frozenset[tuple[str, str]]
    revision: str

    @property
    def home(self) -> str:
        """Its namespace."""
        return self.name[0]

    def followed(self, namespace: str, *, gateway: bool) -> bool:
        """Whether clients of a namespace follow it."""
        if gateway:
            return any(name != _MESH for name in self.gateways)
        return _MESH in self.gateways and visible(self.exports, self.home, namespace)


@dataclass(frozen=True)
class _Followed:
    """What clients of one namespace follow: where routes lead by host, and hosts of which no HTTP request stays without one."""

    led: Mapping[str, tuple[Destination, ...]]
    settled: frozenset[str]


@dataclass(frozen=True)
class Routes:
    """All VirtualServices of a cluster; `default_exports` where one does not say."""

    evidence: Evidence
    default_exports: tuple[str, ...] = ()
    _followed: dict[tuple[str, bool, str], _Followed] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def all(self) -> tuple[VirtualService, ...]:
        """Oldest first."""
        return tuple(_read(item, self.default_exports) for item in by_age(self.evidence, *KIND))

    @cached_property
    def doubt(self) -> str:
        """Why they are not all known; empty when they are."""
        return self.evidence.doubt(*KIND)

    def subsets(
        self, host: str, entry: Served, namespace: str, *, gateway: bool, revision: str = ""
    ) -> frozenset[str]:
        """Subsets of a host that a client's requests may be sent to; "" stands for the host itself.

        Args:
            host: full name.
            entry: its port.
            namespace: the client's.
            gateway: the client is a gateway, which sends only what a route tells it to.
            revision: of the client's control plane.
        """
        followed = self._by(namespace, gateway=gateway, revision=revision)
        found = {led.subset for led in followed.led.get(host, ()) if led.port in (0, entry.port)}
        if gateway:
            return frozenset(found or {""})
        settled = host in followed.settled
        return frozenset(found if settled and found and _speaks_http(entry) else {*found, ""})

    def _by(self, namespace: str, *, gateway: bool, revision: str) -> _Followed:
        key = namespace, gateway, revision
        if key not in self._followed:
            heard = [item for item in self.all if heeded(item.revision, revision)]
            roots = [item for item in heard if item.hosts and item.followed(namespace, gateway=gateway)]
            self._followed[key] = _summed([*roots, *_delegates(roots, heard)])
        return self._followed[key]


def _summed(followed: Iterable[VirtualService]) -> _Followed:
    led: dict[str, list[Destination]] = {}
    settled: set[str] = set()
    for item in followed:
        settled.update(item.hosts if item.settled else ())
        for destination in item.destinations:
            led.setdefault(destination.host, []).append(destination)
    return _Followed({host: tuple(found) for host, found in led.items()}, frozenset(settled))


def _delegates(roots: Iterable[VirtualService], heard: Iterable[VirtualService]) -> Iterator[VirtualService]:
    """Objects that routes leave the rest to, where these may see them."""
    named = [(item.home, name) for item in roots for name in item.delegates]
    for item in heard:
        if not item.hosts and any(
            name == item.name and visible(item.exports, item.home, home) for home, name in named
        ):
            yield item


def _speaks_http(entry: Served) -> bool:
    """By the port's name ("Protocol Selection"); what is not said may be anything."""
    return entry.name.lower().split("-")[0] in _HTTP


def _read(item: SnapshotObject, default_exports: tuple[str, ...]) -> VirtualService:
    spec, home = mapping(item.parsed().get("spec")), item.ref.namespace
    routes = [mapping(raw) for raw in sequence(spec.get("http"))]
    return VirtualService(
        name=(home, item.ref.name),
        hosts=tuple(full_name(text(host), home) for host in sequence(spec.get("hosts"))),
        gateways=tuple(map(text, sequence(spec.get("gateways")))) or (_MESH,),
        exports=tuple(map(text, sequence(spec.get("exportTo")))) or default_exports or ("*",),
        destinations=tuple(dict.fromkeys(_destinations(spec, home))),
        settled=any(route.get("route") and not route.get("match") for route in routes),
        delegates=frozenset(
            (text(dig(route, "delegate", "namespace")) or home, text(dig(route, "delegate", "name")))
            for route in routes
            if route.get("delegate")
        ),
        revision=revision(item),
    )


def _destinations(spec: Mapping[str, Any], home: str) -> Iterator[Destination]:
    for part in ("http", "tls", "tcp"):
        for route in map(mapping, sequence(spec.get(part))):
            led = [dig(raw, "destination") for raw in sequence(route.get("route"))]
            led += [route.get("mirror"), *(dig(raw, "destination") for raw in sequence(route.get("mirrors")))]
            for raw in led:
                if host := text(dig(raw, "host")):
                    number = dig(raw, "port", "number")
                    port = number if isinstance(number, int) else 0
                    yield Destination(full_name(host, home), text(dig(raw, "subset")), port)
