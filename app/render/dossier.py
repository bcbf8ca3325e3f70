"""One report's input, looked at the way its sections need it: worked out once, shared by all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import yaml

from app.model.control import Assessment, ControlAssessment, ControlState, Role
from app.model.finding import CheckResult, CheckRun, Outcome
from app.model.history import FindingLife, TrendLine
from app.model.ledger import MappingLedger, ledger
from app.model.reachability import Workload
from app.model.report import ReportDefinition, ReportInput
from app.model.scope import Boundary, Placement
from app.model.snapshot import Coverage
from app.model.yaml_text import UNREADABLE
from app.render.content import Link, SectionPage
from app.render.evidence import EvidenceFile, ScanFiles, evidence_files
from app.render.failing import Finding, worst_first
from app.render.shown import Shown, shown
from app.render.twin import Twin
from app.render.wording import STATE_WORDS, clipped, iso_day

LONGEST_NAME = 48
"""Characters of a cluster name in running lines; the cover and the manifest print it whole."""


@dataclass(frozen=True)
class Dossier:
    """Everything that sections read; `shared` has the files of the scan where other reports on it carry them too."""

    report: ReportInput
    shared: ScanFiles | None = None

    @property
    def definition(self) -> ReportDefinition:
        """What the reader asked for."""
        return self.report.definition

    @property
    def assessment(self) -> Assessment:
        """The framework of this report, judged."""
        return self.report.assessment

    @property
    def boundary(self) -> Boundary | None:
        """The protected population of this framework; None is the whole cluster."""
        return self.assessment.framework.boundary

    @property
    def cluster(self) -> str:
        """The cluster's name, short enough for a running line."""
        return clipped(self.report.scan.cluster, LONGEST_NAME)

    @cached_property
    def identifier(self) -> str:
        """Report identifier: the same scan, framework and definition give the same one."""
        scan = self.report.scan
        parts = ("R", iso_day(scan.taken_at), scan.cluster, self.assessment.framework.id, self.definition.id)
        return f"{'-'.join(parts)}-{scan.number}"

    @cached_property
    def counted(self) -> tuple[ControlAssessment, ...]:
        """Controls that count; readiness items of proposed rules do not."""
        return tuple(item for item in self.assessment.controls if item.control.enabled)

    @cached_property
    def applicable(self) -> int:
        """Number of controls that count and apply."""
        return sum(item.state is not ControlState.NOT_APPLICABLE for item in self.counted)

    @cached_property
    def bearing(self) -> Mapping[str, tuple[ControlAssessment, ...]]:
        """Controls by the checks that bear on them, readiness items left out."""
        found: dict[str, list[ControlAssessment]] = {}
        for item in self.counted:
            for mapping in item.control.checks:
                found.setdefault(mapping.check, []).append(item)
        return {check: tuple(items) for check, items in found.items()}

    @cached_property
    def ledger(self) -> MappingLedger:
        """What the mapping of this framework can show with the checks that the scan performed."""
        checks = {run.meta.id: run.meta for run in self.report.judgement.runs}
        return ledger(self.assessment.framework, checks)

    @cached_property
    def evidence_ids(self) -> Mapping[str, str]:
        """Evidence id of each performed check: `Conf-<scan>-<n>`, n as the scan performed them."""
        return {
            run.meta.id: f"Conf-{self.report.scan.number}-{index:02d}"
            for index, run in enumerate(self.report.judgement.runs, start=1)
        }

    @cached_property
    def runs(self) -> tuple[tuple[str, CheckRun], ...]:
        """Evidence id and run of every performed check."""
        return tuple((self.evidence_ids[run.meta.id], run) for run in self.report.judgement.runs)

    @cached_property
    def mapped_runs(self) -> tuple[tuple[str, CheckRun], ...]:
        """Those runs that bear on a control of this framework."""
        return tuple(pair for pair in self.runs if pair[1].meta.id in self.bearing)

    @cached_property
    def mapped_ids(self) -> frozenset[str]:
        """Evidence ids of `mapped_runs`: those that a report on this framework can point at."""
        return frozenset(evidence for evidence, _ in self.mapped_runs)

    @cached_property
    def check_titles(self) -> Mapping[str, str]:
        """Titles of all checks, also of those that this version does not perform: `checks.yaml` judged the scan too."""
        document = next((item for item in self.report.documents if item.name == "checks.yaml"), None)
        return {
            **(_titles(document.body) if document else {}),
            **{run.meta.id: run.meta.title for _, run in self.runs},
        }

    def control_link(self, control: str) -> Link:
        """A control's number, leading to its row where that is printed."""
        return self._link(control, "controls", f"control-{control}")

    def evidence_link(self, evidence: str) -> Link:
        """An evidence id, leading to its population where that is printed."""
        return self._link(evidence, "populations", evidence)

    def finding_link(self, finding: Finding) -> Link:
        """A finding's id, leading to it where it is printed."""
        printed = finding.id in self._printed
        return self._link(finding.id, "findings" if printed else "", finding.id)

    @cached_property
    def shown(self) -> Shown:
        """The findings that are printed: lists are capped at the definition's rows."""
        return shown(self.findings, self.definition.rows)

    @cached_property
    def _printed(self) -> frozenset[str]:
        return frozenset(item.id for item in (*self.shown.full, *self.shown.short))

    def _link(self, text: str, section: str, anchor: str) -> Link:
        return Link(text, anchor if section in self.definition.sections else "")

    def of_boundary(self, run: CheckRun) -> tuple[CheckResult, ...]:
        """Results about subjects that belong to this framework's population, unknown ones included."""
        return tuple(result for result in run.results if result.inside(self.boundary))

    @cached_property
    def files(self) -> tuple[EvidenceFile, ...]:
        """Attachments."""
        return evidence_files(self.report, self.shared or ScanFiles(self.report, self.runs), self.twin)

    @cached_property
    def twin(self) -> Twin | None:
        """Pseudonyms; None in a report that prints names."""
        report = self.report
        return Twin.of(report, report.pseudonym_key) if report.redacted else None

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Failing results that bear on this framework, worst first, accepted ones last among equals."""
        found = [
            self._finding(result)
            for _, run in self.mapped_runs
            for result in self.of_boundary(run)
            if result.outcome is Outcome.FAIL
        ]
        return tuple(sorted(found, key=worst_first))

    @cached_property
    def findings_by_print(self) -> Mapping[str, Finding]:
        """Findings by fingerprint."""
        return {item.result.fingerprint: item for item in self.findings}

    @cached_property
    def elsewhere(self) -> int:
        """Number of failing results that bear on no control of this framework; they are attached, not printed."""
        failing = sum(run.count(Outcome.FAIL) for run in self.report.judgement.runs)
        return failing - len(self.findings)

    def _finding(self, result: CheckResult) -> Finding:
        bearing = self.bearing[result.check]
        deciding = [item for item in bearing if _role(item, result.check) is Role.DIRECT]
        covered = self._covered.get(result.fingerprint, "")
        return Finding(
            id=self._short(result.fingerprint),
            result=result,
            state=ControlState.PARTIAL if covered else ControlState.EXCEPTION,
            direct=bool(deciding),
            controls=tuple(item.control.id for item in (deciding or bearing)),
            life=self._lives.get(result.fingerprint),
            exception=covered,
        )

    @cached_property
    def _lives(self) -> Mapping[str, FindingLife]:
        return {life.fingerprint: life for life in self.report.lives}

    @cached_property
    def _covered(self) -> Mapping[str, str]:
        """Failures under a valid exception, with its id."""
        return {
            hit.fingerprint: use.exception.id
            for use in self.assessment.exceptions
            if not use.problem
            for hit in use.hits
        }

    @cached_property
    def _taken(self) -> Mapping[str, int]:
        prints = {
            result.fingerprint
            for run in self.report.judgement.runs
            for result in run.results
            if result.outcome is Outcome.FAIL
        }
        taken: dict[str, int] = {}
        for item in prints:
            taken[item[:8]] = taken.get(item[:8], 0) + 1
        return taken

    def _short(self, fingerprint: str) -> str:
        return f"F-{fingerprint[:8] if self._taken.get(fingerprint[:8]) == 1 else fingerprint}"

    @property
    def placements(self) -> Mapping[str, Placement]:
        """Placement of each workload, by workload id."""
        return self.report.judgement.placements

    @property
    def policies_unread(self) -> bool:
        """True when no NetworkPolicy could be listed: then nothing can be said about any pair."""
        return self.report.snapshot.coverage("networking.k8s.io", "NetworkPolicy") is Coverage.REFUSED

    def sensitive(self, workload: Workload) -> bool | None:
        """In the framework's most protected part? None when no scope rule says."""
        return self.placements[workload.id].sensitive(self.boundary)

    @cached_property
    def lines(self) -> tuple[TrendLine, ...]:
        """Trend lines, this report's framework first."""
        own = self.assessment.framework.id
        return tuple(
            sorted(self.report.trend.lines, key=lambda line: (line.framework != own, line.framework))
        )

    def state_counts(self) -> tuple[tuple[ControlState, int], ...]:
        """Counted controls by state, in the order of every bar and legend."""
        return tuple((state, self.assessment.count(state)) for state in STATE_WORDS)


@dataclass(frozen=True, slots=True)
class Section:
    """One line of `SECTIONS`: a part of a report and what builds it."""

    id: str
    title: str
    build: Callable[[Dossier], SectionPage]


def _titles(body: bytes) -> dict[str, str]:
    try:
        checks = (yaml.safe_load(body) or {}).get("checks", [])
        return {item["id"]: str(item["title"]) for item in checks}
    except UNREADABLE:
        return {}  # then a check is named by its id; the file itself is attached


def _role(item: ControlAssessment, check: str) -> Role:
    return next(mapping.role for mapping in item.control.checks if mapping.check == check)
