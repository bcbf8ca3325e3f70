"""Controls tested: number, tests performed, result as counts over the whole population, evidence, state."""

from dataclasses import dataclass
from typing import Final

from app.model.control import Attestation, CheckTally, ControlAssessment, ControlState, ManualRecord, Role
from app.model.finding import Outcome
from app.render.content import Entry, Link, Mark, SectionPage
from app.render.dossier import Dossier, Section
from app.render.wording import count, day, ended, number, plural, sentence, short_digest

_NUMBER_WIDTHS: Final = ((6, 8), (9, 10))
"""Characters that fit a column of so many percent: `11.4.5`, `12.5.2.1` and `SC-7(21)`; `164.308(a)(1)` needs far more."""
_WIDEST_NUMBER: Final = 20
_FEW_TESTS: Final = 3


@dataclass(frozen=True, slots=True)
class Test:
    """One check of a control, with its result as counts; `evidence` is None for a check that was not performed."""

    title: str
    role: str
    result: str
    evidence: Link | None


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One control. `flags` are words such as *contrary evidence*; `needed` is what would be needed to decide.

    `brief` is true of one that is short enough to stand on one page.
    """

    number: str
    anchor: str
    title: str
    mark: Mark
    reason: str
    tests: tuple[Test, ...]
    unperformed: tuple[str, ...]
    flags: tuple[str, ...]
    needed: tuple[str, ...]
    records: tuple[str, ...]
    brief: bool


@dataclass(frozen=True, slots=True)
class Chapter:
    """Controls of one chapter, in the framework's order."""

    title: str
    anchor: str
    controls: tuple[ControlRow, ...]


@dataclass(frozen=True)
class ControlsPage(SectionPage):
    """Chapters, and readiness items of proposed rules, which are never counted; the column of numbers is `number_width` percent wide."""

    chapters: tuple[Chapter, ...]
    readiness: tuple[ControlRow, ...]
    number_width: int


def build(dossier: Dossier) -> ControlsPage:
    """Build the section."""
    rows = [(item, _row(dossier, item)) for item in dossier.assessment.controls]
    titles = dict.fromkeys(item.control.chapter for item, _ in rows if item.control.enabled)
    chapters = tuple(
        Chapter(
            title,
            f"chapter-{index}",
            tuple(row for item, row in rows if item.control.enabled and item.control.chapter == title),
        )
        for index, title in enumerate(titles, start=1)
    )
    return ControlsPage(
        id="controls",
        title="Controls tested",
        lede=(
            (
                "One block for each requirement: the tests that bear on it and their results over the whole population."
                " A test marked *supporting* is a fact for whoever judges; it never decides."
                " Requirements that ask for people or paper are listed too, with what would be needed. An interval that"
                " says *our default* is this product’s, not a rule."
            ),
        ),
        entries=tuple(Entry(item.title, item.anchor, 2) for item in chapters),
        chapters=chapters,
        readiness=tuple(row for item, row in rows if not item.control.enabled),
        number_width=_number_width(max((len(row.number) for _, row in rows), default=0)),
    )


def _number_width(longest: int) -> int:
    return next((width for most, width in _NUMBER_WIDTHS if longest <= most), _WIDEST_NUMBER)


def _row(dossier: Dossier, item: ControlAssessment) -> ControlRow:
    control, mark = item.control, Mark.of(item.state)
    by_role = sorted(item.tallies, key=lambda tally: tally.role is not Role.DIRECT)
    return ControlRow(
        number=control.id,
        anchor=f"control-{control.id}",
        title=sentence(control.title),
        mark=mark,
        reason=_reason(item, mark),
        tests=tuple(_test(dossier, item, tally) for tally in by_role if tally.performed),
        unperformed=_unperformed(dossier, item),
        flags=("contrary evidence",) if item.contrary else (),
        needed=_needed(item),
        records=_records(item),
        brief=len(item.tallies) <= _FEW_TESTS,
    )


def _reason(item: ControlAssessment, mark: Mark) -> str:
    """The reason without what the mark says beside it and what the note on what is needed says below it."""
    if item.state is ControlState.INSUFFICIENT and item.missing:
        return ""
    text = item.reason.partition(mark.word)[0].strip() if item.state is ControlState.MANUAL else item.reason
    return "" if text.casefold().rstrip(".") == mark.word.casefold() else sentence(text)


def _unperformed(dossier: Dossier, item: ControlAssessment) -> tuple[str, ...]:
    """Tests that this version does not perform, direct ones first; a tally with limits is answered in another place."""
    left = [tally for tally in item.tallies if not tally.performed and not tally.limits]
    said = []
    for role, lead in ((Role.DIRECT, ""), (Role.SUPPORTING, "Supporting: ")):
        titles = [_title(dossier, tally.check) for tally in left if tally.role is role]
        if titles:
            said.append(f"{lead}{'; '.join(titles)}.")
    return tuple(said)


