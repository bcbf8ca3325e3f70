"""TLS of an Ingress, leg by leg, by the family of its controller. What a family does not document stays unknown.

Source of what is here: annotation documentation of Azure's Application Gateway Ingress Controller, and its rules for listeners
(`pkg/appgw`); the others have modules of their own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from app.evaluate.edges import (
    ingress_alb,
    ingress_gce,
    ingress_haproxy,
    ingress_kong,
    ingress_nginx,
    ingress_nginx_inc,
    ingress_traefik,
)
from app.evaluate.edges.backends import names_known
from app.evaluate.edges.legs import plain, redirect, tls, unknown
from app.evaluate.edges.relays import Controller, Relay
from app.evaluate.edges.tls_hosts import HTTP, HTTPS, Coverage, covered
from app.evaluate.edges.world import Item, World
from app.model.connections import Protocol
from app.model.edge import Endpoint, Leg
from app.model.encryption import Known

_AZURE_REDIRECT = "appgw.ingress.kubernetes.io/ssl-redirect"
_AZURE_CERTIFICATE = "appgw.ingress.kubernetes.io/appgw-ssl-certificate"
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


def _azure(world: World, item: Item, relay: Relay, host: str) -> Legs:
    """With a certificate the gateway listens on 443 alone, and on 80 to redirect where that is asked for."""
    del relay
    cover = covered(world, item, host)
    own = item.annotations.get(_AZURE_CERTIFICATE, "")
    sign = item.annotated(_AZURE_REDIRECT, "whether plain text is redirected")
    if cover.covered is Known.NO and not own:
        yield HTTP, plain(f"no TLS entry covers {host}", item.sign("spec.tls", "", "TLS entries"))
        return
    if cover.covered is Known.NO:
        named = item.annotated(_AZURE_CERTIFICATE, "a certificate of the gateway")
        yield HTTPS, tls(f"certificate {own} of the gateway is named", named)
    else:
        yield HTTPS, _covered(cover, item)
    if names_known(item.annotations.get(_AZURE_REDIRECT, "")) is Known.YES:
        yield HTTP, redirect("ssl-redirect is on", sign)
    elif cover.default_certificate is Known.YES and not own:
        yield HTTP, unknown("without its certificate the gateway may answer on port 80", item, sign)


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
    Controller.NGINX_INC: ingress_nginx_inc.client,
    Controller.TRAEFIK: ingress_traefik.client,
    Controller.ALB: ingress_alb.client,
    Controller.HAPROXY: ingress_haproxy.client,
    Controller.HAPROXY_INGRESS: ingress_haproxy.client,
    Controller.GCE: ingress_gce.client,
    Controller.AZURE: _azure,
    Controller.KONG: ingress_kong.client,
}
_BACKEND: Mapping[Controller, Callable[[World, Item, Relay], Leg]] = {
    Controller.NGINX: ingress_nginx.backend,
    Controller.NGINX_INC: ingress_nginx_inc.backend,
    Controller.TRAEFIK: ingress_traefik.backend,
    Controller.ALB: ingress_alb.backend,
    Controller.HAPROXY: ingress_haproxy.backend,
    Controller.HAPROXY_INGRESS: ingress_haproxy.backend,
    Controller.GCE: ingress_gce.backend,
    Controller.AZURE: _azure_backend,
    Controller.KONG: ingress_kong.backend,
}
