"""Encryption in transit: what one path gets, what one listener accepts, and the facts that both are derived from.

Two verdicts, never one. The *path verdict* is what this source gets at this destination and port; the *listener verdict*
is what that port accepts from anyone who can reach it. Layers are asked in this order: the mesh (end to end), application
TLS that an object proves, the link between the nodes. `Mesh` and `Links` are the interfaces that detection implements,
one value for each system that was found; they answer for classes of pods, so that equal pods share the work.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from typing import Protocol as Interface

from app.model.connections import Connections, Protocol
from app.model.identity import ObjectRef
from app.model.platform import Sign

Key = Any  # hashable, and understood by the system that gave it alone


class Known(StrEnum):
    """A fact with three values: what was not read or not understood is never yes and never no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class EvidenceStrength(StrEnum):
    """How a fact is known, weakest first. A conclusion is as strong as its weakest fact."""

    INTENDED = "intended"  # a label, a template, an injection annotation
    CONFIGURED = "configured"  # a running ConfigMap, a custom resource, a container's arguments
    OBSERVED = "observed"  # a status, a node annotation that an agent wrote, a handshake

    @property
    def rank(self) -> int:
        """0 is weakest."""
        return _STRENGTHS[self]


_STRENGTHS = {item: at for at, item in enumerate(EvidenceStrength)}


def weakest(*strengths: EvidenceStrength) -> EvidenceStrength:
    """Strength of a conclusion from facts of these strengths; OBSERVED where there is none to weaken it."""
    return min(strengths, key=lambda item: item.rank, default=EvidenceStrength.OBSERVED)


class Label(StrEnum):
    """What a path gets, strongest first; BLOCKED and REFUSED carry no traffic and stand outside the order."""

    MTLS_ENFORCED = "mtls-enforced"  # mutual TLS, and the port refuses plain text
    MTLS_OPPORTUNISTIC = "mtls-opportunistic"  # mutual TLS here, but the port accepts plain text too
    TLS_APP = "tls-app"  # TLS of the application or the edge, proven by an object
    NODE_TUNNEL_STRICT = "node-tunnel-strict"  # encrypted between nodes, and fails closed
    NODE_TUNNEL = "node-tunnel"  # encrypted between nodes now, and fails open
    AUTH_ONLY = "auth-only"  # both ends authenticated out of band, nothing encrypted
    PROVIDER_ATTESTED = "provider-attested"  # a statement of the provider that a person put on file
    PLAINTEXT = "plaintext"  # positively shown: no layer encrypts it
    UNKNOWN = "unknown"  # a fact that could change the label is unknown
    REFUSED = "refused"  # sends plain text to a port that refuses it: no data flows
    BLOCKED = "blocked"  # an enforced policy denies it

    @property
    def rank(self) -> int:
        """0 is strongest."""
        return _LABELS[self]


_LABELS = {item: at for at, item in enumerate(Label)}


class ClientTls(StrEnum):
    """What a client's side sends."""

    MESH_MTLS = "mesh-mtls"
    APP_TLS = "app-tls"  # an object makes the proxy originate TLS (DestinationRule SIMPLE, BackendTLSPolicy)
    AUTHENTICATED = "authenticated"  # plain text, after both ends proved their identity out of band
    PLAIN = "plain"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Membership:
    """A pod that a mesh carries, or was meant to carry.

    Attributes:
        how: "sidecar", "ambient", "proxyless", "gateway", "waypoint" …
        enrolled: NO for a pod that is meant to be in the mesh and is not.
        strength: OBSERVED for a running proxy or a status, INTENDED for a template.
        identity: the workload identity as far as it is known (`spiffe://…/ns/shop/sa/cart`), else empty.
        says: one sentence.
        signs: the deciding fields first.
    """

    how: str
    enrolled: Known
    strength: EvidenceStrength
    identity: str
    says: str
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """What a client sends to one port of a server, and why. `weak` names known weaknesses (an old protocol version)."""

    how: ClientTls
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...] = ()
    weak: tuple[str, ...] = ()


OWN_PORT = (
    "the proxy's own port"  # metrics and health of a mesh's proxy: plain text, and nothing of the workload's
)
UNTOLD = "unknown"  # the mode of a port that a mesh guards in a way that was not read or not understood


