"""ingress-nginx: annotations before the controller's ConfigMap, that before its defaults."""

from collections.abc import Iterator

from app.evaluate.edges.backends import names_known
from app.evaluate.edges.legs import plain, redirect, tls, unknown
from app.evaluate.edges.relays import Relay
from app.evaluate.edges.tls_hosts import Coverage, by_ports, shared
from app.evaluate.edges.world import Item, World
from app.model.edge import Leg, Security
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign
from app.model.suites import listed_suites

_PREFIX = "nginx.ingress.kubernetes.io/"
_DEFAULT_PROTOCOLS = "TLSv1.2 TLSv1.3"
_VERSIONS = {
    "SSLv2": "SSL 2.0",
    "SSLv3": "SSL 3.0",
    "TLSv1": "TLS 1.0",
    "TLSv1.1": "TLS 1.1",
    "TLSv1.2": "TLS 1.2",
    "TLSv1.3": "TLS 1.3",
}
_ENCRYPTED = ("HTTPS", "GRPCS", "AUTO_HTTP")  # the last one speaks to pods what clients speak to it
_ELSEWHERE = ("permanent-redirect", "temporal-redirect")  # to a URL, for every path of the Ingress
_HSTS_SECONDS = "31536000"  # default of `hsts-max-age`
_PASSTHROUGH_FLAG = "enable-ssl-passthrough"
_REDIRECTS = "true"  # default of `ssl-redirect` where a TLS entry exists


def client(world: World, item: Item, relay: Relay, host: str) -> Iterator[tuple[int, Leg]]:
    """Ports 443 and 80 for one host."""
    return by_ports(
        item,
        shared(world, item, relay, host),
        _passthrough(item, relay) if _passes(item, relay) else None,
        lambda cover: _encrypted(item, relay, cover),
        lambda cover: _unencrypted(item, relay, cover, host),
    )


def backend(world: World, item: Item, relay: Relay) -> Leg:
    """`backend-protocol` and `proxy-ssl-verify`, whose default is off."""
    del world
    if _passes(item, relay):
        return _passthrough(item, relay)
    protocol = item.annotations.get(f"{_PREFIX}backend-protocol", "HTTP").upper()
    sign = item.annotated(f"{_PREFIX}backend-protocol", "what the controller speaks to the pods")
    if protocol not in _ENCRYPTED:
        return plain(f"backend-protocol is {protocol}", sign)
    checked, says, path = _verifies(item)
    verify = item.annotated(f"{_PREFIX}{path}", "whether the pod's certificate is checked")
    return tls(f"backend-protocol is {protocol}, {says}", sign, verify, verified=checked)


def _verifies(item: Item) -> tuple[Known, str, str]:
    """`proxy-ssl-verify` is off by default, and without the authorities of `proxy-ssl-secret` it has no effect."""
    if item.annotations.get(f"{_PREFIX}proxy-ssl-verify", "off").lower() != "on":
        return Known.NO, "proxy-ssl-verify is off", "proxy-ssl-verify"
    secret = item.annotations.get(f"{_PREFIX}proxy-ssl-secret", "")
    if not secret:
        return Known.NO, "proxy-ssl-verify has no effect without proxy-ssl-secret", "proxy-ssl-secret"
    return Known.YES, f"proxy-ssl-verify is on with the authorities of Secret {secret}", "proxy-ssl-secret"


def hsts(relay: Relay) -> str:
    """What its ConfigMap makes of HSTS (`hsts`, on by default), as a sentence; empty where it was not read."""
    if relay.settings is None:
        return ""
    if relay.settings.get("hsts", "true").lower() == "false":
        return "Its answers carry no Strict-Transport-Security: the controller's ConfigMap switches hsts off."
    seconds = relay.settings.get("hsts-max-age", _HSTS_SECONDS)
    return f"Answers over TLS carry Strict-Transport-Security for {seconds} seconds (the controller's ConfigMap)."


def _passes(item: Item, relay: Relay) -> bool:
    """The annotation is there, and the controller is not known to run without the flag that makes it count."""
    if names_known(item.annotations.get(f"{_PREFIX}ssl-passthrough", "")) is not Known.YES:
        return False
    return not relay.arguments or relay.arguments.get(_PASSTHROUGH_FLAG, "false") != "false"


