"""What can be asked about encryption in transit of one cluster: paths, listeners, memberships, counts.

Two verdicts, never one. The *path verdict* is what this source gets at this destination and port; the *listener verdict*
is what that port accepts from anyone who can reach it. Layers are asked in this order: the mesh (end to end), application
TLS that an object proves, the link between the nodes.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol as Interface

from app.model.connections import Connections, Protocol
from app.model.encryption import Authorisation, EvidenceStrength, Known, Label, Membership, Mesh
from app.model.links import Links
from app.model.platform import Sign
from app.model.reachability import Connection


@dataclass(frozen=True)
class Protection:
    """Everything that was found that could encrypt or authenticate traffic inside a cluster; each tuple sorted by id."""

    meshes: tuple[Mesh, ...] = ()
    links: tuple[Links, ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PathVerdict:
    """What one source gets at one destination, for all the ports in `ports`.

    Attributes:
        label: the worst over the pairs of pods that can meet.
        strength: of the conclusion.
        says: one sentence that a person reads first.
        ports: the connections that this verdict is about.
        mesh: id of the mesh that decided; empty when none did.
        link: id of the links that decided, or that lie under the mesh; empty when none.
        same_node: pairs of pods on one node, where no link encrypts; out of `pairs`.
        pairs: pairs of pods; 0 where nodes are not known.
        affected: pairs that get this label; the others get a stronger one.
        weak: known weaknesses, one sentence each.
        fips: UNKNOWN unless something shows it; WireGuard is NO.
        authorisation: the mesh's own answer, beside the network's; None where no mesh is asked.
        signs: the deciding fields first.
    """

    label: Label
    strength: EvidenceStrength
    says: str
    ports: Connections
    mesh: str = ""
    link: str = ""
    same_node: int = 0
    pairs: int = 0
    affected: int = 0
    weak: tuple[str, ...] = ()
    fips: Known = Known.UNKNOWN
    authorisation: Authorisation | None = None
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class ListenerVerdict:
    """What one port of a workload accepts from anyone who can reach it.

    `exposed_to` says who, by the enforced policies, could be served in plain text: "nobody", "its namespace", "the cluster"
    or "outside". Being refused is not being encrypted: `plain` alone says what the port accepts.
    """

    workload: str
    protocol: Protocol
    port: int
    plain: Known
    mode: str
    strength: EvidenceStrength
    says: str
    exposed_to: str = ""
    signs: tuple[Sign, ...] = ()


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
