"""Proposals that would mend findings, before and after the engine has tried them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.model.change import WhatIf
from app.model.connections import Connections
from app.model.finding import CheckResult
from app.model.flows import Observed
from app.model.identity import ObjectRef

NO_FLOWS: Final = "no flows are declared: what these policies close may be needed; look through the list"
"""A note of plans that know of no flow to keep."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings are to be mended; an empty field leaves the choice open.

    Attributes:
        namespaces: names of namespaces.
        workloads: workload ids.
        checks: check ids.
    """

    namespaces: frozenset[str] = frozenset()
    workloads: frozenset[str] = frozenset()
    checks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposed:
    """One object to apply, as JSON values in the order in which a person reads them.

    Attributes:
        ref: its identity.
        body: the object.
        why: what it is for, one sentence.
        amends: it replaces an object that is there.
    """

    ref: ObjectRef
    body: Mapping[str, Any] = field(repr=False)
    why: str
    amends: bool = False


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A finding that no new NetworkPolicy can close: why, and what has to change instead, one sentence each."""

    finding: CheckResult
    says: str
    change: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is proposed for some findings.

    Attributes:
        findings: those that were asked about, worst first.
        objects: to apply, by namespace; within one, what allows stands before what denies.
        obstacles: findings that these objects cannot close, and why.
        notes: what a person has to know before applying them, one sentence each.
    """

    findings: tuple[CheckResult, ...]
    objects: tuple[Proposed, ...]
    obstacles: tuple[Obstacle, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowLoss:
    """Ports of a declared or observed flow between two ends that are open before a change and not after it."""

    flow: str
    source: str
    destination: str
    ports: Connections
    observed: bool = False


@dataclass(frozen=True)
class Fix:
    """A plan, and what became of the cluster when the engine applied it.

    Attributes:
        plan: what was proposed.
        proof: the cluster before and after; None where nothing was proposed.
        mended: findings that the plan closes, worst first.
        left: findings that stay open or cannot be judged then, with the result after the change (or as it is now).
        losses: declared and observed flows that the plan would break; a plan with any is not to be applied.
        unmet: those that are closed already, and stay so.
        declared: number of declared flows that were checked.
        observed: what a recording has beside them.
        strangers: ends of flows that are nothing in this cluster, with the flow; nothing was checked about them.
    """

    plan: Plan
    proof: WhatIf | None
    mended: tuple[CheckResult, ...]
    left: tuple[CheckResult, ...]
    losses: tuple[FlowLoss, ...]
    unmet: tuple[FlowLoss, ...]
    declared: int
    observed: Observed = field(default_factory=Observed)
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TriedPath:
    """Ports between two ends (of the `reach` contract) that a trial closed, opened, or left open."""

    source: str
    destination: str
    ports: Connections


@dataclass(frozen=True, slots=True)
class Remedy:
    """What is proposed for one namespace, and what the trial of all proposals together showed there.

    Attributes:
        namespace: its name.
        objects: to apply there.
        manifest: the same as YAML.
        closed: fingerprints of findings in the namespace that are closed then, worst first.
        closing: number of paths with an end there that close; `closes` are the first of them.
        staying: number of those that stay open; `stays` are the first of them.
    """

    namespace: str
    objects: tuple[Proposed, ...]
    manifest: str = field(repr=False)
    closed: tuple[str, ...]
    closing: int
    closes: tuple[TriedPath, ...]
    staying: int
    stays: tuple[TriedPath, ...]


@dataclass(frozen=True)
class Remedies:
    """Proposals for the failing findings of a cluster, tried together by the checks about policies.

    Attributes:
        remedies: by namespace, those with the worst findings first.
        manifest: all proposed objects as one YAML file; empty where nothing is proposed.
        plan: what was proposed, and what no policy can close.
        closed: number of findings that the plan closes.
        left: findings that stay or cannot be judged then, as they would be.
        opened: findings that the plan would open; a plan with any is not to be applied.
        names: number of paths to the cluster resolver that open, so that names are resolved.
        opens: other paths that would open; likewise not to be applied.
        losses: declared flows that the plan would break; likewise.
        declared: number of declared flows that were checked.
        untried: findings in namespaces beyond the limit of a trial in a report.
    """

    remedies: tuple[Remedy, ...]
    manifest: str = field(repr=False)
    plan: Plan
    closed: int
    left: tuple[CheckResult, ...]
    opened: tuple[CheckResult, ...]
    names: int
    opens: tuple[TriedPath, ...]
    losses: tuple[FlowLoss, ...]
    declared: int
    untried: int
