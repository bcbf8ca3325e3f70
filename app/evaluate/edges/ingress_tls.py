"""TLS of an Ingress, leg by leg, by the family of its controller. What a family does not document stays unknown.

Sources: annotation and ConfigMap documentation of ingress-nginx, Traefik, AWS Load Balancer Controller, HAProxy Kubernetes
Ingress Controller, GKE Ingress and Azure Application Gateway Ingress Controller.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.evaluate.edges import ingress_alb, ingress_nginx, ingress_traefik
from app.evaluate.edges.backends import names_known
from app.evaluate.edges.legs import leg, passed, plain, redirect, tls, unknown
from app.evaluate.edges.relays import Controller, Relay
from app.evaluate.edges.tls_hosts import Coverage, covered
from app.evaluate.edges.world import Item, World
from app.model.connections import Protocol
from app.model.edge import Endpoint, Leg, Security
from app.model.encryption import Known

HTTP, HTTPS = 80, 443
_HAPROXY = "haproxy.org/"
_HAPROXY_PASSES = f"{_HAPROXY}ssl-passthrough"
_GCE_HTTP = "kubernetes.io/ingress.allow-http"
_GCE_FRONTEND = "networking.gke.io/v1beta1.FrontendConfig"
_AZURE_REDIRECT = "appgw.ingress.kubernetes.io/ssl-redirect"
_AZURE_BACKEND = "appgw.ingress.kubernetes.io/backend-protocol"

Legs = Iterator[tuple[int, Leg]]  # port and the client's leg there
Reader = Callable[[World, Item, Relay, str], Legs]


def endpoints(
    world: World, item: Item, relay: Relay, hosts: Sequence[str], addresses: tuple[str, ...]
) -> Iterator[Endpoint]:
    """Where an Ingress answers: each host, by port."""
    read = _CLIENT.get(relay.controller, _other)
    for host in hosts:
        for port, one in sorted(read(world, item, relay, host), key=lambda pair: pair[0]):
            yield Endpoint(host, port, Protocol.TCP, one, addresses)


def backend_leg(world: World, item: Item, relay: Relay) -> Leg:
    """What the controller speaks to the pods."""
    read = _BACKEND.get(relay.controller)
    if read is None:
        return unknown(f"what class {relay.name} speaks to its backends is not known", item)
    return read(world, item, relay)


def _haproxy(world: World, item: Item, relay: Relay, host: str) -> Legs:
    del relay
    if names_known(item.annotations.get(_HAPROXY_PASSES, "")) is Known.YES:
        sign = item.annotated(_HAPROXY_PASSES, "TLS goes through to the pod")
        yield HTTPS, leg(Security.TLS, "TLS is passed through to the pod", sign)
        yield HTTP, unknown("TLS is passed through; what port 80 does is not known", item)
        return
    cover = covered(world, item, host)
    says = item.annotations.get(f"{_HAPROXY}ssl-redirect", "")
    sign = item.annotated(f"{_HAPROXY}ssl-redirect", "whether plain text is redirected")
    if cover.covered is not Known.NO:
        yield HTTPS, _covered(cover, item)
    match names_known(says), cover.covered:
        case (Known.YES, _):
            yield HTTP, redirect("ssl-redirect is on", sign)
        case (Known.NO, _) | (_, Known.NO):
            yield HTTP, plain(f"no TLS entry covers {host}, or ssl-redirect is off", sign)
        case _:
            yield (
                HTTP,
                unknown("whether HAProxy redirects plain text depends on settings that are not read", item),
            )


def _haproxy_backend(world: World, item: Item, relay: Relay) -> Leg:
    del world, relay
    if names_known(item.annotations.get(_HAPROXY_PASSES, "")) is Known.YES:
        return passed("TLS is passed through to the pod", item, f"metadata.annotations.{_HAPROXY_PASSES}")
    says = item.annotations.get(f"{_HAPROXY}server-ssl", "")
    sign = item.annotated(f"{_HAPROXY}server-ssl", "whether backends are spoken to over TLS")
    match names_known(says):
        case Known.YES:
            ca = item.annotations.get(f"{_HAPROXY}server-ca", "")
            return tls("server-ssl is on", sign, verified=Known.YES if ca else Known.NO)
        case Known.NO:
            return plain("server-ssl is off", sign)
        case _:
            return unknown("server-ssl is not set on the Ingress and can be set elsewhere", item)


def _gce(world: World, item: Item, relay: Relay, host: str) -> Legs:
    del relay
    cover = covered(world, item, host)
    managed = any("managed-certificates" in name or "pre-shared-cert" in name for name in item.annotations)
    if cover.covered is not Known.NO or managed:
        yield HTTPS, _covered(cover, item)
    sign = item.annotated(_GCE_HTTP, "whether the balancer listens on port 80")
    if names_known(item.annotations.get(_GCE_HTTP, "")) is Known.NO:
        return
    if _GCE_FRONTEND in item.annotations:
        yield HTTP, unknown("a FrontendConfig, which is not read, may redirect plain text", item)
    else:
        yield HTTP, plain("allow-http is not false and no FrontendConfig redirects", sign)


def _azure(world: World, item: Item, relay: Relay, host: str) -> Legs:
    del relay
    cover = covered(world, item, host)
    certificate = "appgw.ingress.kubernetes.io/appgw-ssl-certificate" in item.annotations
    sign = item.annotated(_AZURE_REDIRECT, "whether plain text is redirected")
    if cover.covered is Known.NO and not certificate:
        yield HTTP, plain(f"no TLS entry covers {host}", item.sign("spec.tls", "", "TLS entries"))
        return
    yield HTTPS, _covered(cover, item)
    if names_known(item.annotations.get(_AZURE_REDIRECT, "")) is Known.YES:
        yield HTTP, redirect("ssl-redirect is on", sign)
    else:
        yield HTTP, unknown("without ssl-redirect, whether port 80 is open depends on the gateway", item)


def _azure_backend(world: World, item: Item, relay: Relay) -> Leg:
    del world, relay
    sign = item.annotated(_AZURE_BACKEND, "what the gateway speaks to the pods")
    if item.annotations.get(_AZURE_BACKEND, "http").lower() == "https":
        return tls("backend-protocol is https; trusted roots are set at the gateway", sign)
    return plain("backend-protocol is not https", sign)


def _other(world: World, item: Item, relay: Relay, host: str) -> Legs:
    """TLS entries are part of the Ingress API; everything else is left to the controller by it."""
    cover = covered(world, item, host)
    if cover.covered is not Known.NO:
        yield HTTPS, _covered(cover, item)
        yield HTTP, unknown(f"whether class {relay.name} redirects plain text is not known", item)
    else:
        yield (
            HTTP,
            unknown(f"no TLS entry covers {host}; what class {relay.name} then does is not known", item),
        )


def _covered(cover: Coverage, item: Item) -> Leg:
    return tls(
        cover.says,
        item.sign("spec.tls", cover.secret, "TLS entries"),
        secret=cover.secret,
        default_certificate=cover.default_certificate,
    )


_CLIENT: Mapping[Controller, Reader] = {
    Controller.NGINX: ingress_nginx.client,
    Controller.TRAEFIK: ingress_traefik.client,
    Controller.ALB: ingress_alb.client,
    Controller.HAPROXY: _haproxy,
    Controller.GCE: _gce,
    Controller.AZURE: _azure,
}
_BACKEND: Mapping[Controller, Callable[[World, Item, Relay], Leg]] = {
    Controller.NGINX: ingress_nginx.backend,
    Controller.TRAEFIK: ingress_traefik.backend,
    Controller.ALB: ingress_alb.backend,
    Controller.HAPROXY: _haproxy_backend,
    Controller.AZURE: _azure_backend,
}
