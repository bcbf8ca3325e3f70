"""Policies of the normal form in words, so that a table can say what it expects."""

from app.collect.policies.calico.nets import only
from app.model.policy import (
    AddressPeer,
    AnyPeer,
    EveryPeer,
    NamedPort,
    OtherPeer,
    PortRange,
    SelectorPeer,
)
from tests.unit.collect.objects import normalized

_FAMILIES = {only(4): "IPv4", only(6): "IPv6"}


def said(peers):
    """Ends in words; `anyone` for None."""
    return "anyone" if peers is None else " or ".join(_peer(item) for item in peers)


def _peer(peer):
    if peer in _FAMILIES:
        return _FAMILIES[peer]
    match peer:
        case EveryPeer():
            return f"({' and '.join(_peer(part) for part in peer.parts)})"
        case AnyPeer():
            return f"({' or '.join(_peer(part) for part in peer.parts)})"
        case OtherPeer():
            return f"not {_peer(peer.part)}"
        case SelectorPeer():
            return f"pods [{peer.selector}]" + (f" in {peer.namespace}" if peer.namespace else "")
        case AddressPeer():
            return f"addresses of {peer.text}"


def ports_said(ports):
    """Ports in words; `every port` for None, `none` for an empty list."""
    if ports is None:
        return "every port"
    return ", ".join(_port(item) for item in ports) or "none"


def _port(item):
    match item:
        case PortRange():
            return f"{item.protocol} {item.ports}"
        case NamedPort():
            return f"{item.protocol} {item.name}"


def policies(text):
    return normalized(text).inventory.policies
