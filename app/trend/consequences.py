"""What a change that was not made would do: two judgements of one cluster compared in full."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from app.model.change import Consequences, PathDelta
from app.model.connections import Connections
from app.model.finding import CheckResult, CheckRun, Outcome
from app.model.history import ChangeKind, ObjectChange
from app.model.identity import ObjectRef
from app.model.judgement import Judgement
from app.trend.causes import Causes
from app.trend.comparison import closed_findings, control_flips, opened_findings
from app.trend.moves import moves
from app.trend.outside import outside_rows
from app.trend.paths import changed_rows
from app.trend.suspects import suspects

EXPLAINED = 1000
"""Paths whose responsible objects are worked out; each takes decisions of its own."""

_UNDECIDED = (Outcome.INSUFFICIENT, Outcome.ERROR)


def consequences(before: Judgement, after: Judgement, objects: Sequence[ObjectChange]) -> Consequences:
    """Compare a cluster with itself after a change."""
    causes = Causes(before, after, frozenset(item.ref for item in objects))
    paths = sorted(_paths(before, after), key=lambda item: (item.source, item.destination, item.opened))
    return Consequences(
        objects=tuple(objects),
        paths=tuple(_explained(paths, causes)),
        opened=opened_findings(before.runs, after.runs),
        closed=closed_findings(before.runs, after.runs),
        undecided=tuple(_no_longer_decided(before.runs, after.runs)),
        flips=control_flips(before.assessments, after.assessments),
        moves=moves(before, after),
        notes=tuple(_notes(after, objects)),
    )


def _paths(before: Judgement, after: Judgement) -> Iterator[PathDelta]:
    inside = ((*pair, was, now) for pair, was, now in changed_rows(before, after))
    away = outside_rows(before.reachability, after.reachability, suspects(before, after))
    for source, destination, was, now in (*inside, *away):
        yield from _deltas(source, destination, was, now)


def _deltas(source: str, destination: str, was: Connections, now: Connections) -> Iterator[PathDelta]:
    if was == now:
        return
    if closed := was - now:
        yield PathDelta(source, destination, opened=False, ports=closed)
    if opened := now - was:
        yield PathDelta(source, destination, opened=True, ports=opened)


def _explained(paths: Sequence[PathDelta], causes: Causes) -> Iterator[PathDelta]:
    """What opens is explained first: it is what a reviewer looks at."""
    order = sorted(range(len(paths)), key=lambda at: (not paths[at].opened, at))
    chosen = set(order[:EXPLAINED])
    for at, item in enumerate(paths):
        if at in chosen:
            because = causes.of(item.source, item.destination, item.ports, opened=item.opened)
            yield replace(item, because=because)
        else:
            yield item


def _no_longer_decided(before: Iterable[CheckRun], after: Iterable[CheckRun]) -> Iterator[CheckResult]:
    """Results that say nothing any more about subjects that were judged before."""
    told = {
        result.fingerprint for run in before for result in run.results if result.outcome not in _UNDECIDED
    }
    for run in after:
        for result in run.results:
            if result.outcome in _UNDECIDED and result.fingerprint in told:
                yield result


def _notes(after: Judgement, objects: Iterable[ObjectChange]) -> Iterator[str]:
    """Policies among the changed objects that count nowhere, and those that select in vain."""
    changed = [item.ref for item in objects if item.kind is not ChangeKind.REMOVED]
    for ref in changed:
        if ref in after.reachability.idle:
            yield f"{ref} {after.reachability.idle[ref]}"
        elif ref in after.reachability.doubtful:
            yield f"{ref}: {after.reachability.doubtful[ref]}"
    yield from _in_vain(after, changed)


def _in_vain(after: Judgement, changed: Sequence[ObjectRef]) -> Iterator[str]:
    policies = {item.ref for item in after.inventory.policies} & set(changed)
    policies -= after.reachability.idle.keys()
    if not policies or after.platform.enforcement.value != "not-enforced":
        return
    named = ", ".join(str(ref) for ref in sorted(policies)[:3])
    yield f"nothing enforces {named}: {after.platform.reason}"
