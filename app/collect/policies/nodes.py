"""Nodes as peers: the addresses of those that a label selector selects."""

from app.collect.addresses import everywhere, single
from app.collect.policies.api import Context
from app.collect.policies.parts import Part
from app.collect.selectors import matches
from app.model.policy import AddressMatch, AddressPeer, LabelSelector


def node_part(selector: LabelSelector, context: Context) -> Part:
    """Nodes by label.

    Where no node was given it cannot be told which are meant: the part is then every node, under that condition.
    """
    text = f"nodes {selector}"
    if not context.nodes:
        peer = AddressPeer(everywhere(), text, AddressMatch.NODES)
        condition = f"only nodes that {selector} selects; no node was given"
        return Part((peer,), conditions=(condition,), port_names=False)
    chosen = (node for node in context.nodes if matches(selector, node.labels))
    addresses = single(address for node in chosen for address in node.addresses)
    return Part((AddressPeer(addresses, text, AddressMatch.NODES),), port_names=False)