def _test(dossier: Dossier, item: ControlAssessment, tally: CheckTally) -> Test:
    evidence = dossier.evidence_ids.get(tally.check, "")
    absent = not evidence and not item.attestation and tally.count(Outcome.INSUFFICIENT)
    return Test(
        title=_title(dossier, tally.check),
        role="" if tally.role is Role.DIRECT else "supporting",
        result="No record on file." if absent else result_words(tally),
        evidence=dossier.evidence_link(evidence) if evidence in dossier.mapped_ids else None,
    )


def _title(dossier: Dossier, check: str) -> str:
    title = dossier.check_titles.get(check, "")
    return sentence(title)[:-1] if title else f"`{check}`"


def result_words(tally: CheckTally) -> str:
    """Say a tally in counts: `13 of 14 without exception, 1 with`; an empty population says so."""
    if not tally.population:
        whole = "no subject in scope" if tally.population_complete else "population not read"
        return sentence(whole)
    applying = tally.population - tally.count(Outcome.NOT_APPLICABLE)
    if not applying and tally.population_complete:
        return f"Applies to none of {count(tally.population, 'subject')}."
    parts = [f"{number(tally.count(Outcome.PASS))} of {number(applying)} without exception"]
    failed = tally.count(Outcome.FAIL)
    if failed:
        accepted = f" ({number(tally.excepted)} accepted)" if tally.excepted else ""
        parts.append(f"{number(failed)} with{accepted}")
    unknown = tally.count(Outcome.INSUFFICIENT) + tally.count(Outcome.ERROR)
    if unknown:
        parts.append(f"{number(unknown)} not determined")
    if not tally.population_complete:
        parts.append("population not fully read")
    return sentence(", ".join(parts))


def _needed(item: ControlAssessment) -> tuple[str, ...]:
    """What would be needed to decide, without the tests that are not performed: those have a note of their own."""
    told = _told_elsewhere(item)
    missing = tuple(sentence(text) for text in item.missing if not any(name in text for name in told))
    record = (_wanted(item),) if _record_is_absent(item) else ()
    if missing or record:
        return (*missing, *record)
    if item.state is ControlState.MANUAL:
        return tuple(sentence(text) for text in item.control.manual_parts)
    if not item.tallies and item.control.outside_tool:
        return (sentence(item.control.outside_tool),)
    return ()


def _told_elsewhere(item: ControlAssessment) -> tuple[str, ...]:
    """Names that a sentence on what is missing carries when another line of the row says the same."""
    unperformed = tuple(f"does not perform `{tally.check}`" for tally in item.tallies if not tally.performed)
    record = item.control.manual_record
    return (*unperformed, f"“{record.type}”") if record and _record_is_absent(item) else unperformed


def _record_is_absent(item: ControlAssessment) -> bool:
    return item.control.manual_record is not None and item.attestation is None and not item.not_applicable


def _wanted(item: ControlAssessment) -> str:
    """The record that would attest the manual part: its type, how old it may be, and what it has to show."""
    record, shows = item.control.manual_record, "; ".join(item.control.manual_parts)
    assert record is not None
    return ended(f"A record “{record.type}”, {_interval(record)}{f', that shows: {shows}' if shows else ''}")


def _interval(record: ManualRecord) -> str:
    """How long a record counts and who says so, to follow the word *record*."""
    counts = "which counts" if record.max_age.startswith("until ") else "not older than"
    whose = "our default" if record.interval_set_by == "product default" else record.set_by
    return f"{counts} {record.max_age}{f' ({whose})' if whose else ''}"


def _records(item: ControlAssessment) -> tuple[str, ...]:
    """A manual record on file with its interval, and declarations; each one sentence."""
    said: list[str] = []
    record, held, declared = item.control.manual_record, item.attestation, item.not_applicable
    if held:
        said.append(_on_file(held, record, named=f"“{held.type}”" in item.reason))
    if declared:
        said.append(
            f"Declared by {declared.declared_by} on {day(declared.declared_on)}: {sentence(declared.reason)}"
        )
    accepted = len(item.excepted)
    if accepted:
        said.append(
            f"{count(accepted, 'failure')} under accepted {'exception' if accepted == 1 else plural('exception')}."
        )
    return tuple(said)


def _on_file(held: Attestation, record: ManualRecord | None, *, named: bool) -> str:
    """The record on file; where the reason beside the title names it, only its document is left to say."""
    proof = (
        f"document {held.document} ({short_digest(held.document_digest)})" if held.document else "no document"
    )
    if named:
        return f"On file: {proof}."
    interval = f"; wanted is one {_interval(record)}" if record else ""
    return f"On file: “{held.type}” by {held.person}, {day(held.performed_on)}, {proof}{interval}."


SECTION = Section("controls", "Controls tested", build)
