"""What a provider is, and what it answers: one engine, as its own configuration describes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.detect.evidence import Evidence
from app.detect.settings import ConfigMap
from app.detect.workloads import DaemonSet
from app.model.identity import GroupKind, ObjectRef
from app.model.platform import CiliumReading, Enforcement, NodeEnforcement, Sign


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether policies are enforced, why in one sentence, and the fields that say so."""

    enforcement: Enforcement
    reason: str
    signs: tuple[Sign, ...] = ()

    @property
    def holds(self) -> bool:
        """True when at least some policies hold somewhere."""
        return self.enforcement in (Enforcement.ENFORCED, Enforcement.DEGRADED)


@dataclass(frozen=True)
class Engine:
    """A network plugin or policy engine as its configuration describes it; where it really runs is looked at later.

    Attributes:
        primary: True when it gives pods their network.
        verdict: what its configuration says, supposing that its agent runs.
        agents: the DaemonSets whose pods enforce; none of them is offered to a later provider.
        signs: further evidence, after the verdict's own.
        overrides: nodes on which other configuration holds.
        on_nodes: the answer per node for engines without an agent pod; None for engines with one.
        config: ConfigMaps that agents read when they start and never again.
        exceptions: pods that the engine does not cover wherever it runs, with why.
        cilium: how Cilium reads policies; None for any other engine.
        reads: policy kinds that its settings turn on.
        ignores: policy kinds that its settings turn off.
        guards_nodes: policies that select nodes are enforced; None when that cannot be told.
    """

    id: str
    name: str
    verdict: Verdict
    primary: bool = True
    version: str = ""
    agents: tuple[DaemonSet, ...] = ()
    signs: tuple[Sign, ...] = ()
    cautions: tuple[str, ...] = ()
    overrides: Mapping[str, Verdict] = field(default_factory=dict)
    on_nodes: tuple[NodeEnforcement, ...] | None = None
    config: tuple[ConfigMap, ...] = ()
    exceptions: Mapping[ObjectRef, str] = field(default_factory=dict)
    cilium: CiliumReading | None = None
    reads: frozenset[GroupKind] = frozenset()
    ignores: frozenset[GroupKind] = frozenset()
    guards_nodes: bool | None = False


@dataclass(frozen=True)
class Provider:
    """One way of recognising one plugin. `find` answers None when the plugin is not there at all."""

    id: str
    name: str
    find: Callable[[Evidence], Engine | None] = field(repr=False)


def enforced(reason: str, *signs: Sign) -> Verdict:
    """The engine enforces."""
    return Verdict(Enforcement.ENFORCED, reason, signs)


def not_enforced(reason: str, *signs: Sign) -> Verdict:
    """The engine is known not to enforce."""
    return Verdict(Enforcement.NOT_ENFORCED, reason, signs)


def unknown(reason: str, *signs: Sign) -> Verdict:
    """It cannot be told."""
    return Verdict(Enforcement.UNKNOWN, reason, signs)


def degraded(reason: str, *signs: Sign) -> Verdict:
    """The engine enforces in general, but not all of it here."""
    return Verdict(Enforcement.DEGRADED, reason, signs)
