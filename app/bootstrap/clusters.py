"""Where clusters are read from."""
# ruff: noqa: PLC0415  (heavy packages: see the package)

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.bootstrap.files import read
from app.errors import ConfigurationError
from app.model.ports import ObjectSource, Prober
from app.settings import Settings

if TYPE_CHECKING:
    from app.collect import ApiSettings

OnKind = Callable[[str, int], None]


@dataclass(frozen=True)
class Access:
    """How to reach a cluster's API server; nothing given means the current context, as kubectl does."""

    kubeconfig: Path | None = None
    context: str | None = None
    in_cluster: bool = False
    server: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None


def manifests(
    paths: Sequence[str], on_kind: OnKind | None = None, certificates: Sequence[str] = ()
) -> ObjectSource:
    """Manifests of folders, files, or standard input (`-`); `certificates` are namespaces that may show theirs."""
    from app.collect import ManifestSource

    return ManifestSource(paths, on_kind=on_kind, certificates=certificates)


def cluster(settings: Settings, access: Access, on_kind: OnKind | None = None) -> ObjectSource:
    """The API server of a cluster."""
    from app.collect import KubernetesSource

    return KubernetesSource(api_settings(settings, access), on_kind=on_kind)


def prober(settings: Settings) -> Prober:
    """Connects to declared endpoints.

    Raises:
        ConfigurationError: the file of trust anchors cannot be read.
    """
    from app.collect.tls import ProbeSettings, TlsProber

    if (anchors := settings.probe.trust_anchors) is not None:
        _read_anchors(anchors)
    return TlsProber(ProbeSettings(**settings.probe.model_dump()))


def _read_anchors(path: Path) -> None:
    import ssl

    try:
        ssl.create_default_context().load_verify_locations(cadata=read(path).decode("ascii", "replace"))
    except (ssl.SSLError, ValueError) as error:
        raise ConfigurationError(
            f"probe.trust_anchors names {path}, which holds no certificate",
            advice="give a PEM file of certificate authorities",
        ) from error


def api_settings(settings: Settings, access: Access) -> "ApiSettings":
    """Where the API server is, and with how much patience it is read."""
    from app.collect import ApiSettings

    return ApiSettings(
        kubeconfig=access.kubeconfig,
        context=access.context,
        in_cluster=access.in_cluster,
        server=access.server,
        token_file=access.token_file,
        ca_file=access.ca_file,
        **settings.collect.model_dump(),
    )
