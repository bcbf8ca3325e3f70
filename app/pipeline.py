"""One run from top to bottom: collect → (probe) → snapshot → detect → evaluate → assess → trend → render.

Every step takes values and gives values. Only steps that use a port touch the world, and the time of day is read once,
by whoever makes the request. A report is a function of what was stored: the snapshot and the documents that judged it.
The steps from a snapshot to every verdict about it stand in `app.judging`: they touch nothing at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from app import advice, assess, collect, comparing, detect, evaluate, judging, trend
from app.errors import EvidenceError, ExitCode, InputError, NetattestError
from app.model.chain import MOST_LINKS
from app.model.cluster import another_cluster, identity_document, other_clusters
from app.model.context import Changes, RunContext
from app.model.control import Assessment
from app.model.finding import Outcome
from app.model.history import Comparison, Document, Scan, ScanRecord, ScanStatus
from app.model.inventory import Inventory
from app.model.judgement import Judgement
from app.model.ports import ObjectSource, Prober, Progress, Renderer, Retention, Sealer, Store
from app.model.probe import PROBE
from app.model.report import Artefact, ReportDefinition, ReportInput
from app.model.retention import Due, Policy, due
from app.model.snapshot import Coverage, KindCoverage, Snapshot


@dataclass(frozen=True)
class ScanRequest:
    """One scan of one cluster. `documents` are the configuration files that judge it, context excluded."""

    cluster: str
    taken_at: datetime
    documents: tuple[Document, ...] = field(repr=False)
    slot: datetime | None = None
    tool_version: str = ""
    imported: bool = False  # `taken_at` is what somebody gave, of manifests that were taken then


@dataclass(frozen=True)
class ScanResult:
    """A stored scan, its verdicts, and what changed since the last whole scan (None for the first of a cluster).

    `another_cluster` is a sentence where the scans before are known to be of another one: nothing is compared with them.
    """

    scan: Scan
    judgement: Judgement
    snapshot: Snapshot
    comparison: Comparison | None
    another_cluster: str = ""


def scan(
    request: ScanRequest,
    source: ObjectSource,
    store: Store,
    progress: Progress,
    prober: Prober | None = None,
) -> ScanResult:
    """Collect, judge and store one snapshot. A run that fails leaves a record of it and nothing half-written.

    Mistakes in the documents are told before anything is read: they are the operator's, not a night's.
    """
    assess.read_documents(request.documents)
    with store.exclusive(request.cluster):
        if request.imported:
            _require_after_the_last(request, store)
        with _failure_recorded(request, store):
            progress.stage("collect", cluster=request.cluster)
            snapshot, inventory = take_snapshot(request.cluster, request.taken_at, source)
            if prober is not None:
                progress.stage("probe")
                snapshot = probed(snapshot, inventory, prober)

            context, earlier = store.context(request.cluster, request.taken_at), None
            if context.previous is not None:
                earlier = _earlier(store.scan(request.cluster, context.previous), store)
                changes = _changes(earlier, snapshot, request.documents)
                context = replace(
                    context, changes=changes, absent=_absent(earlier, changes, request.documents)
                )
            identity = identity_document(snapshot)
            another = another_cluster(store.scans(request.cluster), identity)
            if another:  # nights of the other cluster make no condition of this one last longer
                context = replace(context, streaks={})
            documents = _sorted(*request.documents, *identity, context.document())
            progress.stage("judge", objects=len(snapshot.objects), gaps=len(snapshot.gaps))
            judgement = judging.judge(snapshot, documents, inventory=inventory)

            progress.stage("store")
            saved = store.save(record_of(request, documents, judgement), snapshot)

    comparison = None
    if context.previous is not None and not another:
        progress.stage("compare", since=context.previous)
        before = store.scan(request.cluster, context.previous)
        comparison = comparing.compare(before, saved, store, after=judgement, earlier=earlier)
    return ScanResult(saved, judgement, snapshot, comparison, another)


def _sorted(*documents: Document) -> tuple[Document, ...]:
    return tuple(sorted(documents, key=lambda item: item.name))


def _require_after_the_last(request: ScanRequest, store: Store) -> None:
    """An import comes after what is stored already: what was compared with what is never changed afterwards.

    Looked at while the cluster's lock is held, so that of two imports at once the second knows of the first. A run that failed
    stored nothing to compare with; its record has the time of the attempt and stands in nobody's way.
    """
    later = [
        item
        for item in store.scans(request.cluster)
        if item.status is not ScanStatus.FAILED and item.taken_at >= request.taken_at
    ]
    if not later:
        return
    known = (
        f"cluster {request.cluster} has scan {later[-1].number} of {later[-1].taken_at.isoformat()} already"
    )
    if later[-1].taken_at == request.taken_at:
        raise InputError(known, advice="nothing is imported twice; give other manifests a time of their own")
    raise InputError(
        f"{known}, which is later than {request.taken_at.isoformat()}",
        advice="import the oldest first, or under a name of its own: --cluster NAME",
    )


def take_snapshot(cluster: str, taken_at: datetime, source: ObjectSource) -> tuple[Snapshot, Inventory]:
    """Collect once; objects that cannot be understood are stored all the same and named as gaps.

    The inventory is `collect.normalize` of the snapshot's objects, which is needed here for the gaps.
    """
    collection = source.collect()
    normalized = collect.normalize(collection.objects)
    snapshot = Snapshot(
        cluster=cluster,
        taken_at=taken_at,
        source=collection.source,
        objects=collection.objects,
        kinds=collection.kinds,
        gaps=tuple(sorted({*collection.gaps, *normalized.gaps})),
    )
    return snapshot, normalized.inventory


def probed(snapshot: Snapshot, inventory: Inventory, prober: Prober) -> Snapshot:
    """The snapshot with what its declared endpoints answered; a probe is an object of it and is judged as stored."""
    platform = detect.detect(snapshot)
    reachability = evaluate.reachability(inventory, platform, snapshot.gaps, as_declared=False)
    edges = evaluate.find_edges(snapshot, inventory, platform, reachability)
    found = prober.probe([end for item in edges.exposures for end in item.endpoints])
    coverage = KindCoverage(PROBE, "v1", Coverage.COMPLETE, len(found))
    return replace(
        snapshot,
        objects=tuple(sorted((*snapshot.objects, *found), key=lambda item: item.ref)),
        kinds=tuple(sorted((*snapshot.kinds, coverage))),
    )


def report(
    stored: Scan,
    frameworks: Sequence[str],
    definition: ReportDefinition,
    formats: Sequence[str],
    store: Store,
    renderer: Renderer,
    progress: Progress,
    *,
    sealer: Sealer | None = None,
    pseudonym_key: bytes = b"",
) -> tuple[Artefact, ...]:
    """Make reports of a stored scan, one per framework; made again, they are the same bytes before they are sealed."""
    progress.stage("load", cluster=stored.cluster, scan=stored.number)
    snapshot, documents = store.snapshot(stored), store.documents(stored)
    context = _context_of(documents)

    progress.stage("judge", objects=len(snapshot.objects), gaps=len(snapshot.gaps))
    judgement = judging.judge(snapshot, documents)
    known = [item for item in store.scans(stored.cluster) if item.number <= stored.number]
    comparison = None
    if context.previous is not None and stored.number not in other_clusters(known):
        progress.stage("compare", since=context.previous)
        before = store.scan(stored.cluster, context.previous)
        comparison = comparing.comparable(before, stored, store, judgement)

    progress.stage("advise", sections=len(definition.sections))
    beside, chain = advice.advice(definition, snapshot, documents, judgement), store.chain(stored, MOST_LINKS)
    past = trend.follow(
        store.points(stored.cluster, up_to=stored.number),
        known,
        comparison,
        store.slots(stored.cluster, known[0].taken_at, stored.taken_at),
        store.removed(stored.cluster),
    )
    lives = store.findings(stored, closed_since=context.previous)

    def inputs() -> Iterator[ReportInput]:
        for assessment in _chosen(judgement.assessments, frameworks):
            progress.stage("render", framework=assessment.framework.id)
            yield ReportInput(
                scan=stored,
                snapshot=snapshot,
                documents=documents,
                judgement=judgement,
                assessment=assessment,
                trend=past,
                lives=lives,
                definition=definition,
                chain=chain,
                pseudonym_key=pseudonym_key,
                advice=beside,
            )

    artefacts = tuple(item for made in renderer.render_each(inputs(), formats) for item in made)
    if sealer is None:
        return artefacts
    progress.stage("seal", files=len(artefacts))
    return sealer.seal(artefacts)


def retain(
    store: Retention, policy: Policy, at: datetime, tool_version: str, *, dry_run: bool = False
) -> tuple[Due, ...]:
    """Remove the scans of every cluster that no rule keeps and no hold holds; by cluster, what went or would go.

    Raises:
        InputError: a hold names a cluster that is not there; nothing was removed, since it may be a slip for one that is.
    """
    told, clusters = [], store.clusters()
    if clusters and (slips := policy.held_nowhere(clusters)):
        hold, name = slips[0]
        raise InputError(
            f"hold {hold} names {name}, which no cluster with scans is called; nothing was removed",
            advice=f"correct the name, or take it out; clusters are {', '.join(clusters)}",
        )
    for cluster in clusters:
        item = due(policy, cluster, store.scans(cluster), store.removed(cluster), at)
        if item.removable and not dry_run:
            store.remove(cluster, dict(item.removable), rule=policy.text(), tool_version=tool_version)
        told.append(item)
    return tuple(told)


Earlier = tuple[Snapshot, tuple[Document, ...]]


def _earlier(before: Scan, store: Store) -> Earlier | None:
    """The last whole scan with its documents; None where it cannot be read back, which the store's own check tells."""
    try:
        return store.snapshot(before), store.documents(before)
    except EvidenceError:
        return None


