"""Two scans of one cluster, each judged by its own documents: what opened, what closed, what is not known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from app.model.control import Assessment, ControlState
from app.model.finding import CheckResult, CheckRun, Outcome, Subject, SubjectKind
from app.model.history import Comparison, ControlFlip, ObjectChange, Scan
from app.model.judgement import Judgement
from app.trend.moves import moves
from app.trend.paths import path_changes

_UNDECIDED = (Outcome.INSUFFICIENT, Outcome.ERROR)


def compare(
    before: Scan,
    judged_before: Judgement,
    after: Scan,
    judged_after: Judgement,
    objects: Sequence[ObjectChange],
) -> Comparison:
    """Compare an earlier scan with a later one.

    A finding counts as closed only if the later scan judged its subject, or read the whole population and did not
    find the subject in it. A finding that could not be judged again has not closed; it is in neither list.
    """
    return Comparison(
        before=before,
        after=after,
        opened=opened_findings(judged_before.runs, judged_after.runs),
        closed=closed_findings(judged_before.runs, judged_after.runs),
        flips=control_flips(judged_before.assessments, judged_after.assessments),
        objects=tuple(sorted(objects)),
        paths=path_changes(judged_before, judged_after),
        moves=moves(judged_before, judged_after),
    )


def opened_findings(before: Sequence[CheckRun], after: Sequence[CheckRun]) -> tuple[CheckResult, ...]:
    """Findings that fail now and did not before, worst first."""
    known = _failing(before)
    return _worst_first(item for key, item in _failing(after).items() if key not in known)


def closed_findings(before: Sequence[CheckRun], after: Sequence[CheckRun]) -> tuple[CheckResult, ...]:
    """Findings that failed and are shown to fail no more, worst first."""
    still = _failing(after)
    gone = [item for key, item in _failing(before).items() if key not in still]
    return _worst_first(_closed(gone, after))


def _failing(runs: Sequence[CheckRun]) -> Mapping[str, CheckResult]:
    return {
        result.fingerprint: result for run in runs for result in run.results if result.outcome is Outcome.FAIL
    }


def _worst_first(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    return tuple(sorted(results, key=lambda item: (item.severity.rank, item.check, item.subject)))


def _closed(gone: Sequence[CheckResult], runs: Sequence[CheckRun]) -> list[CheckResult]:
    """Those of the findings that fail no more which the later scan was able to judge."""
    later = {run.meta.id: _Later.of(run) for run in runs}
    return [item for item in gone if item.check in later and later[item.check].shows_closed(item)]


@dataclass(frozen=True, slots=True)
class _Later:
    """One check in the later scan: whom it judged, and where it could not."""

    complete: bool
    decided: frozenset[Subject]
    undecided: tuple[Subject, ...]

    @classmethod
    def of(cls, run: CheckRun) -> Self:
        return cls(
            complete=run.population_complete,
            decided=frozenset(item.subject for item in run.results if item.outcome not in _UNDECIDED),
            undecided=tuple(item.subject for item in run.results if item.outcome in _UNDECIDED),
        )

    def shows_closed(self, finding: CheckResult) -> bool:
        """True when the subject was judged, or is known to be there no more."""
        if finding.subject in self.decided:
            return True
        return self.complete and not any(_stands_for(item, finding.subject) for item in self.undecided)


def _stands_for(undecided: Subject, subject: Subject) -> bool:
    """True when a subject that could not be judged is this one, or contains it."""
    match undecided.kind:
        case SubjectKind.CLUSTER:
            return True
        case SubjectKind.NAMESPACE:
            return subject.namespace in ("", undecided.id)
        case _:
            return undecided == subject


def control_flips(before: Sequence[Assessment], after: Sequence[Assessment]) -> tuple[ControlFlip, ...]:
    """Controls whose state differs, sorted."""
    earlier = _states(before)
    return tuple(
        sorted(
            ControlFlip(*place, before=earlier[place], after=state)
            for place, state in _states(after).items()
            if place in earlier and earlier[place] is not state
        )
    )


def _states(assessments: Sequence[Assessment]) -> Mapping[tuple[str, str], ControlState]:
    return {
        (assessment.framework.id, item.control.id): item.state
        for assessment in assessments
        for item in assessment.controls
        if item.control.enabled
    }
