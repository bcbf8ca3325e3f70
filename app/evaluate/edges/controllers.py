"""Flags of kube-controller-manager and kube-scheduler that decide about TLS: of what they serve, and towards the API server.

Sources: command-line references of both. Without a certificate they make one that they sign themselves, which nobody can check; that
is no weakness of a port on loopback, where kubeadm puts both.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.arguments import Argument
from app.evaluate.edges.flags import Flags, elsewhere, is_loopback
from app.evaluate.edges.go_suites import default_suites, image_version, minor_of
from app.evaluate.edges.world import Item
from app.model.control_plane import Finding
from app.model.encryption import Known
from app.model.fields import text

_CLOSED = ("", "0", None)
_PORT_CLOSED, _WITHOUT_PORT = 20, 22


def findings(
    item: Item, path: str, found: Mapping[str, Argument], container: Mapping[str, Any]
) -> Iterator[Finding]:
    """Every question about one of them.

    Args:
        item: the pod.
        path: JSON path of the container in it.
        found: its flags.
        container: the container: whether its command line is there at all, and the version that it runs.
    """
    flags = Flags(item, path, found, elsewhere(found, container))
    yield flags.version("tls-min-version")
    version = image_version(text(container.get("image")))
    yield flags.suites("tls-cipher-suites", default_suites(version))
    yield from flags.urls("master", needed=False)
    yield from _insecure_port(flags, minor_of(version))
    yield _certificate(flags)


def _insecure_port(flags: Flags, minor: int | None) -> Iterator[Finding]:
    """`--port` served in plain text; on by default before Kubernetes 1.20, without effect from 1.22, and gone in 1.24."""
    value, address = flags.value("port"), flags.value("address")
    if (minor or 0) >= _WITHOUT_PORT or (address is not None and is_loopback(address)):
        return
    if value not in _CLOSED:
        says = f"--port is {value}: requests in plain text"
        yield flags.finding(Known.NO, says, "port", "Set --port=0.")
    elif value is None and minor is not None and minor < _PORT_CLOSED and not flags.elsewhere:
        says = f"--port is not set, and Kubernetes 1.{minor} then takes requests in plain text"
        yield flags.finding(Known.NO, says, "port", "Set --port=0.")


def _certificate(flags: Flags) -> Finding:
    """A certificate that somebody chose, or a port that no other machine reaches."""
    given = [flags.value(name) for name in ("tls-cert-file", "tls-private-key-file")]
    if all(given):
        return flags.finding(
            Known.YES, "its serving certificate is one that somebody chose", "tls-cert-file", ""
        )
    if flags.value("secure-port") == "0":
        return flags.finding(Known.YES, "it serves nothing over TLS (--secure-port=0)", "secure-port", "")
    bound = flags.value("bind-address")
    if bound is not None and is_loopback(bound):
        says = f"it serves on {bound} alone, where its own certificate need not be checked"
        return flags.finding(Known.YES, says, "bind-address", "")
    if flags.elsewhere:
        says = f"whether its serving certificate is self-signed is not known; {flags.elsewhere}"
        return flags.finding(Known.UNKNOWN, says, "tls-cert-file", "")
    says = f"it serves on {bound or 'every address'} with a certificate that it signed itself"
    remedy = "Set --bind-address=127.0.0.1, or --tls-cert-file and --tls-private-key-file."
    return flags.finding(Known.NO, says, "bind-address", remedy)