def _passthrough(item: Item, relay: Relay) -> Leg:
    """TLS goes through where the controller was started with the flag; unknown where its arguments were not read."""
    sign = item.annotated(f"{_PREFIX}ssl-passthrough", "TLS goes through to the pod")
    if relay.arguments.get(_PASSTHROUGH_FLAG) == "true":
        return Leg(Security.PASSED, EvidenceStrength.CONFIGURED, "TLS is passed through to the pod", (sign,))
    return unknown("ssl-passthrough needs a flag of the controller that was not seen", item, sign)


def _encrypted(item: Item, relay: Relay, cover: Coverage) -> Leg:
    protocols = (relay.settings or {}).get("ssl-protocols", _DEFAULT_PROTOCOLS)
    lowest = "" if relay.settings is None else lowest_of(protocols)
    demanded = item.annotations.get(f"{_PREFIX}auth-tls-verify-client", "on").lower()
    has_ca = f"{_PREFIX}auth-tls-secret" in item.annotations
    return tls(
        cover.says,
        (cover.holder or item).sign("spec.tls", cover.secret, "TLS entries"),
        *_settings_sign(relay, "ssl-protocols"),
        secret=cover.secret,
        lowest=lowest,
        suites=listed_suites(_ciphers(item, relay)),
        client_certificate=Known.YES if has_ca and demanded == "on" else Known.NO,
        default_certificate=_default(relay, cover),
    )


def _ciphers(item: Item, relay: Relay) -> str:
    """`ssl-ciphers` of the Ingress, else of the ConfigMap; the default changed with versions and is not guessed."""
    own = item.annotations.get(f"{_PREFIX}ssl-ciphers", "")
    return own or (relay.settings or {}).get("ssl-ciphers", "")


def _default(relay: Relay, cover: Coverage) -> Known:
    """`--default-ssl-certificate` replaces the self-signed one by a certificate that somebody chose."""
    if cover.default_certificate is Known.YES and "default-ssl-certificate" in relay.arguments:
        return Known.NO
    return cover.default_certificate


def _unencrypted(item: Item, relay: Relay, cover: Coverage, host: str) -> Leg:
    if forced := _forced(item, relay):
        return forced
    if cover.covered is Known.NO:
        return plain(f"no TLS entry covers {host}", item.sign("spec.tls", "", "TLS entries"))
    if cover.covered is Known.UNKNOWN:
        return unknown(f"whether a TLS entry counts for {host} is not known", item)
    own = names_known(item.annotations.get(f"{_PREFIX}ssl-redirect", ""))
    sign = item.annotated(f"{_PREFIX}ssl-redirect", "whether plain text is redirected")
    match own:
        case Known.YES:
            return redirect("ssl-redirect is on", sign)
        case Known.NO:
            return plain("ssl-redirect is off", sign)
    return _by_settings(item, relay)


def _forced(item: Item, relay: Relay) -> Leg | None:
    """`force-ssl-redirect` of the Ingress, else of the ConfigMap, redirects with or without a TLS entry."""
    own = names_known(item.annotations.get(f"{_PREFIX}force-ssl-redirect", ""))
    sign = item.annotated(f"{_PREFIX}force-ssl-redirect", "redirects always")
    if own is Known.YES:
        return redirect("force-ssl-redirect is on", sign)
    for name in _ELSEWHERE:
        if item.annotations.get(f"{_PREFIX}{name}", "").lower().startswith("https://"):
            where = item.annotated(f"{_PREFIX}{name}", "every request is redirected")
            return redirect(f"{name} answers every request by a redirect to https", where)
    if own is Known.UNKNOWN and (relay.settings or {}).get("force-ssl-redirect", "").lower() == "true":
        signs = _settings_sign(relay, "force-ssl-redirect")
        return redirect("the controller's ConfigMap redirects always", *signs)
    return None


def _by_settings(item: Item, relay: Relay) -> Leg:
    if relay.settings is None:
        return unknown("ssl-redirect is set by the controller's ConfigMap, which was not read", item)
    signs = _settings_sign(relay, "ssl-redirect")
    if relay.settings.get("ssl-redirect", _REDIRECTS).lower() != _REDIRECTS:
        return plain("the controller's ConfigMap switches ssl-redirect off", *signs)
    return redirect("a TLS entry covers it and ssl-redirect is on by default", *signs)


def _settings_sign(relay: Relay, name: str) -> tuple[Sign, ...]:
    if relay.source is None or relay.settings is None:
        return ()
    return (relay.source.sign(f"data.{name}", relay.settings.get(name, ""), "a setting of the controller"),)


def lowest_of(protocols: str) -> str:
    """The oldest version that `ssl-protocols` lists; empty where it lists none that is known."""
    words = protocols.split()
    return next((shown for name, shown in _VERSIONS.items() if name in words), "")
