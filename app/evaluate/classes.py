"""Classes of pods that no policy can tell apart.

Two pods with one class are alike to every rule of every policy, so the engine answers for classes, never for pods.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from app.evaluate.addresses import parse
from app.evaluate.profiles import Reading
from app.evaluate.vocabulary import Vocabulary
from app.model.connections import PortSet, Protocol
from app.model.inventory import ContainerPort, Inventory, Labels, Pod
from app.model.platform import Enforcement, Platform

NamedPorts = tuple[tuple[Protocol, str, PortSet], ...]

Blocks = tuple[int, int]

NO_BLOCKS: Blocks = (0, 0)

OTHER = None  # a label value that no selector mentions


@dataclass(frozen=True, slots=True)
class PodClass:
    """What policies can see of a pod.

    Attributes:
        namespace: its namespace.
        labels: its labels, restricted to keys that a selector mentions; OTHER for values that none mentions.
        ports: its ports whose names a rule uses; a name that stands twice has both numbers (API: `ContainerPort.name`).
        blocks: for IPv4 and for IPv6, the set of address blocks that hold one of its addresses; none in a reading where
            blocks do not match pods.
        families: address families that it is known to have; empty when that is not known, or where all pods of the
            cluster have the one same family.
        host_network: policies do not select it, and its addresses are its node's.
        enforced: the data plane enforces policies where it runs.
        init_ports: a name that a rule uses means something else when init containers count.
    """

    namespace: str
    labels: frozenset[tuple[str, str | None]]
    ports: NamedPorts
    blocks: Blocks
    families: frozenset[int]
    host_network: bool
    enforced: bool
    init_ports: bool = False


class Classifier:
    """Reads pods the way policies do."""

    def __init__(
        self, inventory: Inventory, platform: Platform, vocabulary: Vocabulary, reading: Reading
    ) -> None:
        self._platform = platform
        self._vocabulary = vocabulary
        self._reading = reading
        self._ports_known: dict[tuple[ContainerPort, ...], tuple[NamedPorts, bool]] = {}
        self._node_addresses = {node.name: node.addresses for node in inventory.nodes}
        self._mixed = bool(vocabulary.space.blocks) and _families_mixed(inventory)

    def class_of(self, pod: Pod) -> PodClass:
        """Everything about a pod that matters to some policy."""
        ports, init_ports = self._ports(pod.ports)
        addresses = self.addresses(pod) if self._reading.blocks_match_pods else ()
        families = frozenset(version for version, _ in addresses) if self._mixed else frozenset[int]()
        return PodClass(
            namespace=pod.namespace,
            labels=frozenset() if pod.host_network else self._labels(pod.labels),
            ports=ports,
            blocks=self.blocks(addresses),
            families=families,
            host_network=pod.host_network,
            enforced=not self.why_unenforced(pod),
            init_ports=init_ports,
        )

    def why_unenforced(self, pod: Pod) -> str:
        """Why no policy restricts this pod although it may be selected; empty when policies hold."""
        exception = self._platform.pod_exceptions.get(pod.ref) if self._platform.pod_exceptions else None
        if exception is not None:
            return exception
        if self._platform.on_node(pod.node) is Enforcement.NOT_ENFORCED:
            return self._platform.why(pod.node)
        return ""

    def _labels(self, labels: Labels) -> frozenset[tuple[str, str | None]]:
        mentioned = self._vocabulary.labels
        return frozenset(
            (key, value if value in mentioned[key] else OTHER)
            for key, value in labels.items()
            if key in mentioned
        )

    def _ports(self, ports: tuple[ContainerPort, ...]) -> tuple[NamedPorts, bool]:
        """What the names of a rule mean on these ports, and whether that depends on counting init containers."""
        if not self._vocabulary.port_names:
            return (), False
        known = self._ports_known.get(ports)
        if known is None:
            counted = self._named(ports, init=self._reading.init_container_ports)
            otherwise = self._named(ports, init=not self._reading.init_container_ports)
            known = self._ports_known[ports] = (counted, counted != otherwise)
        return known

    def _named(self, ports: tuple[ContainerPort, ...], *, init: bool) -> NamedPorts:
        numbers: dict[tuple[Protocol, str], list[int]] = {}
        for port in ports:
            if port.name in self._vocabulary.port_names and (init or not port.init):
                numbers.setdefault((port.protocol, port.name), []).append(port.container_port)
        return tuple(
            (protocol, name, PortSet.of((number, number) for number in found))
            for (protocol, name), found in sorted(numbers.items())
        )

    def blocks_in_any_reading(self, pod: Pod, its_class: PodClass) -> Blocks:
        """Blocks that hold an address of a pod, where a data plane compares the two."""
        return its_class.blocks if self._reading.blocks_match_pods else self.blocks(self.addresses(pod))

    def addresses(self, pod: Pod) -> tuple[tuple[int, int], ...]:
        """Versions and values of a pod's addresses, if a policy names any; a hostNetwork pod has its node's."""
        if not self._vocabulary.space.blocks:
            return ()
        texts = pod.ips
        if pod.host_network and not texts:
            texts = self._node_addresses.get(pod.node, ())
        return tuple(address for text in texts if (address := parse(text)))

    def blocks(self, addresses: Iterable[tuple[int, int]]) -> Blocks:
        """The sets of blocks, by family, that hold one of these addresses."""
        held = {4: 0, 6: 0}
        for version, value in addresses:
            held[version] |= self._vocabulary.space.blocks_with(version, value)
        return held[4], held[6]


def _families_mixed(inventory: Inventory) -> bool:
    """True when the addresses of pods and nodes are of both families."""
    texts = chain.from_iterable(
        (*(pod.ips for pod in inventory.pods), *(node.addresses for node in inventory.nodes))
    )
    return len({":" in text for text in texts}) > 1
