"""What checks may look at: everything known about one snapshot, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from app.model.context import RunContext
from app.model.control import AcceptedException
from app.model.edge import Edges
from app.model.finding import CheckMeta, CheckRun
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Labels, Pod
from app.model.platform import Platform
from app.model.policy import Policy
from app.model.reachability import Reachability, Workload
from app.model.registers import RecordDuty, Registers
from app.model.scope import Placement, Scope
from app.model.snapshot import CollectionGap, Snapshot
from app.model.transit import NOT_ASKED, Encryption


@dataclass(frozen=True)
class Facts:
    """Input of every check. `at` is the run's one reference time."""

    snapshot: Snapshot
    inventory: Inventory
    platform: Platform
    reachability: Reachability
    declared: Reachability
    edges: Edges
    scope: Scope
    exceptions: tuple[AcceptedException, ...]
    catalogue: Mapping[str, CheckMeta]
    context: RunContext
    at: datetime
    encryption: Encryption = NOT_ASKED
    registers: Registers = field(default_factory=Registers)
    duties: tuple[RecordDuty, ...] = ()
    found: tuple[
        CheckRun, ...
    ] = ()  # what the other checks said, for the one that asks what exceptions stand before

    @cached_property
    def policies(self) -> Mapping[ObjectRef, tuple[Policy, ...]]:
        """Policies by identity."""
        found: dict[ObjectRef, tuple[Policy, ...]] = {}
        for policy in self.inventory.policies:
            found[policy.ref] = (*found.get(policy.ref, ()), policy)
        return found

    @cached_property
    def pods(self) -> Mapping[ObjectRef, Pod]:
        """Pods (and templates that stand for pods) by identity."""
        return {pod.ref: pod for pod in self.inventory.pods}

    @cached_property
    def workloads(self) -> Mapping[str, Workload]:
        """Workloads by id, in the order of their ids."""
        return {item.id: item for item in self.reachability.workloads}

    @cached_property
    def placements(self) -> Mapping[str, Placement]:
        """Placement of each workload, by workload id."""
        return {item.id: self.place(item.namespace, item.labels) for item in self.reachability.workloads}

    def place(self, namespace: str, labels: Labels) -> Placement:
        """Placement of anything in a namespace; namespaces themselves have no pod labels."""
        known = None if namespace in self._unlabelled else self.inventory.namespace_labels.get(namespace, {})
        return self.scope.place(namespace, known, labels)

    @cached_property
    def _unlabelled(self) -> frozenset[str]:
        """Namespaces that were seen only in other objects, although namespaces are known to be missing."""
        assumed = (item.name for item in self.inventory.namespaces if item.assumed)
        return frozenset(name for name in assumed if self.doubts(name, ("", "Namespace")))

    def doubts(self, namespace: str, *kinds: tuple[str, str]) -> tuple[CollectionGap, ...]:
        """Gaps of the given (group, kind) types that can touch a namespace, sorted."""
        found = {gap for group, kind in kinds for gap in self.snapshot.gaps_of(group, kind)}
        return tuple(sorted(gap for gap in found if gap.namespace in ("", namespace)))
