"""Scope and coverage: what is in, what was read and what was not, and whether policies are enforced at all."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.model.control import ControlState
from app.model.snapshot import Coverage, KindCoverage
from app.render.content import Column, Entry, Fact, Mark, Row, SectionPage, Table
from app.render.dossier import Dossier, Section
from app.render.enforcement import nodes_table, plugin_mark, signs_table, uncovered_table
from app.render.gaps import GapGroup, gap_groups
from app.render.placed import namespaces_table, placement_table
from app.render.wording import (
    COVERAGE_MARKS,
    COVERAGE_WORDS,
    GAP_WORDS,
    count,
    day,
    ended,
    number,
    said,
    sentence,
)


@dataclass(frozen=True, slots=True)
class NotSeen:
    """One thing that was not read. `permission` is the rule that would grant it, as YAML, or advice in words."""

    mark: Mark
    kind: str
    cause: str
    messages: tuple[str, ...]
    more: str
    advice: str
    permission: str
    controls: str


@dataclass(frozen=True, slots=True)
class KindGroup:
    """Kinds of one API group that the source does not serve; `group` is `core` for the group without a name."""

    group: str
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class ScopePage(SectionPage):
    """Tables in print order; `not_seen` is empty when everything that was asked for was read."""

    source: tuple[Fact, ...]
    not_seen: tuple[NotSeen, ...]
    all_seen: str
    placement: Table
    namespaces: Table
    plugins: tuple[Mark, ...]
    enforcement: str
    signs: Table
    nodes: Table
    uncovered: Table
    kinds: Table
    bare: str
    absent: tuple[KindGroup, ...]
    residuals: tuple[str, ...]


def build(dossier: Dossier) -> ScopePage:
    """Build the section."""
    platform = dossier.report.judgement.platform
    return ScopePage(
        id="scope",
        title="Scope and coverage",
        lede=(_scope_sentence(dossier),),
        entries=(
            Entry("What was not seen", "scope-not-seen", 2),
            Entry("What is in scope", "scope-placement", 2),
            Entry("Network plugin and enforcement", "scope-platform", 2),
            Entry("What was read", "scope-kinds", 2),
        ),
        source=_source(dossier),
        not_seen=tuple(_not_seen(group) for group in gap_groups(dossier)),
        all_seen=(
            "Everything that was asked for was read."
            if dossier.report.snapshot.objects
            else "No object was read."
        ),
        placement=placement_table(dossier),
        namespaces=namespaces_table(dossier),
        plugins=tuple(plugin_mark(item) for item in platform.plugins)
        or (Mark.of(ControlState.INSUFFICIENT, "No network plugin was recognised"),),
        enforcement=sentence(platform.reason),
        signs=signs_table([sign for plugin in platform.plugins for sign in plugin.signs]),
        nodes=nodes_table(platform.nodes, dossier.definition.rows),
        uncovered=uncovered_table(platform.pod_exceptions),
        kinds=_kinds([item for item in dossier.report.snapshot.kinds if not _bare(item)]),
        bare=_bare_kinds([item for item in dossier.report.snapshot.kinds if _bare(item)]),
        absent=_absent(dossier.report.snapshot.kinds),
        residuals=_residuals(dossier),
    )


def _scope_sentence(dossier: Dossier) -> str:
    scope, workloads = dossier.report.judgement.scope, dossier.report.judgement.reachability.workloads
    if not scope.given:
        return (
            "No scope file was given. Nothing is therefore out of scope: every workload counts as in scope, and every"
            " statement that needs a zone is insufficient evidence."
        )
    if dossier.boundary is None:
        return "This framework looks at the whole cluster, wherever `scope.yaml` places a workload."
    unknown = sum(dossier.placements[item.id].inside(dossier.boundary) is None for item in workloads)
    owner = f" Its owner is {scope.owner}." if scope.owner else " It names no owner."
    reviewed = f" It was last reviewed on {day(scope.reviewed_on)}." if scope.reviewed_on else ""
    placed = (
        f" {number(unknown)} of {count(len(workloads), 'workload')} {'is' if unknown == 1 else 'are'} placed by no rule"
        f" and {'counts' if unknown == 1 else 'count'} as in scope."
        if unknown
        else f" Its rules place every one of {count(len(workloads), 'workload')}."
    )
    return f"Scope comes from `scope.yaml`, which belongs to the entity.{owner}{reviewed}{placed}"


def _source(dossier: Dossier) -> tuple[Fact, ...]:
    source, scope = dossier.report.snapshot.source, dossier.report.judgement.scope
    return (
        Fact("Source", sentence(source.description)),
        Fact("Cluster UID", source.cluster_uid or "not read", code=bool(source.cluster_uid)),
        Fact("Server version", source.server_version or "not read"),
        Fact("Read as", source.identity or "not known", code=bool(source.identity)),
        Fact("Scope file SHA-256", scope.digest or "no scope file", code=bool(scope.digest)),
    )


def _not_seen(group: GapGroup) -> NotSeen:
    gap, total = group.first, len(group.gaps)
    is_yaml = "\n" in gap.advice.strip() or gap.advice.strip().startswith(("- ", "apiGroups", "rules"))
    return NotSeen(
        mark=Mark.of(ControlState.INSUFFICIENT, "Not seen"),
        kind=str(gap.group_kind) or "Kind not known",
        cause=sentence(GAP_WORDS[gap.reason]),
        messages=tuple(said(item.message) for item in group.gaps[:3]),
        more=f"{count(total - 3, 'more gap')} of the same cause." if total > 3 else "",  # noqa: PLR2004  as many as are printed
        advice="" if is_yaml else ended(gap.advice),
        permission=gap.advice.strip("\n") if is_yaml else "",
        controls=", ".join(group.controls) or "none of this framework",
    )


def _kinds(kinds: Iterable[KindCoverage]) -> Table:
    """Files have neither versions of the API nor pages of a list, so columns for them say nothing."""
    shown = [item for item in kinds if item.coverage is not Coverage.ABSENT]
    listed = any(item.version or item.resource_version for item in shown)
    return Table(
        caption="Resource kinds that were asked for",
        columns=(
            Column("Kind", 0 if listed else 44, "code"),
            *((Column("Version", 10, "code"),) if listed else ()),
            Column("Objects", 10, "number"),
            *((Column("Pages", 8, "number"), Column("resourceVersion", 18, "code")) if listed else ()),
            Column("Coverage", 14 if listed else 0, "mark"),
        ),
        rows=tuple(_kind_row(item, listed=listed) for item in shown),
        empty="The source does not say which kinds it was asked for.",
    )


def _kind_row(item: KindCoverage, *, listed: bool) -> Row:
    return Row(
        (
            str(item.group_kind),
            *((item.version or "–",) if listed else ()),
            number(item.count),
            *((number(item.pages), item.resource_version or "–") if listed else ()),
            Mark.of(COVERAGE_MARKS[item.coverage], COVERAGE_WORDS[item.coverage]),
        )
    )


def _bare(item: KindCoverage) -> bool:
    """Read to the end, and there was none of it: a dozen such rows would hide those that matter."""
    return item.coverage is Coverage.COMPLETE and not item.count


def _bare_kinds(kinds: Iterable[KindCoverage]) -> str:
    named = ", ".join(f"`{item.group_kind}`" for item in kinds)
    return f"Read completely, and there is none: {named}." if named else ""


def _absent(kinds: Iterable[KindCoverage]) -> tuple[KindGroup, ...]:
    """Kinds that are not served, by API group: there are dozens of them, and a row of zeros each says nothing."""
    groups: dict[str, list[str]] = {}
    for item in sorted(kinds):
        if item.coverage is Coverage.ABSENT:
            groups.setdefault(item.group_kind.group or "core", []).append(item.group_kind.kind)
    return tuple(KindGroup(group, tuple(names)) for group, names in sorted(groups.items()))


def _residuals(dossier: Dossier) -> tuple[str, ...]:
    """Limits that the plugins state, each once; those of a test stand with its population where that is printed."""
    platform = dossier.report.judgement.platform
    said = [caution for plugin in platform.plugins for caution in plugin.cautions]
    if "populations" not in dossier.definition.sections:
        said += [limit for _, run in dossier.mapped_runs for limit in run.limits]
    return tuple(dict.fromkeys(sentence(item) for item in said))


SECTION = Section("scope", "Scope and coverage", build)
