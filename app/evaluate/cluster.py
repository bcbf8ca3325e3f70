"""One cluster in one reading and one view: everything the questions of the engine are answered from."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from app.evaluate.addresses import AddressSpace
from app.evaluate.bits import as_set
from app.evaluate.cilium import as_cilium_reads
from app.evaluate.cilium_ports import as_cilium_resolves
from app.evaluate.classes import Classifier, PodClass
from app.evaluate.compile import PolicySet, compile_policies
from app.evaluate.locality import Locality
from app.evaluate.peersets import PeerIndex
from app.evaluate.planes import count_policies
from app.evaluate.profiles import Reading
from app.evaluate.resolve import Resolver
from app.evaluate.rows import RowTable
from app.evaluate.selectors import SelectorIndex
from app.evaluate.unaddressed import Unaddressed
from app.evaluate.views import View, Viewpoint, viewpoints_for
from app.evaluate.vocabulary import Vocabulary
from app.evaluate.workloads import Partition, partition
from app.model.connections import Connections
from app.model.inventory import Inventory
from app.model.platform import Enforcement, Platform
from app.model.policy import Direction, Policy
from app.model.reachability import ExternalRange, Profile, Workload

AS_DECLARED = (
    Enforcement.UNKNOWN,
    Enforcement.DEGRADED,
)  # policies count there, and nothing proves that they hold


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end of a connection.

    Attributes:
        id: as in the `reach` contract.
        number: class number, or number of classes plus that of the address atom.
        position: of the workload among all workloads; None for addresses outside the cluster.
    """

    id: str
    number: int
    position: int | None


@dataclass(frozen=True, eq=False)
class Compiled:
    """An inventory, compiled in one reading; what is enforced where is left open, so that both views can share it.

    Attributes:
        given: what was asked about.
        inventory: what was compiled: its policies as the data plane reads them.
        platform: what told enforced classes from others.
        reading: the data plane's reading of what the API leaves open.
        partition: classes and workloads.
        space: addresses, cut into atoms.
        peers: whom peers match.
        resolver: resolves policies against the classes.
        tables: rows that were asked for, by restricted classes and viewpoints.
        sets: policies as they were compiled for a view.
    """

    given: Inventory
    inventory: Inventory
    platform: Platform
    reading: Reading
    partition: Partition
    space: AddressSpace
    peers: PeerIndex
    resolver: Resolver
    sets: dict[bool, PolicySet] = field(default_factory=dict)
    tables: dict[tuple[object, ...], RowTable] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Inventory, platform: Platform, reading: Reading) -> "Compiled":
        """Compile an inventory. Nothing here depends on the order of its objects."""
        policies, beside = (
            _as_read(found, given, platform, reading) for found in (given.policies, given.beside)
        )
        inventory = given if policies is given.policies else replace(given, policies=policies)
        vocabulary = Vocabulary.of((*inventory.policies, *beside), inventory.nodes)
        parts = partition(inventory, Classifier(inventory, platform, vocabulary, reading))
        selectors = SelectorIndex(parts.classes, inventory.namespace_labels)
        space = vocabulary.space
        peers = PeerIndex(
            parts.classes,
            parts.blocks,
            selectors,
            space,
            vocabulary.node_addresses,
            Unaddressed.of(parts.classes, inventory),
        )
        return cls(given, inventory, platform, reading, parts, space, peers, Resolver(selectors, peers))

    @cached_property
    def families(self) -> tuple[frozenset[int], ...]:
        """Address families of each endpoint; empty where they are not known, and everywhere where there is but one."""
        classes = self.partition.classes
        several = any(item.families for item in classes)
        outside = (frozenset({atom.version} if several else ()) for atom in self.space.atoms)
        return (*(item.families for item in classes), *outside)

    def policies(self, *, as_declared: bool) -> PolicySet:
        """The policies of one view; both views share them where they count the same ones."""
        found = self.sets.get(as_declared)
        if found is None:
            found = self._compiled_for(as_declared=as_declared)
            self.sets[as_declared] = found
        return found

    def _compiled_for(self, *, as_declared: bool) -> PolicySet:
        inventory, profile = self.inventory, self.reading.profile
        counted = count_policies(inventory, self.platform, profile, as_declared=as_declared)
        other = self.sets.get(not as_declared)
        if other is not None and other.counted_as == counted:
            return other
        classes = len(self.partition.classes)
        return compile_policies(inventory.policies, counted, classes, self.resolver, self.peers.anyone)

    def rows(
        self,
        policies: PolicySet,
        restricted: int,
        viewpoints: tuple[Viewpoint, ...],
        *,
        certain: bool = False,
    ) -> RowTable:
        """The rows where policies count on `restricted`; the same ones for the same question."""
        key = (id(policies), restricted, viewpoints, certain)
        if key not in self.tables:
            classes = self.partition.classes
            self.tables[key] = RowTable(
                policies, classes, restricted, viewpoints, self.families, certain=certain
            )
        return self.tables[key]


def _as_read(
    policies: tuple[Policy, ...], inventory: Inventory, platform: Platform, reading: Reading
) -> tuple[Policy, ...]:
    """Policies as the data plane reads them; the very same ones where it reads them as they are written."""
    found = as_cilium_reads(policies, platform.cilium)
    if reading.profile is not Profile.CILIUM:
        return found
    too = platform.cilium is not None and platform.cilium.cluster_policies
    return as_cilium_resolves(found, inventory.pods, cluster_policies=too)


