"""Results of one check, worded. The only place that turns a claimed pass into insufficient evidence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypedDict, Unpack

from app.evaluate.checks.common.evidence import with_lines
from app.model.facts import Facts
from app.model.finding import (
    CheckMeta,
    CheckResult,
    CheckRun,
    Evidence,
    Outcome,
    Severity,
    Strength,
    Subject,
)
from app.model.platform import Enforcement
from app.model.scope import Boundary
from app.model.snapshot import Snapshot

_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}
_WORST_FIRST = (Outcome.ERROR, Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.PASS, Outcome.NOT_APPLICABLE)
_EVERY_BOUNDARY = frozenset(Boundary)
_NOT_TOLD = "cannot be told"


def worst_of_each(results: Iterable[CheckResult]) -> Iterator[CheckResult]:
    """One result for each subject: of the answers about several policies of one object, the worst."""
    found: dict[Subject, CheckResult] = {}
    for item in results:
        known = found.get(item.subject)
        if known is None or _WORST_FIRST.index(item.outcome) < _WORST_FIRST.index(known.outcome):
            found[item.subject] = item
    yield from found.values()


class Check(Protocol):
    """One question about a whole population. `id` is permanent and stands in `config/checks.yaml`."""

    @property
    def id(self) -> str:
        """Check id."""
        ...

    def run(self, facts: Facts) -> CheckRun:
        """Judge every subject of the population; pure, and never raises for what a cluster can contain."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """Something unread or unproven that a verdict would rest on: what, as a clause, and what to do about it."""

    says: str
    advice: str = ""


class Details(TypedDict, total=False):
    """Fields of a `CheckResult` that have a default; see there."""

    strength: Strength
    why: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    remedy: str
    boundaries: frozenset[Boundary]
    severity: Severity
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Writes the results of one check, with the severity of the catalogue unless a result argues another."""

    meta: CheckMeta
    snapshot: Snapshot = field(repr=False)

    @classmethod
    def of(cls, facts: Facts, check: str) -> "Verdicts":
        """Results of the check with this id."""
        return cls(facts.catalogue[check], facts.snapshot)

    def failed(
        self, subject: Subject, says: str, *, base: Details | None = None, **details: Unpack[Details]
    ) -> CheckResult:
        """A proven failure."""
        return self._result(subject, Outcome.FAIL, says, _over(base, details))

    def passed(
        self,
        subject: Subject,
        says: str,
        *,
        doubts: Sequence[Doubt] = (),
        base: Details | None = None,
        **details: Unpack[Details],
    ) -> CheckResult:
        """A pass; insufficient evidence as soon as something that it rests on is in doubt."""
        merged = _over(base, details)
        if doubts:
            return self.undecided(subject, f"{says} in what was read", doubts, base=merged)
        return self._result(subject, Outcome.PASS, says, merged)

    def undecided(
        self,
        subject: Subject,
        says: str,
        doubts: Sequence[Doubt],
        *,
        base: Details | None = None,
        **details: Unpack[Details],
    ) -> CheckResult:
        """Insufficient evidence; the first doubt ends the sentence, all of them are steps."""
        merged, found = _over(base, details), tuple(dict.fromkeys(doubts))
        advice = "\n".join(dict.fromkeys(doubt.advice for doubt in found if doubt.advice))
        merged["why"] = (*merged.get("why", ()), *(_sentence(doubt.says) for doubt in found))
        merged["remedy"] = merged.get("remedy") or advice
        tie = "because" if says.endswith(_NOT_TOLD) else "but"
        return self._result(subject, Outcome.INSUFFICIENT, f"{says}, {tie} {found[0].says}", merged)

    def not_applicable(
        self, subject: Subject, says: str, *, base: Details | None = None, **details: Unpack[Details]
    ) -> CheckResult:
        """A subject that the question is not about; `says` carries the reason."""
        return self._result(subject, Outcome.NOT_APPLICABLE, says, _over(base, details))

    def run(
        self,
        results: Iterable[CheckResult],
        *,
        complete: bool = True,
        limits: Iterable[str] = (),
    ) -> CheckRun:
        """The whole population, sorted by subject."""
        ordered = sorted(results, key=lambda item: (item.subject, _RANK[item.outcome]))
        return CheckRun(self.meta, tuple(ordered), complete, tuple(limits))

    def _result(self, subject: Subject, outcome: Outcome, says: str, details: Details) -> CheckResult:
        severity = details.get("severity", self.meta.severity)
        told = outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE)
        evidence = details.get("evidence", ())
        return CheckResult(
            check=self.meta.id,
            subject=subject,
            outcome=outcome,
            strength=details.get("strength", Strength.DECLARED),
            says=says,
            why=details.get("why", ()),
            evidence=tuple(with_lines(self.snapshot, item) for item in evidence) if told else evidence,
            remedy=details.get("remedy", "") if told else "",
            boundaries=details.get("boundaries", _EVERY_BOUNDARY),
            severity=severity,
            data=details.get("data", {}),
        )


def _over(base: Details | None, details: Details) -> Details:
    """Details that several results share, under those of one."""
    return Details(**{**(base or Details()), **details})


def _sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}."


def declared_only(facts: Facts) -> tuple[str, ...]:
    """The limit of a run whose results are as declared; none where enforcement is known."""
    if facts.platform.enforcement is not Enforcement.UNKNOWN:
        return ()
    return (f"Enforcement is unknown, so results are as declared: {facts.platform.reason}.",)
