"""Is every path between workloads encrypted by a layer that can be shown?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from app.evaluate.checks.common.evidence import evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.tls_hints import Spoken, TlsHints
from app.evaluate.checks.common.transit import OPEN, OVERRIDABLE, called, intended, strength_of_evidence
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import count, names
from app.model.connections import Connections
from app.model.encryption import EvidenceStrength, Label, weakest
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.policy import Direction
from app.model.reachability import Workload
from app.model.scope import Boundary
from app.model.transit import Inflow

_SHOWN = 5  # paths told in one result; the counts are of all
_REMEDY = (
    "Encrypt the path by a layer that the cluster shows: a mesh at both ends, or encryption between nodes; or narrow the "
    "policies. Where the program asks for TLS itself, declare that under encryption.application_tls in the scope file."
)
_UNLISTED = Doubt(
    "no container and no Service lists these ports, and whether anything listens there cannot be told",
    "Narrow the policies to the ports that the workload serves, protocol included.",
)
_LIMITS = (
    "Nothing was seen on the wire: a path fails when no layer is shown to encrypt it; its bytes were not looked at.",
    "Encryption between nodes does nothing for pods on one node, whose traffic does not leave it.",
    "Paths to and from addresses outside the cluster, and from a pod's own node, are left to other checks.",
)


@dataclass(frozen=True, slots=True)
class PlaintextPath:
    """Judges each workload by everything that other workloads may open to it.

    A path counts in a boundary when either end is, or may be, inside. It fails when no mesh, link or declared TLS encrypts it;
    what is encrypted on the path passes here even if the port would take plain text from others (permissive-mtls). Of a workload
    that lists ports, these decide; others that are open leave it undecided. What cannot be told, rests on templates alone, or
    looks like the program's own TLS, is insufficient evidence.
    """

    id: str = "plaintext-path"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        results = [item for workload in facts.reachability.workloads for item in judge.results(workload)]
        complete = not judge.proof.pods
        return judge.verdicts.run(results, complete=complete, limits=(*declared_only(facts), *_LIMITS))


CHECK: Check = PlaintextPath()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)
    hints: TlsHints = field(init=False)
    sides: dict[str, frozenset[Boundary]] = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.hints = Proof(self.facts), TlsHints(self.facts)
        self.sides = {name: boundaries_of(item) for name, item in self.facts.placements.items()}

    def results(self, workload: Workload) -> Iterator[CheckResult]:
        """One result for each set of boundaries that sees the same paths."""
        flows = tuple(self.facts.encryption.into(workload.id, self.sides))
        seen: dict[tuple[int, ...], set[Boundary]] = {}
        for boundary in Boundary:
            inside = boundary in self.sides[workload.id]
            mine = tuple(at for at, item in enumerate(flows) if inside or boundary in _sides_of(item))
            if inside or mine:
                seen.setdefault(mine, set()).add(boundary)
        for mine, boundaries in seen.items():
            yield self._judged(workload, [flows[at] for at in mine], frozenset(boundaries))

    def _judged(
        self, workload: Workload, flows: Sequence[Inflow], boundaries: frozenset[Boundary]
    ) -> CheckResult:
        subject = workload_subject(workload)
        details = self._details(flows, boundaries)
        if not flows:
            return self._unreached(workload, details)
        spoken = self.hints.of(workload)
        ports = _ports(flows, spoken)
        bare = [item for item in flows if item.verdict.label in OPEN and _meet(item.verdict.ports, ports)]
        unsure = [item for item in flows if item.verdict.label is Label.UNKNOWN]
        if bare:
            return self._bare(workload, bare, ports, spoken, details)
        if unsure:
            doubts = tuple(Doubt(item.verdict.says, _advice(item)) for item in unsure)
            says = f"whether {_paths(unsure)} to {workload.id} are encrypted cannot be told"
            return self.verdicts.undecided(subject, says, doubts, base=details)
        return self._encrypted(workload, flows, spoken, details)

    def _bare(
        self,
        workload: Workload,
        bare: Sequence[Inflow],
        ports: Connections,
        spoken: Spoken,
        details: Details,
    ) -> CheckResult:
        subject = workload_subject(workload)
        says = f"{_paths(bare)} to {workload.id} on {ports} are not proven encrypted"
        against = self.proof.against_open(workload, Direction.INGRESS)
        templates = self._intended(workload, bare)
        looks = (_looks(spoken),) if not ports - spoken.hinted else ()
        unlisted = (_UNLISTED,) if spoken.listed and not ports & spoken.listed else ()
        doubts = (*against, *templates, *looks, *unlisted)
        if doubts:
            return self.verdicts.undecided(subject, f"{says} in what was read", doubts, base=details)
        return self.verdicts.failed(subject, says, remedy=_REMEDY, base=details)

    def _encrypted(
        self, workload: Workload, flows: Sequence[Inflow], spoken: Spoken, details: Details
    ) -> CheckResult:
        """Everything that may come in is encrypted; others may come in where policies are not proven to keep them out."""
        by_word = [item for item in flows if item.verdict.label in OPEN]
        says = f"{_paths(flows)} to {workload.id} are encrypted or refused: {_how(flows)}"
        if by_word:
            says = f"{_paths(flows)} to {workload.id} are encrypted, some by declared TLS ({names(spoken.entries)})"
        # a pod that was not read may be open, whether it sends or receives
        doubts = (*self.proof.pods.anywhere(), *self._intended(workload, flows))
        if self._others_kept_out(flows):
            doubts += self.proof.against_closed(workload)
        return self.verdicts.passed(workload_subject(workload), says, doubts=doubts, base=details)

    def _unreached(self, workload: Workload, details: Details) -> CheckResult:
        says = f"no other workload may open a connection to {workload.id}"
        doubts = (*self.proof.against_closed(workload), *self.proof.pods.anywhere())
        if doubts:
            return self.verdicts.undecided(
                workload_subject(workload), f"{says} in what was read", doubts, base=details
            )
        return self.verdicts.not_applicable(workload_subject(workload), says, base=details)

    def _others_kept_out(self, flows: Sequence[Inflow]) -> bool:
        """True when the pass rests on policies: not every other workload is among the sources on every port."""
        allowed: dict[int, Connections] = {}
        for item in flows:
            allowed[item.batch] = allowed.get(item.batch, Connections()) | item.verdict.ports
        everywhere = sum(number for batch, number in _batches(flows).items() if allowed[batch].is_all)
        return everywhere < len(self.facts.reachability.workloads) - 1

    def _intended(self, workload: Workload, flows: Sequence[Inflow]) -> tuple[Doubt, ...]:
        """Why a verdict is only intended; a statement on file is no more than that, and says who made it."""
        found = [item for item in flows if item.verdict.strength is EvidenceStrength.INTENDED]
        reason = intended(self.facts, (workload.id, *(name for item in found for name in item.examples)))
        stated = all(item.verdict.label is Label.PROVIDER_ATTESTED for item in found)
        return (reason,) if found and not (stated and reason is OVERRIDABLE) else ()

    def _details(self, flows: Sequence[Inflow], boundaries: frozenset[Boundary]) -> Details:
        worst = sorted(flows, key=lambda item: (item.verdict.label not in OPEN, -item.verdict.label.rank))
        strength = weakest(*(item.verdict.strength for item in flows))
        return Details(
            boundaries=boundaries,
            strength=strength_of_evidence(strength),
            why=tuple(_step(item) for item in worst[:_SHOWN]),
            evidence=evidence_of_signs(
                dict.fromkeys(sign for item in worst[:_SHOWN] for sign in item.verdict.signs)
            ),
            data={"paths": _counts(flows)},
        )


def _sides_of(flow: Inflow) -> frozenset[Boundary]:
    return flow.group if isinstance(flow.group, frozenset) else frozenset()


@lru_cache(maxsize=1024)  # flows by the thousand, sets of ports by the dozen
def _meet(one: Connections, other: Connections) -> bool:
    return bool(one & other)


def _ports(flows: Sequence[Inflow], spoken: Spoken) -> Connections:
    """Open ports that count: those that are listed where any are, and for which no TLS is declared."""
    found = Connections()
    for ports in {flow.verdict.ports for flow in flows if flow.verdict.label in OPEN}:
        found |= ports
    found -= spoken.declared
    return (found & spoken.listed) or found


def _paths(flows: Sequence[Inflow]) -> str:
    return f"paths from {count(sum(_batches(flows).values()), 'workload')}"


def _batches(flows: Sequence[Inflow]) -> dict[int, int]:
    """Number of sources of each batch."""
    return {flow.batch: flow.count for flow in flows}


def _counts(flows: Sequence[Inflow]) -> dict[str, int]:
    """Sources by label; one that gets several labels on its ports counts for each."""
    found: Counter[str] = Counter()
    for label, _, number in {(flow.verdict.label.value, flow.batch, flow.count) for flow in flows}:
        found[label] += number
    return dict(sorted(found.items()))


def _how(flows: Sequence[Inflow]) -> str:
    labels = sorted({flow.verdict.label for flow in flows}, key=lambda label: label.rank)
    return names(called(label) for label in labels)


def _step(flow: Inflow) -> str:
    verdict = flow.verdict
    more = f", like {flow.count - 1} more" if flow.count > 1 else ""
    return f"From {flow.examples[0] if flow.examples else 'a workload'}{more}, on {verdict.ports}: {called(verdict.label)}; {verdict.says}."


def _looks(spoken: Spoken) -> Doubt:
    return Doubt(
        f"the program may ask for TLS itself: {names(spoken.hints, 3)}",
        "If it does, declare it under encryption.application_tls in the scope file, with who approved that.",
    )


def _advice(flow: Inflow) -> str:
    return (
        "Scan the cluster itself, with rights to list the objects of its network plugin and meshes."
        if not flow.verdict.signs
        else f"Look at {flow.verdict.signs[0].ref}."
    )
