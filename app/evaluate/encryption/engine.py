"""Encryption in transit of one cluster: implements `app.model.transit.Encryption` on the engine of reachability."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import cast

from app.evaluate.encryption.kinds import Population
from app.evaluate.encryption.layers import Layers
from app.evaluate.encryption.listeners import Listeners
from app.evaluate.encryption.nodes import nodes
from app.evaluate.encryption.pairs import OUTSIDE, Core, Pairs
from app.evaluate.encryption.places import Places
from app.evaluate.encryption.tally import tally
from app.evaluate.engine import Engine
from app.model.connections import Connections
from app.model.encryption import (
    Label,
    ListenerVerdict,
    Membership,
    PathVerdict,
    Protection,
)
from app.model.inventory import Inventory
from app.model.reachability import Connection
from app.model.transit import AttestedLink, Inflow

_BY_LINK = (Label.NODE_TUNNEL_STRICT, Label.NODE_TUNNEL, Label.PROVIDER_ATTESTED)


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
    def _places(self) -> Places:
        return Places(self._population)

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
        cores = self._pairs.of(self._group(one), self._group(other), allowed)
        if OUTSIDE in (one, other):
            return tuple(core.verdict for core in cores)
        pairs, shared = self._places.pairs(one, other), self._places.shared(one, other)
        return tuple(self._counted(core, one, other, pairs, shared) for core in cores)

    def along(
        self, connections: Iterable[Connection]
    ) -> Iterator[tuple[Connection, tuple[PathVerdict, ...]]]:
        """The same for many rows, in their order; pairs alike share the work."""
        return _Walk(self).along(connections)

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

    def _group(self, position: int) -> int:
        return OUTSIDE if position == OUTSIDE else self._population.group_of[position]

    def _counted(self, core: Core, one: int, other: int, pairs: int, shared: int) -> PathVerdict:
        verdict = core.verdict
        if not pairs:
            return verdict
        affected = pairs
        if core.pairs:
            here, there = self._population.counts[one], self._population.counts[other]
            affected = sum(here[first] * there[second] for first, second in core.pairs)
        if verdict.label not in _BY_LINK:
            return replace(verdict, pairs=pairs, affected=affected)
        says = f"{verdict.says}{_within(shared, pairs)}"
        return replace(verdict, pairs=pairs, affected=affected, same_node=shared, says=says)


def _within(shared: int, pairs: int) -> str:
    """What no link between nodes does: traffic within a node stays in its kernel, in clear."""
    if not shared:
        return ""
    if shared == pairs:
        return "; all their pods share a node now, where traffic does not leave it and is not encrypted"
    return f"; {shared} of {pairs} pairs of pods share a node, where traffic does not leave it and is not encrypted"


class _Walk:
    """Goes along many rows. What depends on the source is looked up once for each run of rows with that source."""

    def __init__(self, engine: EncryptionEngine) -> None:
        self._engine = engine
        self._cores: dict[tuple[int, int, int], tuple[Core, ...]] = {}
        self._verdicts: dict[tuple[int, int, int], tuple[PathVerdict, ...]] = {}
        # rows share their sets of ports; kept, so that no other set can take the place of one in memory
        self._kept: dict[int, object] = {}

    def along(
        self, connections: Iterable[Connection]
    ) -> Iterator[tuple[Connection, tuple[PathVerdict, ...]]]:
        """Each row with its verdicts."""
        engine = self._engine
        positions, places = engine._positions, engine._places  # noqa: SLF001  one class in two parts
        source, one, beside = "", OUTSIDE, dict[int, int]()
        for row in connections:
            if row.source != source:
                source, one = row.source, positions.get(row.source, OUTSIDE)
                beside = dict(places.beside(one)) if one != OUTSIDE else {}
            other = positions.get(row.destination, OUTSIDE)
            yield row, self._of(row, one, other, beside.get(other, 0))

    def _of(self, row: Connection, one: int, other: int, shared: int) -> tuple[PathVerdict, ...]:
        engine = self._engine
        key = (engine._group(one), engine._group(other), id(row.allowed))  # noqa: SLF001
        cores = self._cores.get(key)
        if cores is None:
            self._kept[id(row.allowed)] = row.allowed
            cores = self._cores[key] = engine._pairs.of(key[0], key[1], row.allowed)  # noqa: SLF001
        if OUTSIDE in (one, other):
            return tuple(core.verdict for core in cores)
        pairs = engine._places.pairs(one, other)  # noqa: SLF001
        if any(core.pairs for core in cores):
            return tuple(engine._counted(core, one, other, pairs, shared) for core in cores)  # noqa: SLF001
        counted = (id(cores), pairs, shared)
        known = self._verdicts.get(counted)
        if known is None:
            known = self._verdicts[counted] = tuple(
                engine._counted(core, one, other, pairs, shared)  # noqa: SLF001
                for core in cores
            )
        return known
