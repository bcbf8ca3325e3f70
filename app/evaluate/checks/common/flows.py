"""The register of approved flows: does an entry cover what was found?"""

from collections.abc import Iterable, Sequence

from app.model.connections import Connections
from app.model.facts import Facts
from app.model.scope import ApprovedFlow

EXTERNAL = frozenset({"external"})


class Flows:
    """Approved flows that somebody owns and somebody else approved; the others justify nothing.

    An end is named by the id of a scope rule that places it, by its namespace, or by `external`.
    """

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self.supplied = facts.scope.approved_flows is not None
        self._signed = [item for item in facts.scope.approved_flows or () if _signed(item)]

    def names_of(self, workload: str, namespace: str) -> frozenset[str]:
        """Names by which the register may mean a workload."""
        return frozenset((namespace, *self._facts.placements[workload].rules))

    def between(
        self, source: frozenset[str], destination: frozenset[str], wanted: Connections
    ) -> tuple[tuple[str, ...], Connections]:
        """Ids of the flows that approve some of these ports, sorted, and the ports that none approves."""
        left, used = wanted, []
        for flow in self._signed:
            if flow.source in source and flow.destination in destination and flow.ports & wanted:
                left -= flow.ports
                used.append(flow.id)
        return tuple(sorted(used)), left

    def covers(
        self, sources: Iterable[frozenset[str]], destinations: Iterable[frozenset[str]], wanted: Connections
    ) -> str:
        """Id of one flow that covers every pair of these ends on all wanted ports; empty when there is none."""
        ends = set(sources), set(destinations)
        return next((flow.id for flow in self._signed if _spans(flow, *ends, wanted)), "")


def _spans(
    flow: ApprovedFlow,
    sources: Iterable[frozenset[str]],
    destinations: Iterable[frozenset[str]],
    wanted: Connections,
) -> bool:
    return (
        not wanted - flow.ports
        and all(flow.source in item for item in sources)
        and all(flow.destination in item for item in destinations)
    )


def _signed(flow: ApprovedFlow) -> bool:
    named: Sequence[str] = (flow.owner, flow.approver)
    return all(named) and flow.approved_on is not None
