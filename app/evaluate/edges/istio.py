"""Istio Gateways and the VirtualServices bound to them. Source: Istio reference of Gateway and VirtualService."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.checks.common.wording import names
from app.evaluate.edges.admission import Admission
from app.evaluate.edges.backends import BackendRef, follow
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown
from app.evaluate.edges.world import Item, World, number, objects, words
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Endpoint, Exposure, Leg, Security, Target, Way, carries
from app.model.encryption import Known
from app.model.fields import dig, mapping, strings, text

GROUP = "networking.istio.io"
_PLAIN = ("HTTP", "HTTP2", "GRPC", "HTTP_PROXY")
_VERSIONS = {"TLSV1_0": "TLS 1.0", "TLSV1_1": "TLS 1.1", "TLSV1_2": "TLS 1.2", "TLSV1_3": "TLS 1.3"}
_DEFAULT_LOWEST = "TLS 1.2"  # at gateways, since Istio 1.14


@dataclass(frozen=True)
class Server:
    """One server of a Gateway."""

    gateway: Item
    index: int
    raw: Mapping[str, Any]

    @property
    def port(self) -> int:
        """Its port, as the gateway's pods have it."""
        return number(dig(self.raw, "port", "number"))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its hosts, without the namespace that may stand before each."""
        return tuple(host.rpartition("/")[2] for host in words(self.raw.get("hosts")))

    @property
    def path(self) -> str:
        """Its JSON path."""
        return f"spec.servers[{self.index}]"


def istio_exposures(world: World, admission: Admission) -> Iterator[Exposure]:
    """Each VirtualService that is bound to a gateway other than the mesh itself."""
    for item in world.items(GROUP, "VirtualService"):
        bound = [name for name in words(item.spec.get("gateways")) if name != "mesh"]
        if bound:
            yield _exposure(world, admission, item, bound)


def _exposure(world: World, admission: Admission, item: Item, bound: list[str]) -> Exposure:
    gateways = [known for name in bound if (known := _gateway(world, item, name))]
    relays = tuple(sorted({relay for gateway in gateways for relay in _relays(world, gateway)}))
    hosts = words(item.spec.get("hosts")) or (ANY_HOST,)
    found, unresolved = follow(world, sorted(set(_backends(item))))
    targets = []
    for service, to in found:
        admitted, why = admission.relayed(relays, to)
        says = "what the gateway speaks to the pods is the mesh's to say"
        targets.append(
            Target(to.workload, to.protocol, to.port, service, relays, admitted, why, unknown(says, item))
        )
    if len(gateways) < len(bound):
        unresolved += ("a gateway that it is bound to was not read",)
    if gateways and not relays:
        unresolved += ("no running pod matches the gateway's selector",)
    return Exposure(
        id=str(item.ref),
        ref=item.ref,
        way=Way.ISTIO,
        field="spec",
        says=f"routes requests for {names(host if host != ANY_HOST else 'any host' for host in hosts)}",
        endpoints=tuple(_endpoints(gateways, hosts)),
        targets=tuple(sorted(targets, key=lambda one: (one.workload, one.protocol, one.port))),
        unresolved=unresolved,
    )


def _gateway(world: World, item: Item, name: str) -> Item | None:
    home, _, short = name.rpartition("/")
    return world.item(GROUP, "Gateway", home or item.namespace, short)


def _relays(world: World, gateway: Item) -> tuple[str, ...]:
    """Pods that the selector matches, in any namespace (the default of `PILOT_SCOPE_GATEWAY_TO_NAMESPACE`)."""
    return world.ids(world.selected(None, strings(gateway.spec.get("selector"))))


def _endpoints(gateways: list[Item], hosts: tuple[str, ...]) -> Iterator[Endpoint]:
    found: dict[tuple[str, int], Endpoint] = {}
    for gateway in gateways:
        for index, raw in enumerate(objects(gateway.spec.get("servers"))):
            server = Server(gateway, index, raw)
            for host in hosts:
                if any(_meets(one, host) for one in server.hosts):
                    found[host, server.port] = Endpoint(host, server.port, Protocol.TCP, client_leg(server))
    yield from (found[key] for key in sorted(found))


def _meets(server: str, host: str) -> bool:
    return ANY_HOST in (server, host) or carries(server, host) or carries(host, server)


def client_leg(server: Server) -> Leg:
    """What clients of one server get."""
    protocol = text(dig(server.raw, "port", "protocol")).upper()
    settings = mapping(server.raw.get("tls"))
    where = f"server {server.index} of {server.gateway.ref}"
    sign = server.gateway.sign(f"{server.path}.tls", text(settings.get("mode")), "TLS of the server")
    if protocol in _PLAIN:
        if settings.get("httpsRedirect") is True:
            return redirect(f"{where} redirects to https", sign)
        return plain(f"{where} takes {protocol} without httpsRedirect", sign)
    if protocol not in ("HTTPS", "TLS"):
        return leg(Security.PASSED, f"{where} carries what the pod speaks", sign)
    mode = text(settings.get("mode"))
    match mode:
        case "PASSTHROUGH" | "AUTO_PASSTHROUGH":
            return leg(Security.TLS, f"{where} passes TLS through", sign)
        case "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL" | "ISTIO_MUTUAL":
            return _terminated(server, where, mode)
        case _:
            return unknown(f"{where} has TLS mode {mode or 'none'}", None, sign)


def _terminated(server: Server, where: str, mode: str) -> Leg:
    settings = mapping(server.raw.get("tls"))
    name = text(settings.get("credentialName"))
    lowest = text(settings.get("minProtocolVersion"))
    return tls(
        f"{where} ends TLS ({mode})",
        server.gateway.sign(f"{server.path}.tls", mode, "TLS of the server"),
        secret=f"{server.gateway.namespace}/{name}" if name else "",
        lowest=_VERSIONS.get(lowest, _DEFAULT_LOWEST if lowest in ("", "TLS_AUTO") else ""),
        suites=words(settings.get("cipherSuites")),
        client_certificate=Known.YES if mode in ("MUTUAL", "ISTIO_MUTUAL") else Known.NO,
    )


def _backends(item: Item) -> Iterator[BackendRef]:
    """Destinations of the http, tls and tcp routes that are Services of this cluster."""
    for kind in ("http", "tls", "tcp"):
        for rule in objects(item.spec.get(kind)):
            for route in (*objects(rule.get("route")), {"destination": rule.get("mirror")}):
                destination = mapping(route.get("destination"))
                name, home = _service(text(destination.get("host")), item.namespace)
                if name:
                    yield BackendRef(home, name, number(dig(destination, "port", "number")))


def _service(host: str, namespace: str) -> tuple[str, str]:
    """`reviews`, `reviews.shop`, `reviews.shop.svc.cluster.local` → name and namespace."""
    parts = host.split(".")
    if len(parts) == 1:
        return parts[0], namespace
    if len(parts) == 2 or parts[2] == "svc":  # noqa: PLR2004  name and namespace
        return parts[0], parts[1]
    return "", ""
