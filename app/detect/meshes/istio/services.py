"""Services as Istio's clients see them: to whom they are exported, which are headless, and what a port is declared to carry.

A Service says by an annotation which namespaces know it; without one the mesh's settings do. A client that does not know a Service
sends to it as to any address. Towards a headless Service clients choose mutual TLS once for all its pods: one pod that
cannot end it, and none of them gets it. Source: Istio documentation, "Resource Annotations", "Protocol Selection";
`pilot/pkg/serviceregistry/kube/conversion.go`, `pilot/pkg/model/push_context.go`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.meshes.istio.objects import sign, visible
from app.detect.served import Served
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

_EXPORT = "networking.istio.io/exportTo"
_EVERYWHERE = "*"
_BACKEND = ("gateway.networking.k8s.io", "BackendTLSPolicy")
# Port names and appProtocols that Istio takes for bytes without requests.
_NO_HTTP = frozenset({"tcp", "tls", "https", "mongo", "mysql", "redis"})


@dataclass(frozen=True, slots=True)
class Hidden:
    """Where a Service is known, and the field that says so."""

    exports: tuple[str, ...]
    sign: Sign


@dataclass(frozen=True)
class Services:
    """All Services of a cluster.

    Attributes:
        default_exports: where one is exported that does not say.
        left_out: namespaces whose Services no proxy knows, with the setting that says so.
    """

    evidence: Evidence
    default_exports: tuple[str, ...] = ()
    left_out: Mapping[str, Sign] = field(default_factory=dict)

    @cached_property
    def narrowed(self) -> Mapping[tuple[str, str], Hidden]:
        """Those that not every namespace knows, by namespace and name."""
        said = ((item, self._exports(item)) for item in self._all)
        found = {
            (item.ref.namespace, item.ref.name): Hidden(exports, _exported(item, exports))
            for item, exports in said
            if _EVERYWHERE not in exports
        }
        outside = (item.ref for item in self._all if item.ref.namespace in self.left_out)
        return found | {
            (ref.namespace, ref.name): Hidden((), self.left_out[ref.namespace]) for ref in outside
        }

    def hidden(self, port: Served, namespace: str) -> Hidden | None:
        """Why clients of a namespace do not know a Service; None where they do."""
        found = self.narrowed.get((port.namespace, port.service))
        return found if found and not visible(found.exports, port.namespace, namespace) else None

    def started(self, port: Served) -> Sign | None:
        """The BackendTLSPolicy by which newer control planes make every client start TLS to a Service port; None without."""
        sections = self._policies.get((port.namespace, port.service), {})
        return sections.get(port.name) or sections.get("")

    @cached_property
    def policies_doubt(self) -> str:
        """Why such policies are not all known."""
        return self.evidence.doubt(*_BACKEND)

    @cached_property
    def policed(self) -> frozenset[tuple[str, str]]:
        """Services that a BackendTLSPolicy names."""
        return frozenset(self._policies)

    @cached_property
    def _policies(self) -> Mapping[tuple[str, str], Mapping[str, Sign]]:
        """By Service, and by the name of its port; "" for all of them."""
        found: dict[tuple[str, str], dict[str, Sign]] = {}
        for item in self.evidence.snapshot.of_kind(*_BACKEND):
            for index, raw in enumerate(sequence(dig(item.parsed(), "spec", "targetRefs"))):
                if dig(raw, "kind") == "Service":
                    said = sign(
                        item,
                        f"spec.targetRefs[{index}].name",
                        dig(raw, "name"),
                        "clients may start TLS to it",
                    )
                    name = item.ref.namespace, text(dig(raw, "name"))
                    found.setdefault(name, {})[text(dig(raw, "sectionName"))] = said
        return found

    @cached_property
    def headless(self) -> frozenset[tuple[str, str]]:
        """Services without an address of their own: clients connect to each pod's."""
        return frozenset(
            (item.ref.namespace, item.ref.name)
            for item in self._all
            if dig(item.parsed(), "spec", "clusterIP") == "None"
        )

    def bytes_only(self, fronts: Iterable[Served]) -> tuple[int, ...]:
        """Container ports that every Service declares as no HTTP: there a sidecar sees no requests."""
        seen: dict[int, bool] = {}
        for item in fronts:
            protocol = self._protocols.get((item.namespace, item.service, item.port)) or item.name
            plain = protocol.lower().split("-")[0] in _NO_HTTP
            seen[item.target] = seen.get(item.target, True) and plain
        return tuple(sorted(port for port, plain in seen.items() if plain))

    @cached_property
    def _all(self) -> tuple[SnapshotObject, ...]:
        return self.evidence.snapshot.of_kind("", "Service")

    @cached_property
    def _protocols(self) -> Mapping[tuple[str, str, int], str]:
        """`appProtocol` of Service ports, which wins over the port's name."""
        return {
            (item.ref.namespace, item.ref.name, number): text(mapping(raw).get("appProtocol"))
            for item in self._all
            for raw in sequence(dig(item.parsed(), "spec", "ports"))
            if isinstance(number := mapping(raw).get("port"), int)
        }

    def _exports(self, item: SnapshotObject) -> tuple[str, ...]:
        said = strings(dig(item.parsed(), "metadata", "annotations")).get(_EXPORT, "")
        own = tuple(word.strip() for word in said.split(",")) if said else ()
        return own or self.default_exports or (_EVERYWHERE,)


def _exported(item: SnapshotObject, exports: Iterable[str]) -> Sign:
    path = f"metadata.annotations['{_EXPORT}']"
    return sign(item, path, ", ".join(exports), "namespaces whose proxies know the Service")
