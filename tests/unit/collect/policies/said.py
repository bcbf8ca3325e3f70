"""A policy of the normal form in lines that a person can compare with the object."""

from app.model.connections import PortSet
from app.model.policy import (
    AddressMatch,
    AddressPeer,
    AnyPeer,
    EveryPeer,
    NamedPort,
    OtherPeer,
    PodPeer,
    SelectorPeer,
)

MATCH = {
    AddressMatch.AS_THE_DATA_PLANE_READS: "addresses by profile",
    AddressMatch.ANYONE: "addresses",
    AddressMatch.OUTSIDE: "outside addresses",
    AddressMatch.NODES: "addresses of nodes",
}


def said(policy):
    """Subject first, then each rule: `path action ports peers`, with `for` (own) and `if` (conditions) after them."""
    subject = f"selects {policy.subject.selector}" + (" and nodes" if policy.subject.nodes else "")
    if policy.subject.namespace is not None:
        subject += f" in {policy.subject.namespace}"
    place = f"{policy.family} {policy.tier} {policy.order:g}".replace("  ", " ")
    return [place, subject, *(rule_said(rule) for rule in (*policy.ingress, *policy.egress))]


def rule_said(rule):
    path = rule.path.removeprefix("spec.")
    text = f"{path} {rule.action}: {peers_said(rule.peers)} on {ports_said(rule.ports)}"
    if rule.own is not None:
        text += f", for {peers_said(rule.own)}"
    return ", ".join((text, *rule.conditions))


def peers_said(peers):
    return "anyone" if peers is None else " or ".join(map(peer_said, peers)) or "-"


def peer_said(peer):
    match peer:
        case PodPeer(None, pods):
            text = f"pods {pods}"
        case PodPeer(namespaces, pods):
            text = f"pods {pods} of namespaces {namespaces}"
        case SelectorPeer(selector, namespace):
            text = f"pods {selector}" + (f" in {namespace}" if namespace else "")
        case AddressPeer(_, written, match):
            text = f"{MATCH[match]} {written}"
        case AnyPeer(parts):
            text = f"any({peers_said(parts)})" if parts else "nobody"
        case EveryPeer(parts):
            text = f"all({' and '.join(map(peer_said, parts))})"
        case OtherPeer(part):
            text = f"not {peer_said(part)}"
    return text


def ports_said(ports):
    if ports is None:
        return "anything"
    return ", ".join(map(port_said, ports)) or "no port"


def port_said(port):
    if isinstance(port, NamedPort):
        return f"{port.protocol} {port.name}"
    return f"{port.protocol} {'all' if port.ports == PortSet.all() else port.ports}"
