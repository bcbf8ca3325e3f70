"""What each port of a workload accepts, joined with who can reach it: the sources that could be served in plain text."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from app.evaluate.bits import as_set
from app.evaluate.encryption.kinds import Kind, Population
from app.evaluate.encryption.layers import Layers
from app.evaluate.encryption.pairs import Pairs
from app.evaluate.engine import Engine
from app.model.connections import Connections, PortSet, Protocol
from app.model.encryption import Accepting, EvidenceStrength, Known, Label, weakest
from app.model.inventory import ContainerPort, Inventory
from app.model.transit import ListenerVerdict

ANY_PORT = 0
NOBODY, NAMESPACE, CLUSTER, OUTSIDE = "nobody", "its namespace", "the cluster", "outside"

# what a client gets that the port served in plain text, or may have
_PLAIN = (
    Label.PLAINTEXT,
    Label.UNKNOWN,
    Label.AUTH_ONLY,
    Label.PROVIDER_ATTESTED,
    Label.NODE_TUNNEL,
    Label.NODE_TUNNEL_STRICT,
)
_UNGUARDED = "no mesh guards it; what the application asks for is not visible from the cluster"


class Listeners:
    """Listener verdicts of one cluster; workloads by position."""

    def __init__(
        self,
        reachability: Engine,
        inventory: Inventory,
        population: Population,
        layers: Layers,
        pairs: Pairs,
    ) -> None:
        self._reachability = reachability
        self._population = population
        self._layers = layers
        self._pairs = pairs
        self._declared = {pod.ref: pod.ports for pod in inventory.pods}
        self._exposed: dict[tuple[int, int, int, str], str] = {}

    def of(self, position: int) -> tuple[ListenerVerdict, ...]:
        """All listeners of a workload, by protocol and port."""
        group = self._population.group_of[position]
        return tuple(
            self._listener(position, group, protocol, port) for protocol, port in self._ports(position, group)
        )

    def _ports(self, position: int, group: int) -> list[tuple[Protocol, int]]:
        """Ports that containers declare or a mesh tells apart; 0 for TCP where there is none."""
        workload = self._reachability.workloads[position]
        declared: set[ContainerPort] = {
            port for ref in workload.pod_refs for port in self._declared[ref] if not port.init
        }
        found = {(port.protocol, port.container_port) for port in declared}
        for number in self._population.groups[group]:
            ports = self._layers.ports(None, self._population.kinds[number])
            found |= {(Protocol.TCP, port) for port in ports}
        if not any(protocol is Protocol.TCP for protocol, _ in found):
            found.add((Protocol.TCP, ANY_PORT))
        order = list(Protocol)
        return sorted(found, key=lambda item: (order.index(item[0]), item[1]))

    def _listener(self, position: int, group: int, protocol: Protocol, port: int) -> ListenerVerdict:
        workload = self._reachability.workloads[position]
        accepting, template = self._weakest(group, protocol, port)
        exposed = NOBODY if accepting.plain is Known.NO else self._exposed_to(position, protocol, port)
        strengths = (accepting.strength, *((EvidenceStrength.INTENDED,) if template else ()))
        return ListenerVerdict(
            workload=workload.id,
            protocol=protocol,
            port=port,
            plain=accepting.plain,
            mode=accepting.mode,
            strength=weakest(*strengths),
            says=accepting.says,
            exposed_to=exposed,
            signs=accepting.signs,
        )

    def _weakest(self, group: int, protocol: Protocol, port: int) -> tuple[Accepting, bool]:
        """What the least guarded of its pods accepts; whether any of them is only a template."""
        kinds = [self._population.kinds[number] for number in self._population.groups[group]]
        found = [self._accepting(self._layers, kind, protocol, port) for kind in kinds]
        # of two that are not known, one that nothing guards is weaker than one whose mode could not be read
        worst = max(found, key=lambda item: (_ORDER.index(item.plain), not item.mode))
        return worst, any(kind.template for kind in kinds)

    @staticmethod
    def _accepting(layers: Layers, kind: Kind, protocol: Protocol, port: int) -> Accepting:
        if protocol is not Protocol.TCP:
            says = f"no mesh carries {protocol.value}; what the application asks for is not visible from the cluster"
            return Accepting(Known.UNKNOWN, "", EvidenceStrength.OBSERVED, says)
        guarded = layers.server(kind, port or _UNNAMED).accepting
        return guarded or Accepting(Known.UNKNOWN, "", EvidenceStrength.OBSERVED, _UNGUARDED)

    def _exposed_to(self, position: int, protocol: Protocol, port: int) -> str:
        """The widest circle that holds a source which policies let in and which would not use mutual TLS."""
        cluster = self._reachability.cluster
        number = cluster.partition.class_of[position]
        group, namespace = self._population.group_of[position], cluster.workloads[position].namespace
        wanted = Connections.of({protocol: PortSet.all() if not port else PortSet.of([(port, port)])})
        own = 0 if self._members[group, number] > 1 else 1 << number  # it is no source of its own
        served = 0
        for cell in cluster.rows.row(cluster.rows.number_of(number)):
            ports = cell.allowed & wanted
            if ports and cell.sources >> cluster.policies.classes:
                return OUTSIDE
            for source, classes in self._classes.items() if ports else ():
                there = cell.sources & (classes & ~own if source == group else classes)
                if there and self._served_plain(source, group, ports):
                    served |= there
        if served & ~self._in_namespace.get(namespace, 0):
            return CLUSTER
        return NAMESPACE if served else NOBODY

    def _served_plain(self, source: int, destination: int, ports: Connections) -> bool:
        cores = self._pairs.of(source, destination, ports)
        return any(core.verdict.label in _PLAIN for core in cores)

    @cached_property
    def _members(self) -> Mapping[tuple[int, int], int]:
        """How many workloads are in a group and in a class."""
        return Counter(
            zip(self._population.group_of, self._reachability.cluster.partition.class_of, strict=True)
        )

    @cached_property
    def _classes(self) -> Mapping[int, int]:
        """For each group, the classes that hold one of its workloads."""
        numbers: dict[int, set[int]] = {}
        class_of = self._reachability.cluster.partition.class_of
        for position, group in enumerate(self._population.group_of):
            numbers.setdefault(group, set()).add(class_of[position])
        return {group: as_set(found) for group, found in numbers.items()}

    @cached_property
    def _in_namespace(self) -> Mapping[str, int]:
        """The classes of each namespace."""
        found: dict[str, list[int]] = {}
        for number, item in enumerate(self._reachability.cluster.partition.classes):
            found.setdefault(item.namespace, []).append(number)
        return {namespace: as_set(numbers) for namespace, numbers in found.items()}


_ORDER = (Known.NO, Known.UNKNOWN, Known.YES)
_UNNAMED = 65535  # stands for every port that nothing names
