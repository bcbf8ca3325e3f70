"""Controls tested: number, tests performed, result as counts over the whole population, evidence, state."""

from dataclasses import dataclass

from app.model.control import CheckTally, ControlAssessment, ControlState, Role
from app.model.finding import Outcome
from app.render.content import Entry, Link, Mark, SectionPage
from app.render.dossier import Dossier, Section
from app.render.wording import count, day, number, plural, sentence, short_digest


@dataclass(frozen=True, slots=True)
class Test:
    """One check of a control, with its result as counts; `evidence` is None for a check that was not performed."""

    title: str
    role: str
    result: str
    evidence: Link | None


@dataclass(frozen=True, slots=True)
class ControlRow:
    """One control. `flags` are words such as *contrary evidence*; `needed` is what would be needed to decide."""

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


@dataclass(frozen=True, slots=True)
class Chapter:
    """Controls of one chapter, in the framework's order."""

    title: str
    anchor: str
    controls: tuple[ControlRow, ...]


@dataclass(frozen=True)
class ControlsPage(SectionPage):
    """Chapters, and readiness items of proposed rules, which are never counted."""

    chapters: tuple[Chapter, ...]
    readiness: tuple[ControlRow, ...]


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
                "One row for each requirement: the tests that bear on it and their results over the whole population."
                " Requirements that ask for people or paper are listed too, with what would be needed."
            ),
        ),
        entries=tuple(Entry(item.title, item.anchor, 2) for item in chapters),
        chapters=chapters,
        readiness=tuple(row for item, row in rows if not item.control.enabled),
    )


def _row(dossier: Dossier, item: ControlAssessment) -> ControlRow:
    control, mark = item.control, Mark.of(item.state)
    direct = [tally for tally in item.tallies if tally.role is Role.DIRECT]
    supporting = [tally for tally in item.tallies if tally.role is Role.SUPPORTING]
    return ControlRow(
        number=control.id,
        anchor=f"control-{control.id}",
        title=sentence(control.title),
        mark=mark,
        reason=_reason(item, mark),
        tests=tuple(_test(dossier, tally) for tally in (*direct, *supporting) if tally.performed),
        unperformed=tuple(_title(dossier, tally.check) for tally in item.tallies if not tally.performed),
        flags=("Contrary evidence: a test that supports this control has exceptions.",)
        if item.contrary
        else (),
        needed=_needed(item),
        records=_records(item),
    )


def _reason(item: ControlAssessment, mark: Mark) -> str:
    """The reason without what the mark and the line on what is needed say beside it."""
    text = item.reason
    for missing in item.missing:
        text = text.replace(missing, "").replace(missing.rstrip("."), "")
    text = sentence(" ".join(text.split()).strip(" .:;,"))
    return "" if text.casefold() == f"{mark.word}.".casefold() else text


def _test(dossier: Dossier, tally: CheckTally) -> Test:
    evidence = dossier.evidence_ids.get(tally.check, "")
    return Test(
        title=_title(dossier, tally.check),
        role="" if tally.role is Role.DIRECT else "supporting",
        result=result_words(tally),
        evidence=dossier.evidence_link(evidence) if evidence in dossier.mapped_ids else None,
    )


def _title(dossier: Dossier, check: str) -> str:
    title = dossier.check_titles.get(check, "")
    return sentence(title)[:-1] if title else f"`{check}`"


def result_words(tally: CheckTally) -> str:
    """Say a tally in counts: `13 of 14 without exception, 1 with exception`; an empty population says so."""
    if not tally.population:
        whole = "no subject in scope" if tally.population_complete else "population not read"
        return sentence(whole)
    applying = tally.population - tally.count(Outcome.NOT_APPLICABLE)
    parts = [f"{number(tally.count(Outcome.PASS))} of {number(applying)} without exception"]
    failed = tally.count(Outcome.FAIL)
    if failed:
        accepted = f" ({number(tally.excepted)} accepted)" if tally.excepted else ""
        parts.append(f"{number(failed)} with exception{accepted}")
    unknown = tally.count(Outcome.INSUFFICIENT) + tally.count(Outcome.ERROR)
    if unknown:
        parts.append(f"{number(unknown)} not determined")
    if not tally.population_complete:
        parts.append("population not fully read")
    return sentence(", ".join(parts))


def _needed(item: ControlAssessment) -> tuple[str, ...]:
    if item.missing:
        return tuple(sentence(text) for text in item.missing)
    if item.state is ControlState.MANUAL:
        return tuple(sentence(text) for text in item.control.manual_parts)
    if not item.tallies and item.control.outside_tool:
        return (sentence(item.control.outside_tool),)
    return ()


def _records(item: ControlAssessment) -> tuple[str, ...]:
    """Manual records on file, who set their interval, and declarations; each one sentence."""
    said: list[str] = []
    record = item.control.manual_record
    if item.attestation:
        held = item.attestation
        proof = f", document {held.document} ({short_digest(held.document_digest)})" if held.document else ""
        said.append(f"On file: {held.type} by {held.person}, {day(held.performed_on)}{proof}.")
    if record:
        said.append(
            f"Record wanted: {record.type}, at most {record.max_age} old; the interval is set by the {record.interval_set_by}."
            if record.interval_set_by != "product default"
            else f"Record wanted: {record.type}, at most {record.max_age} old; that interval is this product’s default, not a rule."
        )
    if item.not_applicable:
        held_na = item.not_applicable
        said.append(
            f"Declared by {held_na.declared_by} on {day(held_na.declared_on)}: {sentence(held_na.reason)}"
        )
    accepted = len(item.excepted)
    if accepted:
        said.append(
            f"{count(accepted, 'failure')} under accepted {'exception' if accepted == 1 else plural('exception')}."
        )
    return tuple(said)


SECTION = Section("controls", "Controls tested", build)
