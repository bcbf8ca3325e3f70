"""The cluster that registers are held against: manifests, or a stored scan; the files of today judge it."""

from datetime import UTC, datetime

from app import bootstrap
from app.cli.options import scan_number
from app.cli.progress import reporting
from app.cli.session import Session
from app.errors import InputError
from app.model.snapshot import Snapshot


def read_cluster(session: Session, paths: tuple[str, ...], cluster: str | None, scan: str) -> Snapshot | None:
    """Read a cluster; None where none is named.

    Raises:
        InputError: manifests and a cluster are both named.
    """
    if paths and cluster:
        raise InputError("--from and --cluster are both given", advice="use one of them")
    if not paths and not cluster:
        return None
    from app import pipeline

    with reporting() as progress:
        progress.stage("read", what=" ".join(paths) or cluster)
        if cluster:
            with session.store() as store:
                snapshot = store.snapshot(store.scan(cluster, scan_number(scan)))
        else:
            source = bootstrap.manifests(paths, progress.kind)
            snapshot, _ = pipeline.take_snapshot("", datetime.now(UTC), source)
        return snapshot
