"""Kong's routes of bytes: TCPIngress and UDPIngress. Source: reference of the controller's objects (`configuration.konghq.com`)."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.ingress_kong import spoken
from app.evaluate.edges.kong_protocols import GROUP, PASSES, PROTOCOLS, annotated_protocols
from app.evaluate.edges.legs import leg, tls, unknown, worst
from app.evaluate.edges.relays import Controller, relay_of_controller
from app.evaluate.edges.world import Item, World, number, objects, words
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way, carries
from app.model.fields import mapping, text


def kong_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each TCPIngress and UDPIngress."""
    for kind, protocol in (("TCPIngress", Protocol.TCP), ("UDPIngress", Protocol.UDP)):
        for item in world.items(GROUP, kind):
            yield _exposure(world, admission, item, protocol)


def _exposure(world: World, admission: Admission, item: Item, protocol: Protocol) -> Exposure:
    relays = relay_of_controller(world, Controller.KONG).workloads
    rules = objects(item.spec.get("rules"))
    refs = sorted({ref for rule in rules if (ref := _ref(item, rule)) is not None})
    found, unresolved = follow(world, refs, protocol)
    targets = []
    for service, to in found:
        own = [rule for rule in rules if _leads(item, rule, service)]
        one = worst(_backend(world, item, rule) for rule in own) or unknown("it names no Service", item)
        admitted, why = admission.relayed(relays, to)
        targets.append(Target(to.workload, to.protocol, to.port, service, relays, admitted, why, one))
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.KONG,
        field="spec",
        says="routes connections by port",
        endpoints=tuple(_endpoints(item, rules, protocol)),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*unresolved, *(() if relays else ("which workload serves it was not found",))),
        astray=astray(world, refs),
        services=services_of(refs),
    )


def _endpoints(item: Item, rules: tuple[Mapping[str, Any], ...], protocol: Protocol) -> Iterator[Endpoint]:
    """Each host and port; where several rules have it, what protects least."""
    found: dict[tuple[str, int], list[Leg]] = {}
    for rule in rules:
        place = text(rule.get("host")) or ANY_HOST, number(rule.get("port"))
        found.setdefault(place, []).append(_client(item, rule, protocol))
    for (host, port), legs in sorted(found.items()):
        if port and (one := worst(legs)):
            yield Endpoint(host, port, protocol, one)


def _client(item: Item, rule: Mapping[str, Any], protocol: Protocol) -> Leg:
    """A host is the name that TLS asks for, so a rule with one takes TLS; without one the port takes what comes."""
    if protocol is Protocol.UDP:
        return unknown(f"{protocol} is not looked into", item)
    host = text(rule.get("host"))
    sign = item.sign("spec.rules", host, "the name that is asked for")
    if not host:
        return leg(Security.PASSED, "a rule without a host passes on what client and pod speak", sign)
    if _passes(item):
        return leg(Security.TLS, "TLS is passed through to the pod", item.annotated(PROTOCOLS, "protocols"))
    names = [
        text(entry.get("secretName"))
        for entry in objects(item.spec.get("tls"))
        if any(carries(name, host) for name in words(entry.get("hosts")))
    ]
    secret = f"{item.namespace}/{names[0]}" if names and names[0] else ""
    return tls(f"a rule for host {host} ends TLS", sign, secret=secret)


def _passes(item: Item) -> bool:
    return PASSES in annotated_protocols(item)


def _backend(world: World, item: Item, rule: Mapping[str, Any]) -> Leg:
    """What TLS of a rule gives out goes on as the Service's protocol says; without a host the port decides whether Kong ends TLS."""
    ref = _ref(item, rule)
    if ref is None or _passes(item):
        return leg(Security.PASSED, "it hands on what it gets", item.sign("spec.rules", "", "rules"))
    if not text(rule.get("host")):
        says = f"whether Kong ends TLS on port {number(rule.get('port'))} is told by its own settings, which are not read"
        return unknown(says, item)
    return spoken(world, item, ref, usual="tcp")


def _ref(item: Item, rule: Mapping[str, Any]) -> BackendRef | None:
    said = mapping(rule.get("backend"))
    port, name = said.get("servicePort"), text(said.get("serviceName"))
    return BackendRef(item.namespace, name, port if isinstance(port, int | str) else 0) if name else None


def _leads(item: Item, rule: Mapping[str, Any], service: str) -> bool:
    ref = _ref(item, rule)
    return ref is not None and f"{ref.namespace}/{ref.name}" == service