class Cluster:
    """A compiled inventory in one view: what is enforced, or what is declared."""

    def __init__(self, compiled: Compiled, *, as_declared: bool) -> None:
        self._compiled = compiled
        self.inventory = compiled.inventory
        self.reading = compiled.reading
        self.partition = compiled.partition
        self._as_declared = as_declared
        self.policies = compiled.policies(as_declared=as_declared)
        self.space = compiled.space
        self.restricted = as_set(
            number for number, item in enumerate(self.partition.classes) if as_declared or item.enforced
        )
        self.families = compiled.families
        self.viewpoints = _viewpoints(compiled.families, self.policies, self.reading)

    @cached_property
    def rows(self) -> RowTable:
        """Rows in this reading."""
        return self._compiled.rows(self.policies, self.restricted, self.viewpoints)

    @cached_property
    def rows_otherwise(self) -> RowTable:
        """Rows in a reading that differs in whether an `ipBlock` matches a pod."""
        points = tuple(
            Viewpoint(View(point.view.family, ip_blocks=not point.view.ip_blocks), point.endpoints)
            for point in self.viewpoints
        )
        return self._compiled.rows(self.policies, self.restricted, points)

    @cached_property
    def rows_certain(self) -> RowTable:
        """Rows without what conditions, or an order that is left open, may still deny."""
        if not self.policies.open_ended:
            return self.rows
        return self._compiled.rows(self.policies, self.restricted, self.viewpoints, certain=True)

    @cached_property
    def locality(self) -> Locality:
        """Who runs beside whom; where Cilium asks its policies about that traffic too, nobody does."""
        cilium = self._compiled.platform.cilium
        if cilium is None or cilium.own_node:
            return Locality(self.workloads)
        return Locality([replace(item, nodes=()) for item in self.workloads])

    @cached_property
    def externals(self) -> tuple[ExternalRange, ...]:
        """Address atoms, IPv4 first."""
        return tuple(ExternalRange(atom) for atom in self.space.atoms)

    def unproven(self, position: int) -> str:
        """Why it is not proven that policies hold on a workload's nodes; empty where it is, or where that is the whole cluster's answer."""
        platform = self._compiled.platform
        if self._as_declared:
            return ""
        entries = (entry for entry in platform.nodes if entry.node in self.workloads[position].nodes)
        weak = (entry for entry in entries if entry.enforcement in AS_DECLARED)
        return next(
            (f"{entry.node}: {entry.reason}" for entry in weak if entry.reason != platform.reason), ""
        )

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """Workloads, sorted by id."""
        return self.partition.workloads

    @cached_property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the workloads of each class, ascending."""
        groups: list[list[int]] = [[] for _ in self.partition.classes]
        for position, number in enumerate(self.partition.class_of):
            groups[number].append(position)
        return tuple(tuple(group) for group in groups)

    def workload(self, position: int) -> Endpoint:
        """The endpoint of a workload."""
        return Endpoint(self.workloads[position].id, self.partition.class_of[position], position)

    def atom(self, number: int) -> Endpoint:
        """The endpoint of an address atom."""
        return self._atoms[number]

    @cached_property
    def _atoms(self) -> tuple[Endpoint, ...]:
        first = self.policies.classes
        return tuple(Endpoint(item.id, first + number, None) for number, item in enumerate(self.externals))

    def pod_class(self, endpoint: Endpoint) -> PodClass | None:
        """What policies see of an endpoint; None outside the cluster."""
        return self.partition.classes[endpoint.number] if endpoint.position is not None else None

    def views(self, source: Endpoint, destination: Endpoint) -> list[View]:
        """Views in which two endpoints meet."""
        families = self.families[destination.number]
        points = viewpoints_for(self.viewpoints, families, self.policies.anyone)
        return [point.view for point in points if point.endpoints >> source.number & 1]

    def allowed(self, source: Endpoint, destination: Endpoint, *, certain: bool = False) -> Connections:
        """Ports that one endpoint may open to another; none to itself, none between two outside the cluster."""
        if self.own_node(source, destination):
            return Connections.all()
        return self.by_policies(source, destination, certain=certain)

    def by_policies(self, source: Endpoint, destination: Endpoint, *, certain: bool = False) -> Connections:
        """The same without what is allowed because both ends are on one node."""
        if source.id == destination.id or (source.position is None and destination.position is None):
            return Connections()
        rows = self.rows_certain if certain else self.rows
        return rows.allowed(source.number, destination.number)

    def own_node(self, source: Endpoint, destination: Endpoint) -> str:
        """The node that a hostNetwork source and a selected destination share; empty when that is not the case."""
        if source.position is None or destination.position is None:
            return ""
        if not self.rows.governed(destination.number, Direction.INGRESS):
            return ""
        return self.locality.shared_node(source.position, destination.position)


def _viewpoints(
    families: Sequence[frozenset[int]], policies: PolicySet, reading: Reading
) -> tuple[Viewpoint, ...]:
    """One view where that is exact; one for each family where ends can have addresses of both."""
    given = reading.blocks_match_pods
    if not any(families):
        return (Viewpoint(View(None, ip_blocks=given), policies.anyone),)
    return (
        Viewpoint(View(4, ip_blocks=given), policies.anyone & ~_silent(families, 4)),
        Viewpoint(View(6, ip_blocks=given), policies.anyone & ~_silent(families, 6)),
    )


def _silent(families: Sequence[frozenset[int]], family: int) -> int:
    """Endpoints that are known to have no address of a family."""
    return as_set(at for at, known in enumerate(families) if known and family not in known)
