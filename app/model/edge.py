"""Ways in from outside the cluster: what opens them, where they answer, what lies behind, and what encrypts each leg.

An exposure has two legs. The *client's leg* runs from outside to the edge, one for each endpoint; the *backend's leg* from
the edge to the pod, one for each target. TLS on the first says nothing about the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.model.certificate import Certificate
from app.model.connections import Protocol
from app.model.control_plane import Component
from app.model.encryption import EvidenceStrength, Known
from app.model.identity import GroupKind, ObjectRef
from app.model.platform import Sign
from app.model.policy import AddressRange
from app.model.probe import Probe, written

ANY_HOST = "*"  # an endpoint without a host of its own: every name that leads there

# Routes of controllers whose objects are known by name alone, with the product that serves them.
OTHER_ROUTES: Mapping[GroupKind, str] = {
    GroupKind("apisix.apache.org", "ApisixRoute"): "Apache APISIX",
    GroupKind("cis.f5.com", "IngressLink"): "F5 BIG-IP",
    GroupKind("cis.f5.com", "TransportServer"): "F5 BIG-IP",
    GroupKind("cis.f5.com", "VirtualServer"): "F5 BIG-IP",
    GroupKind("consul.hashicorp.com", "IngressGateway"): "Consul",
    GroupKind("gateway.solo.io", "VirtualService"): "Gloo",
    GroupKind("getambassador.io", "Mapping"): "Emissary",
    GroupKind("getambassador.io", "TCPMapping"): "Emissary",
    GroupKind("ingress.v1.haproxy.org", "TCP"): "HAProxy",
    GroupKind("ingress.v3.haproxy.org", "TCP"): "HAProxy",
    GroupKind("kuma.io", "MeshGatewayInstance"): "Kuma",
    GroupKind("networking.internal.knative.dev", "Ingress"): "Knative",
    GroupKind("projectcontour.io", "HTTPProxy"): "Contour",
    GroupKind("zalando.org", "RouteGroup"): "Skipper",
}


def carries(name: str, host: str) -> bool:
    """A host under a name or a wildcard, which stands for one label (Ingress API, "Hostname wildcards"; RFC 6125)."""
    if name.lower() == host.lower() or name == ANY_HOST:
        return True
    if not name.startswith("*."):
        return False
    label, _, rest = host.lower().partition(".")
    return bool(label) and rest == name[2:].lower()


class Way(StrEnum):
    """What opens a way in."""

    LOAD_BALANCER = "load balancer"
    NODE_PORT = "node port"
    EXTERNAL_IP = "external IP"
    HOST_PORT = "host port"
    HOST_NETWORK = "host network"
    INGRESS = "Ingress"
    GATEWAY = "Gateway API"
    ROUTE = "OpenShift Route"
    ISTIO = "Istio Gateway"
    TRAEFIK = "Traefik IngressRoute"
    NGINX = "NGINX VirtualServer"
    KONG = "Kong TCPIngress"
    TARGET_GROUP = "AWS target group"
    ENDPOINT_GROUP = "Google endpoint group"
    OTHER = "route that is not read"  # of a controller whose objects this version knows by name alone


class Security(StrEnum):
    """What one leg carries."""

    TLS = "tls"  # TLS, and nothing else
    REDIRECT = "redirect"  # plain text is answered by a redirect to https and nothing else
    OPTIONAL = "tls-or-plaintext"  # both are accepted
    PLAIN = "plaintext"  # positively shown: content in plain text
    PASSED = "passed-through"  # not ended here: whatever the next hop speaks
    CLOSED = "closed"  # declared, but nothing answers
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg, and why.

    Attributes:
        security: what it carries.
        strength: how that is known.
        says: one sentence without a full stop.
        signs: the deciding fields first.
        lowest: lowest protocol version that is accepted, as "TLS 1.2"; empty when not known.
        suites: cipher suites that are accepted, by their IANA names, as far as they are known.
        group_bits: size of the Diffie-Hellman group that a handshake showed; 0 where none was seen.
        more_suites: others may be accepted, as not everything that was asked was answered.
        verified: the sending side checks the server's certificate (asked of the backend's leg).
        client_certificate: the server demands a certificate of its client.
        secret: `namespace/name` of the Secret with the served certificate; empty when there is none or it is not known.
        default_certificate: the controller's own, self-signed certificate is served.
    """

    security: Security
    strength: EvidenceStrength
    says: str
    signs: tuple[Sign, ...] = ()
    lowest: str = ""
    suites: tuple[str, ...] = ()
    verified: Known = Known.UNKNOWN
    client_certificate: Known = Known.UNKNOWN
    secret: str = ""
    default_certificate: Known = Known.NO
    more_suites: bool = False
    group_bits: int = 0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where an exposure answers.

    Attributes:
        host: a DNS name, an address, or `*`.
        port: as clients use it.
        protocol: of the transport.
        leg: the client's.
        addresses: where the cluster's status says that this is: addresses and names of load balancers.
        approved: every part of it was written by a controller or an administrator (`status`, a node), not by whoever
            may create the object; only those are connected to without being on a list.
    """

    host: str
    port: int
    protocol: Protocol
    leg: Leg
    addresses: tuple[str, ...] = ()
    approved: bool = False

    @property
    def name(self) -> str:
        """`host:port`, IPv6 addresses in brackets."""
        return written(self.host, self.port)

    @property
    def key(self) -> tuple[str, int]:
        """What a probe of it is stored under: its host, or the first of its addresses where it has no host."""
        host = self.addresses[0] if self.host == ANY_HOST and self.addresses else self.host
        return host, self.port


@dataclass(frozen=True, slots=True)
class Target:
    """One container port behind an exposure.

    Attributes:
        workload: id as in the `reach` contract.
        protocol: of the transport.
        port: container port; 0 where it is not known (a named port that the pod does not have).
        service: `namespace/name` of the Service between; empty for host ports.
        via: ids of the workloads that relay (an ingress controller, a gateway); empty when traffic comes straight in.
        admitted: do the enforced policies let that traffic through, from outside over what relays it to here?
        why: one sentence that explains `admitted`.
        leg: the backend's.
    """

    workload: str
    protocol: Protocol
    port: int
    service: str
    via: tuple[str, ...]
    admitted: Known
    why: str
    leg: Leg


@dataclass(frozen=True, slots=True)
class Exposure:
    """One way in that an object opens.

    Attributes:
        id: `Kind namespace/name`, as the register of approved exposures writes it.
        ref: the object.
        way: what it is.
        field: where in the object.
        says: how, as the end of a sentence.
        internal: an annotation or field asks for a load balancer inside the cloud network; lower severity, no proof.
        sources: `loadBalancerSourceRanges` of a balancer, merged; empty means anyone.
        endpoints: sorted by host and port.
        targets: sorted by workload and port; empty when none is known.
        unresolved: what could not be followed, one sentence each.
        astray: those of them by which it may lead to any workload, and not to none.
        notes: what a reader must know beside it, one sentence each.
        services: `namespace/name` of the Services that it hands requests to, sorted; also of those that lead nowhere known.
    """

    id: str
    ref: ObjectRef
    way: Way
    field: str
    says: str
    internal: bool = False
    sources: tuple[AddressRange, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    targets: tuple[Target, ...] = ()
    unresolved: tuple[str, ...] = ()
    astray: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def workloads(self) -> tuple[str, ...]:
        """Ids of the workloads that it leads to, sorted."""
        return tuple(sorted({item.workload for item in self.targets}))

    @property
    def reached(self) -> tuple[str, ...]:
        """Ids of those that policies are not shown to keep it from, sorted."""
        return tuple(sorted({item.workload for item in self.targets if item.admitted is not Known.NO}))


@dataclass(frozen=True)
class Edges:
    """Everything at the edges of one cluster; each tuple sorted by id.

    Attributes:
        exposures: ways in; probes are worked into their legs.
        certificates: every certificate that was seen or that an object promises.
        components: the control plane, as far as it is visible.
        clients: settings of proxies that speak TLS to others, and whether they check whom they speak to.
        probes: what connecting to declared endpoints showed; empty when nothing was probed.
        residuals: sources that no policy stops, one sentence each; they hold for every cluster.
    """

    exposures: tuple[Exposure, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    components: tuple[Component, ...] = ()
    clients: tuple[Component, ...] = ()
    probes: tuple[Probe, ...] = ()
    residuals: tuple[str, ...] = field(default=())
