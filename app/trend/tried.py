"""A change that was tried: every path with an end among some workloads, by what becomes of it."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache

from app.model.connections import Connections
from app.model.fix import TriedPath
from app.model.reachability import ExternalRange, Reachability
from app.trend.outside import joined_spans, outside_rows
from app.trend.paths import merged, rows_of


@dataclass
class Trial:
    """Paths that close, open and stay; those among workloads stand before those with addresses outside."""

    closes: list[TriedPath] = field(default_factory=list)
    opens: list[TriedPath] = field(default_factory=list)
    stays: list[TriedPath] = field(default_factory=list)

    def differ(self, source: str, destination: str, was: Connections, now: Connections) -> None:
        """Take in what closes and what opens of one path."""
        closed, opened, _ = _parts(was, now)
        if closed:
            self.closes.append(TriedPath(source, destination, closed))
        if opened:
            self.opens.append(TriedPath(source, destination, opened))


@lru_cache(maxsize=4096)  # few sets of ports make up most of a cluster's rows
def _parts(was: Connections, now: Connections) -> tuple[Connections, Connections, Connections]:
    """What closes, what opens and what stays."""
    return was - now, now - was, was & now


def trial(before: Reachability, after: Reachability, names: Collection[str]) -> Trial:
    """Compare two views of a cluster around some workloads that both have."""
    found = Trial()
    for (source, destination), was, now in merged(iter(rows_of(before, names)), iter(rows_of(after, names))):
        found.differ(source, destination, was, now)
        if stays := _parts(was, now)[2]:
            found.stays.append(TriedPath(source, destination, stays))
    for source, destination, was, now in outside_rows(before, after, names):
        found.differ(source, destination, was, now)
    for name in sorted(names):
        for outward in (False, True):
            for place, ports in joined_spans(after, name, names, outward=outward):
                away = ExternalRange(place).id
                ends = (name, away) if outward else (away, name)
                found.stays.append(TriedPath(*ends, ports))
    return found
