"""The kubelet's settings in ConfigMap `kubelet-config` (kubeadm): what new nodes get. A node may have its own."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.flags import GO_VERSIONS
from app.evaluate.edges.go_suites import default_suites
from app.evaluate.edges.world import Item, words
from app.model.control_plane import Finding
from app.model.encryption import Known
from app.model.fields import dig, text
from app.model.suites import weak_suites
from app.model.yaml_text import UnreadableTextError, read_text

_FIELD = "data.kubelet"


def findings(item: Item, oldest: str = "") -> Iterator[Finding]:
    """Every question about the settings; `oldest` is the oldest version of a kubelet, as `1.33`, empty where one was not read."""
    settings = _read(item)
    if settings is None:
        yield _finding(item, Known.UNKNOWN, "its settings cannot be read", "")
        return
    yield _version(item, settings)
    yield _suites(item, settings, oldest)
    yield from _ports(item, settings)
    yield from _clients(item, settings)
    yield from _certificates(item, settings)


def _read(item: Item) -> Mapping[str, Any] | None:
    said = text(dig(item.body, "data", "kubelet"))
    try:
        value = read_text(said)
    except UnreadableTextError:
        return None
    return value if isinstance(value, dict) else None


def _version(item: Item, settings: Mapping[str, Any]) -> Finding:
    version = text(settings.get("tlsMinVersion"))
    if version in ("VersionTLS10", "VersionTLS11"):
        says = f"tlsMinVersion permits {GO_VERSIONS[version]}"
        return _finding(item, Known.NO, says, "Set tlsMinVersion: VersionTLS12.")
    if not version or version in GO_VERSIONS:
        shown = GO_VERSIONS.get(version, "TLS 1.2 by default")
        return _finding(item, Known.YES, f"the lowest version is {shown}", "")
    return _finding(item, Known.UNKNOWN, f"tlsMinVersion is {version}, which is not known", "")


def _suites(item: Item, settings: Mapping[str, Any], oldest: str) -> Finding:
    """`tlsCipherSuites`; without it the list of the Go version that the oldest kubelet was built with."""
    remedy = "Set tlsCipherSuites to suites with forward secrecy and authenticated encryption."
    chosen = words(settings.get("tlsCipherSuites"))
    if weak := weak_suites(chosen):
        return _finding(item, Known.NO, f"tlsCipherSuites permits {', '.join(weak)}", remedy)
    if chosen:
        return _finding(item, Known.YES, "tlsCipherSuites names no weak suite", "")
    holds, says = default_suites(oldest)
    return _finding(item, holds, f"tlsCipherSuites is not set, {says}", remedy)


def _ports(item: Item, settings: Mapping[str, Any]) -> Iterator[Finding]:
    port = settings.get("readOnlyPort", 0)
    if port in (0, "0"):
        yield _finding(item, Known.YES, "the read-only port is closed", "")
    else:
        yield _finding(
            item, Known.NO, f"readOnlyPort {port} answers everyone in plain text", "Set readOnlyPort: 0."
        )


def _clients(item: Item, settings: Mapping[str, Any]) -> Iterator[Finding]:
    """Anonymous requests are refused by default in the file format, and taken by default where only flags set it up."""
    if dig(settings, "authentication", "anonymous", "enabled") is True:
        remedy = "Set authentication.anonymous.enabled: false."
        yield _finding(item, Known.NO, "anonymous requests are taken", remedy)
    else:
        yield _finding(item, Known.YES, "anonymous requests are refused", "")
    if dig(settings, "authorization", "mode") == "AlwaysAllow":
        yield _finding(item, Known.NO, "every request is allowed", "Set authorization.mode: Webhook.")


def _certificates(item: Item, settings: Mapping[str, Any]) -> Iterator[Finding]:
    own = settings.get("serverTLSBootstrap") is True or bool(text(settings.get("tlsCertFile")))
    if own:
        yield _finding(item, Known.YES, "its serving certificate comes from an authority", "")
    else:
        says = "its serving certificate is self-signed unless a flag of the node says otherwise"
        yield _finding(item, Known.UNKNOWN, says, "Set serverTLSBootstrap: true and approve the requests.")


def _finding(item: Item, holds: Known, says: str, remedy: str) -> Finding:
    return Finding(holds, says, item.sign(_FIELD, says, says), remedy)
