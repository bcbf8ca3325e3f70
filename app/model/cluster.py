"""Which cluster a scan is of, whatever it is called: the UID of namespace `kube-system`, the nearest thing to an identity that a cluster has.

It is kept with each scan as a document, so that it is part of the scan's record and a change of it can be seen without reading
snapshots. The document holds a digest: the UID itself is in the snapshot.
"""

from collections.abc import Iterable, Mapping

from app.model.canonical import canonical_json, digest
from app.model.history import Document, Scan
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
        if not _identity(scan):
            continue
        if last and are_two(last, scan):
            found[scan.number] = (
                f"Another cluster answers from here on: its namespace kube-system has another UID than in scan {last.number}."
            )
        last = scan
    return found


def are_two(before: Scan, after: Scan) -> bool:
    """True when two scans are known to be of two clusters; where an identity was not read nobody knows."""
    was, now = _identity(before), _identity(after)
    return bool(was and now and was != now)


def _identity(scan: Scan) -> str:
    return dict(scan.documents).get(IDENTITY, "")
