"""The files that people own, read as their owner would read them again: what does not count, what is due, what is missing.

Nothing here decides a control. It names entries that the verdicts already leave aside, before an auditor finds them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from app.assess.assessment import duties
from app.assess.configuration import Configuration
from app.model.approval import Approved, unapproved
from app.model.dates import months_after
from app.model.finding import Outcome
from app.model.scope import Boundary

_REVIEW_MONTHS = 12  # of a whole file: PCI DSS 12.5.2 for the scope, our own default for the registers
_SIGN = "Have it approved by somebody other than its owner, and enter owner, approver and approved_on."
_REVIEW = "Review it, and enter the new approved_on and review_by; or take it out."
_RECORD = "Do it, and enter the record in attestations.yaml."


class Concern(StrEnum):
    """What is wrong with an entry, in the order in which a person looks at it."""

    OVERDUE = "overdue"
    NOT_COUNTED = "does not count"
    OTHER = "another document"
    TOO_WIDE = "over-broad"
    NO_MATCH = "matches nothing"
    ABSENT = "not on file"
    UNREPORTED = "not reported"


@dataclass(frozen=True, slots=True)
class Remark:
    """One entry to look at again.

    Attributes:
        file: name of the document.
        entry: its place: `approved_flows: F-001`, `EX-2026-014`, or empty for the whole file.
        says: what is wrong, as a sentence about the entry.
        advice: what to do next.
    """

    file: str
    entry: str
    concern: Concern
    says: str
    advice: str


def review(config: Configuration, at: datetime, files: Mapping[str, str]) -> tuple[Remark, ...]:
    """Everything that time or a missing signature has taken out of the files.

    Args:
        config: the documents, read without a mistake.
        at: aware; entries are judged on its day in UTC.
        files: SHA-256 of the documents that attestations name, by that name, as far as they are there to be read.
    """
    day = at.astimezone(UTC).date()
    return (
        *_confirmations(config, day),
        *_entries(config, day),
        *_flows(config, day),
        *_exceptions(config, day),
        *_certificates(config),
        *_records(config, at),
        *_papers(config, files),
        *_links(config, day),
    )


def _confirmations(config: Configuration, day: date) -> Iterator[Remark]:
    for file, owned, whose in (
        ("scope.yaml", config.scope, "PCI DSS 12.5.2 sets this interval"),
        ("registers.yaml", config.registers, "a default of this product"),
    ):
        last = owned.reviewed_on
        if last is not None and last > day:
            says = f"{owned.owner} is said to have confirmed it on {last}, which is still to come."
            advice = "Enter the day on which it was confirmed last as reviewed_on."
            yield Remark(file, "reviewed_on", Concern.NOT_COUNTED, says, advice)
        if last is not None and months_after(last, _REVIEW_MONTHS) < day:
            says = (
                f"{owned.owner} confirmed it last on {last}, more than {_REVIEW_MONTHS} months ago ({whose})."
            )
            yield Remark(
                file, "reviewed_on", Concern.OVERDUE, says, "Go through it, and enter the day as reviewed_on."
            )


def _entries(config: Configuration, day: date) -> Iterator[Remark]:
    scope, registers = config.scope, config.registers
    policy = (registers.tls_policy,) if registers.tls_policy else ()
    lists: tuple[tuple[str, str, Iterable[Approved] | None], ...] = (
        ("scope.yaml", "approved_exposures", scope.approved_exposures),
        ("scope.yaml", "application_tls", scope.encryption.application_tls),
        ("registers.yaml", "insecure_services", registers.insecure_services),
        ("registers.yaml", "policy_writers", registers.policy_writers),
        ("registers.yaml", "flow_logs", registers.flow_logs),
        ("registers.yaml", "tls_policy", policy),
        ("registers.yaml", "external_controls", registers.external_controls),
        ("registers.yaml", "addressable_decisions", registers.addressable_decisions),
        ("registers.yaml", "entity_controls", registers.entity_controls),
    )
    for file, register, entries in lists:
        for item in entries or ():
            if problem := unapproved(item, day):
                yield _not_counted(file, _place(register, item), problem, late=_late(item, day))
    for change in registers.changes or ():  # one whose day has passed was carried out, or never will be
        if not _late(change, day) and (problem := unapproved(change, day)):
            yield _not_counted("registers.yaml", _place("changes", change), problem, late=False)


def _flows(config: Configuration, day: date) -> Iterator[Remark]:
    for item in config.scope.approved_flows or ():
        if problem := item.problem(day):
            yield _not_counted("scope.yaml", f"approved_flows: {item.id}", problem, late=_late(item, day))


def _not_counted(file: str, entry: str, problem: str, *, late: bool) -> Remark:
    concern, advice = (Concern.OVERDUE, _REVIEW) if late else (Concern.NOT_COUNTED, _SIGN)
    if "approved from" in problem:
        advice = "It counts from that day on; correct approved_on if it was approved before."
    if "justification" in problem:
        advice = "Say in `justification` what needs it, or close the flow and take the entry out."
    return Remark(file, entry, concern, f"It does not count: {problem}.", advice)


def _late(item: Approved, day: date) -> bool:
    return item.review_by is not None and item.review_by < day


def _place(register: str, item: Approved) -> str:
    name = getattr(item, "id", "")
    return f"{register}: {name}" if name else register


def _exceptions(config: Configuration, day: date) -> Iterator[Remark]:
    for item in config.exceptions:
        if day < item.starts_on:
            continue
        if problem := item.problem(day):
            late = day > item.expires_on
            advice = "Close what it covers, or have it accepted anew by somebody other than its owner."
            concern = Concern.OVERDUE if late else Concern.NOT_COUNTED
            yield Remark("exceptions.yaml", item.id, concern, f"It does not count: {problem}.", advice)
        elif item.broad:
            says = f"{', '.join(item.broad)} names a whole namespace or more."
            advice = "Name each subject that is accepted, as a report prints it."
            yield Remark("exceptions.yaml", item.id, Concern.TOO_WIDE, says, advice)
        elif not item.compensating_control.strip() and _judges_pci(config):
            says = "It counts for no control of PCI DSS: it names no compensating control."
            advice = "Enter the worksheet, or the measure itself, as compensating_control."
            yield Remark("exceptions.yaml", item.id, Concern.NOT_COUNTED, says, advice)


def _judges_pci(config: Configuration) -> bool:
    return any(item.boundary is Boundary.PCI for item in config.frameworks)


def _certificates(config: Configuration) -> Iterator[Remark]:
    for item in config.scope.certificates or ():
        missing = [name for name in ("owner", "purpose") if not getattr(item, name).strip()]
        if missing:
            says = f"It does not count: it names no {' and no '.join(missing)}."
            advice = "Enter who owns the certificate and what it is for."
            yield Remark("scope.yaml", f"certificates: {item.id}", Concern.NOT_COUNTED, says, advice)


def _records(config: Configuration, at: datetime) -> Iterator[Remark]:
    for duty in duties(config, at=at):
        if duty.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT):
            concern = Concern.OVERDUE if duty.outcome is Outcome.FAIL else Concern.ABSENT
            entry = f"{duty.framework} {duty.control}, {duty.type}"
            yield Remark("attestations.yaml", entry, concern, duty.says, _RECORD)


def _papers(config: Configuration, files: Mapping[str, str]) -> Iterator[Remark]:
    """A document that is not the one whose digest was entered is another document."""
    for item in config.attestations:
        found, entry = files.get(item.document), f"{item.type}, {item.performed_on}"
        if found and item.document_digest and found != item.document_digest:
            says = f"{item.document} is not the document of the record: its SHA-256 is {found}."
            advice = "Put the document back, or enter a new record for the new one."
            yield Remark("attestations.yaml", entry, Concern.OTHER, says, advice)
        elif found and not item.document_digest:
            says = f"{item.document} may be replaced unseen: no digest stands beside it."
            advice = f"Enter document_digest: {found}"
            yield Remark("attestations.yaml", entry, Concern.ABSENT, says, advice)


def _links(config: Configuration, day: date) -> Iterator[Remark]:
    for item in config.links:
        if item.valid_until < day:
            says = f"The statement about {item.feature} counted until {item.valid_until}."
            advice = "Obtain the provider's statement again, and enter it with a new valid_until."
            yield Remark("attestations.yaml", "provider_links", Concern.OVERDUE, says, advice)
