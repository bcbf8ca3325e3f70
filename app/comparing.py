"""Two stored scans compared: what opened and what closed, and which object did it."""

from dataclasses import replace

from app import evaluate, judging, trend
from app.errors import NotFoundError
from app.model.history import Comparison, Document, Scan
from app.model.judgement import Judgement
from app.model.ports import Store
from app.model.snapshot import Snapshot


def compare(
    before: Scan,
    after_scan: Scan,
    store: Store,
    *,
    after: Judgement | None = None,
    earlier: tuple[Snapshot, tuple[Document, ...]] | None = None,
) -> Comparison:
    """What opened and closed between two stored scans, each judged by its own documents.

    `after` and `earlier` spare reading and judging again what the caller has already.
    """
    stored, documents = earlier or (store.snapshot(before), store.documents(before))
    judged_before = judging.judge(stored, documents)
    judged_after = after or judging.judge(store.snapshot(after_scan), store.documents(after_scan))
    comparison = trend.compare(
        before, judged_before, after_scan, judged_after, store.object_changes(before, after_scan)
    )
    if not _told_apart(judged_before, judged_after):
        return comparison
    now = store.snapshot(after_scan)
    sides = (
        _beside(judged_before, stored, judged_after),
        _beside(judged_after, now, judged_before),
    )
    return replace(comparison, paths=trend.path_changes(*sides))


def comparable(before: Scan, after_scan: Scan, store: Store, after: Judgement) -> Comparison | None:
    """The comparison with an earlier scan; None where retention removed that one."""
    try:
        earlier = store.snapshot(before), store.documents(before)
    except NotFoundError:
        return None
    return compare(before, after_scan, store, after=after, earlier=earlier)


def _told_apart(before: Judgement, after: Judgement) -> bool:
    """True when policies differ and one night has parts of an owner that the other has not."""
    names = [
        {item.id for item in judged.reachability.workloads if "#" in item.id} for judged in (before, after)
    ]
    return names[0] != names[1] and before.inventory.policies != after.inventory.policies


def _beside(judged: Judgement, snapshot: Snapshot, other: Judgement) -> Judgement:
    """The judgement with who reaches whom among pods told apart as the policies of the other night do it too."""
    inventory = replace(judged.inventory, beside=other.inventory.policies)
    found = evaluate.reachability(inventory, judged.platform, snapshot.gaps, as_declared=False)
    return replace(judged, inventory=inventory, reachability=found)
