"""Which protocols the routes of one object take in Kong.

Sources: the controller's reference of annotations and its translation (`internal/annotations`, `internal/dataplane/kongstate`); Kong's
reference of routes: without `protocols` a route takes plain text and TLS; with https alone plain text is answered by 426 or a redirect.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.kong_releases import protocols_decide, reads_kong_ingress
from app.evaluate.edges.world import Item, World, words
from app.model.encryption import Known
from app.model.fields import mapping
from app.model.platform import Sign

GROUP = "configuration.konghq.com"
PREFIX = "konghq.com/"
OVERRIDE = f"{PREFIX}override"
PROTOCOLS = f"{PREFIX}protocols"
STATUS = f"{PREFIX}https-redirect-status-code"
OVER_TLS = frozenset({"https", "grpcs", "wss", "tls"})
PASSES = "tls_passthrough"
KNOWN = OVER_TLS | {"http", "grpc", "ws", "tcp", PASSES}
REFUSED = "426"
REDIRECTS = ("301", "302", "307", "308")
_FORCE = "ingress.kubernetes.io/force-ssl-redirect"
_FORCED = "302"
_BOTH = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Protocols:
    """Protocols that routes take; where that cannot be told, none of them, and `unknown` says why."""

    taken: frozenset[str]
    sign: Sign
    unknown: str = ""


def protocols_of(world: World, item: Item) -> Protocols:
    """Protocols of the routes that an Ingress makes: its annotations, before the KongIngress that `override` names."""
    sign = item.annotated(PROTOCOLS, "which protocols the routes take")
    said = annotated_protocols(item)
    if strange := sorted(said - KNOWN):
        return Protocols(frozenset(), sign, f"{strange[0]} in {PROTOCOLS} is no protocol that Kong knows")
    if item.annotations.get(_FORCE) == "true":
        return _forced(world, item, said, sign)
    if said:
        return _agreed(said, sign)
    return (
        _agreed(said or _BOTH, sign) if OVERRIDE not in item.annotations else _overridden(world, item, sign)
    )


def annotated_protocols(item: Item) -> frozenset[str]:
    """What `konghq.com/protocols` lists; empty where it says nothing."""
    return frozenset(
        name for part in item.annotations.get(PROTOCOLS, "").split(",") if (name := part.strip())
    )


def overriding(world: World, item: Item) -> tuple[Mapping[str, Any], str]:
    """The KongIngress of an object, empty where none counts; and why one that may count is not known."""
    if OVERRIDE not in item.annotations or (counts := reads_kong_ingress(world)) is Known.NO:
        return {}, ""
    name = item.annotations[OVERRIDE]
    found = world.item(GROUP, "KongIngress", item.namespace, name)
    if found is None:
        return {}, f"KongIngress {name}, which override names, was not read"
    if counts is Known.UNKNOWN:
        return (
            found.body,
            f"KongIngress {name} counts before release 3.0 of Kong's controller alone, which was not read",
        )
    return found.body, ""


def status_of(world: World, item: Item) -> str:
    """How a route that takes TLS alone answers plain text: a status code."""
    if (said := item.annotations.get(STATUS, "")) in (*REDIRECTS, REFUSED):
        return said
    if item.annotations.get(_FORCE) == "true":
        return _FORCED
    body, _ = overriding(world, item)
    return str(mapping(body.get("route")).get("https_redirect_status_code") or REFUSED)


def _forced(world: World, item: Item, said: frozenset[str], sign: Sign) -> Protocols:
    """`force-ssl-redirect` takes plain text away; since 2.10 `protocols` is asked after it, and brings it back."""
    force = item.annotated(_FORCE, "plain text is redirected")
    if not said or said <= OVER_TLS:
        return _agreed(said or frozenset({"https"}), force)
    match protocols_decide(world):
        case Known.YES:
            return _agreed(said, sign)
        case Known.NO:
            return Protocols(frozenset({"https"}), force)
    says = f"{PROTOCOLS} and {_FORCE} ask for different things, and which of them counts depends on a release that was not read"
    return Protocols(frozenset(), sign, says)


def _overridden(world: World, item: Item, sign: Sign) -> Protocols:
    """What a KongIngress says; without one that counts, plain text and TLS."""
    body, doubt = overriding(world, item)
    told = frozenset(word.lower() for word in words(mapping(body.get("route")).get("protocols"))) or _BOTH
    # a KongIngress that takes plain text, as Kong does without one, changes nothing whether it counts or not
    if doubt and not (body and "http" in told):
        return Protocols(frozenset(), sign, doubt)
    return _agreed(told, sign)


def _agreed(taken: frozenset[str], sign: Sign) -> Protocols:
    """The controller makes http and https of a list that mixes HTTP with gRPC, unless Kong's router works by expressions."""
    if PASSES in taken:
        return Protocols(
            frozenset(), sign, f"{PASSES} of an Ingress hands TLS on, which Kong does for streams alone"
        )
    if any("grpc" in name for name in taken) and any("http" in name for name in taken) and taken <= OVER_TLS:
        says = f"{' and '.join(sorted(taken))} together become http and https unless Kong's router works by expressions"
        return Protocols(frozenset(), sign, says)
    return Protocols(taken, sign)
