"""Snapshots and scan records for tests of the store, in the words of a story."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.model.canonical import canonical_json, digest
from app.model.control import ControlState
from app.model.finding import CheckResult, Evidence, Outcome, Severity, Strength, Subject, SubjectKind
from app.model.history import CheckCounts, ControlPoint, Document, ScanRecord
from app.model.identity import GroupKind, ObjectRef
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SnapshotObject,
    SourceInfo,
    SourceKind,
)

CLUSTER = "prod-eu-1"
FIRST_NIGHT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
CHECK = "namespace-without-default-deny"
PODS, POLICIES = GroupKind("", "Pod"), GroupKind("networking.k8s.io", "NetworkPolicy")


def night(number: int) -> datetime:
    """Reference time of the n-th night."""
    return FIRST_NIGHT + timedelta(days=number - 1)


def kubernetes_object(
    kind: GroupKind, name: str, version: object = 1, *, namespace: str = "shop"
) -> SnapshotObject:
    body = canonical_json(
        {"kind": kind.kind, "metadata": {"name": name, "namespace": namespace}, "spec": {"version": version}}
    )
    ref = ObjectRef(kind.group, kind.kind, namespace, name)
    return SnapshotObject(ref, body, digest(body), origin=f"{kind.kind.lower()}s.json")


def pods(**versions: object) -> list[SnapshotObject]:
    """Pods by name and version."""
    return [kubernetes_object(PODS, name, version) for name, version in versions.items()]


def snapshot(
    objects: Iterable[SnapshotObject] = (),
    *,
    at: datetime = FIRST_NIGHT,
    cluster: str = CLUSTER,
    unlisted: Mapping[GroupKind, Coverage] | None = None,
    gaps: Sequence[CollectionGap] = (),
) -> Snapshot:
    """A snapshot; pods and policies were listed to their end unless `unlisted` says otherwise, with a gap for each."""
    objects = tuple(sorted(objects, key=lambda item: item.ref))
    unlisted = unlisted or {}
    refused = [
        CollectionGap(kind, GapReason.FORBIDDEN, f"listing {kind} was refused", advice="grant list")
        for kind in unlisted
    ]
    kinds = [
        KindCoverage(
            kind,
            "v1",
            unlisted.get(kind, Coverage.COMPLETE),
            sum(item.ref.group_kind == kind for item in objects),
            pages=2,
            resource_version=str(int(at.timestamp())),
        )
        for kind in (PODS, POLICIES)
    ]
    source = SourceInfo(SourceKind.API, "API server of context test", "uid-1", "v1.36.0", "system:netattest")
    return Snapshot(cluster, at, source, objects, tuple(kinds), (*refused, *gaps))


def result(
    subject: str, outcome: Outcome = Outcome.FAIL, *, check: str = CHECK, says: str = ""
) -> CheckResult:
    ref = ObjectRef("", "Namespace", "", subject)
    return CheckResult(
        check=check,
        subject=Subject(SubjectKind.NAMESPACE, subject, subject),
        outcome=outcome,
        strength=Strength.EFFECTIVE,
        says=says or f"{subject}: {outcome.value}",
        why=("nothing selects its pods",),
        evidence=(Evidence(ref, "metadata.labels", "0" * 64, "labels: {}"),),
        remedy="add a policy",
        severity=Severity.HIGH,
        data={"pods": 3, "ports": [[80, 80]]},
    )


def point(
    control: str, state: ControlState, *, framework: str = "pci-dss-4.0.1", failed: int = 0
) -> ControlPoint:
    return ControlPoint(
        scan=0,
        taken_at=FIRST_NIGHT,
        framework=framework,
        framework_digest=digest(framework.encode()),
        control=control,
        state=state,
        contrary=False,
        passed=5,
        failed=failed,
        excepted=1,
        undecided=2,
    )


def record(
    *results: CheckResult,
    at: datetime = FIRST_NIGHT,
    cluster: str = CLUSTER,
    complete: bool = True,
    performed: Sequence[str] = (CHECK,),
    passed: Iterable[CheckResult] = (),
    points: Sequence[ControlPoint] = (),
    streaks: Mapping[str, int] | None = None,
    documents: Sequence[Document] = (Document("scope.yaml", b"rules: []\n"),),
    slot: datetime | None = None,
) -> ScanRecord:
    counts = [
        CheckCounts(
            check,
            tuple(
                (outcome, sum(r.check == check and r.outcome is outcome for r in results))
                for outcome in Outcome
            ),
            complete,
        )
        for check in performed
    ]
    return ScanRecord(
        cluster=cluster,
        taken_at=at,
        slot=slot,
        tool_version="0.1.0",
        documents=tuple(documents),
        failures=tuple(item for item in results if item.outcome is Outcome.FAIL),
        undecided=tuple(item for item in results if item.outcome in (Outcome.INSUFFICIENT, Outcome.ERROR)),
        counts=tuple(counts),
        points=tuple(points),
        streaks=streaks or {},
        passed=frozenset(item.fingerprint for item in passed),
    )
