"""What one check says inside one boundary: counted once per framework, used by every control that maps it."""

from collections import Counter
from dataclasses import dataclass

from app.assess.acceptance import Acceptance
from app.model.control import CheckTally, Role
from app.model.finding import CheckResult, CheckRun, Outcome

_UNDECIDED = (Outcome.INSUFFICIENT, Outcome.ERROR)


@dataclass(frozen=True, slots=True)
class Bearing:
    """One check, in-boundary population only.

    Attributes:
        failures: failing results that no exception covers, worst first.
        excepted: failing results under a valid exception, worst first.
        missing: why the check does not decide, one sentence each; empty when it does.
        performed: False when this version does not perform it, or it did not run.
    """

    check: str
    counts: Counter[Outcome]
    failures: tuple[CheckResult, ...] = ()
    excepted: tuple[CheckResult, ...] = ()
    missing: tuple[str, ...] = ()
    performed: bool = True
    population_complete: bool = True
    limits: tuple[str, ...] = ()

    @property
    def tested(self) -> int:
        """Number of subjects with a verdict."""
        return self.counts[Outcome.PASS] + self.counts[Outcome.FAIL]

    def tally(self, role: Role) -> CheckTally:
        """The counts as a report prints them."""
        return CheckTally(
            check=self.check,
            role=role,
            performed=self.performed,
            counts=tuple((outcome, self.counts[outcome]) for outcome in Outcome),
            excepted=len(self.excepted),
            population_complete=self.population_complete,
            limits=self.limits,
        )


def not_performed(check: str, *, expected: bool) -> Bearing:
    """A check without a run: this version does not have it, or it was expected to run and did not."""
    why = f"`{check}` did not run." if expected else f"This version does not perform `{check}`."
    return Bearing(check, Counter(), missing=(why,), performed=False, population_complete=False)


def bearing(run: CheckRun, acceptance: Acceptance) -> Bearing:
    """Count one run over the boundary's population."""
    inside = [result for result in run.results if result.inside(acceptance.boundary)]
    failing = sorted((item for item in inside if item.outcome is Outcome.FAIL), key=_worst_first)
    accepted = [acceptance.accepts(item) for item in failing]
    return Bearing(
        check=run.meta.id,
        counts=Counter(result.outcome for result in inside),
        failures=tuple(item for item, covered in zip(failing, accepted, strict=True) if not covered),
        excepted=tuple(item for item, covered in zip(failing, accepted, strict=True) if covered),
        missing=tuple(_missing(run, inside)),
        population_complete=run.population_complete,
        limits=run.limits,
    )


def _worst_first(result: CheckResult) -> tuple[int, str, str]:
    return result.severity.rank, result.check, result.subject.id


def _missing(run: CheckRun, inside: list[CheckResult]) -> list[str]:
    found = []
    if not run.population_complete:
        found.append(f"The population of `{run.meta.id}` was not read completely.")
    if not inside and run.population_complete:
        found.append(f"`{run.meta.id}` found no subject inside the boundary; nothing was tested.")
    undecided = [result for result in inside if result.outcome in _UNDECIDED]
    if undecided:
        first = min(undecided, key=_worst_first)
        found.append(
            f"`{run.meta.id}` could not judge {_which(len(undecided), len(inside))}{first.subject}: {_sentence(first.says)}"
        )
    return found


def _which(some: int, whole: int) -> str:
    if whole == 1:
        return "its one subject, "
    return f"{some} of {whole} subjects, {'the first of them ' if some > 1 else ''}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
