"""Is there a record of the flows of every namespace?"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC

from app.evaluate.checks.common.doubts import kind_gaps
from app.evaluate.checks.common.population import (
    boundaries_of_namespace,
    by_namespace,
    cluster_subject,
    namespace_subject,
)
from app.evaluate.checks.common.recorders import Recorder, namespace_recorder, recorders
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import names
from app.model.approval import unapproved
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import GroupKind
from app.model.reachability import Workload
from app.model.registers import FlowLog
from app.model.snapshot import SourceKind

_SETTINGS = (
    GroupKind("", "ConfigMap"),
    GroupKind("apps", "DaemonSet"),
    GroupKind("crd.projectcalico.org", "FelixConfiguration"),
)
_LIMITS = (
    "That a source of records is switched on says neither that the records are kept nor that anybody reads them.",
    "NetworkPolicy itself has no field for logging; records come from the network plugin, a mesh or the cloud network.",
)
_FILES = Doubt(
    "settings of the network plugin may be missing from these files",
    "Scan the cluster itself, or add the plugin's ConfigMap and DaemonSet to what is read.",
)
_NO_PLUGIN = Doubt(
    "the network plugin is not known, so neither is where it would log",
    "Add the network plugin's DaemonSet to what is read, or list the source under flow_logs in the registers file.",
)
_REMEDY = (
    "Switch on the flow log of the network plugin with a place that keeps it, or list the source that there is under "
    "flow_logs in the registers file, approved by somebody other than its owner."
)


@dataclass(frozen=True, slots=True)
class FlowLogSourceMissing:
    """Judges each namespace with workloads: a setting of the network plugin, or an approved entry of the register.

    It fails when settings could be read and none of them keeps a record, and no entry declares one. An entry is the
    entity's word and is printed as such.
    """

    id: str = "flow-log-source-missing"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every namespace that has workloads."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        homes = {name: found for name, found in by_namespace(facts).items() if found}
        results = [judge.result(name, workloads) for name, workloads in homes.items()]
        pods = kind_gaps(facts, GroupKind("", "Pod"))
        if not results and not pods:
            says = "there is no workload whose flows could be recorded"
            results = [judge.verdicts.not_applicable(cluster_subject(facts), says)]
        return judge.verdicts.run(results, complete=not pods, limits=_LIMITS)


CHECK: Check = FlowLogSourceMissing()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    found: tuple[Recorder, ...] = field(init=False)
    declared: list[FlowLog] = field(init=False)
    doubts: tuple[Doubt, ...] = field(init=False)

    def __post_init__(self) -> None:
        day = self.facts.at.astimezone(UTC).date()
        self.found = recorders(self.facts)
        self.declared = [item for item in self.facts.registers.flow_logs or () if not unapproved(item, day)]
        self.doubts = self._doubts()

    def result(self, name: str, workloads: Sequence[Workload]) -> CheckResult:
        own = namespace_recorder(self.facts, name)
        writing = [item for item in (*self.found, *((own,) if own else ())) if not item.why_not]
        entries = [item for item in self.declared if item.covers(name)]
        details = Details(
            boundaries=boundaries_of_namespace(self.facts, name, workloads),
            evidence=tuple(item.evidence for item in (*writing, *self.found)),
            data={"register": [item.id for item in entries]},
        )
        subject = namespace_subject(name)
        if writing:
            says = f"flows of {name} are recorded: {names(item.says for item in writing)}"
            return self.verdicts.passed(subject, says, base=details)
        if entries:
            said = "; ".join(f"{item.id}, {item.source}, kept {item.retention}" for item in entries)
            says = f"flows of {name} are recorded outside the cluster, as the register declares ({said})"
            return self.verdicts.passed(subject, says, base=details)
        says = f"nothing that was read keeps a record of the flows of {name}"
        if self.doubts:
            return self.verdicts.undecided(subject, says, self.doubts, base=details)
        why = tuple(f"{item.why_not}." for item in self.found if item.why_not)
        why = why or (f"No setting of {names(item.id for item in self.facts.platform.plugins)} keeps one.",)
        return self.verdicts.failed(subject, says, why=why, remedy=_REMEDY, base=details)

    def _doubts(self) -> tuple[Doubt, ...]:
        """Why a missing setting proves nothing."""
        unread = kind_gaps(self.facts, *_SETTINGS).anywhere()
        files = (_FILES,) if self.facts.snapshot.source.kind is SourceKind.FILES else ()
        unknown = () if self.facts.platform.plugins else (_NO_PLUGIN,)
        return (*unread, *files, *unknown)
