"""Openings and results, cut where another cluster begins to answer to the name: no finding goes on from one into the next."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.model.archive import Opening, SaidOver
from app.model.cluster import other_clusters
from app.model.history import Scan


@dataclass(frozen=True, slots=True)
class Tenure:
    """Scans over which one cluster answers to the name, as far as identities are known.

    Attributes:
        first: number of its first scan; 1 for the first cluster.
        next: the scan in which another one begins to answer; None for the last cluster.
        times: its stored scans and when they were taken, by number.
    """

    first: int
    next: Scan | None
    times: Mapping[int, datetime]

    def results(self, said: Iterable[SaidOver]) -> Iterator[SaidOver]:
        """What was said of this cluster."""
        for item in said:
            last = item.last if self.next is None else min(item.last, self.next.number - 1)
            if (first := max(item.first, self.first)) <= last:
                yield replace(item, first=first, last=last)

    def opening(self, opening: Opening, failing: Sequence[SaidOver]) -> Opening | None:
        """An opening as far as it is of this cluster; one from before begins where this one was first seen to fail.

        Args:
            opening: as it was stored, by the name alone.
            failing: failing results of its subject in this cluster, by number.
        """
        closed = opening.closed if opening.closed in self.times else None
        if opening.closed is not None and opening.closed <= self.first:
            return None
        if opening.opened >= self.first:
            return replace(opening, closed=closed) if opening.opened in self.times else None
        seen = next((item.first for item in failing if closed is None or item.first < closed), None)
        return replace(opening, opened=seen, closed=closed) if seen is not None else None


def tenures(scans: Sequence[Scan]) -> tuple[Tenure, ...]:
    """One for each cluster that is known to have answered to the name, oldest first."""
    others = other_clusters(scans)
    borders = [item for item in scans if item.number in others]
    firsts = [1, *(item.number for item in borders)]
    return tuple(
        Tenure(
            first,
            after,
            {
                item.number: item.taken_at
                for item in scans
                if item.number >= first and (after is None or item.number < after.number)
            },
        )
        for first, after in zip(firsts, [*borders, None], strict=True)
    )
