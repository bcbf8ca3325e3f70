"""One cluster as `reach` and `explain` see it: manifests read now, or a stored scan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from app import bootstrap
from app.cli.options import required, scan_number
from app.cli.output import say
from app.cli.progress import Reporter, reporting
from app.cli.session import Session
from app.errors import InputError
from app.model.edge import Edges
from app.model.history import Document
from app.model.inventory import Inventory
from app.model.platform import Enforcement, Platform
from app.model.reachability import Profile
from app.model.snapshot import Snapshot

if TYPE_CHECKING:
    from app.evaluate import EncryptionEngine, Engine


@dataclass(frozen=True)
class View:
    """What was read, what was detected, and who can reach whom in it."""

    snapshot: Snapshot
    inventory: Inventory
    platform: Platform
    reachability: "Engine"
    documents: tuple[Document, ...] = ()  # that judged a stored scan; manifests have none

    @cached_property
    def encryption(self) -> "EncryptionEngine":
        """What encrypts the connections, worked out when it is first asked for."""
        from app import assess, detect, evaluate

        attested = assess.attested_links(self.documents, self.snapshot.taken_at)
        protection = detect.protection(self.snapshot, self.inventory, self.platform)
        return evaluate.encryption(self.reachability, self.inventory, protection, attested)

    @cached_property
    def edges(self) -> Edges:
        """Ways in from outside, worked out when they are first asked for."""
        from app import evaluate

        return evaluate.find_edges(self.snapshot, self.inventory, self.platform, self.reachability)


def look(
    session: Session,
    paths: tuple[str, ...],
    cluster: str | None,
    scan: str,
    *,
    profile: Profile,
    as_declared: bool,
) -> View:
    """Read a cluster and compute its reachability.

    Raises:
        InputError: neither or both of manifests and a cluster are named.
    """
    if paths and cluster:
        raise InputError("--from and --cluster are both given", advice="use one of them")
    if not paths and not cluster:
        raise InputError(
            "nothing to read is named", advice="add --from PATH..., or --cluster NAME for a stored scan"
        )
    with reporting() as progress:
        progress.stage("read", what=" ".join(paths) or cluster)
        documents: Sequence[Document] = ()
        if paths:
            snapshot, inventory = _manifests(paths, progress)
        else:
            snapshot, inventory, documents = _stored(session, required(cluster), scan)
        progress.stage("compute", objects=len(snapshot.objects))
        view = _computed(snapshot, inventory, profile, as_declared=as_declared)
        return replace(view, documents=tuple(documents))


def _manifests(paths: tuple[str, ...], progress: Reporter) -> tuple[Snapshot, Inventory]:
    from app import pipeline

    never_stored = datetime.now(UTC)
    return pipeline.take_snapshot("", never_stored, bootstrap.manifests(paths, progress.kind))


def _stored(session: Session, cluster: str, scan: str) -> tuple[Snapshot, Inventory, Sequence[Document]]:
    from app import collect

    with session.store() as store:
        stored = store.scan(cluster, scan_number(scan))
        snapshot, documents = store.snapshot(stored), store.documents(stored)
    return snapshot, collect.normalize(snapshot.objects).inventory, documents


def _computed(snapshot: Snapshot, inventory: Inventory, profile: Profile, *, as_declared: bool) -> View:
    from app import detect, evaluate

    platform = detect.detect(snapshot)
    reachability = evaluate.reachability(
        inventory, platform, snapshot.gaps, profile=profile, as_declared=as_declared
    )
    return View(snapshot, inventory, platform, reachability)


def reading(view: View) -> str:
    """How policies count in this view, as a sentence: nothing below it holds without it."""
    platform, profile = view.platform, view.reachability.profile.value
    if view.reachability.as_declared:
        return f"Policies count as declared, read as {profile}, whether or not they are enforced."
    if platform.enforcement is Enforcement.UNKNOWN:
        return f"Policies count as declared, read as {profile}: {platform.reason}."
    return f"Read as {profile}. Policies are {platform.enforcement.value}: {platform.reason}."


def tell_notes(view: View) -> None:
    """Print what has to be said about the whole view and is not in `reading`."""
    for note in view.reachability.notes:
        if view.platform.reason not in note:
            say(f"note: {note}")
