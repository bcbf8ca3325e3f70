"""Who can open a connection to whom: workloads, external address ranges, and the connections between them."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol as Interface

from app.model.connections import Connections, Protocol
from app.model.decision import Decision, RuleRef
from app.model.identity import ObjectRef, WorkloadKey
from app.model.inventory import Labels
from app.model.policy import Action, AddressRange, Direction


class Profile(StrEnum):
    """Whose reading holds where the API leaves it open (`--profile`)."""

    AUTO = "auto"  # the detected plugin's, else SPEC
    SPEC = "spec"  # the API documentation and the upstream end-to-end tests
    CALICO = "calico"
    CILIUM = "cilium"
    ANTREA = "antrea"


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


@dataclass(frozen=True, order=True)
class ExternalRange:
    """Addresses outside the cluster that behave alike; `id` is `external:FIRST-LAST`."""

    range: AddressRange

    @cached_property  # a few ranges, asked for by each workload
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
        action: what it does to what it matches.
        conditions: what it asks for beyond ends and ports.
    """

    rule: RuleRef
    workloads: tuple[str, ...]
    externals: tuple[AddressRange, ...]
    ports: Connections
    any_peer: bool
    any_port: bool
    action: Action = Action.ALLOW
    conditions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Default:
    """What becomes of a connection that no rule speaks of, at one end.

    Attributes:
        denied: it is denied.
        by: policies that deny it, by isolating the end or by a rule for everyone; sorted, empty unless `denied`.
        opened_by: policies that let everything through by a rule for everyone, so that others isolate in vain; sorted.
    """

    denied: bool
    by: tuple[ObjectRef, ...] = ()
    opened_by: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Openness:
    """Ports open between a workload and ends that do not exist yet, as far as the workload's own end goes.

    Attributes:
        every: to each such end, whatever its labels or its address: a lower bound.
        some: to such an end with labels (or an address) that fit: an upper bound.
    """

    every: Connections
    some: Connections


@dataclass(frozen=True, slots=True)
class Exposure:
    """How far a workload is open in one direction to ends that do not exist yet.

    Attributes:
        anywhere: to a pod with any labels, in any namespace, one that does not exist yet included.
        namespaces: to a pod with any labels in one of the namespaces, by name; those that differ from `anywhere`.
        outside: to addresses outside the cluster: `every` holds for each address of IPv4 or of IPv6.
    """

    anywhere: Openness
    namespaces: tuple[tuple[str, Openness], ...]
    outside: Openness


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
    idle: Mapping[
        ObjectRef, str
    ]  # policies that count nowhere, each with why, as the end of a sentence about it
    doubtful: Mapping[
        ObjectRef, str
    ]  # policies of which it is not known what they do, each with why, as a sentence

    def connections(self) -> Iterator[Connection]:
        """Rows of the `reach` contract, sorted by source then destination; external ranges merged per counterpart."""
        ...

    def between(self, source: str, destination: str) -> Connections:
        """Ports that `source` may open to `destination`; a workload to itself, or external to external, is empty."""
        ...

    def certain(self, source: str, destination: str) -> Connections:
        """The same without what conditions of rules, or an order that is left open, may still deny."""
        ...

    def by_policies(self, source: str, destination: str) -> Connections:
        """The same as `between` without what is allowed because both ends are on one node."""
        ...

    def isolating(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that isolate the workload in this direction and are enforced there.

        Empty means that no default denies anything there; rules of `selecting` may. `unenforced` has those that select
        it in vain.
        """
        ...

    def selecting(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that select the workload in this direction and are enforced there, isolating or not."""
        ...

    def default_of(self, workload: str, direction: Direction) -> Default:
        """What becomes of connections of the workload that no rule speaks of, by the policies in force on it."""
        ...

    def unenforced(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        """Policies that select the workload in vain: where or because the data plane does not enforce them."""
        ...

    def rules_on(self, workload: str, direction: Direction) -> tuple[EffectiveRule, ...]:
        """Rules of `selecting`, resolved; empty when not selected or when no rule concerns the workload."""
        ...

    def open_to(self, workload: str, direction: Direction) -> Exposure:
        """What a workload accepts from (ingress), or may send to (egress), pods and addresses that do not exist yet."""
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
