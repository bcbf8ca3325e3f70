"""Sidecar objects: which Services a client's proxy knows at all. What it does not know passes through as it came.

The oldest object of the client's namespace whose selector matches holds; else the oldest there without a selector; else that of
the root namespace. Gateways and waypoints heed none. Source: Istio API reference, "Sidecar"; `pilot/pkg/model/sidecar.go`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.meshes.istio.hosts import full_name, host_of, matches
from app.detect.meshes.istio.objects import NETWORKING, by_age, heeded, revision, sign
from app.detect.served import Served, covers
from app.model.encryption import Known
from app.model.inventory import Labels
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

KIND = (NETWORKING, "Sidecar")
_LOCAL = "."


@dataclass(frozen=True, eq=False)
class Scope:
    """What one Sidecar object lets a proxy know; each object is its own value.

    Attributes:
        hosts: (namespace, host pattern, Service port or 0); None where the object does not narrow egress.
        passes_through: what happens to the rest; None leaves it to the mesh's settings.
        revision: the one revision that heeds it; empty for all.
    """

    namespace: str
    selector: Mapping[str, str] | None
    hosts: tuple[tuple[str, str, int], ...] | None
    passes_through: Known | None
    sign: Sign
    revision: str

    def knows(self, port: Served, client: str) -> bool:
        """Whether a Service port is in the configuration of a proxy of namespace `client`."""
        if self.hosts is None:
            return True
        return any(
            _in(namespace, port.namespace, client)
            and matches(full_name(host, port.namespace), host_of(port))
            and number in (0, port.port)
            for namespace, host, number in self.hosts
        )


class Scopes:
    """All Sidecar objects, oldest first."""

    def __init__(self, evidence: Evidence) -> None:
        self.all = tuple(_read(item) for item in by_age(evidence, *KIND))
        self._by_namespace: dict[str, list[Scope]] = {}
        for scope in self.all:
            self._by_namespace.setdefault(scope.namespace, []).append(scope)

    @property
    def narrows(self) -> bool:
        """Whether any of them leaves Services out."""
        return any(scope.hosts is not None for scope in self.all)

    def of(self, namespace: str, labels: Labels, root: str, revision: str = "") -> Scope | None:
        """The object that holds for a client."""
        own, heard = self._heard(namespace, revision), self._heard(root, revision)
        selecting = (scope for scope in own if scope.selector is not None and covers(scope.selector, labels))
        general = (scope for scope in own if scope.selector is None)
        above = (scope for scope in heard if scope.selector is None)
        return next(selecting, next(general, next(above, None)))

    def _heard(self, namespace: str, revision: str) -> list[Scope]:
        return [scope for scope in self._by_namespace.get(namespace, ()) if heeded(scope.revision, revision)]


def _read(item: SnapshotObject) -> Scope:
    spec = mapping(item.parsed().get("spec"))
    selecting = spec.get("workloadSelector")
    egress = [mapping(entry) for entry in sequence(spec.get("egress"))]
    found = tuple(
        (*_split(text(host)), number if isinstance(number := dig(entry, "port", "number"), int) else 0)
        for entry in egress
        for host in sequence(entry.get("hosts"))
    )
    return Scope(
        namespace=item.ref.namespace,
        selector=None if selecting is None else strings(dig(selecting, "labels")),
        hosts=found if egress else None,
        passes_through=_passes(dig(spec, "outboundTrafficPolicy", "mode")),
        sign=sign(item, "spec.egress", f"{len(found)} hosts", "Services that proxies know"),
        revision=revision(item),
    )


def _in(namespace: str, wanted: str, client: str) -> bool:
    """A dot stands for the client's own namespace, also in an object of the root namespace."""
    return namespace == "*" or wanted == (client if namespace == _LOCAL else namespace)


def _split(host: str) -> tuple[str, str]:
    namespace, slash, name = host.partition("/")
    return (namespace, name) if slash else ("*", namespace)


def _passes(mode: object) -> Known | None:
    if mode is None:
        return None
    return Known.YES if mode == "ALLOW_ANY" else Known.NO if mode == "REGISTRY_ONLY" else Known.UNKNOWN
