"""Consul's configuration entries as Kubernetes holds them: modes, and intentions.

An entry counts when the controller says that it is in Consul (`Synced`); entries written in Consul itself are not visible here.
The Mesh object's leave is asked when a permissive entry is written, not afterwards: one that Consul has stays permissive.
Source: Consul documentation, "Configuration entries", "Service intentions", "Onboard services in transparent proxy mode".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, text
from app.model.encryption import Known, Level
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

GROUP = "consul.hashicorp.com"
KINDS = ("Mesh", "ProxyDefaults", "ServiceDefaults", "ServiceIntentions")
ANY = "*"


class Mode(StrEnum):
    """`mutualTLSMode`; UNREADABLE stands for any other value, and for an entry that may not be in Consul."""

    STRICT = "strict"
    PERMISSIVE = "permissive"
    UNREADABLE = "unreadable"

    @property
    def plain(self) -> Known:
        """Whether plain text is accepted."""
        found = {Mode.STRICT: Known.NO, Mode.PERMISSIVE: Known.YES}
        return found.get(self, Known.UNKNOWN)


_WEAKEST = (Mode.PERMISSIVE, Mode.UNREADABLE, Mode.STRICT)
_ELSEWHERE = ("peer", "samenessGroup")  # a source of another cluster, which no pod here is
_OLD = ("TLSv1_0", "TLSv1_1")


@dataclass(frozen=True, slots=True)
class Setting:
    """A mode, and the fields that set it."""

    mode: Mode
    says: str
    signs: tuple[Sign, ...] = ()
    level: Level = Level.MESH


@dataclass(frozen=True, slots=True)
class Intention:
    """One source of one ServiceIntentions object. `action`: allow, deny or permissions (by request)."""

    destination: str
    source: str
    action: str
    sign: Sign
    synced: Known

    @property
    def precedence(self) -> tuple[bool, bool]:
        """Sorts intentions: an exact destination before any, then an exact source before any."""
        return self.destination == ANY, self.source == ANY


@dataclass(frozen=True)
class Entries:
    """All entries of a cluster."""

    evidence: Evidence

    def mode(self, services: tuple[str, ...]) -> Setting:
        """The weakest mode of a pod's services, since each has a listener of its own in front of the pod."""
        own = [self._mode(item) for name in services for item in self._defaults(name) or (None,)]
        found = own or [self._mode(None)]
        return min(found, key=lambda item: _WEAKEST.index(item.mode))

    @property
    def by_service(self) -> bool:
        """Entries about single services exist."""
        return bool(self.evidence.snapshot.of_kind(GROUP, "ServiceDefaults"))

    @cached_property
    def weak(self) -> tuple[str, ...]:
        """Versions of TLS older than 1.2 that the Mesh object lets proxies use."""
        mesh = self._leave
        return tuple(
            f"{mesh.ref} lets proxies use {said} ({way})"
            for way in ("incoming", "outgoing")
            if mesh and (said := text(dig(mesh.parsed(), "spec", "tls", way, "tlsMinVersion"))) in _OLD
        )

    def _mode(self, defaults: SnapshotObject | None) -> Setting:
        """ServiceDefaults, else ProxyDefaults, else strict; permissive needs the mesh's leave."""
        for item in (defaults, self._proxy_defaults):
            value = text(dig(item.parsed(), "spec", "mutualTLSMode")) if item else ""
            if item and value:
                return self._as_it_holds(item, value)
        return Setting(Mode.STRICT, "no entry says otherwise than strict")

    @cached_property
    def intentions(self) -> tuple[Intention, ...]:
        """Every intention, in the order in which they are asked."""
        return tuple(sorted(self._intentions(), key=lambda item: item.precedence))

    def _as_it_holds(self, item: SnapshotObject, value: str) -> Setting:
        sign = Sign(item.ref, "spec.mutualTLSMode", value, "whether plain text is accepted", item.digest)
        if value not in (Mode.STRICT, Mode.PERMISSIVE):
            return Setting(Mode.UNREADABLE, f"{item.ref} has a mode that is not understood", (sign,))
        if _synced(item) is Known.NO:
            return Setting(Mode.UNREADABLE, f"{item.ref} is not in Consul (Synced is False)", (sign,))
        if value == Mode.PERMISSIVE and not self._allowed and _synced(item) is not Known.YES:
            says = f"{item.ref} asks for permissive, which no Mesh object allows, so strict holds"
            return Setting(Mode.STRICT, says, (sign,))
        level = Level.WORKLOAD if item.ref.kind == "ServiceDefaults" else Level.MESH
        return Setting(Mode(value), f"{item.ref} says {value}", (sign,), level)

    def exposed(self, services: tuple[str, ...]) -> frozenset[int]:
        """Ports at which proxies of these services serve paths of the application in plain text."""
        objects = [item for name in services for item in self._defaults(name)]
        objects += [self._proxy_defaults] if self._proxy_defaults else []
        return frozenset(
            number
            for item in objects
            for path in sequence(dig(item.parsed(), "spec", "expose", "paths"))
            if isinstance(number := dig(path, "listenerPort"), int)
        )

    @cached_property
    def checks(self) -> tuple[str, ...]:
        """Entries that open a port for each health check, in plain text; which ports these are is not visible."""
        kinds = ("ProxyDefaults", "ServiceDefaults")
        objects = (item for kind in kinds for item in self.evidence.snapshot.of_kind(GROUP, kind))
        return tuple(
            f"{item.ref} has spec.expose.checks: proxies serve paths of health checks in plain text, on ports of their own choice (21500 "
            "to 21755 by default)"
            for item in objects
            if dig(item.parsed(), "spec", "expose", "checks") is True
        )

    @property
    def _allowed(self) -> bool:
        leave = self._leave
        return leave is not None and dig(leave.parsed(), "spec", "allowEnablingPermissiveMutualTLS") is True

    def _defaults(self, service: str) -> tuple[SnapshotObject, ...]:
        """Entries of a service; of several namespaces, which Consul may keep apart, all."""
        found = self.evidence.snapshot.of_kind(GROUP, "ServiceDefaults")
        return tuple(item for item in found if item.ref.name == service)

    @cached_property
    def _proxy_defaults(self) -> SnapshotObject | None:
        found = self.evidence.snapshot.of_kind(GROUP, "ProxyDefaults")
        return next((item for item in found if item.ref.name == "global"), None)

    @cached_property
    def _leave(self) -> SnapshotObject | None:
        found = self.evidence.snapshot.of_kind(GROUP, "Mesh")
        return next((item for item in found if item.ref.name == "mesh"), None)

    def _intentions(self) -> Iterator[Intention]:
        for item in self.evidence.snapshot.of_kind(GROUP, "ServiceIntentions"):
            spec = mapping(item.parsed().get("spec"))
            for index, raw in enumerate(sequence(spec.get("sources"))):
                if any(dig(raw, elsewhere) for elsewhere in _ELSEWHERE):
                    continue
                action = text(dig(raw, "action")) or ("permissions" if dig(raw, "permissions") else "")
                path = f"spec.sources[{index}]"
                sign = Sign(item.ref, path, action, "who may connect", item.digest)
                yield Intention(
                    text(dig(spec, "destination", "name")),
                    text(dig(raw, "name")),
                    action,
                    sign,
                    _synced(item),
                )


def _synced(item: SnapshotObject) -> Known:
    """Whether the entry is in Consul: by its status, which a manifest does not have."""
    for entry in sequence(dig(item.parsed(), "status", "conditions")):
        if dig(entry, "type") == "Synced":
            return Known.YES if dig(entry, "status") == "True" else Known.NO
    return Known.UNKNOWN
