"""What can be asked about encryption in transit of one cluster: paths, listeners, memberships, counts."""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol as Interface

from app.model.connections import Connections
from app.model.encryption import (
    EvidenceStrength,
    Label,
    ListenerVerdict,
    Membership,
    PathVerdict,
    Protection,
)
from app.model.reachability import Connection


@dataclass(frozen=True, slots=True)
class AttestedLink:
    """A statement on file that the provider encrypts between nodes; it counts for nodes that carry all these labels."""

    feature: str  # as the provider names it
    person: str
    performed_on: date
    valid_until: date
    document: str = ""
    node_labels: tuple[tuple[str, str], ...] = ()  # none: every node


@dataclass(frozen=True, slots=True)
class Inflow:
    """One verdict about the connections of some sources to one workload.

    Attributes:
        group: as the caller groups workloads.
        verdict: about the ports in `verdict.ports`.
        count: number of sources.
        examples: up to three of them, sorted.
        batch: flows of one batch have the same sources, which are no other batch's; 0, 1, 2 … within one answer.
    """

    group: Hashable
    verdict: PathVerdict
    count: int
    examples: tuple[str, ...]
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """One verdict about connections between two groups of workloads, as the caller groups them; `count` pairs of them."""

    source: Hashable
    destination: Hashable
    verdict: PathVerdict
    count: int


class Encryption(Interface):
    """Answers for one cluster. Ids are those of `Reachability`; implemented by `app.evaluate.encryption`."""

    protection: Protection

    def paths(self, source: str, destination: str, allowed: Connections) -> tuple[PathVerdict, ...]:
        """Verdicts about the given ports of one pair, which together cover them; weakest first."""
        ...

    def along(
        self, connections: Iterable[Connection]
    ) -> Iterator[tuple[Connection, tuple[PathVerdict, ...]]]:
        """The same for many rows, in their order; pairs alike share the work."""
        ...

    def listeners(self, workload: str) -> tuple[ListenerVerdict, ...]:
        """What the ports of a workload accept, by protocol and port; port 0 stands for all ports that are not named."""
        ...

    def memberships(self, workload: str) -> tuple[tuple[str, Membership], ...]:
        """Mesh id and membership of the workload's pods, each distinct one once, in order of id."""
        ...

    def into(self, destination: str, groups: Mapping[str, Hashable]) -> Iterator[Inflow]:
        """Verdicts about everything that workloads may open to a workload, by groups of sources: see `grouped_sources`."""
        ...

    def among(self, groups: Mapping[str, Hashable]) -> Iterator[Traffic]:
        """The same as `into` for every destination, counted by groups of both ends; several rows may speak of two groups."""
        ...

    def nodes(self) -> tuple[tuple[str, PathVerdict], ...]:
        """For each node with pods on the pod network, what the link to a node like itself does; by name."""
        ...

    def tally(self) -> tuple[tuple[Label, int], ...]:
        """Number of allowed pairs of workloads by their weakest label, weakest first; pairs with the outside left out."""
        ...


class _NotAsked:
    """Stands where nobody worked encryption out: every path is unknown."""

    protection = Protection()

    def paths(self, source: str, destination: str, allowed: Connections) -> tuple[PathVerdict, ...]:  # noqa: ARG002
        """Unknown, whatever the pair."""
        says = "encryption in transit was not worked out"
        return (PathVerdict(Label.UNKNOWN, EvidenceStrength.INTENDED, says, allowed),) if allowed else ()

    def along(
        self, connections: Iterable[Connection]
    ) -> Iterator[tuple[Connection, tuple[PathVerdict, ...]]]:
        """Unknown for each."""
        return ((row, self.paths(row.source, row.destination, row.allowed)) for row in connections)

    def into(self, destination: str, groups: Mapping[str, Hashable]) -> Iterator[Inflow]:
        """One that is unknown, for each group."""
        for batch, group in enumerate(dict.fromkeys(groups.values())):
            yield Inflow(group, self.paths("", destination, Connections.all())[0], 1, (), batch)

    def among(self, groups: Mapping[str, Hashable]) -> Iterator[Traffic]:
        """One that is unknown, for each two groups."""
        for destination in dict.fromkeys(groups.values()):
            for flow in self.into("", groups):
                yield Traffic(flow.group, destination, flow.verdict, flow.count)

    def nodes(self) -> tuple[tuple[str, PathVerdict], ...]:
        """None."""
        return ()

    def listeners(self, workload: str) -> tuple[ListenerVerdict, ...]:  # noqa: ARG002
        """None."""
        return ()

    def memberships(self, workload: str) -> tuple[tuple[str, Membership], ...]:  # noqa: ARG002
        """None."""
        return ()

    def tally(self) -> tuple[tuple[Label, int], ...]:
        """Nothing was counted."""
        return ()


NOT_ASKED: Encryption = _NotAsked()
