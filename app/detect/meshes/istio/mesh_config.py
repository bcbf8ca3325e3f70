"""Settings of a mesh by revision: the ConfigMap `istio` or `istio-<revision>`, key `mesh`.

A proxy obeys the control plane that injected it, so each pod is read by its own revision's settings. Without a
ConfigMap the control plane starts with built-in defaults. Source: Istio documentation, "Global Mesh Options".
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.detect.selectors import selector
from app.detect.settings import REDACTED
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign
from app.model.policy import LabelSelector
from app.model.snapshot import SnapshotObject
from app.model.yaml_text import UnreadableTextError, read_text

DEFAULT_ROOT = "istio-system"
LOCAL_DOMAIN = "cluster.local"
HOMES = (DEFAULT_ROOT, "aks-istio-system")

_NAME = "istio"
_KEY = "mesh"
_UNNAMED = ("", "default")


@dataclass(frozen=True, slots=True)
class MeshConfig:
    """Settings of one revision as they take effect.

    Attributes:
        doubt: why the settings are not known, as a clause; empty when they are.
        auto_mtls: clients use mutual TLS where the server's pods can, without a DestinationRule.
        passes_through: calls to addresses that are no Service leave the proxy as they came (ALLOW_ANY).
        exports: where DestinationRules are visible that do not say (`defaultDestinationRuleExportTo`); empty: everywhere.
        entry_exports: the same for ServiceEntries (`defaultServiceExportTo`).
        route_exports: the same for VirtualServices (`defaultVirtualServiceExportTo`).
        discovery: selectors of the namespaces that the control plane heeds, and the field; None where it heeds all.
        hbone: sidecars of this revision speak HBONE (`proxyMetadata.ISTIO_META_ENABLE_HBONE`).
        strength: INTENDED where defaults are assumed because files hold no ConfigMap.
    """

    revision: str
    root: str = DEFAULT_ROOT
    trust_domain: str = LOCAL_DOMAIN
    aliases: tuple[str, ...] = ()
    auto_mtls: Known = Known.YES
    passes_through: Known = Known.YES
    exports: tuple[str, ...] = ()
    entry_exports: tuple[str, ...] = ()
    route_exports: tuple[str, ...] = ()
    discovery: tuple[tuple[LabelSelector, ...], Sign] | None = None
    hbone: bool = False
    oldest_tls: str = ""
    strength: EvidenceStrength = EvidenceStrength.CONFIGURED
    doubt: str = ""
    signs: tuple[Sign, ...] = ()


class MeshConfigs:
    """The settings of every revision that was found, and what holds for one that was not."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._found: dict[str, MeshConfig] = {}
        self._asked: dict[str, MeshConfig] = {}
        for item in evidence.snapshot.of_kind("", "ConfigMap"):
            if _is_mesh(item) and (item.ref.namespace in HOMES or _beside_istiod(evidence, item)):
                found = _read(item)
                self._found.setdefault(found.revision, found)

    def of(self, revision: str) -> MeshConfig:
        """Settings that a revision obeys; an alias that is not found has those of the only revision, if there is one."""
        name = "" if revision in _UNNAMED else revision
        if name not in self._asked:
            only = next(iter(self._found.values())) if name and len(self._found) == 1 else None
            self._asked[name] = self._found.get(name) or only or self._absent(name)
        return self._asked[name]

    @property
    def all(self) -> tuple[MeshConfig, ...]:
        """Those that were found, by revision."""
        return tuple(self._found[name] for name in sorted(self._found))

    def _absent(self, revision: str) -> MeshConfig:
        name = f"{_NAME}-{revision}" if revision else _NAME
        doubt = self._evidence.doubt("", "ConfigMap", DEFAULT_ROOT, name)
        if doubt or revision:
            why = doubt or f"ConfigMap {DEFAULT_ROOT}/{name} is not among what was read"
            unknown = MeshConfig(revision, auto_mtls=Known.UNKNOWN, passes_through=Known.UNKNOWN, doubt=why)
            return unknown if doubt or self._evidence.live else replace(_ASSUMED, revision=revision)
        return MeshConfig(revision) if self._evidence.live else replace(_ASSUMED, revision=revision)


