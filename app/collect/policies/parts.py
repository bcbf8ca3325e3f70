"""Rules whose peers are not all alike.

In the normal form everything but the peers is said once for a rule. Where an API's rule mixes peers that differ in it
(domain names beside pods), the rule is split into parts, each a rule of the normal form with the same path and action:
which of them matches first makes no difference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from app.model.policy import Action, AnyPeer, EveryPeer, NamedPort, Peer, PolicyPort, Rule

NOBODY = AnyPeer(())


@dataclass(frozen=True)
class Part:
    """Peers of one rule that are read alike.

    Attributes:
        peers: the other end.
        own: narrows the selected end, for peers that are named relative to it ("the same namespace").
        conditions: as in `Rule.conditions`.
        port_names: whether a port name can stand for a port of these peers; addresses and nodes have none.
    """

    peers: tuple[Peer, ...]
    own: tuple[Peer, ...] | None = None
    conditions: tuple[str, ...] = ()
    port_names: bool = True


def narrowed(part: Part, own: tuple[Peer, ...] | None) -> Part:
    """The part, for those selected ends alone that `own` matches too."""
    if own is None or part.own is None:
        return replace(part, own=own or part.own)
    return replace(part, own=(EveryPeer((AnyPeer(own), AnyPeer(part.own))),))


def rules(
    path: str, action: Action, parts: Iterable[Part], ports: Sequence[PolicyPort] | None
) -> tuple[Rule, ...]:
    """One rule for each kind of part, in the order of first appearance; a rule for nobody when there is no part.

    Args:
        path: where the rule stands in the object.
        action: what it does.
        parts: its peers.
        ports: its ports; None means every port of every protocol.
    """
    found = tuple(
        Rule(
            path=path,
            peers=part.peers,
            ports=_ports(ports, part),
            action=action,
            own=part.own,
            conditions=part.conditions,
        )
        for part in _merged(parts)
    )
    return found or (Rule(path, (NOBODY,), None, action),)


def _merged(parts: Iterable[Part]) -> Iterable[Part]:
    groups: dict[object, Part] = {}
    for part in parts:
        key = (part.own, part.conditions, part.port_names)
        known = groups.get(key)
        peers = (*known.peers, *part.peers) if known else part.peers
        groups[key] = Part(peers, part.own, part.conditions, part.port_names)
    return groups.values()


def _ports(ports: Sequence[PolicyPort] | None, part: Part) -> tuple[PolicyPort, ...] | None:
    if ports is None:
        return None
    return tuple(port for port in ports if part.port_names or not isinstance(port, NamedPort))
