"""AWS Load Balancer Controller (ALB): everything stands in annotations of the Ingress, or of its IngressClassParams."""

from collections.abc import Iterator
from typing import Any

import orjson

from app.evaluate.edges.cloud import elb_lowest
from app.evaluate.edges.legs import plain, redirect, tls, unknown
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import covered
from app.evaluate.edges.world import Item, World, number
from app.model.edge import Leg
from app.model.encryption import Known

_PREFIX = "alb.ingress.kubernetes.io/"
_HTTP, _HTTPS = 80, 443


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Each listener. `ssl-redirect` turns the HTTP listeners of the whole group into redirects."""
    del relay
    listeners = _listeners(item)
    sign = item.annotated(f"{_PREFIX}listen-ports", "which listeners the balancer has")
    if listeners is None:
        yield _HTTP, unknown("listen-ports cannot be read", item, sign)
        return
    redirected = item.annotations.get(f"{_PREFIX}ssl-redirect", "")
    for protocol, port in listeners:
        if protocol == "HTTPS":
            yield port, _encrypted(world, item, host)
        elif redirected:
            yield (
                port,
                redirect(
                    f"ssl-redirect leads to port {redirected}",
                    item.annotated(f"{_PREFIX}ssl-redirect", "plain text is redirected"),
                ),
            )
        elif f"{_PREFIX}group.name" in item.annotations:
            yield port, unknown("another Ingress of its group may redirect plain text", item, sign)
        else:
            yield port, plain(f"an HTTP listener on port {port} without ssl-redirect", sign)


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """The balancer does not check certificates of its targets (Elastic Load Balancing, target groups)."""
    del world, relay
    speaks = item.annotations.get(f"{_PREFIX}backend-protocol", "HTTP").upper()
    sign = item.annotated(f"{_PREFIX}backend-protocol", "what the balancer speaks to the pods")
    if speaks == "HTTPS":
        return tls(
            "backend-protocol is HTTPS; the balancer does not check the pod's certificate",
            sign,
            verified=Known.NO,
        )
    return plain(f"backend-protocol is {speaks}", sign)


def _encrypted(world: World, item: Item, host: str) -> Leg:
    policy = item.annotations.get(f"{_PREFIX}ssl-policy", "")
    mutual = item.annotations.get(f"{_PREFIX}mutual-authentication", "")
    cover = covered(world, item, host)
    chosen = f"{_PREFIX}certificate-arn" in item.annotations
    says = "certificate-arn is set" if chosen else f"the certificate is looked up by host; {cover.says}"
    return tls(
        says,
        item.annotated(f"{_PREFIX}certificate-arn", "which certificate is served"),
        item.annotated(f"{_PREFIX}ssl-policy", "which versions are accepted; the default permits TLS 1.0"),
        lowest=elb_lowest(policy),
        client_certificate=Known.YES if '"verify"' in mutual.replace(" ", "") else Known.NO,
    )


def _listeners(item: Item) -> tuple[tuple[str, int], ...] | None:
    """`listen-ports`; by default HTTP 80, or HTTPS 443 where a certificate is named."""
    said = item.annotations.get(f"{_PREFIX}listen-ports", "")
    if not said:
        return (("HTTPS", _HTTPS),) if f"{_PREFIX}certificate-arn" in item.annotations else (("HTTP", _HTTP),)
    try:
        value: Any = orjson.loads(said)
    except orjson.JSONDecodeError:
        return None
    entries = value if isinstance(value, list) else []
    pairs = [pair for entry in entries if isinstance(entry, dict) for pair in entry.items()]
    found = tuple((str(protocol).upper(), number(port)) for protocol, port in pairs if number(port))
    return found or None
