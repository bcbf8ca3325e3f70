"""What a diagram is drawn from: the places of one report, and every flow between them that policies allow."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Final

from app.model.connections import Connections, PortSet, Protocol
from app.model.edge import Exposure, Security, Way
from app.model.encryption import Known, Label
from app.model.policy import Direction
from app.model.reachability import Workload
from app.render.diagrams.addresses import ANYWHERE, Outside, range_words
from app.render.diagrams.model import LEG_WORDS, OF_LABEL, Flow, Member, Place, Transit, of_leg
from app.render.dossier import Dossier
from app.render.places import place_word, place_words
from app.render.transit import LABEL_WORDS
from app.render.wording import capital

OUTSIDE: Final = 0
WAYS: Final = 1
ZONES: Final = 2
MOST_SINGLE: Final = 40
"""Workloads up to which each is a place of its own; above, only those that hold or handle what is protected."""

_INTERNAL: Final = "cloud network, as an annotation asks"
_NO_WAY: Final = "Not judged outside the cluster"


@dataclass(frozen=True)
class Ground:
    """Places and flows at their finest.

    Attributes:
        bands: titles, outside and ways in first.
        members: what stands behind each place.
        flows: each once for two places and one kind of protection; sorted by them.
        refused: pairs that policies allow and whose port refuses what is sent: nothing flows.
    """

    bands: tuple[str, ...]
    members: Mapping[Place, Member]
    flows: tuple[Flow, ...]
    refused: int = 0


class Heap:
    """Flows while they are gathered; those of two places and one kind of protection are one."""

    def __init__(self) -> None:
        self._numbers: dict[Place, int] = {}
        self._ports: dict[tuple[int, int, Transit], list[Connections]] = {}
        self._words: dict[tuple[int, int, Transit], set[str]] = {}
        self._pairs: dict[tuple[int, int, Transit], int] = {}

    def number(self, place: Place) -> int:
        """A number for a place, as `add` takes it: numbers are quicker to look up."""
        return self._numbers.setdefault(place, len(self._numbers))

    def add(self, ends: tuple[int, int], transit: Transit, ports: Connections, pairs: int, word: str) -> None:
        """Add what may flow between two places."""
        key = (*ends, transit)
        known = self._ports.get(key)
        if known is None:
            self._ports[key], self._words[key], self._pairs[key] = [ports], {word}, pairs
            return
        if ports is not known[-1] and ports not in known:
            known.append(ports)
        self._words[key].add(word)
        self._pairs[key] += pairs

    def flows(self) -> tuple[Flow, ...]:
        """What was gathered, sorted by destination, source and kind of protection."""
        places = list(self._numbers)
        found = (
            Flow(places[one], places[other], transit, reduce(or_, ports), self._pairs[key], self._said(key))
            for key, ports in self._ports.items()
            for one, other, transit in (key,)
        )
        return tuple(sorted(found, key=lambda item: (item.destination, item.source, item.transit.rank)))

    def _said(self, key: tuple[int, int, Transit]) -> tuple[str, ...]:
        return tuple(sorted(self._words[key]))


def gather(dossier: Dossier) -> Ground:
    """Gather places and flows of a report's framework."""
    return _Gathering(dossier).ground()