# Files without the control plane's ConfigMap: its defaults are assumed, as an intention and never as evidence.
_ASSUMED = MeshConfig("", strength=EvidenceStrength.INTENDED)


def _is_mesh(item: SnapshotObject) -> bool:
    return item.ref.name == _NAME or item.ref.name.startswith(f"{_NAME}-")


def _beside_istiod(evidence: Evidence, item: SnapshotObject) -> bool:
    return any(
        deployment.ref.namespace == item.ref.namespace and deployment.ref.name.startswith("istiod")
        for deployment in evidence.snapshot.of_kind("apps", "Deployment")
    )


def _read(item: SnapshotObject) -> MeshConfig:
    revision = item.ref.name.removeprefix(_NAME).removeprefix("-")
    raw = dig(item.parsed(), "data", _KEY)
    if raw is None and revision:
        return MeshConfig(revision)  # `istio-sidecar-injector`, `istio-cni-config`: no settings of a mesh
    body = _mapping(text(raw))
    if body is None:
        says = f"{item.ref}, data['{_KEY}'], is not what YAML can read"
        return MeshConfig(revision, auto_mtls=Known.UNKNOWN, passes_through=Known.UNKNOWN, doubt=says)
    return MeshConfig(
        revision=revision,
        root=text(body.get("rootNamespace")) or DEFAULT_ROOT,
        trust_domain=text(body.get("trustDomain")) or LOCAL_DOMAIN,
        aliases=tuple(text(name) for name in sequence(body.get("trustDomainAliases"))),
        auto_mtls=_truth(body.get("enableAutoMtls")),
        passes_through=_passes(dig(body, "outboundTrafficPolicy", "mode")),
        exports=tuple(text(name) for name in sequence(body.get("defaultDestinationRuleExportTo"))),
        entry_exports=tuple(text(name) for name in sequence(body.get("defaultServiceExportTo"))),
        route_exports=tuple(text(name) for name in sequence(body.get("defaultVirtualServiceExportTo"))),
        discovery=_discovery(item, body),
        hbone=dig(body, "defaultConfig", "proxyMetadata", "ISTIO_META_ENABLE_HBONE") in ("true", True),
        oldest_tls=text(dig(body, "meshMTLS", "minProtocolVersion")),
        signs=tuple(_signs(item, body)),
    )


def _mapping(value: str) -> Mapping[str, object] | None:
    """YAML of a stranger: plain values alone, no aliases, and masked values read as text."""
    try:
        loaded = read_text(value)
    except UnreadableTextError:
        return None
    return mapping(loaded) if isinstance(loaded, dict) else ({} if loaded is None else None)


def _discovery(
    item: SnapshotObject, body: Mapping[str, object]
) -> tuple[tuple[LabelSelector, ...], Sign] | None:
    """`discoverySelectors`; one with an operator that nobody knows may choose any namespace, so none is left out."""
    found = [selector(entry) for entry in sequence(body.get("discoverySelectors"))]
    known = tuple(entry for entry in found if entry is not None)
    if not found or len(known) < len(found):
        return None
    says = "namespaces that the control plane heeds"
    return known, Sign(
        item.ref, f"data['{_KEY}'].discoverySelectors", f"{len(known)} selectors", says, item.digest
    )


def _truth(value: object) -> Known:
    """`enableAutoMtls`: true where it is not set."""
    if value is None or value is True:
        return Known.YES
    return Known.NO if value is False else Known.UNKNOWN


def _passes(mode: object) -> Known:
    """`outboundTrafficPolicy.mode`: ALLOW_ANY where it is not set."""
    if mode in (None, "ALLOW_ANY"):
        return Known.YES
    return Known.NO if mode == "REGISTRY_ONLY" else Known.UNKNOWN


def _signs(item: SnapshotObject, body: Mapping[str, object]) -> tuple[Sign, ...]:
    said = (
        ("rootNamespace", "namespace whose policies hold for the whole mesh"),
        ("enableAutoMtls", "whether clients use mutual TLS without being told for each Service"),
    )
    return tuple(
        Sign(item.ref, f"data['{_KEY}'].{key}", str(body[key]), says, item.digest)
        for key, says in said
        if key in body and REDACTED not in str(body[key])
    )
