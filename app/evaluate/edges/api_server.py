"""Flags of kube-apiserver that decide about TLS: towards its clients, etcd and the kubelets."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.arguments import Argument
from app.evaluate.edges.flags import OPENSHIFT_FILE, Flags, elsewhere
from app.evaluate.edges.go_suites import default_suites, image_version
from app.evaluate.edges.openshift_profiles import Profile
from app.evaluate.edges.openshift_profiles import findings as profile_findings
from app.evaluate.edges.world import Item
from app.model.control_plane import Finding
from app.model.encryption import Known
from app.model.fields import text


def findings(
    item: Item,
    path: str,
    found: Mapping[str, Argument],
    container: Mapping[str, Any],
    profile: Profile | None = None,
) -> Iterator[Finding]:
    """Every question about one API server.

    Args:
        item: the pod.
        path: JSON path of the container in it.
        found: its flags.
        container: the container: whether its command line is there at all, and the version that it runs.
        profile: OpenShift's TLS security profile, which its operator makes settings of.
    """
    flags = Flags(item, path, found, elsewhere(found, container))
    if profile and OPENSHIFT_FILE in found:
        yield from profile_findings(profile)
    else:
        yield flags.version("tls-min-version")
        yield flags.suites("tls-cipher-suites", default_suites(image_version(text(container.get("image")))))
    yield from flags.is_set("tls-cert-file", "tls-private-key-file", "client-ca-file")
    yield from flags.urls("etcd-servers", needed=False)
    yield from flags.is_set("etcd-cafile", "etcd-certfile", "etcd-keyfile")
    yield from flags.is_set(
        "kubelet-certificate-authority", "kubelet-client-certificate", "kubelet-client-key"
    )
    yield from insecure_port(flags)
    yield from authorised(flags)


def insecure_port(flags: Flags) -> Iterator[Finding]:
    """Removed in Kubernetes 1.24; 0 switches it off before."""
    value = flags.value("insecure-port")
    if value is not None and value != "0":
        yield flags.finding(
            Known.NO,
            f"--insecure-port is {value}: requests in plain text",
            "insecure-port",
            "Remove --insecure-port.",
        )


def authorised(flags: Flags) -> Iterator[Finding]:
    """`AlwaysAllow` in the list, which is also the default, lets whoever has a credential do everything; anonymous requests are then refused."""
    modes = flags.value("authorization-mode")
    if modes is None and (flags.elsewhere or flags.value("authorization-config")):
        return
    if "AlwaysAllow" in (modes or "AlwaysAllow").split(","):
        by_default = " by default" if modes is None else ""
        says = (
            f"every client that it knows may do everything (--authorization-mode is AlwaysAllow{by_default})"
        )
        yield flags.finding(Known.NO, says, "authorization-mode", "Set --authorization-mode=Node,RBAC.")
