"""The sentence a report prints for a state. It says what was shown and by whom; it never claims that a rule is met."""

from app.assess.records import RecordStatus
from app.assess.rollup import Evidence
from app.model.control import ControlState
from app.model.finding import Outcome

NO_SCAN_DECIDES_IT = "No scan decides this requirement."


def reason(state: ControlState, evidence: Evidence) -> str:
    """Write the sentence for a state."""
    match state:
        case ControlState.NOT_APPLICABLE:
            return _declared(evidence)
        case ControlState.EXCEPTION:
            return _exception(evidence)
        case ControlState.INSUFFICIENT:
            return _undetermined(evidence.undecided)
        case ControlState.PARTIAL:
            return _accepted(evidence)
        case ControlState.MANUAL:
            return f"{_automated(evidence)}Manual evidence needed. {_manual(evidence)}"
        case ControlState.SUPPORTED:
            return _supported(evidence)


def missing(state: ControlState, evidence: Evidence) -> tuple[str, ...]:
    """What would be needed to decide, one sentence each; empty for states that are decided."""
    record = () if evidence.record.attested else (_manual(evidence),)
    match state:
        case ControlState.INSUFFICIENT:
            return (*evidence.undecided, *record)
        case ControlState.MANUAL:
            return record or (_manual(evidence),)
        case _:
            return ()


def _declared(evidence: Evidence) -> str:
    said = evidence.declaration
    assert said is not None
    found = "The scan found nothing to the contrary"
    found += ", and could not judge all of it." if evidence.missing else "."
    return (
        f"Declared not applicable by {said.declared_by} on {said.declared_on}: {_stop(said.reason)} {found}"
    )


def _exception(evidence: Evidence) -> str:
    sentences = []
    failing = sum(len(bearing.failures) for bearing in evidence.direct)
    if failing:
        sentences.append(f"Exception noted in {failing} of {_tests(evidence)}.")
    if any(bearing.failures for bearing in evidence.record_checks):
        sentences.append(f"Exception noted: {evidence.record.says}")
    if evidence.declaration:
        sentences.append(
            f"The declaration of {evidence.declaration.declared_by} that it does not apply is set aside: "
            "the scan contradicts it."
        )
    return " ".join(sentences)


def _accepted(evidence: Evidence) -> str:
    accepted = len(evidence.excepted)
    tests = f" of {_tests(evidence)}" if evidence.direct else ""
    return f"Exceptions accepted by the entity in {accepted}{tests}; assessor decision needed."


def _automated(evidence: Evidence) -> str:
    if not evidence.direct:
        return ""
    clear = sum(bearing.counts[Outcome.PASS] for bearing in evidence.direct)
    return f"Automated part: {clear} of {_tests(evidence)} without exception. "


def _supported(evidence: Evidence) -> str:
    on_file = evidence.record.status is RecordStatus.CURRENT
    record = f"Manual evidence on file: {evidence.record.says}" if on_file else ""
    if not evidence.direct:
        return f"{record} {NO_SCAN_DECIDES_IT}"
    return f"No exceptions noted in {_tests(evidence)}. {record}".rstrip()


def _manual(evidence: Evidence) -> str:
    parts = "; ".join(evidence.control.manual_parts)
    subject = "It" if evidence.control.manual_record else "Evidence from people"
    wanted = f" {subject} has to show: {_stop(parts)}" if parts else ""
    return f"{evidence.record.says}{wanted}".strip() or "No direct check exists for it."


def _tests(evidence: Evidence) -> str:
    """A test is one check for one subject."""
    count = sum(bearing.tested for bearing in evidence.direct)
    return f"{count} test" if count == 1 else f"{count} tests"


def _undetermined(sentences: tuple[str, ...]) -> str:
    """The first reason stands for all; `missing` has every one."""
    if len(sentences) == 1:
        return f"Could not be determined. {sentences[0]}"
    return f"Could not be determined, for {len(sentences)} reasons. The first: {sentences[0]}"


def _stop(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
