"""The reachability engine: questions about workloads, answered from classes of pods.

`reachability` builds it; `Engine` implements `app.model.reachability.Reachability`.
"""

from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property
from weakref import WeakValueDictionary

from app.errors import NotFoundError
from app.evaluate.cluster import AS_DECLARED, Cluster, Compiled, Endpoint
from app.evaluate.decide import Decider
from app.evaluate.doubts import Doubts
from app.evaluate.effects import effective_rule
from app.evaluate.exposure import Exposures
from app.evaluate.inflows import Inflows
from app.evaluate.listing import Listing
from app.evaluate.naming import Directory
from app.evaluate.notes import Notes
from app.evaluate.profiles import Reading, reading_for
from app.evaluate.resolve import CompiledPolicy
from app.evaluate.witness import Witness, Witnesses
from app.model.connections import Connections, Protocol
from app.model.decision import Decision
from app.model.identity import ObjectRef
from app.model.inventory import Inventory
from app.model.platform import Platform
from app.model.policy import Direction
from app.model.reachability import (
    Connection,
    Default,
    EffectiveRule,
    Exposure,
    ExternalRange,
    Profile,
    SourceGroup,
    Workload,
)
from app.model.snapshot import CollectionGap


def reachability(
    inventory: Inventory,
    platform: Platform,
    gaps: tuple[CollectionGap, ...],
    *,
    profile: Profile = Profile.AUTO,
    as_declared: bool = False,
) -> "Engine":
    """Work out who can open a connection to whom.

    Args:
        inventory: objects of one snapshot.
        platform: what enforces policies there; decides where policies count, and with `Profile.AUTO` the reading.
        gaps: what was not read; turns answers that it could change into `Reason.CANNOT_TELL`.
        profile: whose reading holds where the API leaves it open.
        as_declared: count every policy as enforced.
    """
    reading = reading_for(profile, platform, inventory.policies)
    compiled = _compiled(inventory, platform, reading)
    return Engine(compiled, Doubts.of(gaps, inventory, platform), as_declared=as_declared)


def _enforcement_notes(platform: Platform, *, as_declared: bool) -> tuple[str, ...]:
    """What has to be said about the whole view: where policies count although nothing shows that they hold."""
    if as_declared:
        return ("as declared: every policy that is not staged counts, whatever the data plane enforces",)
    notes: list[str] = []
    if platform.enforcement in AS_DECLARED:
        notes.append(f"as declared: {platform.reason}")
    by_reason: dict[str, list[str]] = {}
    for entry in platform.nodes:
        if entry.enforcement in AS_DECLARED and entry.reason != platform.reason:
            by_reason.setdefault(entry.reason, []).append(entry.node)
    notes += [
        f"as declared on {len(nodes)} of {len(platform.nodes)} nodes, such as {min(nodes)}: {reason}"
        for reason, nodes in sorted(by_reason.items())
        if not (notes and f"{min(nodes)}: {reason}" in platform.reason)  # said of the cluster already
    ]
    return tuple(notes)


def _idle_notes(idle: Mapping[ObjectRef, str]) -> tuple[str, ...]:
    """Policies that count nowhere: a few by name, the rest by number."""
    named = [f"{ref} {idle[ref]}" for ref in sorted(idle)[:_NAMED]]
    more = len(idle) - len(named)
    return (*named, *([f"{more} more policies count nowhere either"] if more else ()))


_NAMED = 3

# A run asks for two views of one inventory. What both share lives as long as either of them, and no longer; each value
# holds the inventory that it was asked about and the platform, so their identities cannot be taken by others meanwhile.
_SHARED: WeakValueDictionary[tuple[int, int, Profile], Compiled] = WeakValueDictionary()


def _compiled(inventory: Inventory, platform: Platform, reading: Reading) -> Compiled:
    key = (id(inventory), id(platform), reading.profile)
    known = _SHARED.get(key)
    if known is None:
        known = _SHARED[key] = Compiled.of(inventory, platform, reading)
    return known


