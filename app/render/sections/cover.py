"""Cover: which cluster, which framework, when, and the result in one sentence and one bar."""

from dataclasses import dataclass
from typing import Final

from app.model.control import ControlState
from app.model.history import ScanStatus
from app.model.snapshot import Coverage
from app.render.charts import Segment, StackedBar
from app.render.content import Fact, Mark, SectionPage
from app.render.dossier import Dossier, Section
from app.render.wording import STATE_WORDS, count, day, joined, minute, number, stamp

_LONG, _VERY_LONG = 22, 60


@dataclass(frozen=True)
class CoverPage(SectionPage):
    """`size` is normal, long or very-long, by the length of the cluster's name."""

    kicker: str
    heading: str
    size: str
    framework: str
    date: str
    result: str
    bar: StackedBar
    counts: tuple[tuple[Mark, str], ...]
    facts: tuple[Fact, ...]


def build(dossier: Dossier) -> CoverPage:
    """Build the cover."""
    report, name = dossier.report, dossier.report.scan.cluster
    return CoverPage(
        id="cover",
        title="Cover",
        kicker=report.definition.title,
        heading=f"Network security of the {name} cluster",
        size="very-long" if len(name) > _VERY_LONG else "long" if len(name) > _LONG else "normal",
        framework=dossier.assessment.framework.title,
        date=day(report.scan.taken_at),
        result=result_sentence(dossier),
        bar=state_bar(dossier, "bar-cover", 386, 12),
        counts=tuple((Mark.of(state), number(value)) for state, value in dossier.state_counts() if value),
        facts=_facts(dossier),
    )


def result_sentence(dossier: Dossier) -> str:
    """Say the counts of all states in one sentence, what is wrong first."""
    counts = dict(dossier.state_counts())
    parts = [
        f"{_verb(counts[state], *words)}"
        for state, words in _SAID.items()
        if counts[state] or state in _ALWAYS
    ]
    if not dossier.applicable:
        return "No control was counted for this framework."
    return f"Of {count(dossier.applicable, 'applicable control')}, {joined(parts)}."


_SAID: Final[dict[ControlState, tuple[str, str]]] = {
    ControlState.EXCEPTION: ("has an exception noted", "have an exception noted"),
    ControlState.PARTIAL: ("is under an accepted exception", "are under an accepted exception"),
    ControlState.INSUFFICIENT: ("lacks sufficient evidence", "lack sufficient evidence"),
    ControlState.MANUAL: ("still needs manual evidence", "still need manual evidence"),
    ControlState.SUPPORTED: ("is supported", "are supported"),
}
_ALWAYS: Final = (ControlState.EXCEPTION, ControlState.SUPPORTED)


def _verb(value: int, one: str, more: str) -> str:
    words = one if value == 1 else more
    return f"{number(value) if value else 'none'} {words}"


def state_bar(dossier: Dossier, identifier: str, width: int, height: int) -> StackedBar:
    """The report's framework as a stacked bar."""
    segments = tuple(
        Segment(state.value, STATE_WORDS[state], value) for state, value in dossier.state_counts()
    )
    return StackedBar(
        identifier, f"Controls of {dossier.assessment.framework.title} by state", segments, width, height
    )


def _facts(dossier: Dossier) -> tuple[Fact, ...]:
    scan, definition = dossier.report.scan, dossier.definition
    framework = dossier.assessment.framework
    return (
        *([Fact("Prepared for", definition.prepared_for)] if definition.prepared_for else []),
        Fact("Cluster", _platform(dossier)),
        Fact("Evidence collected", _collected(dossier)),
        *([Fact("Imported", _imported(dossier))] if scan.imported else []),
        Fact("Scan", _scan(dossier)),
        Fact("Framework file", f"{framework.id}.yaml, revision {framework.catalogue_version}"),
        Fact("Snapshot SHA-256", scan.snapshot_digest, code=True),
        Fact("Scan SHA-256", scan.digest, code=True),
        Fact(
            "Report",
            f"{dossier.identifier}, made by netattest {scan.tool_version or '(version not recorded)'}",
        ),
    )


def _platform(dossier: Dossier) -> str:
    source, platform = dossier.report.snapshot.source, dossier.report.judgement.platform
    plugin = platform.primary
    parts = [
        f"Kubernetes {source.server_version}" if source.server_version else "Kubernetes version not read",
        platform.distribution,
        f"{plugin.name} {plugin.version}".strip() if plugin else "network plugin unknown",
    ]
    return " · ".join(part for part in parts if part)


def _collected(dossier: Dossier) -> str:
    snapshot = dossier.report.snapshot
    asked = [item for item in snapshot.kinds if item.coverage is not Coverage.ABSENT]
    whole = sum(item.coverage is Coverage.COMPLETE for item in asked)
    seen = f", {whole} of {count(len(asked), 'resource kind')} complete" if asked else ""
    return f"{stamp(snapshot.taken_at)}, {count(len(snapshot.objects), 'object')}{seen}"


def _imported(dossier: Dossier) -> str:
    """Where the time of collection comes from, when it was not this program that collected."""
    return (
        f"Recorded {stamp(dossier.report.scan.recorded_at)}. The time of collection is that given by whoever"
        " imported the objects; netattest did not read the cluster then."
    )


def _scan(dossier: Dossier) -> str:
    scan = dossier.report.scan
    slot = f", slot {minute(scan.slot)}" if scan.slot else ""
    if scan.status is ScanStatus.COMPLETE:
        return f"Number {scan.number}, complete{slot}"
    return f"Number {scan.number}, {scan.status.value}: {count(len(dossier.report.snapshot.gaps), 'gap')} in what was read{slot}"


SECTION = Section("cover", "Cover", build)
