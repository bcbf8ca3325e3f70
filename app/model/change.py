"""What a change to a cluster's objects would do: computed by judging the cluster before and after it."""

from dataclasses import dataclass

from app.model.archive import ObjectCause
from app.model.connections import Connections
from app.model.encryption import Label
from app.model.finding import CheckResult
from app.model.history import ControlFlip, Move, ObjectChange, Scan
from app.model.judgement import Judgement
from app.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class PathDelta:
    """Ports between two ends that would open or close; addresses outside the cluster included.

    Attributes:
        source: endpoint id of the `reach` contract.
        destination: likewise.
        opened: True when they open.
        ports: the difference.
        because: changed objects (with the rule, where one decides) that do it, as text; for the first paths only, since
            each takes a decision of its own.
    """

    source: str
    destination: str
    opened: bool
    ports: Connections
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consequences:
    """What differs between two judgements of one cluster; every part sorted, empty where nothing differs.

    Attributes:
        objects: objects that were added, changed or removed.
        paths: what opens and what closes.
        opened: findings that would be new, worst first.
        closed: findings that would be gone, and whose subject was judged again.
        undecided: subjects that passed or failed and could not be judged any more.
        flips: controls whose state would change.
        moves: workloads that would be in another zone or boundary, by scope or by label.
        notes: what has to be said about the whole, one sentence each: policies that nothing obeys, for example.
    """

    objects: tuple[ObjectChange, ...]
    paths: tuple[PathDelta, ...]
    opened: tuple[CheckResult, ...]
    closed: tuple[CheckResult, ...]
    undecided: tuple[CheckResult, ...]
    flips: tuple[ControlFlip, ...]
    moves: tuple[Move, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def opens_paths(self) -> bool:
        """True when at least one connection opens."""
        return any(item.opened for item in self.paths)


@dataclass(frozen=True, slots=True)
class EncryptionChange:
    """A pair of workloads that may connect on both nights, and whose weakest label differs."""

    source: str
    destination: str
    before: Label
    after: Label

    @property
    def lost(self) -> bool:
        """True when the later label is the weaker one."""
        return self.after.rank > self.before.rank


@dataclass(frozen=True)
class WhatIf:
    """A cluster before and after a change that was not made.

    Attributes:
        encryption: pairs that may connect before and after and whose protection differs, what is lost first; None where
            the cluster is too large to compare pairs.
    """

    snapshot: Snapshot
    before: Judgement
    after: Judgement
    consequences: Consequences
    encryption: tuple[EncryptionChange, ...] | None = ()

    @property
    def unaccepted(self) -> tuple[CheckResult, ...]:
        """What would be worse than today: findings that open and that no valid exception accepts, and what could no longer be told."""
        accepted = self.after.accepted
        opened = (item for item in self.consequences.opened if item.fingerprint not in accepted)
        return (*opened, *self.consequences.undecided)


@dataclass(frozen=True)
class Drift:
    """Two stored nights of a cluster compared in full, each judged by its own documents.

    Attributes:
        objects: what differs, with the fields that differ in meaning; an object whose status alone differs has none.
        encryption: pairs whose label differs, those that lost first; None where a cluster is too large to compare them.
        tallies: allowed pairs by weakest label, before and after.
        between: stored scans between the two.
        notes: what has to be said about the whole, one sentence each.
    """

    before: Scan
    after: Scan
    consequences: Consequences
    objects: tuple[ObjectCause, ...]
    encryption: tuple[EncryptionChange, ...] | None
    tallies: tuple[tuple[tuple[Label, int], ...], tuple[tuple[Label, int], ...]]
    between: int
    notes: tuple[str, ...] = ()
