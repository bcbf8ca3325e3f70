"""One snapshot as the edges are followed through it: raw objects, services, pods, and what was not read."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from app.model.aliases import HostAlias, host_aliases
from app.model.connections import Protocol
from app.model.fields import decimal, dig, mapping, sequence, strings, text
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Node, Pod, Service, ServicePort
from app.model.platform import Platform, Sign
from app.model.reachability import Reachability
from app.model.snapshot import Coverage, Snapshot, SnapshotObject, SourceKind

T = TypeVar("T")


@dataclass(frozen=True)
class Item:
    """One stored object with its JSON."""

    ref: ObjectRef
    digest: str
    body: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, item: SnapshotObject) -> "Item":
        """Read a stored object."""
        return cls(item.ref, item.digest, item.parsed())

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.ref.namespace

    @property
    def name(self) -> str:
        """Its name."""
        return self.ref.name

    @property
    def spec(self) -> Mapping[str, Any]:
        """Its `spec`, empty where there is none."""
        return mapping(self.body.get("spec"))

    @cached_property
    def annotations(self) -> Mapping[str, str]:
        """Its annotations."""
        return strings(dig(self.body, "metadata", "annotations"))

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return strings(dig(self.body, "metadata", "labels"))

    def at(self, *path: str) -> Any:
        """The value at a path of names; None where it leads nowhere."""
        return dig(self.body, *path)

    def sign(self, path: str, value: object, says: str) -> Sign:
        """A field of this object as evidence."""
        return Sign(self.ref, path, str(value), says, self.digest)

    def annotated(self, name: str, says: str) -> Sign:
        """An annotation of this object as evidence; absent ones have an empty value."""
        return self.sign(f"metadata.annotations.{name}", self.annotations.get(name, ""), says)


@dataclass(frozen=True, slots=True, order=True)
class PodPort:
    """A container port of a workload; `port` 0 where a name leads to none."""

    workload: str
    protocol: Protocol
    port: int


@dataclass(frozen=True)
class World:
    """What the edges are followed through."""

    snapshot: Snapshot
    inventory: Inventory
    platform: Platform
    reachability: Reachability

    @cached_property
    def _read(self) -> dict[ObjectRef, Item]:
        """Objects that were parsed already: many ways in ask for the same few."""
        return {}

    @cached_property
    def _chosen(self) -> dict[tuple[str | None, frozenset[tuple[str, str]]], tuple[Pod, ...]]:
        """Answers of `selected`."""
        return {}

    @cached_property
    def _kept(self) -> dict[str, Any]:
        """What `once` worked out."""
        return {}

    def once(self, name: str, make: Callable[["World"], T]) -> T:
        """What every way in of one kind asks for, worked out for the first of them."""
        if name not in self._kept:
            self._kept[name] = make(self)
        found: T = self._kept[name]
        return found

    def _parsed(self, stored: SnapshotObject) -> Item:
        known = self._read.get(stored.ref)
        if known is None:
            known = self._read[stored.ref] = Item.of(stored)
        return known

    def items(self, group: str, kind: str, mentioning: str = "") -> tuple[Item, ...]:
        """Objects of one type, sorted by identity; only those whose text holds a word, where one is given."""
        word = mentioning.encode()
        return tuple(self._parsed(item) for item in self.snapshot.of_kind(group, kind) if word in item.body)

    def item(self, group: str, kind: str, namespace: str, name: str) -> Item | None:
        """One object."""
        stored = self.snapshot.find(ObjectRef(group, kind, namespace, name))
        return self._parsed(stored) if stored else None

    def item_of(self, ref: ObjectRef) -> Item | None:
        """The object of a reference."""
        return self.item(ref.group, ref.kind, ref.namespace, ref.name)

    def unread(self, group: str, kind: str, namespace: str = "") -> str:
        """Why an object of this type may exist without having been read; empty when it cannot."""
        for gap in self.snapshot.gaps_of(group, kind):
            if gap.namespace in ("", namespace):
                return gap.message.rstrip(".")
        coverage = self.snapshot.coverage(group, kind)
        if coverage in (Coverage.COMPLETE, Coverage.ABSENT) or (coverage is None and not self.live):
            return ""
        return f"{kind} objects were not all read"

    def cut(self, group: str, kind: str, namespace: str = "") -> bool:
        """Objects of a type that every API server serves are missing from what was read."""
        gaps = self.snapshot.gaps_of(group, kind)
        lost = self.snapshot.coverage(group, kind) in (Coverage.PARTIAL, Coverage.REFUSED)
        return lost or any(gap.namespace in ("", namespace) for gap in gaps)

    @property
    def live(self) -> bool:
        """True for an API server; files are their own population, and what is not in them was not asked for."""
        return self.snapshot.source.kind is SourceKind.API

    @cached_property
    def services(self) -> Mapping[tuple[str, str], Service]:
        """Services by namespace and name."""
        return {(item.ref.namespace, item.ref.name): item for item in self.inventory.services}

    @cached_property
    def workload_of(self) -> Mapping[ObjectRef, str]:
        """Workload ids by pod; a template whose pods were read too has none."""
        return {ref: item.id for item in self.reachability.workloads for ref in item.pod_refs}

    @cached_property
    def host_network(self) -> frozenset[str]:
        """Ids of workloads on their node's network."""
        return frozenset(item.id for item in self.reachability.workloads if item.host_network)

    @cached_property
    def pods(self) -> Mapping[str, tuple[Pod, ...]]:
        """Pods that are endpoints, by namespace."""
        found: dict[str, list[Pod]] = {}
        for pod in self.inventory.pods:
            if pod.ref in self.workload_of:
                found.setdefault(pod.namespace, []).append(pod)
        return {name: tuple(pods) for name, pods in found.items()}

    @cached_property
    def aliases(self) -> Mapping[str, tuple[HostAlias, ...]]:
        """Names that some pods resolve to a fixed address."""
        return host_aliases(self.snapshot)

    @cached_property
    def node_addresses(self) -> tuple[str, ...]:
        """Addresses of nodes, the nodes in order."""
        return tuple(address for node in self.inventory.nodes for address in node.addresses)

    def nodes_of(self, names: Iterable[str]) -> tuple[Node, ...]:
        """Nodes by name; all of them where no name is given."""
        wanted = frozenset(names)
        return tuple(node for node in self.inventory.nodes if not wanted or node.name in wanted)

    def selected(self, namespace: str | None, labels: Mapping[str, str]) -> tuple[Pod, ...]:
        """Pods with all these labels, in one namespace or (None) everywhere; none for no labels."""
        if not labels:
            return ()
        key = (namespace, frozenset(labels.items()))
        if key not in self._chosen:
            homes = self.pods.values() if namespace is None else (self.pods.get(namespace, ()),)
            self._chosen[key] = tuple(pod for home in homes for pod in home if key[1] <= pod.labels.items())
        return self._chosen[key]

    def ids(self, pods: Iterable[Pod]) -> tuple[str, ...]:
        """Workload ids of pods, sorted."""
        return tuple(sorted({self.workload_of[pod.ref] for pod in pods}))

    def behind(self, service: Service, port: ServicePort) -> tuple[PodPort, ...]:
        """Container ports that one port of a Service leads to, sorted; names resolve on each pod."""
        pods = self.selected(service.ref.namespace, service.selector or {})
        return tuple(
            sorted(
                {
                    PodPort(self.workload_of[pod.ref], port.protocol, number)
                    for pod in pods
                    for number in target_numbers(pod, port)
                }
            )
        )

    def service_ports(self, service: Service, wanted: int | str) -> tuple[ServicePort, ...]:
        """Ports of a Service by number or name; all of them where the reference says none (0)."""
        if not wanted:
            return service.ports
        return tuple(item for item in service.ports if wanted in (item.port, item.name))


def target_numbers(pod: Pod, port: ServicePort) -> Iterator[int]:
    """Container ports that a Service port means on one pod; 0 where its name is not there."""
    if isinstance(port.target, int):
        yield port.target or port.port
        return
    if found := number(port.target):
        yield found
        return
    named = [
        item.container_port
        for item in pod.ports
        if item.name == port.target and item.protocol is port.protocol and not item.init
    ]
    yield from named or (0,)


def objects(value: object) -> tuple[Mapping[str, Any], ...]:
    """Entries of a JSON array that are objects."""
    return tuple(item for item in sequence(value) if isinstance(item, dict))


def words(value: object) -> tuple[str, ...]:
    """Entries of a JSON array that are text."""
    return tuple(text(item) for item in sequence(value) if text(item))


def number(value: object) -> int:
    """A port number, written as a number or as digits; 0 for anything else."""
    if isinstance(value, bool):
        return 0
    if isinstance(value, int):
        return value
    return (decimal(value) or 0) if isinstance(value, str) else 0
