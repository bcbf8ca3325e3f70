"""What was not seen, and which controls depend on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.model.control import CheckMapping, ControlState, Role
from app.model.finding import CheckRun, Outcome
from app.model.snapshot import CollectionGap
from app.render.dossier import Dossier

_REACHABILITY: Final = "computed reachability"
_READ_THROUGH: Final[dict[str, tuple[str, ...]]] = {
    "NetworkPolicy": ("policies", _REACHABILITY),
    "Namespace": (_REACHABILITY,),
    "Pod": ("workloads", _REACHABILITY),
}
"""What the catalogue calls these kinds where it names them together or by what is worked out from them."""


@dataclass(frozen=True, slots=True)
class GapGroup:
    """Gaps with one kind, cause and remedy; `controls` depend on them."""

    gaps: tuple[CollectionGap, ...]
    controls: tuple[str, ...]

    @property
    def first(self) -> CollectionGap:
        """The gap that stands for all of them."""
        return self.gaps[0]


def gap_groups(dossier: Dossier) -> tuple[GapGroup, ...]:
    """Group gaps that a person would close together; sorted by kind."""
    groups: dict[tuple[str, str, str], list[CollectionGap]] = {}
    for gap in sorted(dossier.report.snapshot.gaps):
        groups.setdefault((str(gap.group_kind), gap.reason.value, gap.advice), []).append(gap)
    return tuple(GapGroup(tuple(items), _dependent(dossier, items[0])) for items in groups.values())


def _dependent(dossier: Dossier, gap: CollectionGap) -> tuple[str, ...]:
    """Controls of the framework with a direct check that could not be decided and reads this kind."""
    undecided = [run for _, run in dossier.mapped_runs if _undecided(run)]
    reading = [run for run in undecided if _reads(run.meta.reads, gap.group_kind.kind)] or undecided
    checks = {run.meta.id for run in reading}
    return tuple(
        item.control.id
        for item in dossier.counted
        if item.state is not ControlState.NOT_APPLICABLE and _has_direct(item.control.checks, checks)
    )


def _has_direct(mappings: Iterable[CheckMapping], checks: set[str]) -> bool:
    return any(mapping.role is Role.DIRECT and mapping.check in checks for mapping in mappings)


def _undecided(run: CheckRun) -> bool:
    return not run.population_complete or bool(run.count(Outcome.INSUFFICIENT) + run.count(Outcome.ERROR))


def _reads(reads: str, kind: str) -> bool:
    if not kind:
        return True
    base = kind.lower()
    names = (
        base,
        f"{base}s",
        f"{base[:-1]}ies" if base.endswith("y") else f"{base}es",
        *_READ_THROUGH.get(kind, ()),
    )
    words = {word.strip() for word in reads.lower().split(",")}
    return any(name in words for name in names)
