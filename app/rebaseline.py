"""Past nights under the rules of today, beside what they said by their own: to compare trends across a change of rules.

Nothing is stored. The original verdicts stay what they are; these are recomputed and called so wherever they are shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app import assess, judging, trend
from app.errors import NetattestError
from app.model.control import ControlState
from app.model.history import ControlPoint, Document, Scan, ScanStatus
from app.model.ports import Progress, Store

_OF_THE_NIGHT = "context.json"


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One control of one night: the state that was stored, and the one under the rules of today.

    `before` is None where the night's framework did not have the control, `after` where today's does not.
    """

    scan: Scan
    framework: str
    control: str
    before: ControlPoint | None
    after: ControlPoint | None

    @property
    def differs(self) -> bool:
        """True when the two states are not the same."""
        return _state(self.before) is not _state(self.after)


@dataclass(frozen=True, slots=True)
class NotRecomputed:
    """A night that cannot be judged by the rules of today, and why."""

    scan: Scan
    reason: str


def rebaseline(
    scans: Sequence[Scan],
    documents: Sequence[Document],
    frameworks: Sequence[str],
    store: Store,
    progress: Progress,
) -> Iterator[Recomputed | NotRecomputed]:
    """Judge stored nights anew, oldest first.

    Args:
        scans: which ones; failed runs have nothing to judge and are left out.
        documents: the files of today. What the past contributed to a night (`context.json`) stays that of the night.
        frameworks: ids; empty takes all of today.
        store: where the snapshots are.
        progress: told of each night.

    Raises:
        ConfigurationError: the files of today hold a mistake.
    """
    assess.read_documents(documents)
    for scan in scans:
        if scan.status is ScanStatus.FAILED:
            continue
        progress.stage("judge", scan=scan.number)
        try:
            yield from _night(scan, documents, frameworks, store)
        except NetattestError as error:
            yield NotRecomputed(scan, str(error))


def _night(
    scan: Scan, documents: Sequence[Document], frameworks: Sequence[str], store: Store
) -> Iterator[Recomputed]:
    context = [item for item in store.documents(scan) if item.name == _OF_THE_NIGHT]
    judged_by = tuple(sorted((*documents, *context), key=lambda item: item.name))
    judgement = judging.judge(store.snapshot(scan), judged_by)
    now = {
        (item.framework, item.control): item for one in judgement.assessments for item in trend.points(one)
    }
    was = {
        (item.framework, item.control): item
        for item in store.points(scan.cluster, since=scan.taken_at, until=scan.taken_at)
        if item.scan == scan.number
    }
    for place in sorted({*was, *now}):
        if not frameworks or place[0] in frameworks:
            yield Recomputed(scan, *place, was.get(place), now.get(place))


def _state(point: ControlPoint | None) -> ControlState | None:
    return point.state if point else None