def _changes(earlier: Earlier | None, snapshot: Snapshot, documents: tuple[Document, ...]) -> Changes | None:
    """What somebody has to have approved since; None when there is nothing to compare with."""
    if earlier is None:
        return None
    before, then = earlier
    known = assess.exception_ids(then), assess.exception_ids(documents)
    return trend.changes(before, snapshot, (then, documents), known, collect.WATCHED)


def _absent(
    earlier: Earlier | None, changes: Changes | None, documents: tuple[Document, ...]
) -> Mapping[str, date]:
    """When each exception was last known not to be on file, so that one that claims an older start is seen."""
    if earlier is None or changes is None:
        return {}
    known = _context_of(earlier[1]).absent
    new = dict.fromkeys(changes.new_exceptions, changes.since.astimezone(UTC).date())
    return {name: day for name, day in {**known, **new}.items() if name in assess.exception_ids(documents)}


def _context_of(documents: Sequence[Document]) -> RunContext:
    return RunContext.from_document(next(item for item in documents if item.name == "context.json"))


@contextmanager
def _failure_recorded(request: ScanRequest, store: Store) -> Iterator[None]:
    """Leave a `failed` record when a run ends by an error that a person can act on.

    Whoever mistypes a path or a context has not scanned the cluster in vain; a night that was due has, whatever the reason.
    """
    try:
        yield
    except NetattestError as error:
        if request.slot is not None or error.exit_code is not ExitCode.USAGE:
            store.save_failure(
                request.cluster, request.taken_at, request.slot, str(error), request.tool_version
            )
        raise


def record_of(request: ScanRequest, documents: tuple[Document, ...], judgement: Judgement) -> ScanRecord:
    """Everything about a scan that is stored, and that its digest covers."""
    results = [result for run in judgement.runs for result in run.results]
    return ScanRecord(
        cluster=request.cluster,
        taken_at=request.taken_at,
        slot=request.slot,
        tool_version=request.tool_version,
        imported=request.imported,
        documents=documents,
        failures=tuple(item for item in results if item.outcome is Outcome.FAIL),
        undecided=tuple(item for item in results if item.outcome in (Outcome.INSUFFICIENT, Outcome.ERROR)),
        counts=tuple(trend.check_counts(run) for run in judgement.runs),
        points=tuple(point for item in judgement.assessments for point in trend.points(item)),
        streaks=judgement.streaks,
        passed=frozenset(
            result.fingerprint
            for run in judgement.runs
            if not run.population_complete
            for result in run.results
            if result.outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        ),
    )


def _chosen(assessments: Sequence[Assessment], frameworks: Sequence[str]) -> list[Assessment]:
    return [item for item in assessments if not frameworks or item.framework.id in frameworks]
