"""Rules and NetworkPolicies as JSON values, in the order in which a person reads them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.model.connections import Connections, PortSet
from app.model.inventory import NAME_LABEL, Labels
from app.model.policy import Direction

Peer = dict[str, Any]
ANYONE_OUTSIDE = ("0.0.0.0/0", "::/0")


def pod_peer(namespace: str, labels: Labels, home: str) -> Peer:
    """Pods of a namespace by label, as a policy in `home` names them."""
    peer: Peer = {}
    if namespace != home:
        peer["namespaceSelector"] = {"matchLabels": {NAME_LABEL: namespace}}
    if labels or namespace == home:
        peer["podSelector"] = selector(labels)
    return peer


def block_peers(network: str) -> tuple[Peer, ...]:
    """A CIDR, or every address of both families where none is given."""
    return tuple({"ipBlock": {"cidr": item}} for item in ((network,) if network else ANYONE_OUTSIDE))


def selector(labels: Labels) -> dict[str, Any]:
    """A podSelector; `{}` takes the whole namespace."""
    return {"matchLabels": dict(labels)} if labels else {}


def ports_of(connections: Connections) -> list[dict[str, Any]]:
    """`ports` of a rule."""
    return [
        entry
        for protocol, ports in connections.ports
        for entry in (
            [{"protocol": protocol.value}]
            if ports == PortSet.all()
            else [_port(protocol.value, first, last) for first, last in ports.intervals]
        )
    ]


def _port(protocol: str, first: int, last: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"protocol": protocol, "port": first}
    return entry if first == last else {**entry, "endPort": last}


def rules(direction: Direction, allows: Iterable[tuple[Peer, Connections]]) -> list[dict[str, Any]]:
    """One rule for each set of ports, with every peer that may use it."""
    by_peer: dict[str, tuple[Peer, Connections]] = {}
    for peer, ports in allows:
        known = by_peer.get(str(peer), (peer, Connections()))
        by_peer[str(peer)] = (peer, known[1] | ports)
    by_ports: dict[Connections, list[Peer]] = {}
    for _, (peer, ports) in sorted(by_peer.items()):
        by_ports.setdefault(ports, []).append(peer)
    end = "from" if direction is Direction.INGRESS else "to"
    return [
        {end: peers} if ports.is_all else {end: peers, "ports": ports_of(ports)}
        for ports, peers in sorted(by_ports.items(), key=lambda item: str(item[0]))
    ]


def network_policy(
    namespace: str,
    name: str,
    labels: Labels,
    by_direction: Mapping[Direction, Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    """A NetworkPolicy; a direction without rules denies everything in it."""
    ways = [way for way in Direction if way in by_direction]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "podSelector": selector(labels),
            "policyTypes": [way.value for way in ways],
            **{way.value.lower(): list(by_direction[way]) for way in ways if by_direction[way]},
        },
    }


def without_rules(stored: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """A stored NetworkPolicy without some of its rules, named by path (`spec.ingress[0]`).

    Directions are written out, so that one without rules still isolates, and so are empty lists: `kubectl apply` keeps a
    field that a file does not mention.
    """
    spec, gone = stored["spec"], set(paths)
    listed = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
    kept = {
        way: [rule for index, rule in enumerate(spec.get(way) or ()) if f"spec.{way}[{index}]" not in gone]
        for way in ("ingress", "egress")
        if spec.get(way) is not None
    }
    metadata = stored["metadata"]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            name: metadata[name]
            for name in ("name", "namespace", "labels", "annotations")
            if name in metadata
        },
        "spec": {"podSelector": spec.get("podSelector") or {}, "policyTypes": listed, **kept},
    }
