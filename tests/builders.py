"""Small values for tests, written the way a person would say them."""

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path

from app import collect
from app.model.connections import PortSet, Protocol
from app.model.identity import ObjectRef, WorkloadKey
from app.model.inventory import (
    NAME_LABEL,
    ContainerPort,
    EdgeRoute,
    Inventory,
    Namespace,
    Node,
    Pod,
    Service,
    ServicePort,
)
from app.model.platform import UNKNOWN_PLATFORM, Enforcement, NodeEnforcement, Platform, Plugin
from app.model.policy import (
    EVERYTHING,
    AddressPeer,
    AddressRange,
    Direction,
    LabelSelector,
    NamedPort,
    Operator,
    Peer,
    PodPeer,
    Policy,
    PolicyPort,
    PortRange,
    Requirement,
    Rule,
    Subject,
)

INGRESS, EGRESS = Direction.INGRESS, Direction.EGRESS
TCP, UDP, SCTP = Protocol.TCP, Protocol.UDP, Protocol.SCTP


def inventory(
    pods: Iterable[Pod] = (),
    policies: Iterable[Policy] = (),
    *,
    namespaces: Iterable[Namespace] = (),
    nodes: Iterable[Node] = (),
    services: Iterable[Service] = (),
    edges: Iterable[EdgeRoute] = (),
) -> Inventory:
    """An inventory; namespaces that are used but not given are assumed."""
    pods, policies, namespaces = list(pods), list(policies), list(namespaces)
    given = {item.name for item in namespaces}
    used = {item.namespace for item in (*pods, *policies)} - given
    namespaces += [namespace(name, assumed=True) for name in used]
    return Inventory(
        namespaces=tuple(sorted(namespaces, key=lambda item: item.ref)),
        pods=tuple(sorted(pods, key=lambda item: item.ref)),
        nodes=tuple(sorted(nodes, key=lambda item: item.ref)),
        services=tuple(sorted(services, key=lambda item: item.ref)),
        edges=tuple(edges),
        policies=tuple(sorted(policies, key=lambda item: item.ref)),
    )


def namespace(name: str, labels: Mapping[str, str] | None = None, *, assumed: bool = False) -> Namespace:
    return Namespace(ObjectRef("", "Namespace", "", name), {**(labels or {}), NAME_LABEL: name}, assumed)


def pod(
    name: str,
    labels: Mapping[str, str] | None = None,
    *,
    owner: str = "",
    ips: Sequence[str] = (),
    node: str = "",
    host_network: bool = False,
    ports: Iterable[ContainerPort] = (),
    service_account: str = "",
) -> Pod:
    """A running pod: `shop/web-1`; its owner as `web[Deployment]`, else itself."""
    space, short = name.split("/")
    key = WorkloadKey(space, short, "Pod")
    if owner:
        owner_name, kind = owner.removesuffix("]").split("[")
        key = WorkloadKey(space, owner_name, kind)
    return Pod(
        ref=ObjectRef("", "Pod", space, short),
        owner=key,
        labels=dict(labels or {}),
        ips=tuple(ips),
        node=node,
        host_network=host_network,
        phase="Running",
        ports=tuple(ports),
        service_account=service_account,
    )


def template(
    name: str,
    labels: Mapping[str, str] | None = None,
    *,
    kind: str = "Deployment",
    replicas: int = 1,
    ports: Iterable[ContainerPort] = (),
    host_network: bool = False,
) -> Pod:
    """The pods of a workload of which only the template is known."""
    space, short = name.split("/")
    return Pod(
        ref=ObjectRef("apps", kind, space, short),
        owner=WorkloadKey(space, short, kind),
        labels=dict(labels or {}),
        ports=tuple(ports),
        host_network=host_network,
        from_template=True,
        replicas=replicas,
    )


def container_port(name: str, number: int, protocol: Protocol = TCP, *, init: bool = False) -> ContainerPort:
    return ContainerPort(name, protocol, number, init=init)


def node(name: str, *addresses: str, labels: Mapping[str, str] | None = None) -> Node:
    return Node(ObjectRef("", "Node", "", name), dict(labels or {}), {}, tuple(addresses))


def service(
    name: str, selector: Mapping[str, str] | None, *ports: ServicePort, kind: str = "ClusterIP"
) -> Service:
    space, short = name.split("/")
    return Service(ObjectRef("", "Service", space, short), kind, selector, tuple(ports))


