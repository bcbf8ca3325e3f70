"""Linkerd's policy objects, read: Servers, and who is authorised to reach them.

Source: Linkerd documentation, "Authorization Policy" and "Policy API reference".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.meshes.common.callers import Block
from app.detect.selectors import selector
from app.model.connections import Protocol
from app.model.identity import ObjectRef
from app.model.inventory import Labels, Pod
from app.model.platform import Sign
from app.model.policy import LabelSelector
from app.model.scope import selects
from app.model.snapshot import SnapshotObject

GROUP = "policy.linkerd.io"
KINDS = (
    "Server",
    "ServerAuthorization",
    "AuthorizationPolicy",
    "MeshTLSAuthentication",
    "NetworkAuthentication",
)
_ROUTES = ("HTTPRoute", "GRPCRoute")
_ROUTE_GROUPS = (GROUP, "gateway.networking.k8s.io")
_NO_HTTP = ("opaque", "TLS")


@dataclass(frozen=True)
class Server:
    """A `Server`: one port of the pods that it selects. `selector` None when it cannot be read."""

    item: SnapshotObject
    selector: LabelSelector | None
    port: int | str
    access: str
    labels: Labels
    of_pods: bool

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return self.item.ref

    def numbers(self, pod: Pod) -> frozenset[int]:
        """Container ports of a pod: a number as it stands, a name wherever a container declares it for TCP."""
        if isinstance(self.port, int):
            return frozenset({self.port})
        named = (item for item in pod.ports if item.name == self.port)
        return frozenset(item.container_port for item in named if item.protocol is Protocol.TCP)

    def holds(self, pod: Pod) -> bool:
        """Whether it selects a pod; one that cannot be read may. Without a podSelector it is about other machines."""
        return (
            self.of_pods
            and self.ref.namespace == pod.namespace
            and (self.selector is None or selects(self.selector, pod.labels))
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """One authentication that an authorisation asks for: an identity that is one of these, or an address in a block.

    Attributes:
        identities: (field, pattern) of accepted identities; empty with `mesh` True: any identity.
        mesh: mutual TLS is needed.
        blocks: texts of address blocks, of which one must hold the caller.
    """

    mesh: bool = False
    identities: tuple[tuple[str, str], ...] = ()
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Authorization:
    """A ServerAuthorization or an AuthorizationPolicy: everything in `asked` must hold.

    Attributes:
        kind: of what it is attached to: Server, Namespace or a route.
        name: of that.
        servers: labels of the Servers that it is attached to, where it selects them instead.
        invalid: why the controller leaves it out, as a clause; empty for one that counts.
    """

    item: SnapshotObject
    kind: str
    name: str
    servers: LabelSelector | None
    asked: tuple[Asked, ...]
    invalid: str = ""

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return self.item.ref

    @property
    def sign(self) -> Sign:
        """The part that says who is let in."""
        return Sign(self.item.ref, "spec", self.item.ref.kind, "who may connect", self.item.digest)

    @property
    def needs_mesh(self) -> bool:
        """Whether a caller without mutual TLS is never let in by it."""
        return any(item.mesh for item in self.asked)


class Policies:
    """All policy objects of a cluster."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.servers = tuple(sorted((_server(item) for item in self._of("Server")), key=_age))
        found = (*self._server_authorizations(), *self._authorization_policies())
        self.authorizations = tuple(sorted(found, key=lambda item: item.ref))
        self._servers_in: dict[str, list[tuple[int, Server]]] = {}
        for number, server in enumerate(self.servers):
            self._servers_in.setdefault(server.ref.namespace, []).append((number, server))
        self._authorizations_in: dict[str, list[Authorization]] = {}
        for item in self.authorizations:
            self._authorizations_in.setdefault(item.ref.namespace, []).append(item)

    def servers_in(self, namespace: str) -> Sequence[tuple[int, Server]]:
        """Servers of a namespace with their numbers, oldest first."""
        return self._servers_in.get(namespace, ())

    def of(self, server: Server) -> Iterator[tuple[Authorization, str]]:
        """Authorisations of a Server, with the route that limits one; empty where none does."""
        for item in self._authorizations_in.get(server.ref.namespace, ()):
            if item.kind in _ROUTES:
                if server.ref.name in self._parents(item):
                    yield item, f"requests of {item.kind} {item.name}"
            elif _attached(item, server):
                yield item, ""

    def limits_probes(self, server: Server) -> bool:
        """Whether HTTP probes need an authorisation too: routes of the Server say who may come, or its proxy reads no HTTP there."""
        protocol = text(dig(server.item.parsed(), "spec", "proxyProtocol"))
        return protocol in _NO_HTTP or (server.ref.namespace, server.ref.name) in self._routed

    @cached_property
    def _routed(self) -> frozenset[tuple[str, str]]:
        """Namespace and name of every Server that a route is attached to."""
        routes = (
            item
            for group in _ROUTE_GROUPS
            for kind in _ROUTES
            for item in self._evidence.snapshot.of_kind(group, kind)
        )
        return frozenset(
            (item.ref.namespace, text(dig(parent, "name")))
            for item in routes
            for parent in sequence(dig(item.parsed(), "spec", "parentRefs"))
            if dig(parent, "kind") == "Server"
        )

    def blocks(self) -> Mapping[str, Block | None]:
        """Every address block that an authorisation names."""
        texts = {text for item in self.authorizations for asked in item.asked for text in asked.blocks}
        return {text: Block.of(text.split(" ")[0], text.split(" ")[1:]) for text in sorted(texts)}

    def identities(self) -> Mapping[str, Iterable[str]]:
        """Every pattern over identities, by field."""
        found: dict[str, set[str]] = {"identity": set(), "account": set(), "namespace": set()}
        for item in self.authorizations:
            for asked in item.asked:
                for name, pattern in asked.identities:
                    found[name].add(pattern)
        return found

    def _of(self, kind: str) -> tuple[SnapshotObject, ...]:
        return self._evidence.snapshot.of_kind(GROUP, kind)

    def _parents(self, item: Authorization) -> set[str]:
        """Servers that a route is attached to."""
        for group in _ROUTE_GROUPS:
            found = self._evidence.object(group, item.kind, item.ref.namespace, item.name)
            if found:
                refs = sequence(dig(found.parsed(), "spec", "parentRefs"))
                return {text(dig(ref, "name")) for ref in refs if dig(ref, "kind") == "Server"}
        return set()

    def _server_authorizations(self) -> Iterator[Authorization]:
        for item in self._of("ServerAuthorization"):
            spec = mapping(item.parsed().get("spec"))
            name = text(dig(spec, "server", "name"))
            asked = _clients(mapping(spec.get("client")), item.ref.namespace)
            yield Authorization(
                item,
                "Server",
                name,
                None if name else selector(dig(spec, "server", "selector")),
                asked or (),
                "" if asked is not None else "it says of no client how it is authenticated",
            )

    def _authorization_policies(self) -> Iterator[Authorization]:
        for item in self._of("AuthorizationPolicy"):
            spec = mapping(item.parsed().get("spec"))
            refs = [mapping(ref) for ref in sequence(spec.get("requiredAuthenticationRefs"))]
            found = [self._asked(ref, item.ref.namespace) for ref in refs]
            asked = tuple(one for one in found if one)
            yield Authorization(
                item,
                text(dig(spec, "targetRef", "kind")),
                text(dig(spec, "targetRef", "name")),
                None,
                asked,
                _invalid(refs, found),
            )

    def _asked(self, ref: Mapping[str, Any], namespace: str) -> Asked | None:
        """What one reference stands for; None when it leads nowhere, or to what names nobody."""
        kind, name = text(ref.get("kind")), text(ref.get("name"))
        place = text(ref.get("namespace")) or namespace
        if kind == "ServiceAccount":
            return Asked(mesh=True, identities=(("account", f"{place}/{name}"),))
        found = self._evidence.object(GROUP, kind, place, name)
        if found is None:
            return None
        spec = mapping(found.parsed().get("spec"))
        if kind == "NetworkAuthentication":
            blocks = _networks(spec.get("networks"))
            return Asked(blocks=blocks) if blocks else None
        identities = tuple(_identities(spec, place))
        return Asked(mesh=True, identities=identities) if identities else None


