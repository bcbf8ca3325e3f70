"""A period from top to bottom: stored scans and slots → nights → standings and deviations → one value per framework.

Verdicts are those that each night's scan stored, by the rules of that night: nothing is judged again but the last scan, which
tells how the framework's controls are called and which checks decide them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from app import assess, collect, judging
from app.assess import Acceptance
from app.errors import NotFoundError
from app.model.archive import ObjectCause, ObjectVersion, Opening, SaidOver
from app.model.control import AcceptedException, Assessment
from app.model.finding import CheckResult, Outcome, Severity
from app.model.history import Scan, ScanStatus
from app.model.identity import GroupKind
from app.model.inventory import Inventory
from app.model.judgement import Judgement
from app.model.nights import Night, Span
from app.model.period import Period
from app.model.ports import Archive, Progress, Store
from app.model.scope import Boundary, Scope
from app.model.snapshot import SnapshotObject
from app.origins import Origins
from app.trend import period as over

_POD, _NAMESPACE = GroupKind("", "Pod"), GroupKind("", "Namespace")


@dataclass(frozen=True)
class PeriodRequest:
    """One period of one cluster; `due` are the slots of the schedule of today, `allowed` the days to close a finding."""

    cluster: str
    span: Span
    due: tuple[datetime, ...] = ()
    frameworks: tuple[str, ...] = ()
    allowed: Mapping[Severity, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Found:
    """A period of one framework, with the last scan in it, which stands for it where one has to."""

    period: Period
    scan: Scan
    assessment: Assessment


def nights(request: PeriodRequest, store: Store) -> tuple[Night, ...]:
    """Every night of the period."""
    span = request.span
    slots = store.slots(request.cluster, span.begin, span.end)
    return over.nights(span, request.due, slots, store.scans(request.cluster), store.removed(request.cluster))


def periods(request: PeriodRequest, store: Store, archive: Archive, progress: Progress) -> tuple[Found, ...]:
    """Work out a period, once for each framework.

    Raises:
        NotFoundError: no scan of the period is stored.
    """
    progress.stage("load", cluster=request.cluster)
    scans = tuple(item for item in store.scans(request.cluster) if item.status is not ScanStatus.FAILED)
    found = nights(request, store)
    numbers = sorted(scan for night in found for scan in night.scans)
    if not numbers:
        raise NotFoundError(
            f"no scan of {request.cluster} from {request.span.first} to {request.span.last} is stored",
            advice=f"clusters with scans: {', '.join(store.clusters()) or 'none yet'}",
        )
    last = next(item for item in scans if item.number == numbers[-1])
    progress.stage("judge", scan=last.number)
    judgement = judging.judge(store.snapshot(last), store.documents(last))
    progress.stage("follow", nights=len(found))
    removed = frozenset(store.removed(request.cluster))
    history = _History(request, store, archive, scans, removed, found, (numbers[0], numbers[-1]))
    return tuple(
        Found(history.of(assessment, judgement), last, assessment)
        for assessment in judgement.assessments
        if not request.frameworks or assessment.framework.id in request.frameworks
    )


@dataclass(frozen=True)
class _Decided:
    """Scope and exceptions of one night."""

    scope: Scope
    exceptions: tuple[AcceptedException, ...]


@dataclass(frozen=True)
class _History:
    """What is read once for all frameworks.

    Attributes:
        scans: stored ones, those of which only the record is left included: findings may have opened in them.
        removed: these.
    """

    request: PeriodRequest
    store: Store
    archive: Archive
    scans: tuple[Scan, ...]
    removed: frozenset[int]
    nights: tuple[Night, ...]
    ends: tuple[int, int]

    def of(self, assessment: Assessment, judgement: Judgement) -> Period:
        framework = assessment.framework
        about = {
            run.meta.id
            for run in judgement.runs
            if any(item.subject.kind in over.ABOUT_WORKLOADS for item in run.results)
        }
        stored = over.Stored(
            scans=tuple(item for item in self.scans if item.number <= self.ends[1]),
            points=tuple(
                item
                for item in self.store.points(
                    self.request.cluster, frameworks=[framework.id], up_to=self.ends[1]
                )
                if item.scan >= self.ends[0]
            ),
            said=(*self._earlier, *self._said),
            openings=self._openings,
            counted=self.archive.counted(self.request.cluster, *self.ends),
            present=tuple(self._present(framework.boundary)),
        )
        terms = over.Terms(
            span=self.request.span,
            boundary=framework.boundary,
            bearings=over.Bearings.of(assessment, about | self._about),
            allowed=self.request.allowed,
            exceptions=self._exceptions,
        )
        return over.build(
            self.request.cluster,
            self.nights,
            stored,
            assessment,
            terms,
            self._acceptance(framework.boundary),
            self._causes,
        )

    @cached_property
    def _tenure(self) -> over.Tenure:
        """The cluster that answered when the period began."""
        return next(item for item in over.tenures(self.scans) if self.ends[0] in item.times)

    @cached_property
    def _said(self) -> tuple[SaidOver, ...]:
        """What was said in the period; where its cluster is not the first, since that one answers: findings may be as old."""
        first = self._tenure.first if self._tenure.first > 1 else self.ends[0]
        return self.archive.said(self.request.cluster, first, self.ends[1])

    @cached_property
    def _openings(self) -> tuple[Opening, ...]:
        return self.archive.openings(self.request.cluster, self.ends[1])

    @cached_property
    def _earlier(self) -> tuple[SaidOver, ...]:
        """What findings said before the period that stayed open in it and that no scan of it could judge."""
        told = {
            item.result.fingerprint
            for item in self._tenure.results(self._said)
            if item.result.outcome is Outcome.FAIL
        }
        still = {
            item.fingerprint
            for item in self._openings
            if item.fingerprint not in told and (item.closed is None or item.closed > self.ends[0])
        }
        return self.archive.said(self.request.cluster, 1, self.ends[0] - 1, still)

    @property
    def _about(self) -> set[str]:
        """Checks that once said something about a workload, a path or a namespace."""
        return {item.result.check for item in self._said if item.result.subject.kind in over.ABOUT_WORKLOADS}

    @cached_property
    def _by_number(self) -> Mapping[int, Scan]:
        return {item.number: item for item in self.scans}

    @cached_property
    def _read(self) -> dict[tuple[str, str], "_Decided"]:
        return {}

    @cached_property
    def _there(self) -> tuple[Scan, ...]:
        """Scans whose evidence is there."""
        return tuple(item for item in self.scans if item.number not in self.removed)

    def _decided(self, scan: Scan) -> "_Decided":
        """What people had decided on the night, read once for all scans that had the same files.

        Only these two files are read: others may have been written for another version of this program.
        """
        if scan.number not in self._of_scan:
            digests = dict(scan.documents)
            key = digests.get("scope.yaml", ""), digests.get("exceptions.yaml", "")
            if key not in self._read:
                documents = self.store.documents(scan)
                self._read[key] = _Decided(assess.scope_of(documents), assess.exceptions_of(documents))
            self._of_scan[scan.number] = self._read[key]
        return self._of_scan[scan.number]

    @cached_property
    def _of_scan(self) -> dict[int, "_Decided"]:
        return {}

    @cached_property
    def _exceptions(self) -> Mapping[str, AcceptedException]:
        inside = [item for item in self._there if self.ends[0] <= item.number <= self.ends[1]]
        return {one.id: one for item in inside for one in self._decided(item).exceptions}

    @cached_property
    def _excepted(self) -> frozenset[str]:
        """Checks of which a failure was ever accepted."""
        return frozenset(item.check for item in self._exceptions.values())

    def _acceptance(self, boundary: Boundary | None) -> "_Accepting":
        return _Accepting(self, boundary)

    @cached_property
    def _versions(self) -> tuple[ObjectVersion, ...]:
        before = [item.number for item in self.scans if item.number < self.ends[0]]
        first = before[-1] if before else self.ends[0]
        return self.archive.versions(self.request.cluster, first, self.ends[1])

    @cached_property
    def _origins(self) -> Origins:
        numbers = tuple(item.number for item in self.scans)
        return Origins.of(self._versions, numbers, self.archive)

    def _causes(self, opening: Opening, result: CheckResult) -> tuple[ObjectCause, ...]:
        return self._origins.of_opening(opening, result)

    def _present(self, boundary: Boundary | None) -> Iterator[over.Presence]:
        """Workloads with the scans that saw a pod of theirs, or the object whose template stands for it."""
        inventory = self._inventory
        where: dict[object, list[ObjectVersion]] = {}
        for version in self._versions:
            where.setdefault(version.ref, []).append(version)
        owners: dict[str, list[ObjectVersion]] = {}
        labels = {}
        for pod in inventory.pods:
            owners.setdefault(str(pod.owner), []).extend(where[pod.ref])
            labels[str(pod.owner)] = (pod.namespace, pod.labels)
        for name in sorted(owners):
            spans = tuple(sorted(_seen(owners[name])))
            last = self._by_number.get(self._last_scan(spans))
            if last is None:
                continue
            space, own = labels[name]
            scope = self._decided(last).scope.for_cluster(self.request.cluster)
            place = scope.place(space, inventory.namespace_labels.get(space), own)
            yield over.Presence(name, space, place.inside(boundary), spans)

    def _last_scan(self, spans: Sequence[tuple[int, int]]) -> int:
        last = max((end for _, end in spans), default=0)
        return max((item.number for item in self._there if item.number <= last), default=0)

    @cached_property
    def _inventory(self) -> Inventory:
        """Everything that was ever there at once: only who owns what is read from it."""
        return collect.normalize(self._chosen()).inventory

    def _chosen(self) -> list[SnapshotObject]:
        """One version of each object that tells workloads: of a pod the first, as the last one may have ended."""
        wanted = {*collect.WORKLOADS, _POD, _NAMESPACE}
        chosen: dict[object, ObjectVersion] = {}
        for item in self._versions:
            if item.ref.group_kind not in wanted or item.last < self.ends[0]:
                continue
            if item.ref.group_kind != _POD or item.ref not in chosen:
                chosen[item.ref] = item
        bodies = self.archive.bodies({item.digest for item in chosen.values()})
        return [SnapshotObject(item.ref, bodies[item.digest], item.digest) for item in chosen.values()]


@dataclass(frozen=True)
class _Accepting:
    """Which exception stood before a result in a scan, by the register of that night."""

    history: _History
    boundary: Boundary | None

    def __call__(self, result: CheckResult, scan: int) -> str:
        if result.check not in self.history._excepted:  # noqa: SLF001  one module, two halves of one thing
            return ""
        stored = self.history._by_number[scan]  # noqa: SLF001
        exceptions = self.history._decided(stored).exceptions  # noqa: SLF001
        day = stored.taken_at.astimezone(UTC).date()
        for item in exceptions:
            if item.check == result.check and Acceptance((item,), self.boundary, day).accepts(result):
                return item.id
        return ""


def _seen(versions: Sequence[ObjectVersion]) -> Iterator[tuple[int, int]]:
    """Scans that saw some versions, as closed intervals; scans that could not look are left out."""
    for item in versions:
        first = item.first
        for start, end in item.hidden:
            if start > first:
                yield first, start - 1
            first = end + 1
        if first <= item.last:
            yield first, item.last
