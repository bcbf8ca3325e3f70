"""Settings of meshes that let plain text in beside mutual TLS: the mode in which a mesh is taken into use, and often left.

A setting counts at the level where it stands: the mesh itself, a namespace, a workload with its ports. What an authorisation
policy closes again counts as closed; a port that the proxy does not see has no setting (see permissive-mtls).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.evaluate.checks.common.evidence import evidence_for, evidence_of_signs
from app.evaluate.checks.common.population import boundaries_of_all, namespace_subject, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.transit import intended, strength_of_evidence
from app.evaluate.checks.common.verdicts import Details, Doubt, Verdicts
from app.evaluate.checks.common.wording import count, names
from app.model.encryption import Accepting, EvidenceStrength, Known, Level, Mesh, weakest
from app.model.facts import Facts
from app.model.finding import CheckResult, Evidence, Subject, SubjectKind
from app.model.identity import ObjectRef
from app.model.platform import Sign
from app.model.reachability import Workload

_UNNAMED = 65535  # stands for every port that nothing names
_SHOWN = 5
_REMEDY = (
    "Bring every client of these workloads into the mesh, then set the mode that refuses plain text at this level, in the field that "
    "evidence names, or in an object of its own where nothing sets it."
)
_ADVICE = "Grant the rights to list the objects of the mesh."


@dataclass(frozen=True, slots=True)
class Ruled:
    """What one setting does to a pod: at `port`, or at all ports that nothing names (0)."""

    mesh: Mesh
    workload: Workload
    pod: ObjectRef
    port: int
    accepting: Accepting

    @property
    def open(self) -> bool:
        """Whether it lets plain text in."""
        return self.accepting.plain is Known.YES and self.accepting.level is not Level.NONE

    @property
    def intended(self) -> bool:
        """Whether it was told from a template alone, or from what may be overridden unseen."""
        return self.pod.kind != "Pod" or self.accepting.strength is EvidenceStrength.INTENDED

    @property
    def subject(self) -> Subject:
        """Whose setting it is."""
        match self.accepting.level:
            case Level.NAMESPACE:
                return namespace_subject(self.workload.namespace)
            case Level.WORKLOAD | Level.PORT:
                return workload_subject(self.workload)
            case _:
                return mesh_subject(self.mesh)


def mesh_subject(mesh: Mesh) -> Subject:
    """A mesh as a whole."""
    return Subject(SubjectKind.COMPONENT, f"mesh {mesh.id}")


@dataclass
class Migration:
    """All meshes of a cluster; pods alike share the answers."""

    facts: Facts
    verdicts: Verdicts
    _answers: dict[object, tuple[tuple[int, Accepting], ...]] = field(default_factory=dict)

    def results(self) -> Iterator[CheckResult]:
        """One for each mesh, and one for each namespace and workload with a setting of its own that lets plain text in."""
        opened: dict[Subject, list[Ruled]] = {}
        for mesh in self.facts.encryption.protection.meshes:
            found = [
                item for workload in self.facts.reachability.workloads for item in self._ruled(mesh, workload)
            ]
            for item in found:
                if item.open:
                    opened.setdefault(item.subject, []).append(item)
            if mesh_subject(mesh) not in opened:
                yield self._closed(mesh, found)
        for subject, items in opened.items():
            yield self._open(subject, items)

    def _ruled(self, mesh: Mesh, workload: Workload) -> Iterator[Ruled]:
        for pod in workload.pod_refs:
            member = mesh.member(pod)
            if member is None or member.enrolled is Known.NO:
                continue
            for port, accepting in self._of(mesh, mesh.key(pod)):
                if accepting.level is not Level.NONE or accepting.plain is Known.UNKNOWN:
                    yield Ruled(mesh, workload, pod, port, accepting)

    def _of(self, mesh: Mesh, key: object) -> tuple[tuple[int, Accepting], ...]:
        if (mesh.id, key) not in self._answers:
            ports = (0, *mesh.ports(None, key))
            found = ((port, mesh.accepts(key, port or _UNNAMED)) for port in ports)
            self._answers[mesh.id, key] = tuple((port, item) for port, item in found if item)
        return self._answers[mesh.id, key]

    def _open(self, subject: Subject, items: Sequence[Ruled]) -> CheckResult:
        modes = names(sorted({item.accepting.mode for item in items}))
        held = len({item.workload.id for item in items})
        says = f"{_whose(subject)} lets plain text in beside mutual TLS ({modes}), which holds for {count(held, 'workload')}"
        details = self._details(items)
        if all(item.intended for item in items):
            return self.verdicts.undecided(
                subject, f"{says} in what was read", self._intended(items), base=details
            )
        return self.verdicts.failed(subject, says, remedy=_REMEDY, base=details)

    def _closed(self, mesh: Mesh, items: Sequence[Ruled]) -> CheckResult:
        subject, details = mesh_subject(mesh), self._details(items)
        if not items:
            says = f"no setting of {mesh.name} says what a workload that was seen in it accepts"
            return self.verdicts.not_applicable(subject, says, base=details)
        unsure = [item for item in items if item.accepting.plain is Known.UNKNOWN]
        if unsure:
            doubts = tuple(dict.fromkeys(Doubt(item.accepting.says, _ADVICE) for item in unsure))[:_SHOWN]
            says = f"whether a setting of {mesh.name} lets plain text in cannot be told"
            return self.verdicts.undecided(subject, says, doubts, base=self._details(unsure))
        says = f"no setting for the whole of {mesh.name} lets plain text in where it holds"
        templates = self._intended(items) if any(item.intended for item in items) else ()
        doubts = (*templates, *Proof(self.facts).pods.anywhere())
        return self.verdicts.passed(subject, says, doubts=doubts, base=details)

    def _intended(self, items: Sequence[Ruled]) -> tuple[Doubt, ...]:
        return (intended(self.facts, (item.workload.id for item in items if item.intended)),)

    def _details(self, items: Sequence[Ruled]) -> Details:
        held = sorted({item.workload.id for item in items})
        return Details(
            strength=strength_of_evidence(weakest(*(item.accepting.strength for item in items))),
            boundaries=boundaries_of_all(self.facts, held),
            why=tuple(_steps(items)),
            evidence=tuple(self._witnesses(items)),
            data={"workloads": held[:_SHOWN]} if held else {},
        )

    def _witnesses(self, items: Iterable[Ruled]) -> Iterator[Evidence]:
        """The field that decided, once each; what nothing sets is witnessed by the mesh itself."""
        signs: dict[Sign, None] = {}
        for item in items:
            if not item.accepting.own:
                signs |= dict.fromkeys(item.accepting.signs[:1] or item.mesh.signs[:1])
        yield from evidence_of_signs(signs)
        own = {(item.pod, item.accepting.own): None for item in items if item.accepting.own}
        for pod, path in list(own)[:_SHOWN]:
            yield evidence_for(self.facts, pod, path)


def _whose(subject: Subject) -> str:
    match subject.kind:
        case SubjectKind.NAMESPACE:
            return f"namespace {subject.id}"
        case SubjectKind.COMPONENT:
            return f"{subject.id} as a whole"
        case _:
            return subject.id


def _steps(items: Iterable[Ruled]) -> Iterator[str]:
    """Each thing said once, with the first ports and workloads of which it is said."""
    said: dict[str, list[Ruled]] = {}
    for item in items:
        said.setdefault(item.accepting.says, []).append(item)
    for says, found in list(said.items())[:_SHOWN]:
        ports = sorted({item.port for item in found})
        where = "Ports without a setting of their own" if 0 in ports else f"TCP {names(ports, _SHOWN)}"
        whom = names(sorted({item.workload.id for item in found}), _SHOWN)
        yield f"{where} of {whom}: {says}."
