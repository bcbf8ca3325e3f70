"""Who can open a connection to whom: workloads, external address ranges, and the connections between them."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol as Interface

from app.model.connections import Connections, Protocol
from app.model.decision import Decision, RuleRef
from app.model.identity import ObjectRef, WorkloadKey
from app.model.inventory import Labels
from app.model.policy import AddressRange, Direction


class Profile(StrEnum):
    """Whose reading holds where the API leaves it open (`--profile`)."""

    AUTO = "auto"  # the detected plugin's, else SPEC
    SPEC = "spec"  # the API documentation and the upstream end-to-end tests
    CALICO = "calico"
    CILIUM = "cilium"


@dataclass(frozen=True, slots=True)
class Workload:
    """Pods of one owner that no policy can tell apart.

    Attributes:
        id: `namespace/name[Kind]`, with `#1`, `#2` … when the owner's pods differ in what matters to a policy.
        key: the owner.
        labels: labels that all its pods share.
        pods: number of pods (replicas for a template).
        pod_refs: the pods, or the template's object; sorted.
        nodes: nodes they run on, sorted; empty when unknown.
        host_network: its pods use their node's network.
    """

    id: str
    key: WorkloadKey
    labels: Labels
    pods: int
    pod_refs: tuple[ObjectRef, ...]
    nodes: tuple[str, ...]
    host_network: bool

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.key.namespace


@dataclass(frozen=True, slots=True, order=True)
class ExternalRange:
    """Addresses outside the cluster that behave alike; `id` is `external:FIRST-LAST`."""

    range: AddressRange

    @property
    def id(self) -> str:
        """Endpoint id of the `reach` contract."""
        address = IPv4Address if self.range.version == 4 else IPv6Address  # noqa: PLR2004  IP version
        return f"external:{address(self.range.first)}-{address(self.range.last)}"


@dataclass(frozen=True, slots=True)
class Connection:
    """A pair with at least one allowed port.

    `notes` are sentences that qualify it: "as declared: …", "profiles disagree: …"; part of the row, not decoration.
    """

    source: str
    destination: str
    allowed: Connections
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EffectiveRule:
    """A rule in effect on a workload, resolved to what it admits there.

    Attributes:
        rule: which.
        workloads: ids of workloads that its peers match; may be large, sorted.
        externals: external ranges that its peers match, merged and sorted.
        ports: resolved ports (a named port resolves on the destination; for egress rules the union over destinations).
        any_peer: True when the rule names no peer at all.
        any_port: True when the rule names no port at all.
    """

    rule: RuleRef
    workloads: tuple[str, ...]
    externals: tuple[AddressRange, ...]
    ports: Connections
    any_peer: bool
    any_port: bool


@dataclass(frozen=True, slots=True)
class SourceGroup:
    """Workloads of one group that may open the same connections to a destination; `examples` are up to three ids, sorted."""

    group: Hashable
    allowed: Connections
    count: int
    examples: tuple[str, ...]


class Reachability(Interface):
    """Answers of the engine for one cluster, one profile and one view (effective or as declared).

    Implemented by `app.evaluate.engine`. All ids are workload ids or external ids as in `workloads` and `externals`.
    """

    profile: Profile
    as_declared: bool
    workloads: tuple[Workload, ...]  # sorted by id
    externals: tuple[ExternalRange, ...]  # atoms that some policy can tell apart; IPv4 first, then by address

    def connections(self) -> Iterator[Connection]:
        """Rows of the `reach` contract, sorted by source then destination; external ranges merged per counterpart."""
        ...

    def between(self, source: str, destination: str) -> Connections:
        """Ports that `source` may open to `destination`; a workload to itself, or external to external, is empty."""
        ...

    def isolating(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that isolate the workload in this direction and are enforced there; empty means not isolated.

        `unenforced` has those that select it in vain.
        """
        ...

    def unenforced(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that select the workload where the data plane does not enforce them."""
        ...

    def rules_on(self, workload: str, direction: Direction) -> tuple[EffectiveRule, ...]:
        """Rules of `isolating`, resolved; empty when not isolated or when nothing is allowed."""
        ...

    def sources(self, destination: str) -> Iterator[tuple[str, Connections]]:
        """Everything that may open a connection to `destination`, sorted by id; external atoms one by one."""
        ...

    def grouped_sources(self, destination: str, groups: Mapping[str, Hashable]) -> Iterator[SourceGroup]:
        """Workloads that may open a connection to a workload, counted by group and never listed.

        `groups` has a group for each workload id, and must not change. Sources that reach it only because they are on its
        own node are left out: nothing in the cluster can restrict those.
        """
        ...

    def destinations(self, source: str) -> Iterator[tuple[str, Connections]]:
        """Everything that `source` may open a connection to, sorted by id; external atoms one by one."""
        ...

    def decide(self, source: str, destination: str, protocol: Protocol, port: int) -> Decision:
        """One connection, with its witnesses. Raises `NotFoundError` for an unknown id."""
        ...
