"""AWS Load Balancer Controller (ALB): IngressClassParams before annotations of the Ingress; backends by their Service first.

Sources: annotation and IngressClassParams documentation of the controller and of EKS Auto Mode, which spells one field differently.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from app.evaluate.edges.alb_actions import ACTIONS, USE_ANNOTATION, action_of, alb_backends
from app.evaluate.edges.cloud import elb_lowest, elb_policy
from app.evaluate.edges.legs import plain, redirect, tls, unknown, worst
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import HTTP, HTTPS, covered
from app.evaluate.edges.world import Item, World, number, objects
from app.model.edge import ANY_HOST, Leg
from app.model.encryption import Known
from app.model.fields import dig, mapping, text
from app.model.platform import Sign

_PREFIX = "alb.ingress.kubernetes.io/"


@dataclass(frozen=True)
class _Balancer:
    """Settings of one Ingress's balancer; what its class decides cannot be changed by the Ingress."""

    item: Item
    relay: Relay

    @property
    def _class(self) -> Mapping[str, Any]:
        return self.relay.parameters.spec if self.relay.parameters else {}

    def _said(self, name: str) -> str:
        return self.item.annotations.get(f"{_PREFIX}{name}", "")

    @property
    def certificate(self) -> bool:
        """A certificate is named."""
        return any(self._class.get(name) for name in ("certificateArn", "certificateARNs")) or bool(
            self._said("certificate-arn")
        )

    @property
    def policy(self) -> str:
        """The security policy; empty for the default."""
        return text(self._class.get("sslPolicy")) or self._said("ssl-policy")

    @property
    def redirect(self) -> str:
        """The port that plain text is redirected to; empty where it is not."""
        return str(number(self._class.get("sslRedirectPort")) or self._said("ssl-redirect"))

    @property
    def grouped(self) -> bool:
        """Other Ingresses share it, whose `ssl-redirect` counts for it too."""
        return bool(text(dig(self._class, "group", "name")) or self._said("group.name"))

    def sign(self, name: str, path: str, says: str) -> Sign:
        """The class's field where it decides, else the annotation."""
        if self.relay.parameters and dig(self._class, *path.split(".")):
            return self.relay.parameters.sign(f"spec.{path}", dig(self._class, *path.split(".")), says)
        return self.item.annotated(f"{_PREFIX}{name}", says)

    @property
    def listeners(self) -> tuple[tuple[str, int], ...] | None:
        """`listen-ports`; by default HTTP 80, or HTTPS 443 where a certificate is named. None for what cannot be read."""
        said = self._said("listen-ports")
        if not said:
            return (("HTTPS", HTTPS),) if self.certificate else (("HTTP", HTTP),)
        value = _json(said)
        entries = value if isinstance(value, list) else []
        pairs = [pair for entry in entries if isinstance(entry, dict) for pair in entry.items()]
        found = tuple((str(protocol).upper(), number(port)) for protocol, port in pairs if number(port))
        return found or None


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Each listener. `ssl-redirect` turns the HTTP listeners of the whole group into redirects."""
    balancer = _Balancer(item, relay)
    listeners = balancer.listeners
    sign = item.annotated(f"{_PREFIX}listen-ports", "which listeners the balancer has")
    if listeners is None:
        yield HTTP, unknown("listen-ports cannot be read", item, sign)
        return
    for protocol, port in listeners:
        if protocol == "HTTPS":
            yield port, _encrypted(world, balancer, host)
        elif relay.unread:
            yield (
                port,
                unknown(f"whether the class redirects plain text is not known: {relay.unread}", item, sign),
            )
        else:
            yield port, _unencrypted(balancer, host, port, sign)


def is_internal(item: Item, relay: Relay) -> bool:
    """`scheme` of the class, then of the Ingress; the controller's default is an internal balancer."""
    if relay.unread:
        return False
    scheme = relay.parameters.spec.get("scheme") if relay.parameters else ""
    return (text(scheme) or item.annotations.get(f"{_PREFIX}scheme", "") or "internal") == "internal"


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """`backend-protocol` of each Service, else of the Ingress: the weakest of them. Targets' certificates are not checked."""
    del relay
    refs, _ = alb_backends(item)
    services = [world.item("", "Service", ref.namespace, ref.name) for ref in refs]
    holders = [
        found if found and f"{_PREFIX}backend-protocol" in found.annotations else item for found in services
    ]
    return worst(_spoken(holder) for holder in holders or [item]) or _spoken(item)


def _spoken(item: Item) -> Leg:
    speaks = item.annotations.get(f"{_PREFIX}backend-protocol", "HTTP").upper()
    sign = item.annotated(f"{_PREFIX}backend-protocol", "what the balancer speaks to the pods")
    if speaks == "HTTPS":
        says = "backend-protocol is HTTPS; the balancer does not check the pod's certificate"
        return tls(says, sign, verified=Known.NO)
    return plain(f"backend-protocol is {speaks}", sign)


def _unencrypted(balancer: _Balancer, host: str, port: int, sign: Sign) -> Leg:
    item = balancer.item
    if balancer.redirect:
        why = balancer.sign("ssl-redirect", "sslRedirectPort", "plain text is redirected")
        return redirect(f"ssl-redirect leads to port {balancer.redirect}", why)
    if action := _redirects(item, host):
        name = f"{ACTIONS}{action}"
        return redirect(
            f"the first rule is action {action}, which redirects to https", item.annotated(name, "an action")
        )
    if balancer.grouped:
        return unknown("another Ingress of its group may redirect plain text", item, sign)
    return plain(f"an HTTP listener on port {port} without ssl-redirect", sign)


def _redirects(item: Item, host: str) -> str:
    """The action that answers every request for a host by a redirect to https; empty where there is none."""
    for rule in objects(item.spec.get("rules")):
        if (text(rule.get("host")) or ANY_HOST) != host:
            continue
        first = next(iter(objects(dig(rule, "http", "paths"))), {})
        service = mapping(dig(first, "backend", "service"))
        name = text(service.get("name")) if dig(service, "port", "name") == USE_ANNOTATION else ""
        leads = text(dig(action_of(item, name) or {}, "redirectconfig", "protocol")) if name else ""
        if text(first.get("path")) in ("/", "/*") and leads.upper() == "HTTPS":
            return name
    return ""


def _encrypted(world: World, balancer: _Balancer, host: str) -> Leg:
    item = balancer.item
    mutual = item.annotations.get(f"{_PREFIX}mutual-authentication", "")
    cover = covered(world, item, host)
    says = (
        "a certificate is named by its ARN"
        if balancer.certificate
        else f"the certificate is looked up by host; {cover.says}"
    )
    return tls(
        says,
        balancer.sign("certificate-arn", "certificateArn", "which certificate is served"),
        balancer.sign("ssl-policy", "sslPolicy", "which versions are accepted; the default permits TLS 1.0"),
        lowest="" if balancer.relay.unread else elb_lowest(elb_policy(world, balancer.policy)),
        client_certificate=_mutual(mutual),
    )


def _mutual(said: str) -> Known:
    """`mode: verify` on any port demands a certificate there; `passthrough` demands nothing."""
    if not said:
        return Known.NO
    value = _json(said)
    if not isinstance(value, list):
        return Known.UNKNOWN
    modes = {text(entry.get("mode")).lower() for entry in objects(value)}
    return Known.YES if modes == {"verify"} else Known.NO


def _json(said: str) -> Any:
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        return None
