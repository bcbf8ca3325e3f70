"""The register of approved flows: does an entry cover what was found?"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC

from app.model.connections import Connections
from app.model.facts import Facts
from app.model.scope import ApprovedFlow

EXTERNAL = frozenset({"external"})

_Question = tuple[frozenset[str], frozenset[str], Connections]
_Answer = tuple[tuple[str, ...], Connections]


@dataclass(frozen=True)
class Flows:
    """Approved flows with a reason, an owner, another's approval and no overdue review; the others justify nothing.

    An end is named by the id of a scope rule that places it, by its namespace, or by `external`.

    Attributes:
        supplied: False when the scope file has no register, which is not an empty one.
        approved: entries that count.
    """

    supplied: bool
    approved: tuple[ApprovedFlow, ...]
    _answers: dict[_Question, _Answer] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, facts: Facts) -> "Flows":
        """The register of the scope file."""
        register = facts.scope.approved_flows
        day = facts.at.astimezone(UTC).date()
        return cls(register is not None, tuple(item for item in register or () if not item.problem(day)))

    def at(self, end: frozenset[str], *, source: bool) -> "Flows":
        """Only those that begin, or end, at this end: most ends have none, and then no far end needs a look."""
        chosen = (item for item in self.approved if (item.source if source else item.destination) in end)
        return replace(self, approved=tuple(chosen), _answers={})

    def between(self, source: frozenset[str], destination: frozenset[str], wanted: Connections) -> _Answer:
        """Ids of the flows that approve some of these ports, sorted, and the ports that none approves."""
        if not self.approved:
            return (), wanted
        question = (source, destination, wanted)
        if question not in self._answers:
            self._answers[question] = self._approve(*question)
        return self._answers[question]

    def covers(
        self, sources: Iterable[frozenset[str]], destinations: Iterable[frozenset[str]], wanted: Connections
    ) -> str:
        """Id of one flow that covers every pair of these ends on all wanted ports; empty when there is none."""
        starts, ends = set(sources), set(destinations)
        return next((flow.id for flow in self.approved if _spans(flow, starts, ends, wanted)), "")

    def _approve(self, source: frozenset[str], destination: frozenset[str], wanted: Connections) -> _Answer:
        left, used = wanted, []
        for flow in self.approved:
            if flow.source in source and flow.destination in destination and flow.ports & wanted:
                left -= flow.ports
                used.append(flow.id)
        return tuple(sorted(used)), left


def names_of(facts: Facts, workload: str, namespace: str) -> frozenset[str]:
    """Names by which the register may mean a workload."""
    return frozenset((namespace, *facts.placements[workload].rules))


def _spans(
    flow: ApprovedFlow, starts: set[frozenset[str]], ends: set[frozenset[str]], wanted: Connections
) -> bool:
    return (
        not wanted - flow.ports
        and all(flow.source in item for item in starts)
        and all(flow.destination in item for item in ends)
    )
