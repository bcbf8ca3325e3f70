"""Which cluster a scan is of, whatever it is called: the UID of namespace `kube-system`, the nearest thing to an identity that a cluster has.

It is kept with each scan as a document, so that it is part of the scan's record and a change of it can be seen without reading
snapshots. The document holds a digest: the UID itself is in the snapshot.
"""

from collections.abc import Iterable, Mapping

from app.model.canonical import canonical_json, digest
from app.model.history import Began, Document, Scan
from app.model.identity import ObjectRef
from app.model.snapshot import Snapshot, SnapshotObject

IDENTITY = "cluster.json"
KUBE_SYSTEM = ObjectRef("", "Namespace", "", "kube-system")


def uid_of(item: SnapshotObject | None) -> str:
    """The UID of an object; empty where there is none, as in manifests that were written by hand."""
    return str(item.parsed()["metadata"].get("uid") or "") if item else ""


def identity_document(snapshot: Snapshot) -> tuple[Document, ...]:
    """`cluster.json`; none where the UID was not read."""
    uid = snapshot.source.cluster_uid or uid_of(
        next((item for item in snapshot.objects if item.ref == KUBE_SYSTEM), None)
    )
    if not uid:
        return ()
    body = {"schema": "netattest/cluster/v1", "kubeSystemUidSha256": digest(uid.encode())}
    return (Document(IDENTITY, canonical_json(body)),)


def other_clusters(scans: Iterable[Scan]) -> Mapping[int, str]:
    """Scans of another cluster than the last one before them whose identity is known, by number, each with a sentence."""
    found: dict[int, str] = {}
    last: Scan | None = None
    for scan in sorted(scans, key=lambda item: item.number):
        if not identity_of(scan):
            continue
        if last and are_two(last, scan):
            found[scan.number] = _another(last)
        last = scan
    return found


def latest_began(identities: Iterable[tuple[int, str]]) -> int:
    """The scan since which the cluster of the last known identity answers: 1 where no other one is known.

    Args:
        identities: number of a scan and digest of its `cluster.json`, for scans that have one, by number.
    """
    began, last = 1, ""
    for number, identity in identities:
        if last and identity != last:
            began = number
        last = identity
    return began


def began(scans: Iterable[Scan]) -> Began | None:
    """Since when another cluster answers than before, up to the last of some scans; None where one alone is known."""
    known = sorted((item for item in scans if identity_of(item)), key=lambda item: item.number)
    number = latest_began((item.number, identity_of(item)) for item in known)
    return next((Began(item.number, item.taken_at) for item in known if item.number == number > 1), None)


def another_cluster(scans: Iterable[Scan], documents: Iterable[Document]) -> str:
    """A sentence where the documents of a scan that is not stored yet are of another cluster than the scans before it."""
    now = next((item.digest for item in documents if item.name == IDENTITY), "")
    last = max((item for item in scans if identity_of(item)), key=lambda item: item.number, default=None)
    return _another(last) if last and now and identity_of(last) != now else ""


def _another(last: Scan) -> str:
    return f"Another cluster answers from here on: its namespace kube-system has another UID than in scan {last.number}."


def are_two(before: Scan, after: Scan) -> bool:
    """True when two scans are known to be of two clusters; where an identity was not read nobody knows."""
    was, now = identity_of(before), identity_of(after)
    return bool(was and now and was != now)


def identity_of(scan: Scan) -> str:
    """What is known of the cluster that a scan is of; empty where nothing is."""
    return dict(scan.documents).get(IDENTITY, "")
