"""Flags of etcd that decide about TLS, towards clients and between peers."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.arguments import Argument, command_line, runs
from app.evaluate.edges.flags import UNREAD, Flags
from app.evaluate.edges.go_suites import default_etcd_suites, image_version
from app.evaluate.edges.world import Item, objects
from app.model.control_plane import Finding
from app.model.encryption import Known
from app.model.fields import text

# what it listens on, metrics too, and where it tells others that it is
URLS = (
    *("listen-client-urls", "advertise-client-urls", "listen-client-http-urls"),
    *("listen-peer-urls", "initial-advertise-peer-urls", "listen-metrics-urls"),
)
_SKIPPED = ("experimental-peer-skip-client-san-verification", "peer-skip-client-san-verification")


def findings(
    item: Item,
    path: str,
    found: Mapping[str, Argument],
    container: Mapping[str, Any],
    client_authorities: frozenset[str],
) -> Iterator[Finding]:
    """Every question about one member.

    Args:
        item: the pod.
        path: JSON path of the container in it.
        found: its flags.
        container: the container, for settings that stand elsewhere.
        client_authorities: files of `--client-ca-file` of the API servers.
    """
    flags = Flags(item, path, found, _elsewhere(found, container))
    yield from flags.is_set("cert-file", "key-file", "trusted-ca-file")
    yield from flags.is_set("peer-cert-file", "peer-key-file", "peer-trusted-ca-file")
    yield flags.is_true("client-cert-auth")
    yield flags.is_true("peer-client-cert-auth")
    yield flags.version("tls-min-version")
    yield flags.suites("cipher-suites", default_etcd_suites(image_version(text(container.get("image")))))
    yield flags.is_not_true("auto-tls")
    yield flags.is_not_true("peer-auto-tls")
    for name in URLS:
        yield from flags.urls(name, needed=False)
    for name in _SKIPPED:
        if flags.value(name) is not None:
            yield flags.is_not_true(name)
    yield from _own_authority(flags, client_authorities)


def _own_authority(flags: Flags, client_authorities: frozenset[str]) -> Iterator[Finding]:
    value = flags.value("trusted-ca-file")
    if not value or not client_authorities:
        return
    shared = value in client_authorities
    says = (
        "--trusted-ca-file is the file that the API server trusts its clients by"
        if shared
        else "it trusts another authority than the API server's clients have"
    )
    remedy = "Give etcd an authority of its own: whoever has a client certificate of the cluster can open it."
    yield flags.finding(Known.NO if shared else Known.YES, says, "trusted-ca-file", remedy)


def _elsewhere(found: Mapping[str, Argument], container: Mapping[str, Any]) -> str:
    """Settings can stand in a file, in `ETCD_…` variables, or inside etcd-manager; then absence shows nothing."""
    if "config-file" in found:
        return f"settings stand in {found['config-file'].value}, which is not read"
    if runs(container, "etcd-manager"):
        return "etcd-manager sets them itself"
    if any(text(entry.get("name")).startswith("ETCD_") for entry in objects(container.get("env"))):
        return "settings stand in variables, whose values are not kept"
    return "" if command_line(container) else UNREAD
