"""Ports that are decided alike, by the same rules, told together."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.model.connections import LAST_PORT, Connections, PortSet, Protocol
from app.model.decision import Decision
from app.model.policy import Direction
from app.model.reachability import Reachability


@dataclass(frozen=True, slots=True)
class Answer:
    """One decision, and the ports for which it holds with the same witnesses."""

    decision: Decision
    ports: Connections


def answers(
    reachability: Reachability, source: str, destination: str, ports: Connections
) -> tuple[Answer, ...]:
    """Decide every port of a set; ports with the same witnesses are one answer, in order of their first port."""
    groups: dict[object, list[Answer]] = {}
    cuts = _cuts(reachability, source, destination)
    for protocol, intervals in ports.ports:
        for first, last in _pieces(intervals, cuts[protocol]):
            decision = reachability.decide(source, destination, protocol, first)
            span = Connections.of({protocol: PortSet.of([(first, last)])})
            groups.setdefault(witnesses(decision), []).append(Answer(decision, span))
    return tuple(_together(group) for group in groups.values())


def witnesses(decision: Decision) -> object:
    """Equal for decisions with the same witnesses, whatever the port or the address outside."""
    return tuple(
        (
            half.reason,
            half.selecting,
            half.rules,
            half.note,
            half.trail,
            half.conditions,
            half.idle,
            tuple((miss.rule, miss.what) for miss in half.misses),
        )
        for half in (decision.egress, decision.ingress)
    )


def _together(group: list[Answer]) -> Answer:
    ports = Connections()
    for answer in group:
        ports |= answer.ports
    return Answer(group[0].decision, ports)


def _cuts(reachability: Reachability, source: str, destination: str) -> dict[Protocol, list[int]]:
    """Ports at which some rule on either end begins, or has just ended: between two cuts nothing changes."""
    ids = {workload.id for workload in reachability.workloads}
    ends = ((source, Direction.EGRESS), (destination, Direction.INGRESS))
    rules = [rule for end, way in ends if end in ids for rule in reachability.rules_on(end, way)]
    return {
        protocol: sorted(
            {
                edge
                for rule in rules
                for first, last in rule.ports.on(protocol).intervals
                for edge in (first, last + 1)
                if edge <= LAST_PORT
            }
        )
        for protocol in Protocol
    }


def _pieces(ports: PortSet, cuts: list[int]) -> Iterator[tuple[int, int]]:
    for first, last in ports.intervals:
        inner = [cut for cut in cuts if first < cut <= last]
        starts = [first, *inner]
        yield from zip(starts, [*(cut - 1 for cut in inner), last], strict=True)
