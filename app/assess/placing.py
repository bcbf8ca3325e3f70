"""What each scope rule put where, and what no rule places: the map of zones as it falls on one cluster."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.model.inventory import Inventory, Labels
from app.model.reachability import Workload
from app.model.scope import Boundary, Placement, Scope, ScopeRule, Zone
from app.model.snapshot import Snapshot

_NAMESPACE = ("", "Namespace")


@dataclass(frozen=True, slots=True)
class RuleReach:
    """One rule and what it matches.

    Attributes:
        rule: the rule; one that names other clusters is not among them.
        workloads: ids of the workloads that it matches, sorted.
        namespaces: their namespaces, and those that it matches by themselves, sorted.
        decides: ids of those of which it settles at least one field, because no later rule says otherwise.
    """

    rule: ScopeRule
    workloads: tuple[str, ...]
    namespaces: tuple[str, ...]
    decides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """The whole map.

    Attributes:
        rules: every rule that holds in the cluster, in file order.
        zones: workloads by PCI DSS zone, unknown included.
        left: ids of workloads, and names of namespaces without any, of which nothing says whether they are inside a
            boundary; they count as inside.
        placements: by workload id.
    """

    rules: tuple[RuleReach, ...]
    zones: Mapping[Zone, int]
    left: Mapping[Boundary, tuple[str, ...]]
    placements: Mapping[str, Placement]

    @property
    def idle(self) -> tuple[str, ...]:
        """Ids of rules that match nothing here."""
        return tuple(item.rule.id for item in self.rules if not item.namespaces)


def placed(scope: Scope, snapshot: Snapshot, inventory: Inventory, workloads: Sequence[Workload]) -> Placed:
    """Apply a scope to a cluster.

    Args:
        scope: of the entity; rules of other clusters are left out here.
        snapshot: tells which labels of namespaces could not be read.
        inventory: of the snapshot.
        workloads: of the snapshot, sorted by id.
    """
    here = scope.for_cluster(snapshot.cluster)
    labels = _labels(snapshot, inventory)
    ends = {item.id: (item.namespace, item.labels) for item in workloads}
    placements = {name: here.place(space, labels.get(space), own) for name, (space, own) in ends.items()}
    spaces = {name: here.place(name, known, {}) for name, known in labels.items()}
    empty = sorted(spaces.keys() - {item.namespace for item in workloads})
    every = {**{name: spaces[name] for name in empty}, **placements}
    return Placed(
        rules=tuple(_reach(rule, here, ends, placements, spaces) for rule in here.rules),
        zones=Counter(item.zone for item in placements.values()),
        left={
            item: tuple(name for name, found in every.items() if found.inside(item) is None)
            for item in Boundary
        },
        placements=placements,
    )


def _labels(snapshot: Snapshot, inventory: Inventory) -> dict[str, Labels | None]:
    """Labels by namespace; None where they could not be read."""
    unread = {gap.namespace for gap in snapshot.gaps_of(*_NAMESPACE)}
    return {
        item.name: None if item.assumed and unread & {"", item.name} else item.labels
        for item in inventory.namespaces
    }


def _reach(
    rule: ScopeRule,
    scope: Scope,
    ends: Mapping[str, tuple[str, Labels]],
    placements: Mapping[str, Placement],
    spaces: Mapping[str, Placement],
) -> RuleReach:
    matched = tuple(name for name, found in placements.items() if rule.id in found.rules)
    own = {name for name, found in spaces.items() if rule.id in found.rules}
    later = {item.id: item for item in scope.rules[scope.rules.index(rule) + 1 :]}
    return RuleReach(
        rule=rule,
        workloads=matched,
        namespaces=tuple(sorted(own | {ends[name][0] for name in matched})),
        decides=tuple(name for name in matched if _settles(rule, placements[name].rules, later)),
    )


def _settles(rule: ScopeRule, matching: Sequence[str], later: Mapping[str, ScopeRule]) -> bool:
    overridden = {field for name in matching if name in later for field in later[name].says}
    return bool(rule.says.keys() - overridden)
