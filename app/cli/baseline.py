"""A cluster with the documents that judge it: manifests with the files of the settings, or a stored scan with its own."""

from dataclasses import dataclass
from datetime import UTC, datetime

from app import bootstrap
from app.cli.options import required, scan_number
from app.cli.progress import Reporter
from app.cli.session import Session
from app.errors import InputError
from app.model.history import Document
from app.model.snapshot import Snapshot


@dataclass(frozen=True)
class Baseline:
    """What was read, and what judges it."""

    snapshot: Snapshot
    documents: tuple[Document, ...]


def baseline(
    session: Session, paths: tuple[str, ...], cluster: str | None, scan: str, progress: Reporter
) -> Baseline:
    """Read a cluster.

    For a stored scan the register of declared flows is that of the settings where there is one: it says what is needed
    now, and no verdict depends on it.

    Raises:
        InputError: neither or both of manifests and a cluster are named.
    """
    from app import pipeline

    if bool(paths) == bool(cluster):
        problem = "--from and --cluster are both given" if paths else "nothing to read is named"
        raise InputError(problem, advice="use --from PATH..., or --cluster NAME for a stored scan")
    progress.stage("read", what=" ".join(paths) or cluster)
    if paths:
        source = bootstrap.manifests(paths, progress.kind)
        snapshot, _ = pipeline.take_snapshot("", datetime.now(UTC), source)
        return Baseline(snapshot, bootstrap.documents(session.settings))
    with session.store() as store:
        stored = store.scan(required(cluster), scan_number(scan))
        snapshot, documents = store.snapshot(stored), store.documents(stored)
    flows = [item for item in bootstrap.documents(session.settings) if item.name == "flows.yaml"]
    return Baseline(
        snapshot, (*(item for item in documents if not flows or item.name != "flows.yaml"), *flows)
    )
