"""The cluster that registers are held against: manifests, or a stored scan, judged by the files of today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app import bootstrap
from app.cli.options import scan_number
from app.cli.progress import reporting
from app.cli.session import Session
from app.errors import InputError
from app.model.history import Document
from app.model.judgement import Judgement
from app.model.snapshot import Snapshot


@dataclass(frozen=True)
class Seen:
    """A cluster, and its verdicts by the files of today."""

    snapshot: Snapshot
    judged: Judgement


def read_cluster(
    session: Session, paths: tuple[str, ...], cluster: str | None, scan: str, documents: Sequence[Document]
) -> Seen | None:
    """Read and judge a cluster; None where none is named.

    Raises:
        InputError: manifests and a cluster are both named.
    """
    from app import pipeline

    if paths and cluster:
        raise InputError("--from and --cluster are both given", advice="use one of them")
    if not paths and not cluster:
        return None
    with reporting() as progress:
        progress.stage("read", what=" ".join(paths) or cluster)
        if cluster:
            with session.store() as store:
                snapshot = store.snapshot(store.scan(cluster, scan_number(scan)))
        else:
            source = bootstrap.manifests(paths, progress.kind)
            snapshot, _ = pipeline.take_snapshot("", datetime.now(UTC), source)
        progress.stage("judge", objects=len(snapshot.objects))
        return Seen(snapshot, pipeline.judge(snapshot, documents))
