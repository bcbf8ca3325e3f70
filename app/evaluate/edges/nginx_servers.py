"""Servers of F5's NGINX Ingress Controller: VirtualServer for requests, TransportServer for connections.

Source: reference of VirtualServer and TransportServer: ports 80 and 443 unless `listener` names others, TLS by `tls.secret`, a redirect of
plain text by `tls.redirect` alone, no check of upstreams unless an egress policy asks for one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.ingress_nginx import lowest_of
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown, worst
from app.evaluate.edges.nginx_objects import (
    GROUP,
    ROUTES,
    Upstream,
    demands_certificate,
    listener,
    relay,
    upstreams,
)
from app.evaluate.edges.tls_hosts import HTTP, HTTPS
from app.evaluate.edges.world import Item, World, number, objects
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way
from app.model.encryption import Known
from app.model.fields import mapping, text
from app.model.suites import listed_suites

_PASSTHROUGH = "TLS_PASSTHROUGH"
_PASSTHROUGH_FLAG = "tls-passthrough-port"
_SNIPPETS = ("http-snippets", "server-snippets", "serverSnippets", "streamSnippets")
_NOT_FOUND = "the controller that serves it was not found"
Legs = Iterator[tuple[int, Protocol, Leg]]


def nginx_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each VirtualServer and TransportServer; a VirtualServerRoute opens nothing but by a VirtualServer that names it."""
    for item in world.items(GROUP, "VirtualServer"):
        if item.spec.get("internalRoute") is not True:
            found, missing = upstreams(world, item)
            lost = tuple(_lost(world, name) for name in missing)
            yield _exposure(world, admission, item, found, _virtual(world, item), lost)
    for item in world.items(GROUP, "TransportServer"):
        known = tuple(Upstream(item, raw, Known.NO) for raw in objects(item.spec.get("upstreams")))
        yield _exposure(world, admission, item, known, _transport(world, item), ())


def _lost(world: World, name: str) -> str:
    why = world.unread(GROUP, ROUTES)
    return f"{name} was not found" + (f": {why}" if why else "")


def _exposure(
    world: World,
    admission: Admission,
    item: Item,
    found: tuple[Upstream, ...],
    legs: Legs,
    lost: tuple[str, ...],
) -> Exposure:
    relays = relay(world).workloads
    host = text(item.spec.get("host")) or ANY_HOST
    refs = sorted({_ref(one) for one in found})
    protocol = Protocol.UDP if _transport_protocol(item) == "UDP" else Protocol.TCP
    behind, unresolved = follow(world, refs, protocol)
    targets = []
    for service, to in behind:
        own = [one for one in found if f"{one.holder.namespace}/{one.name}" == service]
        admitted, why = admission.relayed(relays, to)
        spoken = worst(_spoken(item, one) for one in own) or unknown("it names no Service", item)
        targets.append(Target(to.workload, to.protocol, to.port, service, relays, admitted, why, spoken))
    unread = tuple(text for text in lost if ":" in text)
    ends = [Endpoint(host, port, kind, one) for port, kind, one in sorted(legs, key=_by_port)]
    if any(not end.port for end in ends):
        lost += (f"a listener that {item.ref} names was not found, so its port is not known",)
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.NGINX,
        field="spec",
        says=f"routes requests for {host if host != ANY_HOST else 'any host'}",
        endpoints=tuple(end for end in ends if end.port),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*unresolved, *lost, *(() if relays else (_NOT_FOUND,))),
        astray=(*astray(world, refs), *unread),
        notes=tuple(
            f"{name} of it can change everything that is said about it."
            for name in _SNIPPETS
            if item.spec.get(name)
        ),
        services=services_of(refs),
    )


def _by_port(found: tuple[int, Protocol, Leg]) -> tuple[int, str]:
    return found[0], found[1].value


def _ref(one: Upstream) -> BackendRef:
    return BackendRef(one.holder.namespace, one.name, one.port)


def _transport_protocol(item: Item) -> str:
    return text(mapping(item.spec.get("listener")).get("protocol")).upper()


