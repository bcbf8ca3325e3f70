"""Two stored nights compared from top to bottom: objects, paths, encryption, findings, controls."""

from dataclasses import replace

from app import judging, trend
from app.model.change import Consequences, Drift
from app.model.cluster import IDENTITY, are_two
from app.model.finding import Outcome
from app.model.history import Scan, ScanStatus
from app.model.judgement import Judgement
from app.model.ports import Archive, Store

_OF_EVERY_SCAN = ("context.json", IDENTITY)  # no files that somebody changed
UNSEEN = "Two scans are compared, not the time between them: what changed and changed back in that time is visible in neither."
_MANY = (
    "The cluster has too many workloads to compare encryption pair by pair: counts are given, and which pairs lost or won it"
    " is not known."
)


def drift(before: Scan, after: Scan, store: Store, archive: Archive) -> Drift:
    """Compare two stored scans of one cluster, each judged by its own documents."""
    was, now = _judged(before, after, store)
    changes = store.object_changes(before, after)
    bodies = archive.bodies({end for item in changes for end in (item.before, item.after) if end})
    encryption = trend.encryption_changes(was, now)
    numbers = sorted((before.number, after.number))
    return Drift(
        before=before,
        after=after,
        consequences=_without_known(trend.consequences(was, now, changes), was),
        objects=tuple(
            trend.object_cause(item.ref, bodies.get(item.before), bodies.get(item.after)) for item in changes
        ),
        encryption=encryption,
        tallies=(was.encryption.tally(), now.encryption.tally()),
        between=sum(
            numbers[0] < item.number < numbers[1] and item.status is not ScanStatus.FAILED
            for item in store.scans(after.cluster)
        ),
        notes=(UNSEEN, *((_MANY,) if encryption is None else ()), *_judged_otherwise(before, after)),
    )


def _judged(before: Scan, after: Scan, store: Store) -> tuple[Judgement, Judgement]:
    """Both nights; where one tells pods of an owner apart that the other does not, both tell them apart."""
    read = [(store.snapshot(item), store.documents(item)) for item in (before, after)]
    was, now = (judging.judge(*item) for item in read)
    if not judging.regrouped(was, now):
        return was, now
    sides = (
        replace(was.inventory, beside=now.inventory.policies),
        replace(now.inventory, beside=was.inventory.policies),
    )
    was, now = (judging.judge(*item, inventory=side) for item, side in zip(read, sides, strict=True))
    return was, now


def _without_known(found: Consequences, before: Judgement) -> Consequences:
    """What could not be judged before either is nothing new."""
    known = {
        item.fingerprint
        for run in before.runs
        for item in run.results
        if item.outcome in (Outcome.INSUFFICIENT, Outcome.ERROR)
    }
    return replace(found, undecided=tuple(item for item in found.undecided if item.fingerprint not in known))


def _judged_otherwise(before: Scan, after: Scan) -> tuple[str, ...]:
    """What else differs between two scans, so that nobody reads it as a change of the cluster."""
    was, now = dict(before.documents), dict(after.documents)
    names = [
        name for name in sorted({*was, *now}) if was.get(name) != now.get(name) and name not in _OF_EVERY_SCAN
    ]
    said = []
    if are_two(before, after):
        said.append(
            "The two scans are of two clusters: namespace kube-system has another UID in each. What differs need not be a change"
            " that somebody made."
        )
    if names:
        said.append(
            f"{', '.join(names)} {'differs' if len(names) == 1 else 'differ'} between the two scans: findings and controls may"
            " differ for that reason alone."
        )
    if before.tool_version != after.tool_version:
        said.append(
            f"The first scan was made by netattest {before.tool_version}, the second by {after.tool_version}."
        )
    return tuple(said)
