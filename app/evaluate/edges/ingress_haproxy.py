"""The two controllers around HAProxy, which share a name and no annotation: HAProxy Technologies' and the community's.

Both read a ConfigMap that is not read here, so what no annotation says stays unknown. Sources: `documentation/annotations.md` of
haproxytech/kubernetes-ingress, "Configuration keys" of jcmoraisjr/haproxy-ingress.
"""

from collections.abc import Iterator, Sequence

from app.evaluate.edges.backends import ingress_backends, names_known
from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown, worst
from app.evaluate.edges.relays import Controller, Relay
from app.evaluate.edges.tls_hosts import Coverage, by_ports, covered, shared
from app.evaluate.edges.world import Item, World
from app.model.edge import Leg, Security
from app.model.encryption import Known
from app.model.platform import Sign

# In the order in which each controller asks for them. `ingress.kubernetes.io/` is read by both.
_PREFIXES = {
    Controller.HAPROXY: ("haproxy.org/", "ingress.kubernetes.io/", "haproxy.com/"),
    Controller.HAPROXY_INGRESS: ("haproxy-ingress.github.io/", "ingress.kubernetes.io/"),
}
_OVER_TLS = ("h1-ssl", "h2-ssl", "https", "grpcs", "fcgi-ssl")
_IN_CLEAR = ("h1", "h2", "http", "grpc", "fcgi")
_UNREAD = "settings that are not read"


class _Said:
    """A key of the first object that has it, under the first prefix that it has there."""

    def __init__(self, relay: Relay, holders: Sequence[Item], name: str, says: str) -> None:
        names = [f"{prefix}{name}" for prefix in _PREFIXES[relay.controller]]
        found = ((holder, key) for holder in holders for key in names if key in holder.annotations)
        holder, key = next(found, (holders[0], names[0]))
        self.value = holder.annotations.get(key, "")
        self.known = names_known(self.value)
        self.sign: Sign = holder.annotated(key, says)


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Ports 443 and 80 for one host."""
    said = _Said(relay, (item,), "ssl-passthrough", "TLS goes through to the pod")
    # the community's makes one server of a host; the other goes by the entries of each Ingress
    cover = (
        shared(world, item, relay, host)
        if relay.controller is Controller.HAPROXY_INGRESS
        else covered(world, item, host)
    )
    passes = leg(Security.TLS, "TLS is passed through to the pod", said.sign)
    return by_ports(
        item,
        cover,
        passes if said.known is Known.YES else None,
        lambda cover: _encrypted(item, relay, cover),
        lambda cover: _unencrypted(item, relay, cover, host),
    )


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """Keys of each Service before those of the Ingress: the weakest of them."""
    passes = _Said(relay, (item,), "ssl-passthrough", "TLS goes through to the pod")
    if passes.known is Known.YES:
        return leg(Security.PASSED, "TLS is passed through to the pod", passes.sign)
    read = _by_server_ssl if relay.controller is Controller.HAPROXY else _by_protocol
    services = [
        world.item("", "Service", ref.namespace, ref.name) for ref in sorted(set(ingress_backends(item)))
    ]
    holders = [(service, item) if service else (item,) for service in services] or [(item,)]
    return worst(read(relay, holder) for holder in holders) or unknown("it names no Service", item)


def _unencrypted(item: Item, relay: Relay, cover: Coverage, host: str) -> Leg:
    said = _Said(relay, (item,), "ssl-redirect", "whether plain text is redirected")
    needs_tls = relay.controller is Controller.HAPROXY_INGRESS  # there the key has no effect without TLS
    if cover.covered is Known.NO and (needs_tls or said.known is Known.NO):
        return plain(f"no TLS entry covers {host}", said.sign)
    match said.known:
        case Known.YES if cover.covered is Known.YES or not needs_tls:
            return redirect("ssl-redirect is on", said.sign)
        case Known.NO:
            return plain("ssl-redirect is off", said.sign)
        case _:
            return unknown(f"whether HAProxy redirects plain text depends on {_UNREAD}", item)


def _encrypted(item: Item, relay: Relay, cover: Coverage) -> Leg:
    return tls(
        cover.says,
        (cover.holder or item).sign("spec.tls", cover.secret, "TLS entries"),
        secret=cover.secret,
        client_certificate=_demanded(item, relay),
        default_certificate=cover.default_certificate,
    )


def _demanded(item: Item, relay: Relay) -> Known:
    """`auth-tls-secret` with `auth-tls-verify-client` on, its default; the other controller asks in its ConfigMap alone."""
    if relay.controller is not Controller.HAPROXY_INGRESS:
        return Known.UNKNOWN
    secret = _Said(relay, (item,), "auth-tls-secret", "who may sign clients' certificates").value
    mode = _Said(relay, (item,), "auth-tls-verify-client", "whether clients must show one").value or "on"
    return Known.YES if secret and mode == "on" else Known.UNKNOWN


def _by_server_ssl(relay: Relay, holders: Sequence[Item]) -> Leg:
    """`server-ca` begins TLS and checks the certificate, whatever `server-ssl` says."""
    said = _Said(relay, holders, "server-ssl", "whether backends are spoken to over TLS")
    ca = _Said(relay, holders, "server-ca", "who may sign the pod's certificate")
    if ca.value:
        return tls("server-ca is set", ca.sign, said.sign, verified=Known.YES)
    match said.known:
        case Known.YES:
            return tls("server-ssl is on", said.sign, ca.sign)
        case Known.NO:
            return plain("server-ssl is off", said.sign)
        case _:
            says = f"whether backends are spoken to over TLS depends on {_UNREAD}"
            return unknown(says, holders[0], said.sign)


def _by_protocol(relay: Relay, holders: Sequence[Item]) -> Leg:
    """`secure-backends: true` counts whatever `backend-protocol` says; a protocol over TLS counts without it."""
    secure = _Said(relay, holders, "secure-backends", "whether backends are spoken to over TLS")
    protocol = _Said(relay, holders, "backend-protocol", "what is spoken to the pods")
    spoken = protocol.value.lower()
    if secure.known is Known.YES or spoken in _OVER_TLS:
        ca = _Said(relay, holders, "secure-verify-ca-secret", "who may sign the pod's certificate")
        sign = secure.sign if secure.known is Known.YES else protocol.sign
        return tls(
            "backends are spoken to over TLS",
            sign,
            ca.sign,
            verified=Known.YES if ca.value else Known.UNKNOWN,
        )
    if secure.known is Known.NO and spoken in _IN_CLEAR:
        return plain(f"secure-backends is off and backend-protocol is {spoken}", secure.sign, protocol.sign)
    return unknown(f"whether backends are spoken to over TLS depends on {_UNREAD}", holders[0], secure.sign)
