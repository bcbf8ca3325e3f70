"""F5's NGINX Ingress Controller: other annotations, another ConfigMap and other defaults than ingress-nginx, under a like name.

Sources: annotations and ConfigMap keys of the controller's documentation, and its examples of SSL services and mergeable Ingresses.
"""

from collections.abc import Iterator

from app.evaluate.edges.backends import ingress_backends, names_known
from app.evaluate.edges.ingress_nginx import lowest_of
from app.evaluate.edges.legs import plain, redirect, tls, unknown, worst
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import HTTP, HTTPS, Coverage, covered, hosts_of
from app.evaluate.edges.world import Item, World, number
from app.model.edge import Leg
from app.model.encryption import Known
from app.model.suites import listed_suites

_PREFIX = "nginx.org/"
_REDIRECTS = ("nginx.org/ssl-redirect", "ingress.kubernetes.io/ssl-redirect")
_MERGEABLE = f"{_PREFIX}mergeable-ingress-type"
_UNREAD = "the controller's ConfigMap, which was not read"


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """The ports of `listen-ports` and `listen-ports-ssl`, 80 and 443 by default."""
    if item.annotations.get(_MERGEABLE, "") == "minion":
        yield from _of_minion(world, item, relay, host)
    else:
        yield from _of_server(world, item, relay, host)


def _of_minion(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """A minion adds paths to the master of its host, in whatever namespace, and has no ports and no TLS of its own."""
    masters = [
        other
        for other in world.items("networking.k8s.io", "Ingress", _MERGEABLE)
        if other.annotations.get(_MERGEABLE, "") == "master" and host in hosts_of(other)
    ]
    if len(masters) == 1:
        yield from _of_server(world, masters[0], relay, host)
        return
    sign = item.annotated(_MERGEABLE, "it adds paths to a master")
    says = f"TLS of a minion stands in its master, and {len(masters) or 'none'} of host {host} was found"
    yield HTTP, unknown(says, item, sign)


def _of_server(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    cover = covered(world, item, host)
    if cover.covered is not Known.NO:
        for port in _ports(item, "listen-ports-ssl", HTTPS):
            yield port, _encrypted(item, relay, cover)
    for port in _ports(item, "listen-ports", HTTP):
        yield port, _unencrypted(item, relay, cover, host)


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """`ssl-services` lists the Services that are spoken to over TLS: the weakest of them."""
    del world, relay
    names = {name.strip() for name in item.annotations.get(f"{_PREFIX}ssl-services", "").split(",")}
    found = (_spoken(item, ref.name, names) for ref in sorted(set(ingress_backends(item))))
    return worst(found) or unknown("it names no Service", item)


def _ports(item: Item, name: str, usual: int) -> tuple[int, ...]:
    said = item.annotations.get(f"{_PREFIX}{name}", "").split(",")
    return tuple(sorted({number(port.strip()) for port in said} - {0})) or (usual,)


def _encrypted(item: Item, relay: Relay, cover: Coverage) -> Leg:
    settings = relay.settings or {}
    # then the wildcard's certificate is served, or none at all
    missing = cover.default_certificate is not Known.NO
    return tls(
        cover.says,
        item.sign("spec.tls", cover.secret, "TLS entries"),
        secret=cover.secret,
        lowest=lowest_of(settings.get("ssl-protocols", "")),
        suites=listed_suites(settings.get("ssl-ciphers", "")),
        default_certificate=Known.UNKNOWN if missing else Known.NO,
    )


def _unencrypted(item: Item, relay: Relay, cover: Coverage, host: str) -> Leg:
    """`ssl-redirect` is on by default where TLS is; `redirect-to-https` asks for a header of a balancer, and clients send none."""
    if cover.covered is Known.NO:
        return plain(f"no TLS entry covers {host}", item.sign("spec.tls", "", "TLS entries"))
    if cover.covered is Known.UNKNOWN:
        return unknown(f"whether a TLS entry counts for {host} is not known", item)
    path = next((name for name in _REDIRECTS if name in item.annotations), _REDIRECTS[0])
    sign = item.annotated(path, "whether plain text is redirected")
    match names_known(item.annotations.get(path, "")):
        case Known.YES:
            return redirect("ssl-redirect is on", sign)
        case Known.NO:
            return plain("ssl-redirect is off", sign)
    return _by_settings(item, relay)


def _by_settings(item: Item, relay: Relay) -> Leg:
    if relay.settings is None or relay.source is None:
        return unknown(f"ssl-redirect is set by {_UNREAD}", item)
    said = relay.settings.get("ssl-redirect", "true")
    own = relay.source.sign("data.ssl-redirect", said, "a setting of the controller")
    if names_known(said) is Known.NO:
        return plain("the controller's ConfigMap switches ssl-redirect off", own)
    return redirect("a TLS entry covers it and ssl-redirect is on by default", own)


def _spoken(item: Item, service: str, encrypted: set[str]) -> Leg:
    sign = item.annotated(f"{_PREFIX}ssl-services", "which Services are spoken to over TLS")
    if service not in encrypted:
        return plain(f"ssl-services does not name {service}", sign)
    policies = item.annotations.get(f"{_PREFIX}policies", "")
    checked = Known.UNKNOWN if policies else Known.NO  # an EgressMTLS policy may ask for it
    return tls(f"ssl-services names {service}", sign, verified=checked)
