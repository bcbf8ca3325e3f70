"""OpenShift Routes: termination, and what happens to plain text. Source: route.openshift.io/v1 reference."""

from collections.abc import Iterator

from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, astray, follow, services_of
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown
from app.evaluate.edges.openshift_profiles import OPERATOR, of_router
from app.evaluate.edges.world import Item, World, objects
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way
from app.model.encryption import Known
from app.model.fields import dig, mapping, text
from app.model.platform import Sign

GROUP = "route.openshift.io"
_ROUTER_LABEL = "ingresscontroller.operator.openshift.io/deployment-ingresscontroller"
_OPERATOR_HOME, _ROUTER_HOME = "openshift-ingress-operator", "openshift-ingress"
_HTTP, _HTTPS = 80, 443
_ENDS = ("edge", "reencrypt")


def route_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each OpenShift Route."""
    pods = [pod for home in world.pods.values() for pod in home if _ROUTER_LABEL in pod.labels]
    routers = world.ids(pods)
    for item in world.items(GROUP, "Route"):
        yield _exposure(world, admission, item, routers)


def _exposure(world: World, admission: Admission, item: Item, routers: tuple[str, ...]) -> Exposure:
    hosts = _hosts(item)
    refs, missing = _backends(world, item)
    found, unresolved = follow(world, refs)
    targets = []
    for service, to in found:
        admitted, why = admission.relayed(routers, to)
        targets.append(
            Target(to.workload, to.protocol, to.port, service, routers, admitted, why, _backend(item))
        )
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.ROUTE,
        field="spec",
        says=f"routes requests for {names('any host' if host == ANY_HOST else host for host in hosts)}",
        endpoints=tuple(
            Endpoint(host, port, Protocol.TCP, one, _addresses(item))
            for host in hosts
            for port, one in sorted(_client(world, item), key=lambda pair: pair[0])
        ),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=(*unresolved, *missing, *(() if routers else ("no router workload was found",))),
        astray=astray(world, refs),
        notes=_notes(item),
        services=services_of(refs),
    )


def _notes(item: Item) -> tuple[str, ...]:
    header = item.annotations.get("haproxy.router.openshift.io/hsts_header", "")
    return (f"Answers over TLS carry Strict-Transport-Security: {header}.",) if header else ()


def _hosts(item: Item) -> tuple[str, ...]:
    """`spec.host`, else those that routers report; a wildcard policy takes every host of the same domain."""
    host = text(item.spec.get("host"))
    reported = {text(entry.get("host")) for entry in objects(item.at("status", "ingress"))}
    found = {host} if host else reported - {""}
    if text(item.spec.get("wildcardPolicy")) == "Subdomain":
        found |= {f"*.{one.partition('.')[2]}" for one in found}
    return tuple(sorted(found)) or (ANY_HOST,)


def _addresses(item: Item) -> tuple[str, ...]:
    """Canonical names of the routers that serve it."""
    reported = (text(entry.get("routerCanonicalHostname")) for entry in objects(item.at("status", "ingress")))
    return tuple(dict.fromkeys(name for name in reported if name))


def _refused(item: Item) -> str:
    """The reason that every router gives for not serving it; empty where one serves it or none has said anything."""
    reasons = [
        text(condition.get("reason")) or "no reason"
        for entry in objects(item.at("status", "ingress"))
        for condition in objects(entry.get("conditions"))
        if condition.get("type") == "Admitted" and condition.get("status") == "False"
    ]
    return reasons[0] if reasons and len(reasons) == len(objects(item.at("status", "ingress"))) else ""


def _backends(world: World, item: Item) -> tuple[tuple[BackendRef, ...], tuple[str, ...]]:
    """Ports of Services that it leads to, sorted; and Services that have no such port."""
    wanted = mapping(item.spec.get("port")).get("targetPort")
    found: set[BackendRef] = set()
    missing: list[str] = []
    for raw in (mapping(item.spec.get("to")), *objects(item.spec.get("alternateBackends"))):
        if name := text(raw.get("name")):
            refs = _ports(world, item.namespace, name, str(wanted or ""))
            found |= refs
            missing += [] if refs else [f"Service {item.namespace}/{name} has no port {wanted} at its pods"]
    return tuple(sorted(found)), tuple(missing)


def _ports(world: World, namespace: str, name: str, wanted: str) -> set[BackendRef]:
    """`targetPort` is the name of a Service's port, or a port of the pods behind it; all of them where it says nothing."""
    service = world.services.get((namespace, name))
    if not wanted or service is None:
        return {BackendRef(namespace, name, 0)}
    behind = {port: world.behind(service, port) for port in service.ports}
    if not any(behind.values()):  # of pods that were not read no port is known
        return {BackendRef(namespace, name, 0)}
    return {
        BackendRef(namespace, name, port.name or port.port)
        for port, to in behind.items()
        if wanted == port.name or any(wanted == str(one.port) for one in to)
    }


