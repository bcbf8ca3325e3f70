"""Encryption in transit of one cluster: implements `app.model.transit.Encryption` on the engine of reachability."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import cast

from app.evaluate.encryption.counting import Counting
from app.evaluate.encryption.kinds import Population
from app.evaluate.encryption.layers import Layers
from app.evaluate.encryption.listeners import Listeners
from app.evaluate.encryption.nodes import nodes
from app.evaluate.encryption.pairs import OUTSIDE, Pairs
from app.evaluate.encryption.tally import among, tally
from app.evaluate.engine import Engine
from app.model.connections import Connections
from app.model.encryption import Label, Membership
from app.model.inventory import Inventory
from app.model.reachability import Connection
from app.model.transit import AttestedLink, Inflow, ListenerVerdict, PathVerdict, Protection, Traffic


def encryption(
    reachability: Engine,
    inventory: Inventory,
    protection: Protection,
    attested: Sequence[AttestedLink] = (),
) -> "EncryptionEngine":
    """Work out what encrypts the connections that `reachability` allows.

    Args:
        reachability: who can reach whom; the effective view, so that what is exposed is what really is.
        inventory: the objects that it was made from.
        protection: the meshes and links that were found.
        attested: statements on file about the provider's links.
    """
    return EncryptionEngine(reachability, inventory, protection, attested)


class EncryptionEngine:
    """Answers for one cluster; see `Encryption` for what each method promises."""

    def __init__(
        self,
        reachability: Engine,
        inventory: Inventory,
        protection: Protection,
        attested: Sequence[AttestedLink],
    ) -> None:
        self.protection = protection
        self._reachability = reachability
        self._inventory = inventory
        self._attested = tuple(attested)
        self._grouped: tuple[Mapping[str, Hashable], Mapping[str, Hashable]] | None = None

    @cached_property
    def _population(self) -> Population:
        return Population.of(self._reachability.workloads, self._inventory, self.protection, self._attested)

    @cached_property
    def _pairs(self) -> Pairs:
        return Pairs(self._population, Layers(self.protection))

    @cached_property
    def _counting(self) -> Counting:
        return Counting(self._population, self._pairs)

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {item.id: at for at, item in enumerate(self._reachability.workloads)}

    @cached_property
    def _listeners(self) -> Listeners:
        return Listeners(
            self._reachability, self._inventory, self._population, Layers(self.protection), self._pairs
        )

    def paths(self, source: str, destination: str, allowed: Connections) -> tuple[PathVerdict, ...]:
        """Verdicts about the given ports of one pair, which together cover them; weakest first."""
        one, other = self._positions.get(source, OUTSIDE), self._positions.get(destination, OUTSIDE)
        return self._counting.of(one, other, allowed, self._counting.shared(one, other))

    def along(
        self, connections: Iterable[Connection]
    ) -> Iterator[tuple[Connection, tuple[PathVerdict, ...]]]:
        """The same for many rows, in their order; pairs alike share the work."""
        return self._counting.along(connections, self._positions)

    def into(self, destination: str, groups: Mapping[str, Hashable]) -> Iterator[Inflow]:
        """Verdicts about everything that workloads may open to a workload, by groups of sources."""
        there = self._population.group_of[self._positions[destination]]
        sources = self._reachability.grouped_sources(destination, self._with_kinds(groups))
        for batch, found in enumerate(sources):
            group, here = cast("tuple[Hashable, int]", found.group)
            for core in self._pairs.of(here, there, found.allowed):
                yield Inflow(group, core.verdict, found.count, found.examples, batch)

    def _with_kinds(self, groups: Mapping[str, Hashable]) -> Mapping[str, Hashable]:
        """The caller's groups, split by what encryption can tell apart; the last answer is kept, as it is asked for again."""
        if self._grouped is None or self._grouped[0] is not groups:
            group_of = self._population.group_of
            split = {name: (group, group_of[self._positions[name]]) for name, group in groups.items()}
            self._grouped = groups, split
        return self._grouped[1]

    def among(self, groups: Mapping[str, Hashable]) -> Iterator[Traffic]:
        """Verdicts about everything that workloads of a group may open to those of another, or to others of their own."""
        return among(self._reachability, self._population, self._pairs, groups)

    def nodes(self) -> tuple[tuple[str, PathVerdict], ...]:
        """For each node with pods on the pod network, what the link to a node like itself does; by name."""
        return nodes(self._reachability.workloads, self._inventory, self._population, self._pairs)

    def listeners(self, workload: str) -> tuple[ListenerVerdict, ...]:
        """What the ports of a workload accept, by protocol and port; port 0 stands for all ports that are not named."""
        return self._listeners.of(self._positions[workload])

    def memberships(self, workload: str) -> tuple[tuple[str, Membership], ...]:
        """Mesh id and membership of the workload's pods, each distinct one once, in order of id."""
        refs = self._reachability.workloads[self._positions[workload]].pod_refs
        found = {
            (mesh.id, member): None
            for mesh in self.protection.meshes
            for ref in refs
            if (member := mesh.member(ref)) is not None
        }
        return tuple(found)

    def tally(self) -> tuple[tuple[Label, int], ...]:
        """Number of allowed pairs of workloads by their weakest label, weakest first; pairs with the outside left out."""
        return tally(self._reachability, self._population, self._pairs)
