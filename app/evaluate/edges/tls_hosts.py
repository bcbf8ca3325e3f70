"""Hosts of an Ingress, which of its TLS entries covers one, whether its Secret is there, and what the two ports of a host then answer."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from app.evaluate.edges.legs import unknown
from app.evaluate.edges.relays import Controller, Relay, relay_of
from app.evaluate.edges.world import Item, World, objects, words
from app.model.edge import ANY_HOST, Leg, carries
from app.model.encryption import Known
from app.model.fields import text

HTTP, HTTPS = 80, 443


@dataclass(frozen=True, slots=True)
class Coverage:
    """A host's TLS entry.

    Attributes:
        covered: YES for an entry that names it, NO for none, UNKNOWN where an entry without hosts may.
        secret: `namespace/name`; empty where the entry names none.
        default_certificate: the controller's own certificate is served for want of a Secret.
        says: one sentence without a full stop.
        holder: the other Ingress whose entry it is; None for the Ingress's own.
    """

    covered: Known
    secret: str
    default_certificate: Known
    says: str
    holder: Item | None = None


def hosts_of(item: Item) -> tuple[str, ...]:
    """Hosts of the rules, sorted; `*` where a rule or the default backend takes any."""
    rules = objects(item.spec.get("rules"))
    found = {text(rule.get("host")) or ANY_HOST for rule in rules}
    if "defaultBackend" in item.spec or "backend" in item.spec:
        found.add(ANY_HOST)
    return tuple(sorted(found))


def covered(world: World, item: Item, host: str) -> Coverage:
    """The entry of `spec.tls` that covers a host."""
    entries = objects(item.spec.get("tls"))
    named = [entry for entry in entries if _names(words(entry.get("hosts")), host)]
    open_ended = [entry for entry in entries if not words(entry.get("hosts"))]
    if named:
        return _entry(world, item, text(named[0].get("secretName")), host, Known.YES)
    if open_ended:
        return _entry(world, item, text(open_ended[0].get("secretName")), host, Known.UNKNOWN)
    return Coverage(Known.NO, "", Known.NO, f"no TLS entry covers {_shown(host)}")


def shared(world: World, item: Item, relay: Relay, host: str) -> Coverage:
    """The same for controllers that make one server of a host, whichever Ingress of their class brings its TLS."""
    own = covered(world, item, host)
    if own.covered is not Known.NO:
        return own
    place = (relay.controller, relay.name, host)
    others = world.once("Ingresses with TLS by host", _with_tls).get(place, ())
    found = [replace(covered(world, other, host), holder=other) for other in others]
    ranked = sorted(found, key=lambda cover: (Known.YES, Known.UNKNOWN, Known.NO).index(cover.covered))
    if not ranked or ranked[0].covered is Known.NO or host == ANY_HOST:
        return own
    best = ranked[0]
    return replace(best, says=f"{best.says}, which {best.holder.ref if best.holder else item.ref} has")


def _with_tls(world: World) -> dict[tuple[Controller, str, str], list[Item]]:
    """Ingresses that have TLS entries, by controller, class and host of a rule."""
    found: dict[tuple[Controller, str, str], list[Item]] = {}
    for item in world.items("networking.k8s.io", "Ingress", '"tls"'):
        relay = relay_of(world, item)
        for host in hosts_of(item) if item.spec.get("tls") else ():
            found.setdefault((relay.controller, relay.name, host), []).append(item)
    return found


def by_ports(
    item: Item,
    cover: Coverage,
    passes: Leg | None,
    encrypted: Callable[[Coverage], Leg],
    unencrypted: Callable[[Coverage], Leg],
) -> Iterator[tuple[int, Leg]]:
    """Ports 443 and 80 of one host, for controllers that can hand TLS to the pod.

    Args:
        item: the Ingress.
        cover: the host's TLS entry.
        passes: what port 443 does where TLS goes through to the pod; None where it does not.
        encrypted: what port 443 does under a TLS entry.
        unencrypted: what port 80 does.
    """
    if passes is not None:
        yield HTTPS, passes
        yield HTTP, unknown("TLS is passed through; what port 80 does is not known", item)
        return
    if cover.covered is not Known.NO:
        yield HTTPS, encrypted(cover)
    yield HTTP, unencrypted(cover)


def _entry(world: World, item: Item, secret: str, host: str, is_covered: Known) -> Coverage:
    sure = "" if is_covered is Known.YES else ", if an entry without hosts counts for it"
    if not secret:
        says = f"the TLS entry for {_shown(host)} names no Secret{sure}"
        return Coverage(is_covered, "", Known.YES, says)
    name = f"{item.namespace}/{secret}"
    missing = _is_missing(world, item.namespace, secret)
    if missing is Known.YES:
        says = f"the TLS entry for {_shown(host)} names Secret {name}, which does not exist{sure}"
        return Coverage(is_covered, name, Known.YES, says)
    says = f"a TLS entry covers {_shown(host)} with Secret {name}{sure}"
    return Coverage(is_covered, name, Known.NO if missing is Known.NO else Known.UNKNOWN, says)


def _is_missing(world: World, namespace: str, name: str) -> Known:
    """Secrets are read only where that was opted in, so most often it cannot be told."""
    if world.item("", "Secret", namespace, name):
        return Known.NO
    if (namespace, name) in world.once("Secrets of cert-manager", _promised):
        return Known.UNKNOWN
    read = world.live and not world.unread("", "Secret", namespace)
    return Known.YES if read else Known.UNKNOWN


def _promised(world: World) -> frozenset[tuple[str, str]]:
    """Secrets that cert-manager is asked to write, by namespace and name."""
    found = world.items("cert-manager.io", "Certificate")
    return frozenset((item.namespace, text(item.spec.get("secretName"))) for item in found)


def _names(hosts: Iterable[str], host: str) -> bool:
    return any(carries(pattern, host) for pattern in hosts)


def _shown(host: str) -> str:
    return "any host" if host == ANY_HOST else host
