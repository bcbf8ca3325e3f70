"""What providers may look at: a snapshot, its agents and nodes read once, and what was not read."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Self

from app.detect.fields import dig, text
from app.detect.nodes import Node
from app.detect.workloads import Container, DaemonSet
from app.model.identity import ObjectRef
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    Snapshot,
    SnapshotObject,
    SourceKind,
)


@dataclass(frozen=True)
class Agent:
    """The DaemonSets of one agent, and the container of the first that does the work."""

    daemon_sets: tuple[DaemonSet, ...]
    container: Container

    @property
    def first(self) -> DaemonSet:
        """The DaemonSet that is read for settings."""
        return self.daemon_sets[0]

    @property
    def version(self) -> str:
        """Version of the working container."""
        return self.first.version(self.container.name)


@dataclass(frozen=True)
class Evidence:
    """A snapshot as detection reads it.

    Attributes:
        daemon_sets: those on the host network that want at least one pod, by identity; what an earlier provider
            recognised is left out.
        node_names: names of nodes, from Node objects or, where these are missing, from where pods run; sorted.
    """

    snapshot: Snapshot
    daemon_sets: tuple[DaemonSet, ...]
    nodes: tuple[Node, ...]
    node_names: tuple[str, ...]

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """Read agents and nodes of a snapshot."""
        found = (DaemonSet.of(item) for item in snapshot.of_kind("apps", "DaemonSet"))
        nodes = tuple(Node.of(item) for item in snapshot.of_kind("", "Node"))
        return cls(
            snapshot=snapshot,
            daemon_sets=tuple(item for item in found if item.on_host_network and item.desired != 0),
            nodes=nodes,
            node_names=_node_names(snapshot, nodes),
        )

    @property
    def live(self) -> bool:
        """True for an API server: there, what was listed completely and is not in it does not exist."""
        return self.snapshot.source.kind is SourceKind.API

    def without(self, claimed: Collection[ObjectRef]) -> Self:
        """The same evidence without DaemonSets that were recognised already."""
        return replace(self, daemon_sets=tuple(item for item in self.daemon_sets if item.ref not in claimed))

    def agent(
        self, container: str, *, names: Collection[str] = (), apps: Collection[str] = ()
    ) -> Agent | None:
        """DaemonSets with a container of that name, known by their own name or label `k8s-app` where these are given.

        Several can be one agent's: one per processor type, as Flannel once had.
        """
        found = tuple(
            item
            for item in self.daemon_sets
            if item.container(container)
            and (not names or item.ref.name in names or item.labels.get("k8s-app") in apps)
        )
        programs = (item.container(container) for item in found)
        first = next((item for item in programs if item), None)
        return Agent(found, first) if first else None

    def named(self, *names: str) -> tuple[DaemonSet, ...]:
        """DaemonSets of these names, in whatever namespace."""
        return tuple(item for item in self.daemon_sets if item.ref.name in names)

    def object(self, group: str, kind: str, namespace: str, name: str) -> SnapshotObject | None:
        """One object by its identity."""
        return self.snapshot.find(ObjectRef(group, kind, namespace, name))

    def pods(self) -> tuple[SnapshotObject, ...]:
        """All pods, by identity."""
        return self.snapshot.of_kind("", "Pod")

    def pods_of(self, namespace: str) -> tuple[SnapshotObject, ...]:
        """Pods of one namespace, by identity."""
        return self._pods_by_namespace.get(namespace, ())

    @cached_property
    def _pods_by_namespace(self) -> dict[str, tuple[SnapshotObject, ...]]:
        groups = groupby(self.pods(), key=lambda item: item.ref.namespace)
        return {namespace: tuple(items) for namespace, items in groups}

    def doubt(self, group: str, kind: str, namespace: str = "", name: str = "") -> str:
        """Why "not found" would prove nothing about a kind, an object of it or a namespace; empty when it would."""
        for gap in self.snapshot.gaps_of(group, kind):
            if self._touches(gap, namespace, name):
                return gap.message
        return "" if self.snapshot.gaps_of(group, kind) else self._unasked(group, kind)

    def ambiguous(self, ref: ObjectRef) -> str:
        """Why an object cannot be trusted: two different ones of its name were given; empty when there was one."""
        return next(
            (
                gap.message
                for gap in self.snapshot.gaps_of(ref.group, ref.kind)
                if gap.reason is GapReason.DUPLICATE
                and (gap.namespace, gap.name) == (ref.namespace, ref.name)
            ),
            "",
        )

    def _touches(self, gap: CollectionGap, namespace: str, name: str) -> bool:
        """A gap matters where it can hide the object; one that was only not understood is here and can be read raw."""
        if namespace and gap.namespace not in ("", namespace):
            return False
        if name and gap.name not in ("", name):
            return False
        here = ObjectRef(gap.group_kind.group, gap.group_kind.kind, gap.namespace, gap.name)
        return not (gap.reason in (GapReason.INVALID, GapReason.UNKNOWN_KIND) and self.snapshot.find(here))

    def _unasked(self, group: str, kind: str) -> str:
        coverage = self.snapshot.coverage(group, kind)
        if coverage in (Coverage.REFUSED, Coverage.PARTIAL):
            return f"{kind} objects could not all be read"
        return f"{kind} objects were not asked for" if self.live and coverage is None else ""


def _node_names(snapshot: Snapshot, nodes: tuple[Node, ...]) -> tuple[str, ...]:
    names = {node.name for node in nodes}
    if not nodes or snapshot.gaps_of("", "Node"):
        pods = (item.parsed() for item in snapshot.of_kind("", "Pod"))
        names |= {text(dig(pod, "spec", "nodeName")) for pod in pods}
    return tuple(sorted(names - {""}))
