"""Connections between workloads that opened or closed between two judgements."""

from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from app.model.connections import Connections
from app.model.history import PathChange
from app.model.judgement import Judgement
from app.model.reachability import Reachability
from app.trend.suspects import suspects

_NOTHING = Connections()
_EXTERNAL = "external:"
_WORTH_IT = (
    3  # asking for single workloads costs about this much more per pair than reading all rows in order
)

Pair = tuple[str, str]
Row = tuple[Pair, Connections]


def path_changes(before: Judgement, after: Judgement) -> tuple[PathChange, ...]:
    """Every change among workloads, by source, then destination; what closed stands before what opened.

    External ranges are left out: their limits move with the policies that name them, so that the same address stands
    in a different row from night to night.
    """
    return told(changed_rows(before, after))


def changed_rows(before: Judgement, after: Judgement) -> Iterator[tuple[Pair, Connections, Connections]]:
    """Every pair of workloads whose connections may differ, with what was open and what is, by pair."""
    changed = suspects(before, after)
    was, now = before.reachability, after.reachability
    if changed is None or len(changed) * _WORTH_IT > len(now.workloads):
        return merged(_rows(was), _rows(now))
    return merged(iter(rows_of(was, changed)), iter(rows_of(now, changed)))


def told(pairs: Iterable[tuple[Pair, Connections, Connections]]) -> tuple[PathChange, ...]:
    """What closed and what opened at each pair, in their order."""
    return tuple(change for pair, was, now in pairs for change in _changes(pair, was, now))


def _rows(reachability: Reachability) -> Iterator[Row]:
    for row in reachability.connections():
        if not row.source.startswith(_EXTERNAL) and not row.destination.startswith(_EXTERNAL):
            yield (row.source, row.destination), row.allowed


def rows_of(reachability: Reachability, wanted: Collection[str]) -> list[Row]:
    """Rows with at least one end among the wanted workloads, sorted."""
    rows: list[Row] = []
    for name in (item.id for item in reachability.workloads if item.id in wanted):
        rows += [((name, other), ports) for other, ports in reachability.destinations(name)]
        rows += [((other, name), ports) for other, ports in reachability.sources(name) if other not in wanted]
    inside = (row for row in rows if not any(end.startswith(_EXTERNAL) for end in row[0]))
    return sorted(inside, key=lambda row: row[0])


def merged(before: Iterator[Row], after: Iterator[Row]) -> Iterator[tuple[Pair, Connections, Connections]]:
    """Walk two sorted streams side by side; a pair that one of them lacks has no connection there."""
    was, now = next(before, None), next(after, None)
    while was is not None or now is not None:
        pair = min(row[0] for row in (was, now) if row is not None)
        in_was = was if was is not None and was[0] == pair else None
        in_now = now if now is not None and now[0] == pair else None
        yield pair, in_was[1] if in_was else _NOTHING, in_now[1] if in_now else _NOTHING
        was = next(before, None) if in_was else was
        now = next(after, None) if in_now else now


def _changes(pair: Pair, was: Connections, now: Connections) -> Iterator[PathChange]:
    if was == now:
        return
    closed, opened = _texts(was, now)
    if closed:
        yield PathChange(*pair, opened=False, ports=closed)
    if opened:
        yield PathChange(*pair, opened=True, ports=opened)


@lru_cache(maxsize=4096)  # few sets of ports make up most of a cluster's rows
def _texts(was: Connections, now: Connections) -> tuple[str, str]:
    """What closed and what opened, as text; empty where nothing did."""
    closed, opened = was - now, now - was
    return str(closed) if closed else "", str(opened) if opened else ""