class Engine:
    """Answers for one cluster, one profile and one view; see `Reachability` for what each method promises."""

    def __init__(self, compiled: Compiled, doubts: Doubts, *, as_declared: bool) -> None:
        cluster = Cluster(compiled, as_declared=as_declared)
        self.profile: Profile = cluster.reading.profile
        self.as_declared: bool = as_declared
        self.notes: tuple[str, ...] = (
            *_enforcement_notes(compiled.platform, as_declared=as_declared),
            *_idle_notes(cluster.policies.why_idle),
        )
        self.workloads: tuple[Workload, ...] = cluster.workloads
        self.externals: tuple[ExternalRange, ...] = cluster.externals
        self.idle: Mapping[ObjectRef, str] = cluster.policies.why_idle
        self.doubtful: Mapping[ObjectRef, str] = cluster.policies.doubtful
        self._cluster = cluster
        self._directory = Directory(cluster)
        self._notes = Notes(cluster, doubts)
        self._decider = Decider(cluster, doubts, self._notes)
        self._witnesses = Witnesses(cluster, self._decider)
        self._exposures = Exposures(cluster, self._decider)

    @cached_property
    def _inflows(self) -> Inflows:
        return Inflows(self._cluster)

    @property
    def cluster(self) -> Cluster:
        """Classes and rows, for what joins other facts with reachability inside this package."""
        return self._cluster

    @cached_property
    def _listing(self) -> Listing:
        return Listing(self._cluster, self._notes)

    def connections(self) -> Iterator[Connection]:
        """Rows of the `reach` contract, sorted by source then destination; external ranges merged per counterpart."""
        return self._listing.connections()

    def between(self, source: str, destination: str) -> Connections:
        """Ports that `source` may open to `destination`. Raises `NotFoundError` for an unknown id."""
        return self._cluster.allowed(*self._pair(source, destination))

    def certain(self, source: str, destination: str) -> Connections:
        """The same without what conditions of rules, or an order that is left open, may still deny."""
        return self._cluster.allowed(*self._pair(source, destination), certain=True)

    def by_policies(self, source: str, destination: str) -> Connections:
        """The same as `between` without what is allowed because both ends are on one node."""
        return self._cluster.by_policies(*self._pair(source, destination))

    def witnesses(self, connection: Connection) -> tuple[Witness, Witness]:
        """What lets a row through: at the source's egress, and at the destination's ingress."""
        source = self._directory.endpoint(connection.source)
        destination = self._directory.endpoint(connection.destination)
        return self._witnesses.of(source, destination, connection.allowed)

    def work_out_all(self) -> int:
        """Work out every row now instead of when it is asked for; returns how many there are."""
        numbers = range(len(self._cluster.rows.destinations))
        return sum(1 for number in numbers if self._cluster.rows.row(number) is not None)

    def isolating(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that isolate the workload in this direction and are enforced there."""
        found = self._selecting(workload, direction)
        return tuple(dict.fromkeys(policy.ref for policy in found if direction in policy.policy.isolates))

    def selecting(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that select the workload in this direction and are enforced there, isolating or not."""
        return tuple(dict.fromkeys(policy.ref for policy in self._selecting(workload, direction)))

    def default_of(self, workload: str, direction: Direction) -> Default:
        """What becomes of connections of the workload that no rule speaks of, by the policies in force on it."""
        return self._decider.default(direction, self._directory.workload(workload))

    def unenforced(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that select the workload in vain: nothing enforces them there."""
        subject = self._directory.workload(workload)
        idle = self._decider.idle(direction, subject)
        counted = () if self._restricted(subject) else self._decider.selecting(direction, subject)
        return tuple(sorted({policy.ref for policy in (*counted, *idle)}))

    def rules_on(self, workload: str, direction: Direction) -> tuple[EffectiveRule, ...]:
        """Rules of `selecting`, resolved; empty when not selected or when no rule concerns the workload."""
        subject = self._directory.workload(workload)
        return tuple(
            effective_rule(self._cluster, subject, rule)
            for policy in self._selecting(workload, direction)
            for rule in policy.rules[direction]
            if not rule.guess and rule.selected.anywhere >> subject.number & 1
        )

    def open_to(self, workload: str, direction: Direction) -> Exposure:
        """What a workload accepts from (ingress), or may send to (egress), pods and addresses that do not exist yet."""
        return self._exposures.of(self._directory.workload(workload), direction)

    def sources(self, destination: str) -> Iterator[tuple[str, Connections]]:
        """Everything that may open a connection to `destination`, sorted by id; external atoms one by one."""
        return self._listing.sources(self._directory.endpoint(destination))

    def grouped_sources(self, destination: str, groups: Mapping[str, Hashable]) -> Iterator[SourceGroup]:
        """Workloads that may open a connection to a workload, counted by group and never listed."""
        return self._inflows.into(self._directory.workload(destination), groups)

    def destinations(self, source: str) -> Iterator[tuple[str, Connections]]:
        """Everything that `source` may open a connection to, sorted by id; external atoms one by one."""
        return self._listing.destinations(self._directory.endpoint(source))

    def decide(self, source: str, destination: str, protocol: Protocol, port: int) -> Decision:
        """One connection, with its witnesses; for a workload and itself, that between two of its pods.

        Raises `NotFoundError` for an unknown id, and for an external range that policies tell apart.
        """
        return self._decider.decide(*self._pair(source, destination), protocol, port)

    def _pair(self, source: str, destination: str) -> tuple[Endpoint, Endpoint]:
        """Both ends. An external range that holds several atoms stands for any of them if they behave alike here."""
        pairs = [
            (one, other)
            for one in self._directory.endpoints(source)
            for other in self._directory.endpoints(destination)
        ]
        if len({self._cluster.allowed(*pair) for pair in pairs}) > 1:
            wide = source if self._directory.is_external(source) else destination
            raise NotFoundError(
                f"policies tell the addresses of {wide} apart",
                advice=f"ask about a narrower range, such as {self._directory.endpoint(wide).id}",
            )
        return pairs[0]

    def _selecting(self, workload: str, direction: Direction) -> tuple[CompiledPolicy, ...]:
        subject = self._directory.workload(workload)
        return self._decider.selecting(direction, subject) if self._restricted(subject) else ()

    def _restricted(self, subject: Endpoint) -> bool:
        return bool(self._cluster.restricted >> subject.number & 1)
