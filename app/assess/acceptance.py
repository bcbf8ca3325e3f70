"""Which failures stand under which accepted exception. It moves a failure from open to accepted, never to a pass."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.model.control import AcceptedException, ExceptionUse
from app.model.finding import CheckResult, CheckRun, Outcome
from app.model.scope import Boundary

NO_CONTROL = "it names no compensating control, and for PCI DSS an exception is nothing without one"
BY_PATTERN = "it names subjects by pattern, and inside the PCI boundary each subject is named exactly"


@dataclass(frozen=True)
class Acceptance:
    """Exceptions as they count on one day for one boundary.

    Patterns (`*`, `?`) never count for the PCI boundary: its population is the cardholder data environment and
    everything that can touch it, unlabelled workloads included, and there each subject is accepted by its own name.
    An entry that refers to no compensating control does not count there either: an assessor has no worksheet to look at.
    """

    exceptions: tuple[AcceptedException, ...]
    boundary: Boundary | None
    on: date

    def accepts(self, result: CheckResult) -> bool:
        """True when a valid exception stands in front of this failing result."""
        return any(
            item.check == result.check and not self._problem(item) and self._covers(item, result)
            for item in self.exceptions
        )

    def uses(self, runs: Iterable[CheckRun]) -> tuple[ExceptionUse, ...]:
        """Each exception with the in-boundary failures that it names; with a problem, it covers none of them."""
        failures = [
            result
            for run in runs
            for result in run.results
            if result.outcome is Outcome.FAIL and result.inside(self.boundary)
        ]
        return tuple(self._use(item, failures) for item in self.exceptions)

    def _use(self, item: AcceptedException, failures: Sequence[CheckResult]) -> ExceptionUse:
        named = [
            result for result in failures if result.check == item.check and item.names(result.subject.id)
        ]
        covered = tuple(result for result in named if self._covers(item, result))
        only_by_pattern = bool(named) and not covered
        problem = self._problem(item) or (BY_PATTERN if only_by_pattern else "")
        return ExceptionUse(item, problem, tuple(named) if problem else covered)

    def _problem(self, item: AcceptedException) -> str:
        bare = self.boundary is Boundary.PCI and not item.compensating_control.strip()
        return item.problem(self.on) or (NO_CONTROL if bare else "")

    def _covers(self, item: AcceptedException, result: CheckResult) -> bool:
        if self.boundary is Boundary.PCI:
            return result.subject.id in item.subjects
        return item.names(result.subject.id)