def _invalid(refs: Sequence[Mapping[str, Any]], found: Sequence[Asked | None]) -> str:
    """Why an AuthorizationPolicy is left out: a reference that leads nowhere, or two of which only one may be."""
    for ref, asked in zip(refs, found, strict=True):
        if asked is None:
            return f"{ref.get('kind')} {ref.get('name')}, which it needs, is not among what was read, or names nobody"
    by_mesh = [asked.mesh for asked in found if asked]
    several = max(by_mesh.count(True), by_mesh.count(False)) > 1
    return "it needs two authentications of one sort" if several else ""


def _attached(item: Authorization, server: Server) -> bool:
    if item.servers is not None:
        return selects(item.servers, server.labels)
    if item.kind == "Namespace":  # always its own, whatever the name
        return True
    return item.kind == "Server" and item.name == server.ref.name


def _server(item: SnapshotObject) -> Server:
    body = item.parsed()
    spec = mapping(body.get("spec"))
    port = spec.get("port")
    return Server(
        item=item,
        selector=selector(spec.get("podSelector")),
        port=port if isinstance(port, int) else text(port),
        access=text(spec.get("accessPolicy")) or "deny",
        labels=strings(dig(body, "metadata", "labels")),
        of_pods="podSelector" in spec,
    )


def _age(server: Server) -> tuple[str, str]:
    return text(dig(server.item.parsed(), "metadata", "creationTimestamp")), server.ref.name


def _clients(client: Mapping[str, Any], namespace: str) -> tuple[Asked, ...] | None:
    """`spec.client` of a ServerAuthorization; networks narrow whatever else it lets in. None where it names nobody."""
    blocks = _networks(client.get("networks"))
    narrowed = (Asked(blocks=blocks),) if blocks else ()
    tls = mapping(client.get("meshTLS"))
    if client.get("unauthenticated") is True:
        return narrowed
    if tls.get("unauthenticatedTLS") is True:
        return (Asked(mesh=True), *narrowed)
    found = [("identity", text(item)) for item in sequence(tls.get("identities"))]
    for account in sequence(tls.get("serviceAccounts")):
        place = text(dig(account, "namespace")) or namespace
        found.append(("account", f"{place}/{text(dig(account, 'name'))}"))
    return (Asked(mesh=True, identities=tuple(found)), *narrowed) if found else None


def _identities(spec: Mapping[str, Any], namespace: str) -> Iterator[tuple[str, str]]:
    for name in sequence(spec.get("identities")):
        yield "identity", text(name)
    for ref in sequence(spec.get("identityRefs")):
        place = text(dig(ref, "namespace")) or namespace
        if dig(ref, "kind") == "Namespace":
            yield "namespace", text(dig(ref, "name")) or place
        else:
            yield "account", f"{place}/{text(dig(ref, 'name'))}"


def _networks(value: object) -> tuple[str, ...]:
    """Blocks as text: the network, then what is taken out of it."""
    return tuple(
        " ".join((text(dig(item, "cidr")), *map(text, sequence(dig(item, "except")))))
        for item in sequence(value)
    )
