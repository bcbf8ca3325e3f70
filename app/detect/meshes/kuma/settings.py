"""Whether a mesh of Kuma gives identities, and whether its ports accept plain text: by the release that reads the objects.

Up to 2.x `Mesh.spec.mtls` decides. 3.x keeps that field in stored objects and ignores it: identities come from a MeshIdentity that
selects the pod, the mode from MeshTLS (strict where none says otherwise). Source: Kuma documentation, "Mutual TLS", "MeshTLS",
"MeshIdentity"; its UPGRADE notes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from app.detect.evidence import Evidence
from app.detect.fields import decimal, dig, mapping, sequence, strings, text
from app.detect.meshes.kuma.membership import MESH
from app.detect.meshes.kuma.targets import meant, selects, weight_of
from app.model.encryption import UNTOLD, Known, Level
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

GROUP = "kuma.io"
KINDS = ("Mesh", "MeshIdentity", "MeshTLS")
SERVICES = "MeshService"
_ROLE, _OF_SYSTEM = "kuma.io/policy-role", "system"
CONTROL_PLANES = ("kuma-control-plane", "kong-mesh-control-plane")
_SYSTEM = ("kuma-system", "kong-mesh-system")
_INERT_FROM = 3  # first release that ignores Mesh.spec.mtls


@dataclass(frozen=True, slots=True)
class Tls:
    """Mutual TLS of one class of pods.

    Attributes:
        on: pods get an identity and their proxies use it.
        plain: its ports accept plain text.
        mode: as an object or a default says.
        says: one clause.
        signs: the deciding fields.
        level: where the mode is set.
        waits: clients send plain text to a service until it is ready for mutual TLS.
    """

    on: Known
    plain: Known
    mode: str
    says: str
    signs: tuple[Sign, ...] = ()
    level: Level = Level.NONE
    waits: Known = Known.NO


@dataclass(frozen=True)
class Settings:
    """All meshes of a cluster; `release` is the major version of the control plane, None when it cannot be told."""

    evidence: Evidence
    release: int | None

    def of(self, mesh: str, namespace: str, labels: Labels) -> Tls:
        """What holds for a pod of a mesh and namespace; `labels` are those of its data plane."""
        if why := next((why for kind in KINDS if (why := self.evidence.doubt(GROUP, kind))), ""):
            return Tls(Known.UNKNOWN, Known.UNKNOWN, UNTOLD, f"settings of the mesh are not all known: {why}")
        if self.release is None:
            says = "the version of Kuma cannot be told, and what its objects mean depends on it"
            return Tls(Known.UNKNOWN, Known.UNKNOWN, UNTOLD, says)
        by = self._by_identity if self.release >= _INERT_FROM else self._by_mesh
        return by(mesh, namespace, labels)

    def late(self, mesh: str, namespace: str, service: str) -> Sign | None:
        """The status of a MeshService that is not ready for mutual TLS; None for one that is, and where there is none."""
        item = self.evidence.object(GROUP, SERVICES, namespace, service)
        if item is None or _mesh_of(item) != mesh:
            return None
        said = text(dig(item.parsed(), "status", "tls", "status"))
        ready = said == "Ready" or (not said and not self.evidence.live)
        says = "clients wait with mutual TLS until it is Ready"
        return None if ready else Sign(item.ref, "status.tls.status", said or "(not set)", says, item.digest)

    @property
    def late_doubt(self) -> str:
        """Why MeshServices are not all known; empty when they are."""
        return self.evidence.doubt(GROUP, SERVICES)

    @property
    def meshes(self) -> tuple[str, ...]:
        """Names of Mesh objects."""
        return tuple(item.ref.name for item in self.evidence.snapshot.of_kind(GROUP, "Mesh"))

    def _by_mesh(self, mesh: str, namespace: str, labels: Labels) -> Tls:
        item = self._mesh(mesh)
        if item is None:
            return Tls(Known.UNKNOWN, Known.UNKNOWN, UNTOLD, f"Mesh {mesh} is not among what was read")
        mtls = mapping(dig(item.parsed(), "spec", "mtls"))
        backend = text(mtls.get("enabledBackend"))
        sign = Sign(item.ref, "spec.mtls.enabledBackend", backend, "mutual TLS of the mesh", item.digest)
        if not backend:
            return Tls(Known.NO, Known.YES, "", f"Mesh {mesh} has no backend for mutual TLS", (sign,))
        mode, says = "STRICT", f"Mesh {mesh} has backend {backend}"
        signs: tuple[Sign, ...] = (sign,)
        for index, raw in enumerate(sequence(mtls.get("backends"))):
            if dig(raw, "name") == backend and (said := text(dig(raw, "mode"))):
                path = f"spec.mtls.backends[{index}].mode"
                mode = said
                signs = (Sign(item.ref, path, mode, "whether plain text is accepted", item.digest), sign)
                break
        # a strict backend waits for nobody, and a MeshTLS beside it changes nothing of that (`ClientSideMTLSConfigurer`)
        waits = Known.NO if _plain(mode) is Known.NO else _plain(mode)
        tls = Tls(Known.YES, _plain(mode), mode, says, signs, Level.MESH, waits)
        return self._with_mode(mesh, namespace, labels, tls)

    def _by_identity(self, mesh: str, namespace: str, labels: Labels) -> Tls:
        told = [(item, _selects(item, labels)) for item in self._in(mesh, "MeshIdentity")]
        found = sorted((item for item, answer in told if answer is Known.YES), key=_specific)
        maybe = next((item for item, answer in told if answer is Known.UNKNOWN), None)
        if not found and maybe:
            says = f"whether {maybe.ref} selects the pod cannot be told"
            return Tls(Known.UNKNOWN, Known.UNKNOWN, UNTOLD, says)
        if not found:
            says = "no MeshIdentity selects the pod, and this release ignores Mesh.spec.mtls"
            item = self._mesh(mesh)
            sign = Sign(item.ref, "spec.mtls", "ignored", says, item.digest) if item else None
            return Tls(Known.NO, Known.YES, "", says, (sign,) if sign else ())
        if _ready(found[0]) is Known.NO:
            says = f"{found[0].ref} is not ready, and whether the pod still has an identity cannot be told"
            return Tls(Known.UNKNOWN, Known.UNKNOWN, UNTOLD, says)
        sign = Sign(
            found[0].ref, "spec.selector", "selects the pod", "where its identity comes from", found[0].digest
        )
        says = f"{found[0].ref} gives it an identity"
        tls = Tls(Known.YES, Known.NO, "Strict", says, (sign,), Level.MESH, Known.UNKNOWN)
        return self._with_mode(mesh, namespace, labels, tls)

    def _with_mode(self, mesh: str, namespace: str, labels: Labels, tls: Tls) -> Tls:
        """MeshTLS overrides: of several the most specific target, and of equal ones the last by name."""
        modes = list(self._modes(mesh, namespace, labels))
        found = sorted((item for item in modes if item[0] >= 0), key=lambda item: (item[0], item[1].ref))
        held = self._overridden(tls, found)
        for _, item, path, mode in (item for item in modes if item[0] < 0):
            if _plain(mode) is not held.plain:
                says = f"{item.ref} says {mode} for some data planes or ports, and whether these are such cannot be told"
                sign = Sign(item.ref, path, mode, "whether plain text is accepted", item.digest)
                return replace(held, plain=Known.UNKNOWN, mode=UNTOLD, says=says, signs=(sign, *held.signs))
        return held

    @staticmethod
    def _overridden(tls: Tls, found: Sequence[tuple[int, SnapshotObject, str, str]]) -> Tls:
        if not found:
            return tls
        weight, item, path, mode = found[-1]
        level = Level.WORKLOAD if weight else Level.MESH
        sign = Sign(item.ref, path, mode, "whether plain text is accepted", item.digest)
        says = f"{item.ref} says {mode}"
        return replace(tls, plain=_plain(mode), mode=mode, says=says, signs=(sign, *tls.signs), level=level)

    def _modes(
        self, mesh: str, namespace: str, labels: Labels
    ) -> Iterator[tuple[int, SnapshotObject, str, str]]:
        for item in self._in(mesh, "MeshTLS"):
            spec = mapping(item.parsed().get("spec"))
            target = mapping(spec.get("targetRef"))
            answer = meant(target, labels) if holds_in(item, namespace, self._homes) else Known.NO
            weight = {Known.YES: weight_of(target), Known.UNKNOWN: -1}.get(answer)
            parts = ("rules",) if (self.release or 0) >= _INERT_FROM else ("rules", "from")
            for part in parts:
                for index, raw in enumerate(sequence(spec.get(part))):
                    mode = text(dig(raw, "default", "mode"))
                    if mode and weight is not None:
                        yield weight, item, f"spec.{part}[{index}].default.mode", mode

    @cached_property
    def _homes(self) -> frozenset[str]:
        return control_plane_namespaces(self.evidence)

    def _mesh(self, name: str) -> SnapshotObject | None:
        return self.evidence.object(GROUP, "Mesh", "", name)

    def _in(self, mesh: str, kind: str) -> tuple[SnapshotObject, ...]:
        """Objects of a kind that belong to a mesh, by their label."""
        return tuple(item for item in self.evidence.snapshot.of_kind(GROUP, kind) if _mesh_of(item) == mesh)


@dataclass(frozen=True)
class Versions:
    """The release of a control plane by its image."""

    tag: str

    @cached_property
    def major(self) -> int | None:
        """Its first number; None when the tag is no version."""
        head = self.tag.removeprefix("v").split(".")[0]
        return (decimal(head) or None) if "." in self.tag else None


def control_plane_namespaces(evidence: Evidence) -> frozenset[str]:
    """Where a control plane was seen, and where one is installed by default."""
    found = (item.ref for item in evidence.snapshot.of_kind("apps", "Deployment"))
    return frozenset({*_SYSTEM, *(ref.namespace for ref in found if ref.name in CONTROL_PLANES)})


def holds_in(item: SnapshotObject, namespace: str, homes: frozenset[str]) -> bool:
    """A policy about a pod's own ports holds for its own namespace; one in the namespace of the control plane for the whole mesh.

    The controller labels it with its role. Without that label, as in files, the control plane's namespaces (`homes`) decide. Source: kumahq/kuma, `pkg/plugins/policies/core/matchers/dataplane.go` (`dppSelectedByNamespace`).
    """
    role = strings(dig(item.parsed(), "metadata", "labels")).get(_ROLE, "")
    home = item.ref.namespace
    return role == _OF_SYSTEM or (not role and home in homes) or home in ("", namespace)


def _mesh_of(item: SnapshotObject) -> str:
    return strings(dig(item.parsed(), "metadata", "labels")).get(MESH, "default")


def _selects(item: SnapshotObject, labels: Labels) -> Known:
    chosen = dig(item.parsed(), "spec", "selector", "dataplane")
    if chosen is None:
        return Known.NO  # without a selector it gives nobody an identity
    return selects(strings(dig(chosen, "matchLabels")), labels)


def _specific(item: SnapshotObject) -> tuple[int, str]:
    """Sorts identities: of several that select a pod the one with the most labels, then the first by name."""
    wanted = strings(dig(item.parsed(), "spec", "selector", "dataplane", "matchLabels"))
    return -len(wanted), item.ref.name


def _ready(item: SnapshotObject) -> Known:
    """Whether an identity is issued: by its status, which a manifest does not have."""
    for entry in sequence(dig(item.parsed(), "status", "conditions")):
        if dig(entry, "type") == "Ready":
            return Known.YES if dig(entry, "status") == "True" else Known.NO
    return Known.UNKNOWN


def _plain(mode: str) -> Known:
    return {"STRICT": Known.NO, "PERMISSIVE": Known.YES}.get(mode.upper(), Known.UNKNOWN)
