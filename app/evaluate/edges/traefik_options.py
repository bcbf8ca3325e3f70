"""What Traefik's own objects and arguments add to a router.

Sources: Traefik's reference of TLSOption, TLSStore, ServersTransport, ServersTransportTCP and the static `serversTransport`.
"""

from collections.abc import Mapping
from typing import NamedTuple

from app.evaluate.edges.flags import GO_VERSIONS
from app.evaluate.edges.traefik_objects import doubtful, items, unread
from app.evaluate.edges.world import Item, World, objects, words
from app.model.encryption import Known
from app.model.fields import dig, text

DEFAULT = (
    "default"  # a TLSOption of this name counts for every router that names none, whatever its namespace
)
_OF_TRAEFIK = "TLS 1.2"  # where no option says otherwise
_DEMANDS = "RequireAndVerifyClientCert"


class Options(NamedTuple):
    """What a TLSOption says: the lowest version, whether clients must show a certificate, suites where it lists them."""

    lowest: str
    demanded: Known
    suites: tuple[str, ...] = ()


def by_reference(world: World, reference: str) -> Options:
    """What holds for `namespace-name@kubernetescrd`; empty: the default."""
    wanted = reference.partition("@")[0]
    found = [item for item in _options(world) if f"{item.namespace}-{item.name}" == wanted] if wanted else []
    return _read(world, found, named=bool(wanted))


def by_name(world: World, namespace: str, name: str) -> Options:
    """The same for an option by namespace and name; an empty name is the default."""
    found = [item for item in _options(world) if (item.namespace, item.name) == (namespace, name)]
    return _read(world, found if name else [], named=bool(name) and name != DEFAULT)


def checks_backends(world: World, arguments: Mapping[str, str], wanted: str) -> Known:
    """Whether Traefik checks the certificates of pods under a ServersTransport, named `namespace-name`.

    Empty: the default one, which stands in the arguments. Unknown where it was not read, or there is none of the name.
    """
    if not wanted:
        if not arguments or "configfile" in arguments:
            return Known.UNKNOWN
        skips = arguments.get("serverstransport.insecureskipverify", "false").lower() != "false"
        return Known.NO if skips else Known.YES
    for item in items(world, "ServersTransport"):
        if f"{item.namespace}-{item.name}" == wanted and not doubtful(world, item):
            return Known.NO if item.spec.get("insecureSkipVerify") is True else Known.YES
    return Known.UNKNOWN


def checks_tcp_backends(world: World, arguments: Mapping[str, str], wanted: str) -> Known:
    """The same for a router of bytes under a ServersTransportTCP, whose setting stands below `tls`."""
    if not wanted:
        if not arguments or "configfile" in arguments:
            return Known.UNKNOWN
        skips = arguments.get("tcpserverstransport.tls.insecureskipverify", "false").lower() != "false"
        return Known.NO if skips else Known.YES
    for item in items(world, "ServersTransportTCP"):
        if f"{item.namespace}-{item.name}" == wanted:
            return Known.NO if dig(item.spec, "tls", "insecureSkipVerify") is True else Known.YES
    return Known.UNKNOWN


def default_secret(world: World) -> str:
    """`namespace/name` of the certificate that the TLSStore `default` names for routers that name none; empty without it.

    Traefik looks for the asked name among all certificates that it has before it serves that one, so it tells nothing where there are others.
    """
    stores = [item for item in items(world, "TLSStore") if item.name == DEFAULT]
    if len(stores) != 1 or stores[0].spec.get("certificates") or world.once("others of Traefik", _has_others):
        return ""
    name = text(dig(stores[0].spec, "defaultCertificate", "secretName"))
    return f"{stores[0].namespace}/{name}" if name else ""


def _has_others(world: World) -> bool:
    """A router or an Ingress names a Secret, whose certificate is Traefik's too."""
    routers = (*items(world, "IngressRoute"), *items(world, "IngressRouteTCP"))
    if any(text(dig(item.spec, "tls", "secretName")) for item in routers):
        return True
    ingresses = world.items("networking.k8s.io", "Ingress")
    return any(text(entry.get("secretName")) for item in ingresses for entry in objects(item.spec.get("tls")))


def _options(world: World) -> tuple[Item, ...]:
    return items(world, "TLSOption")


def _read(world: World, found: list[Item], *, named: bool) -> Options:
    if not found and not named:
        found = [item for item in _options(world) if item.name == DEFAULT]
    if len(found) != 1 or doubtful(world, found[0]):
        known = not found and not named and not unread(world, "TLSOption")
        return Options(_OF_TRAEFIK, Known.NO) if known else Options("", Known.UNKNOWN)
    spec = found[0].spec
    demanded = text(dig(spec, "clientAuth", "clientAuthType")) == _DEMANDS
    lowest = text(spec.get("minVersion"))
    return Options(
        GO_VERSIONS.get(lowest, "") if lowest else _OF_TRAEFIK,
        Known.YES if demanded else Known.NO,
        words(spec.get("cipherSuites")),
    )
