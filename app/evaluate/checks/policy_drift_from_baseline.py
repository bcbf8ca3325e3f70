"""Is every running policy equal to the one in the approved configuration source?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.evaluate.checks.common.defaulting import content
from app.evaluate.checks.common.doubts import Gaps, kind_gaps
from app.evaluate.checks.common.evidence import evidence_for
from app.evaluate.checks.common.population import (
    EVERY_BOUNDARY,
    boundaries_of_namespace,
    by_namespace,
    cluster_subject,
    policy_subject,
)
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import GroupKind, ObjectRef
from app.model.registers import Baseline
from app.model.scope import Boundary
from app.model.snapshot import SnapshotObject

_NO_SOURCE = Doubt(
    "no configuration source was given",
    "Render the approved revision into a folder (`kubectl kustomize`, `helm template`) and name it in the settings file "
    "as documents.baseline.",
)
_LIMITS = (
    "Labels and annotations are not compared, nor what the API server adds by itself.",
    "Objects of kinds of which the source has none are compared only where they are network policies.",
)


@dataclass(frozen=True, slots=True)
class PolicyDriftFromBaseline:
    """Judges every policy that is in the cluster, in the rendered source, or in both; content alone counts.

    It fails when both differ, or when only one of them has it. What of the source could not be read leaves a policy that
    only the cluster has undecided; what of the cluster could not be read, one that only the source has.
    """

    id: str = "policy-drift-from-baseline"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every policy on either side."""
        verdicts, baseline = Verdicts.of(facts, self.id), facts.registers.baseline
        if baseline is None:
            says = "whether running policies are the approved ones cannot be told"
            return verdicts.run([verdicts.undecided(cluster_subject(facts), says, (_NO_SOURCE,))])
        judge = _Judge(facts, verdicts, baseline)
        results = list(judge.results())
        if not results and not judge.gaps:
            says = "neither the cluster nor the configuration source has a policy"
            results = [verdicts.not_applicable(cluster_subject(facts), says)]
        return verdicts.run(results, complete=not judge.gaps, limits=_LIMITS)


CHECK: Check = PolicyDriftFromBaseline()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    baseline: Baseline
    gaps: Gaps = field(init=False)
    live: dict[ObjectRef, SnapshotObject] = field(init=False)
    source: dict[ObjectRef, SnapshotObject] = field(init=False)
    homes: dict[str, frozenset[Boundary]] = field(init=False)

    def __post_init__(self) -> None:
        self.source = {item.ref: item for item in self.baseline.objects}
        kinds = self._kinds()
        self.live = {item.ref: item for item in self.facts.snapshot.objects if item.ref.group_kind in kinds}
        self.gaps = kind_gaps(self.facts, *kinds)
        self.homes = {
            name: boundaries_of_namespace(self.facts, name, workloads)
            for name, workloads in by_namespace(self.facts).items()
        }

    def _kinds(self) -> frozenset[GroupKind]:
        refs = (*self.source, *self.facts.policies)
        return frozenset((GroupKind("networking.k8s.io", "NetworkPolicy"), *(ref.group_kind for ref in refs)))

    def results(self) -> Iterator[CheckResult]:
        for ref in sorted(self.live.keys() | self.source.keys()):
            yield self._result(ref, self.live.get(ref), self.source.get(ref))

    def _result(
        self, ref: ObjectRef, live: SnapshotObject | None, source: SnapshotObject | None
    ) -> CheckResult:
        subject = policy_subject(ref)
        details = Details(
            boundaries=self.homes.get(ref.namespace, EVERY_BOUNDARY),
            evidence=(evidence_for(self.facts, ref, "spec"),) if live else (),
            data={"live": live.digest if live else "", "source": source.digest if source else ""},
        )
        if live and source:
            if _same(ref, live, source):
                says = f"{ref} is what the configuration source has"
                return self.verdicts.passed(subject, says, base=details)
            why = ("Their contents differ, beyond what the API server adds by itself.",)
            says = f"{ref} differs from the configuration source"
            return self.verdicts.failed(subject, says, why=why, remedy=_REMEDY, base=details)
        if live:
            doubts = tuple(
                Doubt(gap.message.rstrip("."), "Make the source readable.") for gap in self.baseline.gaps
            )
            says = f"{ref} is in the cluster and not in the configuration source"
        else:
            doubts = self.gaps.of(ref.namespace)
            says = f"{ref} is in the configuration source and not in the cluster"
        if doubts:
            return self.verdicts.undecided(subject, f"{says} as far as both were read", doubts, base=details)
        why = ("Only one side has it.",)
        return self.verdicts.failed(subject, says, why=why, remedy=_REMEDY, base=details)


_REMEDY = (
    "Bring the cluster to the approved revision, or have the change approved and merged into the source."
)


def _same(ref: ObjectRef, live: SnapshotObject, source: SnapshotObject) -> bool:
    one, other = (content(ref.group, ref.kind, item.parsed()) for item in (live, source))
    return bool(one == other)
