"""Traefik IngressRoutes: TLS of the router or of the entry points that it is bound to, services behind.

Source: Traefik's reference of IngressRoute, IngressRouteTCP and IngressRouteUDP, in both groups that they have had.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.ingress_traefik import asks_for_tls
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown, worst
from app.evaluate.edges.traefik_entry_points import EntryPoint, EntryPoints
from app.evaluate.edges.traefik_hosts import options_for
from app.evaluate.edges.traefik_middlewares import by_names, by_objects, hsts_of, redirected
from app.evaluate.edges.traefik_objects import GROUPS, ignored
from app.evaluate.edges.traefik_options import (
    by_name,
    by_reference,
    checks_backends,
    checks_tcp_backends,
    default_secret,
)
from app.evaluate.edges.traefik_router import Router
from app.evaluate.edges.world import World
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way
from app.model.encryption import Known
from app.model.fields import mapping, text
from app.model.platform import Sign

_SPEAKS_TLS = "https"


def traefik_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each IngressRoute, IngressRouteTCP and IngressRouteUDP."""
    entries = EntryPoints.of(world)
    for group in GROUPS:
        for kind in ("IngressRoute", "IngressRouteTCP", "IngressRouteUDP"):
            for item in world.items(group, kind):
                yield _exposure(admission, Router(world, item, entries))


def _exposure(admission: Admission, router: Router) -> Exposure:
    world, item, hosts = router.world, router.item, router.hosts
    relays = world.ids(router.entries.pods)
    found, unresolved = follow(world, router.refs, router.protocol)
    one = _backend(router)
    targets = []
    for service, to in found:
        admitted, why = admission.relayed(relays, to)
        targets.append(Target(to.workload, to.protocol, to.port, service, relays, admitted, why, one))
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.TRAEFIK,
        field="spec",
        says=f"routes requests for {names(host if host != ANY_HOST else 'any host' for host in hosts)}",
        endpoints=tuple(_endpoints(router)),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*unresolved, *_unresolved(router, relays)),
        astray=(*astray(world, router.refs), *(lost.says for lost in router.lost if lost.astray)),
        notes=tuple(dict.fromkeys(_hsts(router))),
        services=services_of(router.refs),
    )


def _endpoints(router: Router) -> Iterator[Endpoint]:
    """Each host and port where the top of its hierarchy answers; where several do, what protects least."""
    found: dict[tuple[str, int], list[Leg]] = {}
    for root in router.roots:
        for host in root.hosts if router.hosts == (ANY_HOST,) else router.hosts:
            for entry in root.bound:
                found.setdefault((host, entry.port), []).append(_client(root, entry, host))
    for (host, port), legs in sorted(found.items()):
        if port and (one := worst(legs)):
            yield Endpoint(host, port, router.protocol, one)


def _hsts(router: Router) -> Iterator[str]:
    """Middlewares of its routes that send HSTS."""
    for route in router.routes:
        if says := hsts_of(router.world, by_objects(router.item, route.get("middlewares"))):
            yield says


def _unresolved(router: Router, relays: tuple[str, ...]) -> Iterator[str]:
    if not relays:
        yield "no Traefik workload was found"
    bound = [entry for root in router.roots for entry in root.bound]
    if unknown_ones := sorted({entry.name for entry in bound if not entry.port}):
        yield f"the port of entry point {names(unknown_ones)} stands in Traefik's static configuration, which was not read"
    if not router.roots:
        yield f"the parents of {router.item.ref}, which alone have entry points, were not found"
    elif not bound:
        yield "no entry point that it is bound to is defined"
    yield from sorted({lost.says for lost in router.lost})


def _client(router: Router, entry: EntryPoint, host: str) -> Leg:
    """A router with `tls` answers TLS alone, wherever it is bound to; one without gets what its entry point gives."""
    world, item = router.world, router.item
    sign = item.sign("spec.tls", "", "TLS of the router")
    if why := ignored(world, item):
        return unknown(f"{why}, and no other Traefik was found", item)
    if router.protocol is Protocol.UDP:
        return unknown(f"{router.protocol} is not looked into", item)
    if router.passes:
        return leg(Security.TLS, "the router passes TLS through to the pod", sign)
    if router.tls is not None:
        return _encrypted(router, entry, host, sign)
    return _by_entry_point(router, entry, host, sign)


