"""GKE Ingress: its annotations, the FrontendConfig that it names, and Google's own certificates.

Sources: kubernetes/ingress-gce (`pkg/annotations`, `pkg/apis/frontendconfig`), GoogleCloudPlatform/gke-managed-certs, and Google's
documentation of GKE Ingress, which says that an internal Ingress knows no redirect, and of SSL policies of load balancers.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from app.evaluate.edges.backends import BackendRef, ingress_backends, names_known
from app.evaluate.edges.legs import plain, redirect, tls, unknown, worst
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import HTTP, HTTPS, covered
from app.evaluate.edges.world import Item, World, words
from app.model.connections import Protocol
from app.model.edge import ANY_HOST, Leg, carries
from app.model.encryption import Known
from app.model.fields import dig, mapping, text

GROUP = "networking.gke.io"
_ALLOWS_HTTP = "kubernetes.io/ingress.allow-http"
_FRONTEND = "networking.gke.io/v1beta1.FrontendConfig"
_MANAGED = "networking.gke.io/managed-certificates"
_SHARED = "ingress.gcp.kubernetes.io/pre-shared-cert"
_PROTOCOLS = ("cloud.google.com/app-protocols", "service.alpha.kubernetes.io/app-protocols")
INTERNAL = "gce-internal"
_OVER_TLS = ("HTTPS", "HTTP2")
_LOWEST = "TLS 1.0"  # of the policy that a load balancer has where none is attached


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Port 443 where a certificate of any of the three kinds is named, port 80 unless it is switched off."""
    encrypted = _encrypted(world, item, host)
    if encrypted is not None:
        yield HTTPS, encrypted
    if names_known(item.annotations.get(_ALLOWS_HTTP, "")) is not Known.NO:
        yield HTTP, _unencrypted(world, item, relay)


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """`app-protocols` of each Service, by the name of its port: the weakest of them. Certificates are not checked."""
    del relay
    refs = sorted(set(ingress_backends(item)))
    return worst(_spoken(world, item, ref) for ref in refs) or unknown("it names no Service", item)


def _encrypted(world: World, item: Item, host: str) -> Leg | None:
    """What port 443 does; None where no certificate is named, so that nothing listens there."""
    cover = covered(world, item, host)
    if cover.covered is not Known.NO:
        return tls(
            cover.says,
            item.sign("spec.tls", cover.secret, "TLS entries"),
            secret=cover.secret,
            lowest=_lowest(world, item),
            default_certificate=cover.default_certificate,
        )
    known, says, path = _by_google(world, item, host)
    sign = item.annotated(path, "certificates of Google Cloud")
    match known:
        case Known.YES:
            return tls(says, sign, lowest=_lowest(world, item))
        case Known.UNKNOWN:
            return unknown(says, item, sign)
        case _:
            return None


def managed_names(item: Item) -> tuple[str, ...]:
    """ManagedCertificates that an Ingress names, all of its own namespace."""
    said = item.annotations.get(_MANAGED, "").split(",")
    return tuple(name.strip() for name in said if name.strip())


def _by_google(world: World, item: Item, host: str) -> tuple[Known, str, str]:
    """Whether a pre-shared or a managed certificate is there for a host, a clause, and the annotation."""
    if shared := item.annotations.get(_SHARED, ""):
        return Known.YES, f"certificate {shared} of the Google Cloud project is named", _SHARED
    names = managed_names(item)
    if not names:
        return Known.NO, "", _MANAGED
    found = [one for name in names if (one := world.item(GROUP, "ManagedCertificate", item.namespace, name))]
    if len(found) < len(names):
        return (
            Known.UNKNOWN,
            f"ManagedCertificate {', '.join(names)} is named and was not all found",
            _MANAGED,
        )
    ready = [
        one for one in found if text(one.at("status", "certificateStatus")) == "Active" and _names(one, host)
    ]
    if ready:
        return Known.YES, f"{ready[0].ref} is active", _MANAGED
    return Known.UNKNOWN, "no ManagedCertificate that is named is active for it", _MANAGED


def _names(certificate: Item, host: str) -> bool:
    return host == ANY_HOST or any(carries(name, host) for name in words(certificate.spec.get("domains")))


def _frontend(world: World, item: Item) -> tuple[Item | None, str]:
    """The FrontendConfig that it names, and why one that it names is not known."""
    name = item.annotations.get(_FRONTEND, "")
    if not name:
        return None, ""
    found = world.item(GROUP, "FrontendConfig", item.namespace, name)
    why = world.unread(GROUP, "FrontendConfig", item.namespace) or "it was not found"
    return found, "" if found else f"FrontendConfig {name} is named, and what it says is not known: {why}"


def _lowest(world: World, item: Item) -> str:
    """A policy that is named is an object of Google Cloud, whose content is in no object of the cluster."""
    frontend, doubt = _frontend(world, item)
    named = text(frontend.spec.get("sslPolicy")) if frontend else ""
    return "" if doubt or named else _LOWEST


def _unencrypted(world: World, item: Item, relay: Relay) -> Leg:
    sign = item.annotated(_FRONTEND, "settings of the balancer's front")
    frontend, doubt = _frontend(world, item)
    if doubt:
        return unknown(doubt, item, sign)
    if frontend is None or dig(frontend.spec, "redirectToHttps", "enabled") is not True:
        says = item.annotated(_ALLOWS_HTTP, "whether the balancer listens on port 80")
        return plain("allow-http is not false and no FrontendConfig redirects", says, sign)
    if relay.name == INTERNAL:
        return unknown(
            "a FrontendConfig redirects, which an internal Ingress is not documented to follow", item, sign
        )
    why = frontend.sign("spec.redirectToHttps.enabled", "true", "plain text is redirected")
    return redirect(f"{frontend.ref} redirects to https", why, sign)


def _spoken(world: World, item: Item, ref: BackendRef) -> Leg:
    service, known = (
        world.item("", "Service", ref.namespace, ref.name),
        world.services.get((ref.namespace, ref.name)),
    )
    if service is None or known is None:
        return unknown(f"Service {ref.namespace}/{ref.name} was not found", item)
    path = next((name for name in _PROTOCOLS if name in service.annotations), _PROTOCOLS[0])
    sign = service.annotated(path, "what the balancer speaks to the pods")
    said = _json(service.annotations.get(path, "{}"))
    if said is None:
        return unknown("app-protocols cannot be read", service, sign)
    ports = (port for port in world.service_ports(known, ref.port) if port.protocol is Protocol.TCP)
    spoken = {text(said.get(port.name)).upper() or "HTTP" for port in ports}
    if spoken and spoken <= set(_OVER_TLS):
        says = f"app-protocols says {'/'.join(sorted(spoken))}; the balancer does not check the pod's certificate"
        return tls(says, sign, verified=Known.NO)
    return plain(f"app-protocols does not ask for HTTPS at port {ref.port}", sign)


def _json(said: str) -> Mapping[str, Any] | None:
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        return None
    return mapping(found) if isinstance(found, dict) else None