def _client(world: World, item: Item) -> Iterator[tuple[int, Leg]]:
    settings = mapping(item.spec.get("tls"))
    termination = text(settings.get("termination")).lower()
    if refused := _refused(item):
        sign = item.sign("status.ingress", refused, "what routers report")
        yield _HTTPS if settings else _HTTP, unknown(f"no router admits the Route ({refused})", item, sign)
        return
    if not settings:
        yield _HTTP, plain("the Route has no tls", item.sign("spec.tls", "", "TLS of the Route"))
        return
    sign = item.sign("spec.tls.termination", termination, "where TLS ends")
    if termination in _ENDS:
        yield _HTTPS, _ended(world, item, f"the router ends TLS ({termination})", sign)
    elif termination == "passthrough":
        yield _HTTPS, leg(Security.TLS, "TLS is passed through to the pod", sign)
    else:
        yield _HTTPS, unknown(f"termination {termination or 'is not given'}", item, sign)
    yield from _insecure(item)


def _ended(world: World, item: Item, says: str, sign: Sign) -> Leg:
    """TLS under the settings of the routers that serve the Route; the lowest version of them where they differ."""
    controllers = _controllers(world, item)
    profiles = [of_router(world, one) for one in controllers or () if one]
    known = [profile for profile in profiles if profile and profile.lowest]
    whole = bool(controllers) and len(known) == len(controllers or ())
    policies = {dig(one.spec, "clientTLS", "clientCertificatePolicy") for one in controllers or () if one}
    secret, default = _certificate(item, controllers)
    return tls(
        says,
        sign,
        *(profile.sign for profile in known),
        lowest=min(profile.lowest for profile in known) if whole else "",
        suites=tuple(dict.fromkeys(name for profile in known for name in profile.suites)) if whole else (),
        secret=secret,
        client_certificate=Known.YES if policies == {"Required"} and whole else Known.UNKNOWN,
        default_certificate=default,
    )


def _controllers(world: World, item: Item) -> tuple[Item | None, ...]:
    """IngressControllers of the routers that report the Route; None for one that was not read."""
    names = dict.fromkeys(text(entry.get("routerName")) for entry in objects(item.at("status", "ingress")))
    return tuple(world.item(OPERATOR, "IngressController", _OPERATOR_HOME, name) for name in names if name)


def _certificate(item: Item, controllers: tuple[Item | None, ...]) -> tuple[str, Known]:
    """The Secret with the served certificate, and whether it is the one that the operator made for want of another."""
    settings = mapping(item.spec.get("tls"))
    if settings.get("certificate"):
        return "", Known.NO
    if external := text(dig(settings, "externalCertificate", "name")):
        return f"{item.namespace}/{external}", Known.NO
    if not controllers or not all(controllers):
        return "", Known.UNKNOWN
    named = {text(dig(one.spec, "defaultCertificate", "name")) for one in controllers if one}
    if named == {""}:
        return "", Known.YES
    secret = f"{_ROUTER_HOME}/{named.pop()}" if len(named) == 1 else ""
    return secret, Known.NO if secret else Known.UNKNOWN


def _insecure(item: Item) -> Iterator[tuple[int, Leg]]:
    """`insecureEdgeTerminationPolicy`; without it plain text is not served."""
    policy = text(mapping(item.spec.get("tls")).get("insecureEdgeTerminationPolicy"))
    sign = item.sign("spec.tls.insecureEdgeTerminationPolicy", policy, "what plain text gets")
    match policy:
        case "Allow":
            yield _HTTP, plain("insecureEdgeTerminationPolicy is Allow", sign)
        case "Redirect":
            yield _HTTP, redirect("insecureEdgeTerminationPolicy is Redirect", sign)
        case "" | "None":
            pass
        case _:
            yield _HTTP, unknown(f"insecureEdgeTerminationPolicy is {policy}", item, sign)


def _backend(item: Item) -> Leg:
    settings = mapping(item.spec.get("tls"))
    termination = text(settings.get("termination")).lower()
    sign = item.sign("spec.tls.termination", termination, "where TLS ends")
    match termination:
        case "reencrypt":
            says = "the router encrypts again and checks the pod's certificate"
            return tls(says, sign, verified=Known.YES)
        case "passthrough":
            return leg(Security.PASSED, "TLS is passed through to the pod", sign)
        case "edge" | "":
            return plain("TLS ends at the router" if termination else "the Route has no tls", sign)
        case _:
            return unknown(f"termination {termination}", item, sign)