def _encrypted(router: Router, entry: EntryPoint, host: str, sign: Sign) -> Leg:
    """A router that ends TLS itself. Routers of bytes share no host with others."""
    option = mapping(mapping(router.tls).get("options"))
    home = text(option.get("namespace")) or router.item.namespace
    asked = by_name(router.world, home, text(option.get("name")))
    lowest, demanded, suites = asked if router.is_tcp else options_for(router.world, entry, host, asked)
    return tls(
        "the router takes TLS alone",
        sign,
        secret=_secret(router),
        lowest=lowest,
        client_certificate=demanded,
        suites=suites,
    )


def _by_entry_point(router: Router, entry: EntryPoint, host: str, sign: Sign) -> Leg:
    """A router without TLS of its own."""
    if router.is_tcp:
        return leg(Security.PASSED, "a TCP router without tls passes on what client and pod speak", sign)
    if entry.ends_tls is Known.YES:
        asked = by_reference(router.world, entry.options)
        lowest, demanded, suites = options_for(router.world, entry, host, asked)
        says = f"entry point {entry.name} ends TLS"
        return tls(says, sign, lowest=lowest, client_certificate=demanded, suites=suites)
    return _unencrypted(router, entry, sign)


def _secret(router: Router) -> str:
    """The router's Secret; without one, and without a resolver that fetches certificates, that of the default TLSStore."""
    settings = mapping(router.tls)
    if name := text(settings.get("secretName")):
        return f"{router.item.namespace}/{name}"
    return "" if text(settings.get("certResolver")) else default_secret(router.world)


def _unencrypted(router: Router, entry: EntryPoint, sign: Sign) -> Leg:
    """What a router without TLS says to plain text; every one of its routes must redirect."""
    if entry.redirects is Known.YES:
        return redirect(f"entry point {entry.name} redirects to https", sign)
    before = by_names(router.world, entry.middlewares)
    answers = [
        redirected(router.world, (*before, *by_objects(router.item, route.get("middlewares"))))
        for route in router.routes
    ]
    known = {answer for answer, _, _ in answers}
    if known == {Known.YES}:
        return redirect(answers[0][1], *answers[0][2], sign)
    if entry.doubt:
        return unknown(entry.doubt, router.item, sign)
    if Known.NO not in known:
        says = next((text for answer, text, _ in answers if answer is Known.UNKNOWN), "it has no routes")
        return unknown(says, router.item, sign)
    return plain(f"the router has no tls, and entry point {entry.name} neither ends it nor redirects", sign)


def _backend(router: Router) -> Leg:
    """What is spoken to the services: the weakest of them."""
    sign = router.item.sign("spec.routes", "", "services of the router")
    if router.passes:
        return leg(Security.PASSED, "TLS is passed through to the pod", sign)
    if router.protocol is Protocol.UDP:
        return unknown(f"{router.protocol} is not looked into", router.item)
    speak = _spoken_tcp if router.is_tcp else _spoken
    found = worst(speak(router, service.ref, service.raw, sign) for service in router.services)
    return found or unknown("it names no Service", router.item, sign)


def _spoken_tcp(router: Router, ref: BackendRef, raw: Mapping[str, Any], sign: Sign) -> Leg:
    """`tls` of the service; else bytes go on as they come out of the router's own TLS, where it has any."""
    if raw.get("tls") is True:
        name, _, provider = text(raw.get("serversTransport")).partition("@")
        wanted = name if provider or not name else f"{ref.namespace}-{name}"
        checked = checks_tcp_backends(router.world, router.entries.arguments, wanted)
        return tls("tls of the service is on", sign, verified=checked)
    if router.tls is not None:
        return plain("the router ends TLS and no tls of the service begins it again", sign)
    return leg(Security.PASSED, "the router carries what client and pod speak", sign)


def _spoken(router: Router, ref: BackendRef, raw: Mapping[str, Any], sign: Sign) -> Leg:
    """`scheme` of the service; without it port 443 and a name that begins with https ask for TLS."""
    scheme = text(raw.get("scheme")).lower()
    if scheme == _SPEAKS_TLS:
        return tls("scheme is https", sign, verified=_verified(router, ref, raw))
    if scheme:
        return plain(f"scheme of a service of the router is {scheme}", sign)
    if asks_for_tls(router.world, ref):
        says = f"port {ref.port} of Service {ref.namespace}/{ref.name} makes Traefik speak TLS to the pods"
        return tls(says, sign, verified=_verified(router, ref, raw))
    return plain("no service of the router has scheme https", sign)


def _verified(router: Router, ref: BackendRef, raw: Mapping[str, Any]) -> Known:
    """Certificates of pods are checked; a bare name of a transport is of the service's own namespace."""
    name, _, provider = text(raw.get("serversTransport")).partition("@")
    wanted = name if provider or not name else f"{ref.namespace}-{name}"
    return checks_backends(router.world, router.entries.arguments, wanted)
