"""Kong as an Ingress controller: annotations of the Ingress and of its Services before the KongIngress that `override` names.

Sources: annotation reference of the controller and its `internal/annotations`; Kong's reference of routes: without `protocols` a route
takes plain text and TLS, with https alone plain text is answered by 426 or by the status code of a redirect.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.backends import BackendRef, ingress_backends, names_known
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown, worst
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import HTTP, HTTPS, covered
from app.evaluate.edges.world import Item, World, words
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.fields import mapping, text
from app.model.platform import Sign

GROUP = "configuration.konghq.com"
_PREFIX = "konghq.com/"
_FORCE = "ingress.kubernetes.io/force-ssl-redirect"
_OVERRIDE = f"{_PREFIX}override"
_OVER_TLS = ("https", "grpcs", "wss", "tls")
_REDIRECTS = ("301", "302", "303", "307", "308")
_REFUSED = "426"
_BOTH = ("http", "https")


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Ports 80 and 443. Both listen always; which of them a route answers on is told by its protocols."""
    del relay
    protocols, sign = _protocols(world, item)
    if protocols is None:
        says = f"KongIngress {item.annotations[_OVERRIDE]}, which override names, was not read"
        yield HTTP, unknown(says, item, sign)
        yield HTTPS, unknown(says, item, sign)
        return
    if any(name in _OVER_TLS for name in protocols):
        yield HTTPS, _encrypted(world, item, host)
    yield HTTP, _unencrypted(world, item, protocols, sign)


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """`protocol` of each Service: the weakest of them."""
    del relay
    found = worst(spoken(world, item, ref) for ref in sorted(set(ingress_backends(item))))
    return found or unknown("it names no Service", item)


def spoken(world: World, item: Item, ref: BackendRef, *, usual: str = "http") -> Leg:
    """What Kong speaks to a Service; whether it checks the certificate is Kong's own default where nothing says so."""
    service = world.item("", "Service", ref.namespace, ref.name)
    if service is None:
        return unknown(f"Service {ref.namespace}/{ref.name} was not found", item)
    sign = service.annotated(f"{_PREFIX}protocol", "what is spoken to the pods")
    said = service.annotations.get(f"{_PREFIX}protocol", "")
    override = _override(world, service)
    if not said and override is None and _OVERRIDE in service.annotations:
        return unknown(f"a KongIngress that {service.ref} names was not read", item, sign)
    protocol = (said or text(mapping((override or {}).get("proxy")).get("protocol")) or usual).lower()
    if protocol not in _OVER_TLS:
        return plain(f"protocol of {service.ref} is {protocol}", sign)
    verify = service.annotated(f"{_PREFIX}tls-verify", "whether the pod's certificate is checked")
    checked = names_known(service.annotations.get(f"{_PREFIX}tls-verify", ""))
    return tls(f"protocol of {service.ref} is {protocol}", sign, verify, verified=checked)


def _override(world: World, item: Item) -> Mapping[str, Any] | None:
    """The KongIngress of an object; None where it names none, or one that was not read."""
    name = item.annotations.get(_OVERRIDE, "")
    found = world.item(GROUP, "KongIngress", item.namespace, name) if name else None
    return found.body if found else None


def _protocols(world: World, item: Item) -> tuple[tuple[str, ...] | None, Sign]:
    """Protocols of the routes; None where a KongIngress that may say them was not read."""
    sign = item.annotated(f"{_PREFIX}protocols", "which protocols the routes take")
    said = item.annotations.get(f"{_PREFIX}protocols", "")
    if item.annotations.get(_FORCE) == "true":
        return ("https",), item.annotated(_FORCE, "plain text is redirected")
    if said:
        return tuple(name.strip().lower() for name in said.split(",") if name.strip()), sign
    override = _override(world, item)
    if override is None:
        return (None if _OVERRIDE in item.annotations else _BOTH), sign
    return tuple(
        word.lower() for word in words(mapping(override.get("route")).get("protocols"))
    ) or _BOTH, sign


def _encrypted(world: World, item: Item, host: str) -> Leg:
    """The certificate of the TLS entry; without one Kong's own, or that of another Ingress for the same host."""
    cover = covered(world, item, host)
    missing = cover.covered is Known.NO
    return tls(
        f"{cover.says}; Kong listens with TLS all the same" if missing else cover.says,
        item.sign("spec.tls", cover.secret, "TLS entries"),
        secret=cover.secret,
        default_certificate=Known.UNKNOWN if missing else cover.default_certificate,
    )


def _unencrypted(world: World, item: Item, protocols: tuple[str, ...], sign: Sign) -> Leg:
    if "http" in protocols or not set(protocols) & set(_OVER_TLS):
        return plain("the routes take http", sign)
    code = _code(world, item)
    status = item.annotated(f"{_PREFIX}https-redirect-status-code", "how plain text is answered")
    if code in _REDIRECTS:
        return redirect(f"the routes take https alone, and plain text is redirected ({code})", sign, status)
    says = f"the routes take https alone, and plain text is refused ({code or _REFUSED})"
    return leg(Security.CLOSED, says, sign, status)


def _code(world: World, item: Item) -> str:
    if said := item.annotations.get(f"{_PREFIX}https-redirect-status-code", ""):
        return said
    if item.annotations.get(_FORCE) == "true":
        return "302"
    route = mapping((_override(world, item) or {}).get("route"))
    return str(route.get("https_redirect_status_code") or "")
