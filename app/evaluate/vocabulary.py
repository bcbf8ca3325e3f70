"""Everything about a pod that some policy can see; two pods alike in it are alike to every policy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from app.evaluate.addresses import AddressSpace, Block, parse
from app.evaluate.bits import as_set
from app.model.inventory import Node
from app.model.peers import all_rules, ends, leaves, selectors
from app.model.policy import (
    AddressMatch,
    AddressPeer,
    AddressRange,
    Facet,
    NamedPort,
    Operator,
    Policy,
    Rule,
    requirements,
)

# Values of a label that selectors name; None where an operator looks into values, so that each must be kept as it is.
Values = frozenset[str] | None

_LOOKS_INSIDE = (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Labels, port names and address blocks that the policies of a cluster mention.

    Attributes:
        labels: by key of a pod's label, the values that a selector mentions (none for Exists and DoesNotExist).
        account_labels: likewise for labels of its service account.
        account_names: names of service accounts that a selector mentions.
        accounts: True when a selector looks at service accounts at all.
        port_names: names that a rule uses for a port.
        space: both address families, cut by every address block.
        by_reading: blocks that match the address of a pod where the data plane reads them so.
        of_anyone: blocks that match the address of a pod in any case.
        of_nodes: blocks that match the address of a node.
        node_addresses: of the nodes that were read, sorted.
    """

    labels: Mapping[str, Values]
    account_labels: Mapping[str, Values]
    account_names: Values
    accounts: bool
    port_names: frozenset[str]
    space: AddressSpace
    by_reading: int
    of_anyone: int
    of_nodes: int
    node_addresses: tuple[AddressRange, ...]

    @classmethod
    def of(cls, policies: Iterable[Policy], nodes: Iterable[Node] = ()) -> "Vocabulary":
        """Collect what the policies mention. `nodes` tell which addresses outside a pod are those of nodes."""
        policies = tuple(policies)
        rules = tuple(all_rules(policies))
        peers = tuple(dict.fromkeys(_addresses(rules)))
        node_addresses = tuple(sorted(_of_nodes(nodes)))
        space = AddressSpace.cut_by(block for peer in peers for block in blocks_of(peer, node_addresses))

        def numbers(match: AddressMatch) -> int:
            return as_set(space.blocks[peer.ranges] for peer in peers if peer.match is match)

        mentioned = _mentioned(policies)
        return cls(
            labels=mentioned[Facet.POD],
            account_labels=mentioned[Facet.ACCOUNT],
            account_names=mentioned[Facet.ACCOUNT_NAME].get("", frozenset()),
            accounts=bool(mentioned[Facet.ACCOUNT] or mentioned[Facet.ACCOUNT_NAME]),
            port_names=frozenset(_port_names(rules)),
            space=space,
            by_reading=numbers(AddressMatch.AS_THE_DATA_PLANE_READS),
            of_anyone=numbers(AddressMatch.ANYONE),
            of_nodes=numbers(AddressMatch.NODES),
            node_addresses=node_addresses,
        )


def blocks_of(peer: AddressPeer, node_addresses: Iterable[AddressRange]) -> tuple[Block, ...]:
    """The block that pods are compared with, and for a peer that matches nodes alone the node addresses in it."""
    if peer.match is not AddressMatch.NODES:
        return (peer.ranges,)
    return peer.ranges, nodes_within(peer.ranges, node_addresses)


def nodes_within(block: Block, node_addresses: Iterable[AddressRange]) -> Block:
    """Addresses of nodes that a block holds."""
    return tuple(
        address
        for address in node_addresses
        if any(item.version == address.version and item.first <= address.first <= item.last for item in block)
    )


def _of_nodes(nodes: Iterable[Node]) -> set[AddressRange]:
    found = (parse(text) for node in nodes for text in node.addresses)
    return {AddressRange(4 if item[0] == 4 else 6, item[1], item[1]) for item in found if item}  # noqa: PLR2004  IP version


def _mentioned(policies: Iterable[Policy]) -> Mapping[Facet, dict[str, Values]]:
    values: dict[tuple[Facet, str], set[str]] = {}
    whole: set[tuple[Facet, str]] = set()
    for selector in {selector for policy in policies for selector in selectors(policy)}:
        for item in requirements(selector):
            key = (item.facet, item.key)
            values.setdefault(key, set()).update(item.values)
            if item.operator in _LOOKS_INSIDE:
                whole.add(key)
    found: dict[Facet, dict[str, Values]] = {facet: {} for facet in Facet}
    for key, mentioned in values.items():
        found[key[0]][key[1]] = None if key in whole else frozenset(mentioned)
    return found


def _port_names(rules: Iterable[Rule]) -> Iterator[str]:
    for rule in rules:
        for port in rule.ports or ():
            if isinstance(port, NamedPort):
                yield port.name


def _addresses(rules: Iterable[Rule]) -> Iterator[AddressPeer]:
    for rule in rules:
        for leaf in leaves(ends(rule)):
            if isinstance(leaf, AddressPeer):
                yield leaf
