"""Do connection attempts that somebody made agree with the computed verdict?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.evaluate.checks.common.attempts import fresh, known_names
from app.evaluate.checks.common.population import boundaries_of_all, cluster_subject
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.evaluate.checks.common.witness import steps
from app.evaluate.checks.common.wording import names
from app.model.decision import Decision, Reason
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Severity, Strength, Subject, SubjectKind
from app.model.registers import Answer, Probe, Probes
from app.model.scope import Zone

_NONE = Doubt(
    "no probe results were given",
    "Connect from a pod in each zone, and hand the results in as probes.yaml; config/probes.example.yaml shows its shape.",
)
_LIMITS = (
    "Probes were made by somebody else and are taken at their word; a probe is not a penetration test.",
    "A probe tries one pair on one port; what was not tried was not observed.",
)


@dataclass(frozen=True, slots=True)
class ReachabilityProbeContradictsPolicy:
    """Judges each attempt of the last day, and whether attempts were made from every zone that has workloads.

    It fails when a connection came about that policies deny, and, at `medium`, when an attempt timed out that they
    allow. A refusal shows neither: a closed port and a rejecting data plane look alike.
    """

    id: str = "reachability-probe-contradicts-policy"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every probe."""
        verdicts, probes = Verdicts.of(facts, self.id), facts.registers.probes
        if probes is None or not probes.results:
            says = "whether policies hold was not observed"
            return verdicts.run([verdicts.undecided(cluster_subject(facts), says, (_NONE,))], limits=_LIMITS)
        judge = _Judge(facts, verdicts, probes)
        latest = judge.latest()
        results = [judge.result(name, item) for name, item in latest.items()]
        return verdicts.run([*results, *judge.untried_zones(latest)], limits=_LIMITS)


CHECK: Check = ReachabilityProbeContradictsPolicy()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    probes: Probes
    names: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = known_names(self.facts)

    def latest(self) -> dict[str, Probe]:
        """The last attempt of each pair and port, by what a result is called."""
        ordered = sorted(self.probes.results, key=lambda item: item.at)
        return {
            f"{self._id(item.source)} → {self._id(item.destination)} {item.protocol} {item.port}": item
            for item in ordered
        }

    def result(self, name: str, probe: Probe) -> CheckResult:
        ends = self.names.get(probe.source, ""), self.names.get(probe.destination, "")
        namespace = ends[1].partition("/")[0]
        subject = Subject(SubjectKind.PATH, name, namespace)
        details = Details(
            strength=Strength.OBSERVED,
            boundaries=boundaries_of_all(self.facts, [item for item in ends if item]),
            data={"answer": probe.answer.value, "at": probe.at.isoformat()},
        )
        tried = f"{name} was tried at {probe.at:%Y-%m-%d %H:%M} UTC by {self.probes.person}: {_SAID[probe.answer]}"
        if doubts := tuple(self._doubts(probe, ends)):
            return self.verdicts.undecided(subject, tried, doubts, base=details)
        decision = self.facts.reachability.decide(*ends, probe.protocol, probe.port)
        return self._compared(subject, tried, probe.answer, decision, details)

    def _compared(
        self, subject: Subject, tried: str, answer: Answer, decision: Decision, details: Details
    ) -> CheckResult:
        allowed = decision.allowed
        untold = [
            Doubt(half.note or "the verdict is not known", "Close the gap that it names.")
            for half in (decision.egress, decision.ingress)
            if half.reason is Reason.CANNOT_TELL
        ]
        if untold:
            return self.verdicts.undecided(subject, tried, untold, base=details)
        word = "allow" if allowed else "deny"
        if answer is Answer.REFUSED:
            doubt = Doubt(
                "a refusal shows neither an open nor a closed path",
                "Probe a port on which the workload listens.",
            )
            return self.verdicts.undecided(subject, tried, (doubt,), base=details)
        if (answer is Answer.CONNECTED) is allowed:
            return self.verdicts.passed(subject, f"{tried}, as policies {word} it", base=details)
        return self.verdicts.failed(
            subject,
            f"{tried}, although policies {word} it",
            why=tuple(steps(decision)),
            severity=self.verdicts.meta.severity if not allowed else Severity.MEDIUM,
            remedy=_HELD if not allowed else _LOST,
            base=details,
        )

    def _doubts(self, probe: Probe, ends: tuple[str, ...]) -> Iterator[Doubt]:
        for text, found in zip((probe.source, probe.destination), ends, strict=True):
            if not found:
                yield Doubt(
                    f"{text} is no workload of this scan", "Name the workload as `namespace/name[Kind]`."
                )
        if not fresh(self.facts, probe):
            yield Doubt(
                f"it was not made within a day before this scan of {self.facts.at:%Y-%m-%d %H:%M} UTC",
                "Probe each night, shortly before the scan.",
            )

    def untried_zones(self, latest: Mapping[str, Probe]) -> Iterator[CheckResult]:
        """Zones with workloads from which nothing was tried."""
        placed = {item.zone for item in self.facts.placements.values()} - {Zone.UNKNOWN}
        sources = {self.names[item.source] for item in latest.values() if item.source in self.names}
        left = sorted(placed - {self.facts.placements[name].zone for name in sources})
        if left:
            doubt = Doubt(f"none was made from {names(left)}", "Probe from a pod in each zone.")
            says = "probes were made"
            yield self.verdicts.undecided(cluster_subject(self.facts), says, (doubt,))

    def _id(self, text: str) -> str:
        return self.names.get(text, text)


_SAID = {
    Answer.CONNECTED: "it connected",
    Answer.REFUSED: "it was refused",
    Answer.TIMEOUT: "it timed out",
}
_HELD = (
    "Policies are not what holds there: find out which data plane the pods use and whether it enforces; see "
    "cni-does-not-enforce-policies."
)
_LOST = "Something beside the policies stops it, or nothing listens there: find out which, and probe again."
