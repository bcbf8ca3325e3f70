"""Worst case between namespaces, worked out from the engine's answers within a bound that is said when it is met.

Steps:
    1. Two ends that no policy isolates may use every port: that needs one look at each workload.
    2. What is left is decided by the rows of each isolated end, until `MOST_ROWS` rows have been looked at.
    3. A cell that neither step could finish is unknown, never empty.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from app.model.connections import Connections
from app.model.policy import Direction
from app.model.reachability import Reachability, Workload
from app.render.charts import Level
from app.render.own_node import OwnNode

OUTSIDE: Final = ""
"""Stands for the world outside the cluster among namespace names."""

MOST_ROWS: Final = 3_000_000

_RANK: Final = (Level.SELF, Level.NONE, Level.UNKNOWN, Level.PORTS, Level.NODE, Level.OPEN)


@dataclass
class Worst:
    """Worst level by (source namespace, destination namespace); mutable only while it is worked out."""

    levels: dict[tuple[str, str], Level] = field(default_factory=dict)
    finished: bool = True

    def raise_to(self, source: str, destination: str, level: Level) -> None:
        """Keep the worse of what was known and what is new."""
        key = (source, destination)
        if _RANK.index(level) > _RANK.index(self.levels.get(key, Level.SELF)):
            self.levels[key] = level

    def at(self, source: str, destination: str) -> Level:
        """The worst level of a pair."""
        return self.levels.get((source, destination), Level.SELF)


def worst_levels(reachability: Reachability, names: tuple[str, ...], most_rows: int = MOST_ROWS) -> Worst:
    """Work out the worst level between the given namespaces and the outside, within `most_rows` rows."""
    shown = set(names)
    workloads = [item for item in reachability.workloads if item.namespace in shown]
    isolated = {
        direction: {item.id for item in workloads if reachability.selecting(item.id, direction)}
        for direction in Direction
    }
    worst = Worst()
    _start(worst, workloads, isolated)
    for row, (source, destination, level) in enumerate(_rows(reachability, workloads, isolated)):
        if row == most_rows:
            worst.finished = False
            break
        worst.raise_to(source, destination, level)
    if not worst.finished:
        _doubt(worst)
    return worst


def _start(worst: Worst, workloads: list[Workload], isolated: dict[Direction, set[str]]) -> None:
    """Step 1: every pair that exists starts at nothing, or at every port where neither end is isolated."""
    sizes: dict[str, int] = {OUTSIDE: 1}
    senders: dict[str, set[str]] = {OUTSIDE: {OUTSIDE}}
    receivers: dict[str, set[str]] = {OUTSIDE: {OUTSIDE}}
    for item in workloads:
        sizes[item.namespace] = sizes.get(item.namespace, 0) + 1
        if item.id not in isolated[Direction.EGRESS]:
            senders.setdefault(item.namespace, set()).add(item.id)
        if item.id not in isolated[Direction.INGRESS]:
            receivers.setdefault(item.namespace, set()).add(item.id)
    for source, size in sizes.items():
        for destination in sizes:
            if source == destination and (source == OUTSIDE or size == 1):
                continue
            pairs = len(senders.get(source, ())) and len(receivers.get(destination, ()))
            alone = source == destination and senders.get(source) == receivers.get(source) and pairs == 1
            worst.raise_to(source, destination, Level.OPEN if pairs and not alone else Level.NONE)


def _rows(
    reachability: Reachability, workloads: list[Workload], isolated: dict[Direction, set[str]]
) -> Iterator[tuple[str, str, Level]]:
    """Step 2: rows into ends isolated for ingress, then rows from ends isolated for egress."""
    home = {item.id: item.namespace for item in workloads}
    own_node = OwnNode(reachability)
    for item in workloads:
        if item.id in isolated[Direction.INGRESS]:
            for other, allowed in reachability.sources(item.id):
                if (source := _home(home, other)) is not None:
                    residual = own_node.only(other, item.id, allowed)
                    yield source, item.namespace, Level.NODE if residual else _level(allowed)
        if item.id in isolated[Direction.EGRESS]:
            for other, allowed in reachability.destinations(item.id):
                if (destination := _home(home, other)) is not None:
                    yield item.namespace, destination, _level(allowed)


def _level(allowed: Connections) -> Level:
    return Level.OPEN if allowed.is_all else Level.PORTS


def _home(home: dict[str, str], endpoint: str) -> str | None:
    """Namespace of an endpoint, OUTSIDE for external ranges, None for a namespace that is not shown."""
    return OUTSIDE if endpoint.startswith("external:") else home.get(endpoint)


def _doubt(worst: Worst) -> None:
    """Step 3: cells below every port could still be worse."""
    for key, level in worst.levels.items():
        if level is not Level.OPEN:
            worst.levels[key] = Level.UNKNOWN
