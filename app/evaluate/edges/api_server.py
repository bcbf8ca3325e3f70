"""Flags of kube-apiserver that decide about TLS: towards its clients, etcd and the kubelets."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.arguments import Argument, command_line
from app.evaluate.edges.flags import UNREAD, Flags
from app.evaluate.edges.world import Item
from app.model.control_plane import Finding
from app.model.encryption import Known
from app.model.suites import weak_suites


def findings(
    item: Item, path: str, found: Mapping[str, Argument], container: Mapping[str, Any]
) -> Iterator[Finding]:
    """Every question about one API server, by its flags; `container` says whether its command line is there at all."""
    flags = Flags(item, path, found, "" if command_line(container) else UNREAD)
    yield flags.version("tls-min-version")
    yield from _suites(flags)
    yield from flags.is_set("tls-cert-file", "tls-private-key-file", "client-ca-file")
    yield from flags.urls("etcd-servers", needed=False)
    yield from flags.is_set("etcd-cafile", "etcd-certfile", "etcd-keyfile")
    yield from flags.is_set(
        "kubelet-certificate-authority", "kubelet-client-certificate", "kubelet-client-key"
    )
    yield from _insecure_port(flags)
    yield from _anonymous(flags)


def _suites(flags: Flags) -> Iterator[Finding]:
    name = "tls-cipher-suites"
    value = flags.value(name)
    if value is None:
        return  # Go's own list, without suites that are known to be weak
    weak = weak_suites(value.split(","))
    says = f"--{name} permits {', '.join(weak)}" if weak else f"--{name} names no weak suite"
    yield flags.finding(Known.NO if weak else Known.YES, says, name, f"Take the weak suites out of --{name}.")


def _insecure_port(flags: Flags) -> Iterator[Finding]:
    """Removed in Kubernetes 1.24; 0 switches it off before."""
    value = flags.value("insecure-port")
    if value is not None and value != "0":
        yield flags.finding(
            Known.NO,
            f"--insecure-port is {value}: requests in plain text",
            "insecure-port",
            "Remove --insecure-port.",
        )


def _anonymous(flags: Flags) -> Iterator[Finding]:
    """On by default, and authorisation still decides; told where somebody made anonymous requests all-powerful."""
    if flags.value("authorization-mode") == "AlwaysAllow" and flags.value("anonymous-auth") != "false":
        yield flags.finding(
            Known.NO,
            "anonymous requests are allowed everything (--authorization-mode=AlwaysAllow)",
            "authorization-mode",
            "Set --authorization-mode=Node,RBAC.",
        )
