"""What a check says about one subject. Every subject of a population gets a result: passing evidence is evidence too."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from app.model.canonical import digest_of
from app.model.identity import ObjectRef
from app.model.scope import Boundary


class Outcome(StrEnum):
    """Result of one check for one subject."""

    PASS = "pass"  # noqa: S105  not a password
    FAIL = "fail"
    NOT_APPLICABLE = "not-applicable"
    INSUFFICIENT = "insufficient-evidence"
    ERROR = "error"


class Severity(StrEnum):
    """How bad a failure is; the order of definition is from worst to least."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is worst."""
        return list(Severity).index(self)


class Strength(StrEnum):
    """How strong the fact behind a result is."""

    DECLARED = "declared"  # an object says so
    EFFECTIVE = "effective"  # computed over all objects, on a data plane known to enforce them
    OBSERVED = "observed"  # seen to happen: status, probe or log


ARROW = " → "
"""Between the two ends of a path that is a subject."""


class SubjectKind(StrEnum):
    """What a result is about."""

    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    WORKLOAD = "workload"
    POLICY = "policy"
    PATH = "path"  # id is `source → destination`
    NODE = "node"
    CERTIFICATE = "certificate"
    COMPONENT = "component"  # of the control plane, or a setting of a proxy
    EXPOSURE = "exposure"  # an object that opens a way in from outside
    IDENTITY = "identity"  # who may do something: a user, a group, a service account
    RECORD = "record"  # an entry of the tool's own store: an exception, a scan, a slot


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """The thing judged. `id` is stable from night to night; `namespace` is empty where there is none."""

    kind: SubjectKind
    id: str
    namespace: str = ""

    def __str__(self) -> str:
        """Write its id; kinds are named by the sentence around it."""
        return self.id


@dataclass(frozen=True, slots=True, order=True)
class Evidence:
    """One object, and the field in it, that a result rests on.

    `excerpt` is a few lines of YAML, at most 20; objects that a pass rests on have none, since no report shows them.
    """

    ref: ObjectRef
    field: str = ""
    digest: str = ""
    excerpt: str = ""


class CheckGroup(StrEnum):
    """Groups of `controls.md` section 8."""

    SEGMENTATION = "segmentation"
    REGISTER = "register-and-change"
    ENCRYPTION = "encryption-in-transit"
    AUTHORISATION = "workload-authorisation"
    EVIDENCE = "evidence-store"


@dataclass(frozen=True, slots=True)
class CheckMeta:
    """One line of `config/checks.yaml`: what a check asks; permanent id."""

    id: str
    group: CheckGroup
    severity: Severity
    title: str
    fails_when: str
    insufficient_when: str
    guard: str
    reads: str
    performed: bool  # False: the identifier exists, this version does not perform it


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check, one subject.

    Attributes:
        check: check id.
        subject: what was judged.
        outcome: the result.
        strength: strength of the fact; DECLARED whenever enforcement is not known.
        says: one sentence that a person reads first ("kube-system can reach payments/vault on every port").
        why: numbered steps that lead to it, one sentence each.
        evidence: objects and fields, deciding ones first.
        remedy: what closes it; empty unless it fails or is insufficient.
        boundaries: protected populations that the subject belongs to; unknown placement belongs to all of them.
        severity: the check's own unless the subject makes it worse or better.
        data: small machine-readable facts (ports, counts), JSON values with string keys.
    """

    check: str
    subject: Subject
    outcome: Outcome
    strength: Strength
    says: str
    why: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    remedy: str = ""
    boundaries: frozenset[Boundary] = frozenset(Boundary)
    severity: Severity = Severity.MEDIUM
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """Identity of a finding from night to night: check and subject, 16 hexadecimal characters."""
        return digest_of([self.check, self.subject.kind.value, self.subject.id])[:16]

    def inside(self, boundary: Boundary | None) -> bool:
        """Does it count for a protected population? None stands for the whole cluster."""
        return boundary is None or boundary in self.boundaries


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One performed check: its whole population, sorted by subject.

    `limits` are sentences that hold for the whole run ("enforcement is unknown: results are as declared").
    `population_complete` is False when part of the population could not be read.
    """

    meta: CheckMeta
    results: tuple[CheckResult, ...]
    population_complete: bool = True
    limits: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """Number of subjects with this outcome."""
        return sum(result.outcome is outcome for result in self.results)