class Level(StrEnum):
    """Where a mesh's setting stands that decided what a port accepts, widest first."""

    NONE = ""  # no setting: the mesh does not see the port, or has no way to refuse
    MESH = "mesh"
    NAMESPACE = "namespace"
    WORKLOAD = "workload"
    PORT = "port"


@dataclass(frozen=True, slots=True)
class Accepting:
    """What a server accepts on one port.

    Attributes:
        plain: accepts plain text from whoever reaches it.
        mode: the effective mode as its system calls it ("STRICT", "PERMISSIVE", "all-unauthenticated"), `UNTOLD` where it is
            not known, `OWN_PORT` for a port of the proxy itself; empty if none.
        strength: how it is known.
        says: one sentence.
        signs: the deciding fields first.
        level: where the setting stands that decided.
        own: the deciding field of the pod itself, which `signs` cannot name, as they hold for pods by the thousand.
    """

    plain: Known
    mode: str
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...] = ()
    level: Level = Level.NONE
    own: str = ""


class Authorised(StrEnum):
    """What a mesh's own authorisation says of a client at a listener: beside the network's answer, never mixed into it."""

    YES = "authorised"
    NO = "denied"
    CONDITIONAL = "conditional"  # by what cannot be told from identities: methods, paths, claims
    UNRESTRICTED = "unrestricted"  # no authorisation policy applies
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Authorisation:
    """Mesh authorisation of one client at one port. `restrictions` are layer 7 conditions, one sentence each."""

    decision: Authorised
    says: str
    rules: tuple[str, ...] = ()
    restrictions: tuple[str, ...] = ()
    signs: tuple[Sign, ...] = ()


class Grantee(StrEnum):
    """Whom a rule of an authorisation policy lets in, narrowest first."""

    NAMED = "named identities"
    ANY_IDENTITY = "any identity of the mesh"
    ADDRESSES = "addresses, without an identity"
    ANYONE = "anyone, without an identity"


@dataclass(frozen=True, slots=True)
class Grant:
    """One rule that lets callers in. `narrowed`: only at some ports or for some requests; `says` is a clause."""

    to: Grantee
    says: str
    sign: Sign
    narrowed: bool = False


@dataclass(frozen=True, slots=True)
class Guard:
    """A mesh's authorisation as it holds for one class of pods.

    Attributes:
        allow_list: only callers that a rule lets in are served; NO where everyone is who is not denied.
        says: one sentence.
        grants: rules that let callers in, in the order in which they are asked.
        signs: what decided about `allow_list`.
    """

    allow_list: Known
    says: str
    grants: tuple[Grant, ...] = ()
    signs: tuple[Sign, ...] = ()


class Mesh(Interface):
    """One service mesh that was found. Pods are named by reference; keys stand for all pods alike to the mesh.

    Protocols other than TCP are never carried: the caller does not ask about them.
    """

    @property
    def id(self) -> str:
        """For example "istio", "istio/canary", "linkerd", "consul", "kuma/default", "cilium-ztunnel"."""
        ...

    @property
    def name(self) -> str:
        """As its makers write it."""
        ...

    @property
    def version(self) -> str:
        """Of the control plane; empty when it cannot be told."""
        ...

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What it was told from."""
        ...

    @property
    def cautions(self) -> tuple[str, ...]:
        """Sentences about limits that a report must repeat."""
        ...

    @property
    def fips(self) -> Known:
        """Whether its cryptography is shown to be of a FIPS 140 validated module; UNKNOWN unless an object says so."""
        ...

    def member(self, pod: ObjectRef) -> Membership | None:
        """A pod's membership; None for a pod that has nothing to do with this mesh."""
        ...

    def key(self, pod: ObjectRef) -> Key:
        """Everything about a pod that `sends`, `accepts` and `authorises` depend on; also for pods outside the mesh."""
        ...

    def sends(self, client: Key, server: Key, port: int) -> Sending:
        """What a client with this key sends to this TCP container port of a server with that key."""
        ...

    def accepts(self, server: Key, port: int) -> Accepting | None:
        """What a server accepts on a TCP container port; None where the mesh does not guard it at all."""
        ...

    def ports(self, client: Key | None, server: Key) -> tuple[int, ...]:
        """TCP ports at which anything between the two differs from the other ports, sorted; None asks for the server's alone."""
        ...

    def authorises(self, client: Key, server: Key, port: int) -> Authorisation:
        """What the mesh's authorisation policies say of this client at this port. Addresses outside: key None."""
        ...

    def guard(self, server: Key) -> Guard | None:
        """Who is let in at all; None for a server that the mesh does not guard, and for a mesh without authorisation."""
        ...


