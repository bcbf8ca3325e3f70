"""Connections with addresses outside the cluster that opened or closed between two judgements.

The limits of external ranges move with the policies that name them, so rows cannot be compared one by one: for each
workload and direction, the addresses of both sides are cut at every limit of either, and what differs alike is joined.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise

from app.model.connections import Connections
from app.model.policy import AddressRange
from app.model.reachability import ExternalRange, Reachability

_EXTERNAL = "external:"
_NOTHING = Connections()

Spans = Sequence[tuple[AddressRange, Connections]]
Delta = tuple[str, str, Connections, Connections]  # source, destination, before, after


def outside_rows(
    before: Reachability, after: Reachability, wanted: Collection[str] | None
) -> Iterator[Delta]:
    """Every difference between a workload and addresses outside, by workload; both directions.

    Args:
        before: the earlier view.
        after: the later one.
        wanted: workloads that may differ; None means any of them.
    """
    was, now = known_names(before), known_names(after)
    for name in sorted({*was, *now} if wanted is None else wanted):
        for outward in (False, True):
            earlier = joined_spans(before, name, was, outward=outward)
            later = joined_spans(after, name, now, outward=outward)
            for place, old, new in _differing(earlier, later):
                away = ExternalRange(place).id
                yield (name, away, old, new) if outward else (away, name, old, new)


def known_names(reachability: Reachability) -> frozenset[str]:
    """Ids of the workloads that a view has."""
    return frozenset(item.id for item in reachability.workloads)


def joined_spans(reachability: Reachability, name: str, known: Collection[str], *, outward: bool) -> Spans:
    """Addresses that one workload of a view exchanges something with, adjacent ones that are alike as one range."""
    if name not in known:
        return ()
    if outward:
        asked = ((item, reachability.between(name, item.id)) for item in reachability.externals)
    else:
        asked = ((item, reachability.between(item.id, name)) for item in reachability.externals)
    return _joined((item.range, allowed) for item, allowed in asked if allowed)


def _joined(spans: Iterable[tuple[AddressRange, Connections]]) -> Spans:
    """Adjacent addresses with equal connections become one."""
    found: list[tuple[AddressRange, Connections]] = []
    for place, allowed in sorted(spans, key=lambda item: item[0]):
        last = found[-1] if found else None
        if (
            last
            and last[1] == allowed
            and last[0].version == place.version
            and last[0].last + 1 == place.first
        ):
            found[-1] = (AddressRange(place.version, last[0].first, place.last), allowed)
        else:
            found.append((place, allowed))
    return found


def _differing(earlier: Spans, later: Spans) -> Iterator[tuple[AddressRange, Connections, Connections]]:
    if earlier == later:
        return
    versions = sorted({place.version for place, _ in (*earlier, *later)})
    pieces = [piece for version in versions for piece in _pieces(earlier, later, version)]
    different = [(place, (old, new)) for place, old, new in pieces if old != new]
    merged: list[tuple[AddressRange, tuple[Connections, Connections]]] = []
    for place, change in different:
        last = merged[-1] if merged else None
        if (
            last
            and last[1] == change
            and last[0].version == place.version
            and last[0].last + 1 == place.first
        ):
            merged[-1] = (AddressRange(place.version, last[0].first, place.last), change)
        else:
            merged.append((place, change))
    yield from ((place, *change) for place, change in merged)


def _pieces(
    earlier: Spans, later: Spans, version: int
) -> Iterator[tuple[AddressRange, Connections, Connections]]:
    """Addresses of one family, cut at every limit of either side."""
    own = [item for item in (*earlier, *later) if item[0].version == version]
    limits = sorted({limit for place, _ in own for limit in (place.first, place.last + 1)})
    for first, after in pairwise(limits):
        place = AddressRange(own[0][0].version, first, after - 1)
        yield place, _at(earlier, place), _at(later, place)


def _at(spans: Spans, place: AddressRange) -> Connections:
    return next(
        (
            allowed
            for known, allowed in spans
            if known.version == place.version and known.first <= place.first and place.last <= known.last
        ),
        _NOTHING,
    )
