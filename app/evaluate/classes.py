"""Classes of pods that no policy can tell apart.

Two pods with one class are alike to every rule of every policy, so the engine answers for classes, never for pods.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from app.evaluate.addresses import parse
from app.evaluate.families import NOT_KNOWN, Families
from app.evaluate.profiles import Reading
from app.evaluate.vocabulary import Values, Vocabulary
from app.model.connections import PortSet, Protocol
from app.model.inventory import ContainerPort, Inventory, Labels, Pod
from app.model.platform import Enforcement, Platform
from app.model.policy import Direction

NamedPorts = tuple[tuple[Protocol, str, PortSet], ...]

Blocks = tuple[int, int]

NO_BLOCKS: Blocks = (0, 0)

SeenLabels = frozenset[tuple[str, str | None]]

NO_LABELS: SeenLabels = frozenset()

NOWHERE: frozenset[Direction] = frozenset()

OTHER = None  # a label value that no selector mentions


@dataclass(frozen=True, slots=True)
class PodClass:
    """What policies can see of a pod.

    Attributes:
        namespace: its namespace.
        labels: its labels, restricted to keys that a selector mentions; OTHER for values that none mentions.
        ports: its ports whose names a rule uses; a name that stands twice has both numbers (API: `ContainerPort.name`).
        blocks: for IPv4 and for IPv6, the set of address blocks that hold one of its addresses; only blocks that match
            pods in this reading.
        families: address families that it has, told from its like where its address is not known (see `families`);
            empty when that is not known, or where all pods of the cluster have the one same family.
        host_network: policies do not select it, and its addresses are its node's.
        enforced: the data plane enforces policies where it runs.
        init_ports: a name that a rule uses means something else when init containers count.
        account: its service account; OTHER for one that no selector names, empty for none or where it does not matter.
        account_labels: labels of the account, restricted as those of the pod are.
        guarded: directions in which its node may not let through what policies of pods allow.
        unaddressed: policies name addresses with which its own would be compared, and none of its own is known.
    """

    namespace: str
    labels: SeenLabels
    ports: NamedPorts
    blocks: Blocks
    families: frozenset[int]
    host_network: bool
    enforced: bool
    init_ports: bool = False
    account: str | None = ""
    account_labels: SeenLabels = frozenset()
    unaddressed: bool = False
    guarded: frozenset[Direction] = frozenset()


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
        self._accounts = {(item.ref.namespace, item.ref.name): item.labels for item in inventory.accounts}
        guests = vocabulary.of_anyone | (vocabulary.by_reading if reading.blocks_match_pods else 0)
        self._compared = {False: guests, True: guests | vocabulary.of_nodes}
        mixed = bool(self._compared[True]) and _families_mixed(inventory)
        self._guards = inventory.guards
        self._shown = Families.of(inventory) if mixed else None

    def class_of(self, pod: Pod) -> PodClass:
        """Everything about a pod that matters to some policy."""
        ports, init_ports = self._ports(pod.ports)
        compared = self._compared[pod.host_network]
        addresses = self.addresses(pod) if self._compared[True] else ()
        v4, v6 = self.blocks(addresses)
        families = self._families(pod, addresses)
        account, account_labels = ("", NO_LABELS) if pod.host_network else self._account(pod)
        return PodClass(
            namespace=pod.namespace,
            labels=NO_LABELS if pod.host_network else _seen(pod.labels, self._vocabulary.labels),
            ports=ports,
            blocks=(v4 & compared, v6 & compared),
            families=families,
            host_network=pod.host_network,
            enforced=not self.why_unenforced(pod),
            init_ports=init_ports,
            account=account,
            account_labels=account_labels,
            unaddressed=bool(compared) and not addresses,
            guarded=NOWHERE if pod.host_network else self._guarded(pod.node),
        )

    def _guarded(self, node: str) -> frozenset[Direction]:
        """A pod whose node is not known may run on any, and a guard whose node is not known may stand on any."""
        found = (item.directions for item in self._guards if not node or item.node in ("", node))
        return NOWHERE.union(*found) if self._guards else NOWHERE

    def _families(self, pod: Pod, addresses: Iterable[tuple[int, int]]) -> frozenset[int]:
        if self._shown is None:
            return NOT_KNOWN
        known = frozenset(version for version, _ in addresses)
        return known or self._shown.certain(host_network=pod.host_network)

    def _account(self, pod: Pod) -> tuple[str | None, SeenLabels]:
        if not self._vocabulary.accounts:
            return "", NO_LABELS
        names, name = self._vocabulary.account_names, pod.service_account
        labels = self._accounts.get((pod.namespace, name), {})
        known = not name or names is None or name in names
        return name if known else OTHER, _seen(labels, self._vocabulary.account_labels)

    def why_unenforced(self, pod: Pod) -> str:
        """Why no policy restricts this pod although it may be selected; empty when policies hold."""
        exception = self._platform.pod_exceptions.get(pod.ref) if self._platform.pod_exceptions else None
        if exception is not None:
            return exception
        if self._platform.on_node(pod.node) is Enforcement.NOT_ENFORCED:
            return self._platform.why(pod.node)
        return ""

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
        if self._reading.blocks_match_pods or not self._vocabulary.by_reading:
            return its_class.blocks
        held = self.blocks(self.addresses(pod))
        return _with_others(held, its_class.blocks, self._vocabulary.by_reading)

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


def _with_others(held: Blocks, compared: Blocks, also: int) -> Blocks:
    """Blocks that count, and of those that hold an address, some that count in another reading."""
    return compared[0] | held[0] & also, compared[1] | held[1] & also


def _seen(labels: Labels, mentioned: Mapping[str, Values]) -> SeenLabels:
    """Labels as far as selectors can see them."""
    seen: list[tuple[str, str | None]] = []
    for key, value in labels.items():
        if key in mentioned:
            values = mentioned[key]
            seen.append((key, value if values is None or value in values else OTHER))
    return frozenset(seen)


def _families_mixed(inventory: Inventory) -> bool:
    """True when the addresses of pods and nodes are of both families."""
    texts = chain.from_iterable(
        (*(pod.ips for pod in inventory.pods), *(node.addresses for node in inventory.nodes))
    )
    return len({":" in text for text in texts}) > 1