class LinkState(StrEnum):
    """What the link between two nodes does with traffic between two pods, strongest first."""

    STRICT = "strict"  # encrypted, and dropped where it cannot be
    BEST_EFFORT = "best-effort"  # encrypted now, in clear where it cannot be
    ATTESTED = "attested"  # the provider says so
    UNKNOWN = "unknown"
    CLEAR = "clear"

    @property
    def rank(self) -> int:
        """0 is strongest."""
        return _STATES[self]


_STATES = {item: at for at, item in enumerate(LinkState)}


@dataclass(frozen=True, slots=True)
class Link:
    """One pair of link ends, and why."""

    state: LinkState
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...] = ()
    weak: tuple[str, ...] = ()


class Links(Interface):
    """Node-to-node encryption of one system (WireGuard, IPsec). It carries every IP protocol, and nothing within a node.

    Ends are the classes of pods that it can tell apart: by node, host network, address family, and its own endpoint status.
    """

    @property
    def id(self) -> str:
        """For example "calico-wireguard" or "cilium-ipsec"."""
        ...

    @property
    def name(self) -> str:
        """As its makers write it."""
        ...

    @property
    def signs(self) -> tuple[Sign, ...]:
        """What it was told from."""
        ...

    @property
    def cautions(self) -> tuple[str, ...]:
        """Sentences about limits that a report must repeat."""
        ...

    @property
    def fips(self) -> Known:
        """Whether its cryptography is shown to be of a FIPS 140 validated module; UNKNOWN unless an object says so."""
        ...

    def end(self, pod: ObjectRef) -> Key:
        """The class of a pod."""
        ...

    def link(self, source: Key, destination: Key) -> Link:
        """The link between pods of two classes on different nodes."""
        ...


@dataclass(frozen=True)
class Protection:
    """Everything that was found that could encrypt or authenticate traffic inside a cluster; each tuple sorted by id."""

    meshes: tuple[Mesh, ...] = ()
    links: tuple[Links, ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PathVerdict:
    """What one source gets at one destination, for all the ports in `ports`.

    Attributes:
        label: the worst over the pairs of pods that can meet.
        strength: of the conclusion.
        says: one sentence that a person reads first.
        ports: the connections that this verdict is about.
        mesh: id of the mesh that decided; empty when none did.
        link: id of the links that decided, or that lie under the mesh; empty when none.
        same_node: pairs of pods on one node, where no link encrypts; out of `pairs`.
        pairs: pairs of pods; 0 where nodes are not known.
        affected: pairs that get this label; the others get a stronger one.
        weak: known weaknesses, one sentence each.
        fips: UNKNOWN unless something shows it; WireGuard is NO.
        authorisation: the mesh's own answer, beside the network's; None where no mesh is asked.
        signs: the deciding fields first.
    """

    label: Label
    strength: EvidenceStrength
    says: str
    ports: Connections
    mesh: str = ""
    link: str = ""
    same_node: int = 0
    pairs: int = 0
    affected: int = 0
    weak: tuple[str, ...] = ()
    fips: Known = Known.UNKNOWN
    authorisation: Authorisation | None = None
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class ListenerVerdict:
    """What one port of a workload accepts from anyone who can reach it.

    `exposed_to` says who, by the enforced policies, could be served in plain text: "nobody", "its namespace", "the cluster"
    or "outside". Being refused is not being encrypted: `plain` alone says what the port accepts.
    """

    workload: str
    protocol: Protocol
    port: int
    plain: Known
    mode: str
    strength: EvidenceStrength
    says: str
    exposed_to: str = ""
    signs: tuple[Sign, ...] = ()
