"""How long a scan is kept, and which scans may go (pure)."""

import re
from calendar import monthrange
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.model.canonical import canonical_json
from app.model.history import Scan, ScanStatus


@dataclass(frozen=True, slots=True)
class Period:
    """A time that an audit looks at, both ends included."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """Scans of some clusters stay for some months: after they were recorded, or after the period that they fall in.

    `clusters` are names, or patterns with `*`.
    """

    id: str
    clusters: tuple[str, ...]
    months: int
    reason: str
    periods: tuple[Period, ...] = ()

    def ends(self, scan: Scan) -> datetime:
        """When this rule lets a scan go. An import counts from when it was recorded: never shorter than it was here."""
        ends = (item.until for item in self.periods if item.since <= scan.taken_at <= item.until)
        return months_after(max((scan.recorded_at, *ends)), self.months)


@dataclass(frozen=True, slots=True)
class Hold:
    """Scans that stay whatever the rules say, until the hold is taken out of the file; None is without end."""

    id: str
    clusters: tuple[str, ...]
    reason: str
    since: datetime | None = None
    until: datetime | None = None

    def covers(self, scan: Scan) -> bool:
        """True when the scan was taken in the time that is held."""
        return (
            _names(self.clusters, scan.cluster)
            and (self.since is None or scan.taken_at >= self.since)
            and (self.until is None or scan.taken_at <= self.until)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules, and what is held. A cluster that no rule names keeps everything."""

    rules: tuple[Rule, ...]
    holds: tuple[Hold, ...] = ()

    def held_nowhere(self, clusters: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Holds with the names and patterns of theirs that no cluster has: they would hold nothing, and nobody would know."""
        return tuple(
            (hold.id, pattern)
            for hold in self.holds
            for pattern in hold.clusters
            if not any(_fits(pattern, name) for name in clusters)
        )

    def text(self) -> str:
        """The policy as a removal records it."""
        return canonical_json(
            {
                "rules": [
                    [
                        item.id,
                        list(item.clusters),
                        item.months,
                        [[p.since.isoformat(), p.until.isoformat()] for p in item.periods],
                    ]
                    for item in self.rules
                ],
                "holds": [[item.id, list(item.clusters)] for item in self.holds],
            }
        ).decode()


@dataclass(frozen=True, slots=True)
class Due:
    """What retention says about one cluster: scans that may go with the rule that kept them longest, and held ones."""

    cluster: str
    removable: tuple[tuple[int, str], ...]
    held: tuple[tuple[int, str], ...]
    kept: int


def due(policy: Policy, cluster: str, scans: Sequence[Scan], removed: Collection[int], at: datetime) -> Due:
    """Which scans of a cluster may go at a time.

    Every rule that names the cluster has to let a scan go. The last one that was stored stays, because the next is compared
    with it; failed runs stored nothing that could be removed, and stay on record.
    """
    rules = [item for item in policy.rules if _names(item.clusters, cluster)]
    stored = [item for item in scans if item.status is not ScanStatus.FAILED and item.number not in removed]
    past = [item for item in stored[:-1] if rules and all(rule.ends(item) <= at for rule in rules)]
    held = {item.number: hold.id for item in past for hold in policy.holds if hold.covers(item)}
    return Due(
        cluster=cluster,
        removable=tuple((item.number, _longest(rules, item)) for item in past if item.number not in held),
        held=tuple(sorted(held.items())),
        kept=len(stored) - len(past) + len(held),
    )


def months_after(at: datetime, months: int) -> datetime:
    """The same day some months later; the last of the month where it is shorter."""
    years, month = divmod(at.month - 1 + months, 12)
    year, month = at.year + years, month + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def _longest(rules: Iterable[Rule], scan: Scan) -> str:
    return max(rules, key=lambda rule: (rule.ends(scan), rule.id)).id


def _names(patterns: Iterable[str], cluster: str) -> bool:
    return any(_fits(pattern, cluster) for pattern in patterns)


def _fits(pattern: str, cluster: str) -> bool:
    """`*` stands for any text and everything else for itself: a hold on `prod[eu]` is one on that name."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), cluster, re.DOTALL) is not None
