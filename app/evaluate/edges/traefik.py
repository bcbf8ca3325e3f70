"""Traefik IngressRoutes: TLS of the router, services behind. Entry points stand in arguments that are rarely read."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, follow
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown
from app.evaluate.edges.relays import flags_of
from app.evaluate.edges.traefik_options import GROUP, by_name, checks_backends, ends_tls, redirects
from app.evaluate.edges.world import Item, World, number, objects, words
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way
from app.model.encryption import Known
from app.model.fields import mapping, text
from app.model.platform import Sign

_HOST = re.compile(r"Host(?:SNI)?\(\s*`([^`]+)`")
_HTTP, _HTTPS = 80, 443


def traefik_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each IngressRoute and IngressRouteTCP."""
    pods = world.selected(None, {"app.kubernetes.io/name": "traefik"})
    relays, flags = world.ids(pods), flags_of(world, pods)
    for kind in ("IngressRoute", "IngressRouteTCP"):
        for item in world.items(GROUP, kind):
            yield _exposure(world, admission, item, relays, flags)


def _exposure(
    world: World, admission: Admission, item: Item, relays: tuple[str, ...], flags: Mapping[str, str]
) -> Exposure:
    routes = objects(item.spec.get("routes"))
    hosts = tuple(sorted({host for route in routes for host in _HOST.findall(text(route.get("match")))})) or (
        ANY_HOST,
    )
    refs = sorted({ref for route in routes for ref in _backends(item, route)})
    found, unresolved = follow(world, refs)
    targets = []
    for service, to in found:
        admitted, why = admission.relayed(relays, to)
        targets.append(
            Target(
                to.workload,
                to.protocol,
                to.port,
                service,
                relays,
                admitted,
                why,
                _backend(world, item, flags),
            )
        )
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.TRAEFIK,
        field="spec",
        says=f"routes requests for {names(host if host != ANY_HOST else 'any host' for host in hosts)}",
        endpoints=tuple(
            Endpoint(host, port, Protocol.TCP, one)
            for host in hosts
            for port, one in [_client(world, item, flags)]
        ),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*unresolved, *(() if relays else ("no Traefik workload was found",))),
    )


def _backends(item: Item, route: object) -> Iterator[BackendRef]:
    for raw in objects(mapping(route).get("services")):
        if text(raw.get("kind")) in ("", "Service") and text(raw.get("name")):
            wanted = raw.get("port") or 0
            home = text(raw.get("namespace")) or item.namespace
            yield BackendRef(home, text(raw.get("name")), wanted if isinstance(wanted, int | str) else 0)


def _client(world: World, item: Item, flags: Mapping[str, str]) -> tuple[int, Leg]:
    """A router with `tls` answers TLS alone; one without answers plain text on the entry points it is bound to."""
    settings = item.spec.get("tls")
    sign = item.sign("spec.tls", "", "TLS of the router")
    if isinstance(settings, dict):
        if settings.get("passthrough") is True:
            return _HTTPS, leg(Security.TLS, "the router passes TLS through to the pod", sign)
        name = text(settings.get("secretName"))
        secret = f"{item.namespace}/{name}" if name else ""
        return _HTTPS, _encrypted(world, item, "the router takes TLS alone", sign, secret)
    if words(item.spec.get("entryPoints")) == ("websecure",):
        if ends_tls(flags, "websecure"):
            return _HTTPS, _encrypted(world, item, "entry point websecure ends TLS", sign, "")
        return _HTTPS, unknown(
            "whether entry point websecure ends TLS by default stands in Traefik's arguments", item
        )
    return _HTTP, _unencrypted(item, flags, sign)


def _unencrypted(item: Item, flags: Mapping[str, str], sign: Sign) -> Leg:
    """What a router without TLS says to plain text."""
    if item.ref.kind == "IngressRouteTCP":
        return unknown("a TCP router without tls passes on what client and pod speak", item, sign)
    if words(item.spec.get("entryPoints")) in ((), ("web",)) and redirects(flags):
        return redirect("the entry point on port 80 redirects to https", sign)
    if any(objects(route.get("middlewares")) for route in objects(item.spec.get("routes"))):
        return unknown("its middlewares, which are not read, may redirect plain text", item, sign)
    return plain("the router has no tls", sign)


def _encrypted(world: World, item: Item, says: str, sign: Sign, secret: str) -> Leg:
    """TLS under the TLSOption that the router names; the default object where it names none."""
    option = mapping(mapping(item.spec.get("tls")).get("options"))
    home = text(option.get("namespace")) or item.namespace
    lowest, demanded = by_name(world, home, text(option.get("name")))
    return tls(says, sign, secret=secret, lowest=lowest, client_certificate=demanded)


def _backend(world: World, item: Item, flags: Mapping[str, str]) -> Leg:
    services = [raw for route in objects(item.spec.get("routes")) for raw in objects(route.get("services"))]
    sign = item.sign("spec.routes", "", "services of the router")
    if mapping(item.spec.get("tls")).get("passthrough") is True:
        return leg(Security.PASSED, "TLS is passed through to the pod", sign)
    if item.ref.kind == "IngressRouteTCP":
        return unknown("a TCP router carries what client and pod speak after TLS", item, sign)
    schemes = {text(raw.get("scheme")) for raw in services}
    if schemes == {"https"}:
        return tls("scheme is https", sign, verified=_verified(world, item, flags, services))
    if number(services[0].get("port")) == _HTTPS if services else False:
        return unknown("port 443 makes Traefik speak TLS to the pods", item, sign)
    return plain("no service of the router has scheme https", sign)


def _verified(world: World, item: Item, flags: Mapping[str, str], services: list[Mapping[str, Any]]) -> Known:
    """Certificates of pods are checked for every service; a bare name is of the service's own namespace."""
    found = set()
    for raw in services:
        name, _, provider = text(raw.get("serversTransport")).partition("@")
        home = text(raw.get("namespace")) or item.namespace
        found.add(checks_backends(world, flags, name if provider or not name else f"{home}-{name}"))
    if Known.NO in found:
        return Known.NO
    return Known.UNKNOWN if Known.UNKNOWN in found else Known.YES