class _Gathering:
    """Asks about everything once."""

    def __init__(self, dossier: Dossier) -> None:
        judgement = dossier.report.judgement
        self._dossier = dossier
        self._workloads = judgement.reachability.workloads
        self._encryption = judgement.encryption
        self._exposures = judgement.edges.exposures
        self._outside = Outside(judgement.reachability)
        self._heap = Heap()
        self._refused = 0
        touched = [item for item in self._workloads if touches(dossier, item)]
        named = self._workloads if len(self._workloads) <= MOST_SINGLE else touched
        single = {item.id for item in named} if len(named) <= MOST_SINGLE else set()
        words = place_words(dossier.boundary)
        self._places = {
            item.id: Place(
                ZONES + words.index(place_word(dossier.placements[item.id], dossier.boundary)),
                item.namespace,
                item.id if item.id in single else "",
            )
            for item in self._workloads
        }
        self._bands = ("Outside the cluster", "Ways in", *words)
        self._groups = {name: self._heap.number(place) for name, place in self._places.items()}

    def ground(self) -> Ground:
        self._inside()
        for item in self._workloads:
            self._across_the_rim(item)
        for exposure in self._exposures:
            self._way_in(exposure)
        flows = self._heap.flows()
        return Ground(self._bands, self._members(flows), flows, self._refused)

    def _inside(self) -> None:
        for item in self._encryption.among(self._groups):
            label = item.verdict.label
            if label in OF_LABEL and isinstance(item.source, int) and isinstance(item.destination, int):
                ends = item.source, item.destination
                self._heap.add(ends, OF_LABEL[label], item.verdict.ports, item.count, LABEL_WORDS[label])
            self._refused += item.count if label is Label.REFUSED else 0

    def _across_the_rim(self, item: Workload) -> None:
        here = self._groups[item.id]
        for direction in Direction:
            for where, ports in self._outside.of(item.id, direction):
                there = self._heap.number(Place(OUTSIDE, where))
                ends = (there, here) if direction is Direction.INGRESS else (here, there)
                self._heap.add(ends, Transit.UNTOLD, ports, 1, _NO_WAY)

    def _way_in(self, exposure: Exposure) -> None:
        way = self._heap.number(Place(WAYS, _way_words(exposure.way), exposure.id))
        clients = self._heap.number(_clients(exposure))
        for end in exposure.endpoints:
            if end.leg.security is not Security.CLOSED:
                ports = _port(end.protocol, end.port)
                self._heap.add((clients, way), of_leg(end.leg), ports, 1, LEG_WORDS[end.leg.security])
        for target in exposure.targets:
            here, leg = self._groups.get(target.workload), target.leg
            if here is not None and target.admitted is not Known.NO and leg.security is not Security.CLOSED:
                ports = _port(target.protocol, target.port)
                self._heap.add((way, here), of_leg(leg), ports, 1, LEG_WORDS[leg.security])

    def _members(self, flows: Iterable[Flow]) -> dict[Place, Member]:
        found: dict[Place, Member] = {}
        for place, member in self._standing(flows):
            before = found.get(place)
            found[place] = joined(before, member) if before else member
        return dict(sorted(found.items()))

    def _standing(self, flows: Iterable[Flow]) -> Iterator[tuple[Place, Member]]:
        for item in self._exposures:
            yield Place(WAYS, _way_words(item.way), item.id), Member("way in")
        for place in sorted({end for flow in flows for end in (flow.source, flow.destination)}):
            if place.band == OUTSIDE:
                yield place, Member("range")
        for workload in self._workloads:
            store = self._dossier.placements[workload.id].data_store
            touched = touches(self._dossier, workload)
            yield self._places[workload.id], Member("workload", 1, workload.pods, store, touched)


def joined(one: Member, other: Member) -> Member:
    """Two members as one."""
    return Member(
        one.what,
        one.size + other.size,
        one.pods + other.pods,
        one.store or other.store,
        one.touched or other.touched,
    )


def touches(dossier: Dossier, workload: Workload) -> bool:
    """True for what holds or handles that which the framework protects, as far as scope rules say so."""
    placement = dossier.placements[workload.id]
    sensitive = placement.sensitive(dossier.boundary)
    inside = placement.inside(dossier.boundary)
    return bool(sensitive) or (placement.data_store and inside is not False)


def _port(protocol: Protocol, port: int) -> Connections:
    return Connections.of({protocol: PortSet.of([(port, port)])}) if port else Connections()


def _clients(exposure: Exposure) -> Place:
    if exposure.sources:
        return Place(OUTSIDE, range_words(exposure.sources))
    return Place(OUTSIDE, _INTERNAL if exposure.internal else ANYWHERE)


def _way_words(way: Way) -> str:
    return capital(way.value)
