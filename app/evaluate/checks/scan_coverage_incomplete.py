"""Was everything read and understood?"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.population import record_subject
from app.evaluate.checks.common.verdicts import Check, Details, Verdicts
from app.evaluate.checks.common.wording import count
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun, Strength
from app.model.identity import GroupKind
from app.model.snapshot import CollectionGap, Coverage, KindCoverage

_NAMED = 10
_UNTOLD = "documents of unknown kind"
_LIMIT = "Kinds that this version does not know are not listed, and so not counted here."


@dataclass(frozen=True, slots=True)
class ScanCoverageIncomplete:
    """Judges each kind that was asked for, and each kind that a gap names.

    A kind passes when its list was read to the end and every object of it was understood. One that the API does not
    serve does not apply: there can be no object of it.
    """

    id: str = "scan-coverage-incomplete"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every kind."""
        verdicts = Verdicts.of(facts, self.id)
        gaps: dict[GroupKind, list[CollectionGap]] = {}
        for gap in facts.snapshot.gaps:
            gaps.setdefault(gap.group_kind, []).append(gap)
        asked = {item.group_kind: item for item in facts.snapshot.kinds}
        kinds = sorted({*asked, *gaps})
        return verdicts.run(
            (_result(verdicts, kind, asked.get(kind), gaps.get(kind, [])) for kind in kinds), limits=(_LIMIT,)
        )


CHECK: Check = ScanCoverageIncomplete()


def _result(
    verdicts: Verdicts, kind: GroupKind, coverage: KindCoverage | None, gaps: Sequence[CollectionGap]
) -> CheckResult:
    name = str(kind) or _UNTOLD
    subject = record_subject(name)
    details = Details(strength=Strength.OBSERVED, data={"objects": coverage.count if coverage else 0})
    state = coverage.coverage if coverage else Coverage.PARTIAL
    if state is Coverage.ABSENT and not gaps:
        return verdicts.not_applicable(
            subject, f"the API does not serve {name}, so there is none", base=details
        )
    if state is Coverage.COMPLETE and not gaps:
        objects = count(coverage.count if coverage else 0, "object")
        return verdicts.passed(subject, f"{name} was read to the end of its list: {objects}", base=details)
    return verdicts.failed(
        subject,
        f"{name} was {_how(state)}: {gaps[0].message if gaps else 'the list did not come to its end'}",
        why=_steps(gaps),
        remedy="\n".join(dict.fromkeys(gap.advice for gap in gaps if gap.advice)),
        base=details,
    )


def _how(state: Coverage) -> str:
    match state:
        case Coverage.REFUSED:
            return "not read"
        case Coverage.COMPLETE:
            return "read, but not wholly understood"
        case Coverage.PARTIAL | Coverage.ABSENT:
            return "read in part"


def _steps(gaps: Sequence[CollectionGap]) -> tuple[str, ...]:
    more = (f"And {len(gaps) - _NAMED} more.",) if len(gaps) > _NAMED else ()
    return (*(_step(gap) for gap in gaps[:_NAMED]), *more)


def _step(gap: CollectionGap) -> str:
    place = f" ({gap.field})" if gap.field else ""
    return f"{gap.reason.value.capitalize()}{place}: {gap.message}"