def selector(text: str = "") -> LabelSelector:
    """Read `app=web,tier in (a,b),env notin (dev),canary,!old`; empty text selects everything."""
    return LabelSelector(tuple(sorted(_requirement(item) for item in _terms(text)))) if text else EVERYTHING


def _terms(text: str) -> list[str]:
    terms, depth, start = [], 0, 0
    for at, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char == "," and depth == 0:
            terms.append(text[start:at])
            start = at + 1
    return [*terms, text[start:]]


def _requirement(text: str) -> Requirement:
    for word, operator in ((" in ", Operator.IN), (" notin ", Operator.NOT_IN)):
        if word in text:
            key, values = text.split(word)
            return Requirement(key, operator, tuple(sorted(values.strip("()").split(","))))
    if "=" in text:
        key, value = text.split("=")
        return Requirement(key, Operator.IN, (value,))
    if text.startswith("!"):
        return Requirement(text[1:], Operator.DOES_NOT_EXIST)
    return Requirement(text, Operator.EXISTS)


def pods_peer(pods: str = "", namespaces: str | None = None) -> PodPeer:
    """`podSelector` and `namespaceSelector`; None means the policy's own namespace."""
    return PodPeer(None if namespaces is None else selector(namespaces), selector(pods))


def cidr(block: str, *excepted: str) -> AddressPeer:
    """An `ipBlock` with its `except` taken out."""
    nets = [ip_network(block, strict=False)]
    for text in excepted:
        out = ip_network(text, strict=False)
        nets = [part for net in nets for part in (net.address_exclude(out) if out.subnet_of(net) else [net])]
    ranges = sorted((int(net[0]), int(net[-1])) for net in nets)
    merged: list[tuple[int, int]] = []
    for first, last in ranges:
        if merged and first == merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    version = ip_network(block, strict=False).version
    return AddressPeer(
        tuple(AddressRange(version, first, last) for first, last in merged),
        block + (f" except {', '.join(excepted)}" if excepted else ""),
    )


def port(text: str) -> PolicyPort:
    """Read `80/TCP`, `8000-8010/UDP`, `http/TCP`, or `*/SCTP` for all ports of a protocol."""
    number, _, protocol = text.partition("/")
    transport = Protocol(protocol or "TCP")
    if number == "*":
        return PortRange(transport, PortSet.all())
    first, _, last = number.partition("-")
    if not first.isdigit():
        return NamedPort(transport, number)
    return PortRange(transport, PortSet.of([(int(first), int(last or first))]))


def rule(*peers: Peer, ports: Sequence[str] | None = None) -> Rule:
    """One rule; without peers it admits anyone, without ports everything. Its path is set by `policy`."""
    return Rule("", peers or None, None if ports is None else tuple(port(text) for text in ports))


def policy(
    name: str,
    pods: str = "",
    *,
    ingress: Sequence[Rule] | None = None,
    egress: Sequence[Rule] | None = None,
) -> Policy:
    """A policy; a direction that is not None isolates."""
    space, short = name.split("/")
    directions = frozenset(
        direction for direction, rules in ((INGRESS, ingress), (EGRESS, egress)) if rules is not None
    )
    return Policy(
        ref=ObjectRef("networking.k8s.io", "NetworkPolicy", space, short),
        subject=Subject(selector(pods), space),
        directions=directions,
        isolates=directions,
        ingress=_at("spec.ingress", ingress),
        egress=_at("spec.egress", egress),
    )


def _at(path: str, rules: Sequence[Rule] | None) -> tuple[Rule, ...]:
    return tuple(Rule(f"{path}[{index}]", item.peers, item.ports) for index, item in enumerate(rules or ()))


def platform(
    plugin: str = "calico",
    *,
    enforcement: Enforcement = Enforcement.ENFORCED,
    reason: str = "it is said so",
    nodes: Mapping[str, Enforcement] | None = None,
    exceptions: Mapping[ObjectRef, str] | None = None,
) -> Platform:
    """A platform with one plugin; an empty name means that none was recognised."""
    if not plugin:
        return UNKNOWN_PLATFORM
    return Platform(
        plugins=(Plugin(plugin, plugin.title(), "1.0", primary=True, enforcement=enforcement, signs=()),),
        nodes=tuple(
            NodeEnforcement(name, state, f"{name}: {reason}") for name, state in sorted((nodes or {}).items())
        ),
        enforcement=enforcement,
        reason=reason,
        pod_exceptions=exceptions or {},
    )


def read(*paths: str | Path) -> Inventory:
    """Manifests from files and folders, read as the product reads them."""
    return collect.normalize(collect.ManifestSource(paths).collect().objects).inventory