def _virtual(world: World, item: Item) -> Legs:
    """The two ports of a VirtualServer; without TLS there is the plain one alone."""
    named = mapping(item.spec.get("listener"))
    settings = mapping(item.spec.get("tls"))
    if item.spec.get("tls") is not None:
        for port in _ports(world, named, "https", HTTPS):
            yield port, Protocol.TCP, _encrypted(world, item, settings)
    for port in _ports(world, named, "http", HTTP):
        yield port, Protocol.TCP, _unencrypted(item, settings)


def _ports(world: World, named: Mapping[str, Any], key: str, usual: int) -> tuple[int, ...]:
    """The usual port; with listeners of its own those alone. A listener that was not found has a port that is not known (0)."""
    if not named:
        return (usual,)
    if not (name := text(named.get(key))):
        return ()
    found = listener(world, name)
    return (number(found.get("port")) if found else 0,)


def _encrypted(world: World, item: Item, settings: Mapping[str, Any]) -> Leg:
    """Versions and suites stand in the controller's ConfigMap; without a Secret the wildcard's is served, or none at all."""
    chosen = relay(world).settings
    name = text(settings.get("secret"))
    secret = f"{item.namespace}/{name}" if name else ""
    says = f"tls ends TLS with Secret {secret}" if secret else "tls names no Secret"
    return tls(
        says,
        item.sign("spec.tls.secret", name, "which certificate is served"),
        secret=secret,
        lowest=lowest_of((chosen or {}).get("ssl-protocols", "")),
        suites=listed_suites((chosen or {}).get("ssl-ciphers", "")),
        client_certificate=demands_certificate(world, item),
        default_certificate=Known.NO if secret else Known.UNKNOWN,
    )


def _unencrypted(item: Item, settings: Mapping[str, Any]) -> Leg:
    """`tls.redirect` is off by default. By another basis than the scheme it asks for a header that clients need not send."""
    said = mapping(settings.get("redirect"))
    sign = item.sign(
        "spec.tls.redirect.enable", str(said.get("enable") is True).lower(), "whether it redirects"
    )
    based = text(said.get("basedOn")) or "scheme"
    if said.get("enable") is True and based == "scheme":
        return redirect("tls.redirect is on", sign)
    if said.get("enable") is True:
        return plain(f"tls.redirect goes by {based}, a header that clients need not send", sign)
    return plain("tls.redirect is not on" if settings else "it has no tls", sign)


def _transport(world: World, item: Item) -> Legs:
    """One port: of the listener, or the one that TLS passes through by name of its host."""
    name, protocol = text(mapping(item.spec.get("listener")).get("name")), _transport_protocol(item)
    sign = item.sign("spec.listener.protocol", protocol, "what the listener takes")
    if protocol == _PASSTHROUGH:
        port = number(relay(world).arguments.get(_PASSTHROUGH_FLAG, "")) or HTTPS
        yield port, Protocol.TCP, leg(Security.TLS, "TLS is passed through to the pod", sign)
        return
    found = listener(world, name)
    port = number(found.get("port")) if found else 0
    if protocol == "UDP":
        yield port, Protocol.UDP, unknown(f"{protocol} is not looked into", item)
    elif mapping(item.spec.get("tls")):
        yield port, Protocol.TCP, _encrypted(world, item, mapping(item.spec.get("tls")))
    else:
        says = f"listener {name} carries what the pod speaks"
        yield port, Protocol.TCP, leg(Security.PASSED, says, sign)


def _spoken(item: Item, one: Upstream) -> Leg:
    """`tls.enable` of an upstream; a TransportServer hands on what it gets, or what comes out of its own TLS."""
    sign = one.holder.sign("spec.upstreams", one.name, "upstreams")
    if item.ref.kind == "TransportServer":
        if mapping(item.spec.get("tls")) and _transport_protocol(item) != _PASSTHROUGH:
            return plain("it ends TLS and goes on in plain text", sign)
        return leg(Security.PASSED, "it hands on what it gets", sign)
    if mapping(one.raw.get("tls")).get("enable") is True:
        return tls(f"tls of upstream {text(one.raw.get('name'))} is on", sign, verified=one.verified)
    return plain(f"tls of upstream {text(one.raw.get('name'))} is not on", sign)
