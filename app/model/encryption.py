"""Encryption in transit: the facts that verdicts are derived from, and the interface that detection implements for each mesh.

`links` has the layer below, between nodes; `transit` has the verdicts about paths and listeners. Meshes and links answer for
classes of pods, so that equal pods share the work.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from typing import Protocol as Interface

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


OUT_OF_BAND = "out of band"  # authenticated by agents beside the traffic, which nothing carries or encrypts
AT_THE_EDGE = ("gateway", "waypoint")  # proxies of a mesh itself, for which no mode is set


@dataclass(frozen=True, slots=True)
class Membership:
    """A pod that a mesh carries, or was meant to carry.

    Attributes:
        how: "sidecar", "ambient", "proxyless", "gateway", "waypoint", `OUT_OF_BAND` …
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


class System(Interface):
    """Something that encrypts, or might, between pods, as it was found."""

    @property
    def id(self) -> str:
        """What reports and registers call it: "istio/canary", "kuma/default", "calico-wireguard", "cilium-ipsec"."""
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


class Mesh(System, Interface):
    """One service mesh that was found. Pods are named by reference; keys stand for all pods alike to the mesh.

    Protocols other than TCP are never carried: the caller does not ask about them.
    """

    @property
    def version(self) -> str:
        """Of the control plane; empty when it cannot be told."""
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
