"""Small numbers of one scan that are kept for every scan, so that a trend never has to judge the past again."""

from app.model.control import Assessment, ControlAssessment, Role
from app.model.finding import CheckRun, Outcome
from app.model.history import CheckCounts, ControlPoint


def check_counts(run: CheckRun) -> CheckCounts:
    """Every outcome of one check over its whole population, in the order of `Outcome`."""
    return CheckCounts(
        check=run.meta.id,
        counts=tuple((outcome, run.count(outcome)) for outcome in Outcome),
        population_complete=run.population_complete,
    )


def points(assessment: Assessment) -> tuple[ControlPoint, ...]:
    """One point per counted control; `scan` is 0 until the store numbers it. Readiness items have none."""
    return tuple(_point(assessment, item) for item in assessment.controls if item.control.enabled)


def _point(assessment: Assessment, item: ControlAssessment) -> ControlPoint:
    """Count direct tests: passed, failed, excepted and undecided ones add up to all that apply."""
    direct = [tally for tally in item.tallies if tally.role is Role.DIRECT]
    excepted = sum(tally.excepted for tally in direct)
    return ControlPoint(
        scan=0,
        taken_at=assessment.at,
        framework=assessment.framework.id,
        framework_digest=assessment.framework.digest,
        control=item.control.id,
        state=item.state,
        contrary=item.contrary,
        passed=sum(tally.count(Outcome.PASS) for tally in direct),
        failed=sum(tally.count(Outcome.FAIL) for tally in direct) - excepted,
        excepted=excepted,
        undecided=sum(tally.count(Outcome.INSUFFICIENT) + tally.count(Outcome.ERROR) for tally in direct),
    )
