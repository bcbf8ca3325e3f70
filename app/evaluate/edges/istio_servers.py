"""Servers of an Istio Gateway: which VirtualServices they take, and what their clients get. Source: Istio reference of Gateway.

Requests are routed by `http`, names that TLS asks for by `tls`, bytes by `tcp`; a host may say which namespace its VirtualServices are of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.evaluate.edges.legs import leg, plain, redirect, tls, unknown
from app.evaluate.edges.world import Item, number, objects, words
from app.model.edge import ANY_HOST, Leg, Security, carries
from app.model.encryption import Known
from app.model.fields import dig, mapping, text

_PLAIN = ("HTTP", "HTTP2", "GRPC", "HTTP_PROXY")
_VERSIONS = {"TLSV1_0": "TLS 1.0", "TLSV1_1": "TLS 1.1", "TLSV1_2": "TLS 1.2", "TLSV1_3": "TLS 1.3"}
AUTO = "AUTO_PASSTHROUGH"
_ENDS = ("SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL", "ISTIO_MUTUAL")
_DEFAULT_LOWEST = "TLS 1.2"  # at gateways, since Istio 1.14
_REQUESTS, _NAMES, _BYTES = "requests", "names", "bytes"
_ROUTES = {_REQUESTS: ("http",), _NAMES: ("tls", "tcp"), _BYTES: ("tcp",)}


@dataclass(frozen=True)
class Server:
    """One server of a Gateway."""

    gateway: Item
    index: int
    raw: Mapping[str, Any]

    @property
    def port(self) -> int:
        """Its port, as the gateway's pods have it."""
        return number(dig(self.raw, "port", "number"))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Its hosts, without the namespace that may stand before each."""
        return tuple(host.rpartition("/")[2] for host in words(self.raw.get("hosts")))

    def takes(self, service: Item, host: str) -> bool:
        """A VirtualService answers here for one of its hosts: by name, by its namespace, and by the kind of its routes."""
        kinds = _ROUTES.get(self._carries, ("http", "tls", "tcp"))
        if not any(service.spec.get(kind) for kind in kinds):
            return False
        return any(
            _meets(name.rpartition("/")[2], host)
            and self._lets_in(name.rpartition("/")[0], service.namespace)
            for name in words(self.raw.get("hosts"))
        )

    @property
    def _carries(self) -> str:
        """What its routes are about: requests, names that TLS asks for, or bytes; empty where that is not known."""
        protocol, mode = text(dig(self.raw, "port", "protocol")).upper(), text(dig(self.raw, "tls", "mode"))
        if protocol in _PLAIN:
            return _REQUESTS
        if protocol not in ("HTTPS", "TLS"):
            return _BYTES
        if mode in ("PASSTHROUGH", AUTO):
            return _NAMES
        if mode not in _ENDS:
            return ""
        return _REQUESTS if protocol == "HTTPS" else _BYTES

    def _lets_in(self, space: str, namespace: str) -> bool:
        return space in ("", "*", namespace) or (space == "." and namespace == self.gateway.namespace)

    @property
    def path(self) -> str:
        """Its JSON path."""
        return f"spec.servers[{self.index}]"


def client_leg(server: Server, service: Item, home: str) -> Leg:
    """What clients of one server get.

    Args:
        server: the server.
        service: the VirtualService that is bound to it, which may answer by a redirect itself.
        home: namespace of the gateway's Secrets; empty where it is not known.
    """
    protocol = text(dig(server.raw, "port", "protocol")).upper()
    settings = mapping(server.raw.get("tls"))
    where = f"server {server.index} of {server.gateway.ref}"
    sign = server.gateway.sign(f"{server.path}.tls", text(settings.get("mode")), "TLS of the server")
    if protocol in _PLAIN:
        return _unencrypted(server, service, f"{where} takes {protocol} without httpsRedirect")
    if protocol not in ("HTTPS", "TLS"):
        return leg(Security.PASSED, f"{where} carries what the pod speaks", sign)
    mode = text(settings.get("mode"))
    match mode:
        case "PASSTHROUGH" | "AUTO_PASSTHROUGH":  # with the second no VirtualService is needed
            return leg(Security.TLS, f"{where} passes TLS through", sign)
        case _ if mode in _ENDS:
            return _terminated(server, where, mode, home)
        case _:
            return unknown(f"{where} has TLS mode {mode or 'none'}", None, sign)


def _unencrypted(server: Server, service: Item, says: str) -> Leg:
    """A server in plain text, which may redirect itself; else the VirtualService may."""
    where = f"server {server.index} of {server.gateway.ref}"
    is_redirect = dig(server.raw, "tls", "httpsRedirect") is True
    sign = server.gateway.sign(
        f"{server.path}.tls.httpsRedirect", str(is_redirect).lower(), "whether it redirects"
    )
    if is_redirect:
        return redirect(f"{where} redirects to https", sign)
    if only_redirects(service):
        why = service.sign("spec.http", "https", "every route is a redirect")
        return redirect(f"{service.ref} redirects every request to https", why, sign)
    return plain(says, sign)


def only_redirects(service: Item) -> bool:
    """Every HTTP route answers by a redirect to https."""
    rules = objects(service.spec.get("http"))
    return bool(rules) and all(dig(rule, "redirect", "scheme") == "https" for rule in rules)


def _terminated(server: Server, where: str, mode: str, home: str) -> Leg:
    settings = mapping(server.raw.get("tls"))
    name = text(settings.get("credentialName")) or next(iter(words(settings.get("credentialNames"))), "")
    lowest = text(settings.get("minProtocolVersion"))
    return tls(
        f"{where} ends TLS ({mode})",
        server.gateway.sign(f"{server.path}.tls", mode, "TLS of the server"),
        secret=f"{home}/{name}" if name and home else "",
        lowest=_VERSIONS.get(lowest, _DEFAULT_LOWEST if lowest in ("", "TLS_AUTO") else ""),
        suites=words(settings.get("cipherSuites")),
        client_certificate=Known.YES if mode in ("MUTUAL", "ISTIO_MUTUAL") else Known.NO,
    )


def _meets(server: str, host: str) -> bool:
    return ANY_HOST in (server, host) or carries(server, host) or carries(host, server)
