"""Findings: one block each, with why, evidence and how to close it; the less grave ones as a list."""

from dataclasses import dataclass, replace
from typing import Final

from app.model.control import ControlState
from app.model.finding import CheckResult, Evidence, Outcome
from app.render.claims import claim, claimed, plain
from app.render.content import Column, Entry, Link, Mark, Row, SectionPage, Table
from app.render.dossier import Dossier, Section
from app.render.excerpt import Line, excerpt_lines
from app.render.failing import Finding, worst_first
from app.render.sections.fixes import fix_link
from app.render.shown import FULL_OF_A_TEST, Shown
from app.render.wording import (
    SEVERITY_WORDS,
    STRENGTH_WORDS,
    clipped,
    count,
    day,
    ended,
    joined,
    number,
    plural,
    sentence,
)

MOST_REASONS: Final = 5
"""Steps of one finding; a weak path into a busy workload has as many as workloads that open it."""

_SHORT_NUMBER: Final = 10
"""Letters of the longest number of a control that a narrow column holds: `164.308(a)(1)(ii)(B)` needs a wider one."""

_TITLE_IN_CONTENTS: Final = 90


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One object that a finding rests on; `lines` mark what decides."""

    object: str
    field: str
    digest: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One finding in full; `more` says how many reasons are left out, `as_for` leads to the one with the same remedy."""

    id: str
    title: str
    mark: Mark
    severity: str
    severity_id: str
    controls: tuple[Link, ...]
    check: Link
    seen: str
    strength: str
    why: tuple[str, ...]
    exhibits: tuple[Exhibit, ...]
    remedy: str
    remedy_code: str
    exception: str
    more: str
    fix: Link | None = None
    as_for: Link | None = None


@dataclass(frozen=True)
class FindingsPage(SectionPage):
    """`blocks` in full, `others` as a list, `undecided` is what could not be determined."""

    blocks: tuple[Block, ...]
    others: Table
    undecided: Table
    notes: tuple[str, ...]


def build(dossier: Dossier) -> FindingsPage:
    """Build the section."""
    chosen = dossier.shown
    blocks = _told_once(tuple(_block(dossier, item) for item in chosen.full))
    return FindingsPage(
        id="findings",
        title="Findings",
        lede=(_lede(dossier),),
        entries=() if chosen.short or chosen.left else _entries(blocks),
        blocks=blocks,
        others=_others(chosen),
        undecided=_undecided(dossier),
        notes=_notes(dossier),
    )


def _entries(blocks: tuple[Block, ...]) -> tuple[Entry, ...]:
    """Lines of the contents, where all findings are in full: a long list has the summary and its own order."""
    return tuple(
        Entry(f"{item.id}  {clipped(item.title, _TITLE_IN_CONTENTS)}", item.id, 2) for item in blocks
    )


def _lede(dossier: Dossier) -> str:
    findings = dossier.findings
    if not dossier.mapped_runs:
        return "No test that bears on this framework was performed, so nothing can be said."
    if not findings:
        return "No test that bears on this framework found an exception in what was read."
    accepted = sum(item.state is ControlState.PARTIAL for item in findings)
    parts = [order_sentence(len(findings), sum(not item.direct for item in findings))]
    if accepted:
        parts.append(f"{number(accepted)} {'is' if accepted == 1 else 'are'} under an accepted exception.")
    return " ".join(parts)


def order_sentence(total: int, aside: int) -> str:
    """How many there are and how they are sorted; `aside` of them come from supporting tests."""
    if not aside:
        return f"{count(total, 'finding')}, worst first."
    if aside == total:
        all_come = "It comes" if total == 1 else "All come"
        return f"{count(total, 'finding')}, worst first. {all_come} from supporting tests, which decide no control."
    decide = "one that decides" if total - aside == 1 else f"{number(total - aside)} that decide"
    support = (
        "one from a supporting test, which decides none"
        if aside == 1
        else f"{number(aside)} from supporting tests, which decide none"
    )
    return f"{count(total, 'finding')}: first {decide} a control, then {support}; the worst of each first."


def _notes(dossier: Dossier) -> tuple[str, ...]:
    said = []
    if len(dossier.shown.full) < len(dossier.findings):
        said.append(
            f"At most {FULL_OF_A_TEST} findings of a test are told in full; the others follow in short, and"
            " `findings.json` has the reasons and the evidence of all."
        )
    if dossier.elsewhere:
        are = "bears" if dossier.elsewhere == 1 else "bear"
        said.append(
            f"{count(dossier.elsewhere, 'more failing result')} of this scan {are} on no control or no subject of this"
            " framework; `findings.json` holds all."
        )
    return tuple(said)


def _block(dossier: Dossier, item: Finding) -> Block:
    result = item.result
    evidence = dossier.evidence_ids[result.check]
    words, _, code = result.remedy.partition("\n\n")
    return Block(
        id=item.id,
        title=claim(result),
        mark=item.mark,
        severity=SEVERITY_WORDS[result.severity],
        severity_id=result.severity.value,
        controls=tuple(dossier.control_link(number_) for number_ in item.controls),
        check=dossier.evidence_link(evidence),
        seen=_seen(dossier, item),
        strength=ended(STRENGTH_WORDS[result.strength]),
        why=_reasons(result),
        exhibits=tuple(_exhibit(entry) for entry in result.evidence),
        remedy=_ended_before_code(words, code),
        remedy_code=code.strip("\n"),
        exception=f"Covered by the accepted exception {item.exception}." if item.exception else "",
        more=_left(result),
        fix=fix_link(dossier, result.fingerprint),
    )


def _told_once(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Name the first finding with the same remedy in the words of the same test, instead of saying it again."""
    first: dict[tuple[Link, str, str], Link] = {}
    told = []
    for item in blocks:
        same = first.setdefault((item.check, item.remedy, item.remedy_code), Link(item.id, item.id))
        again = same.text != item.id and item.remedy
        told.append(replace(item, remedy="", remedy_code="", as_for=same) if again else item)
    return tuple(told)


def _left(result: CheckResult) -> str:
    left = len(result.why) - MOST_REASONS
    return f"And {number(left)} more of them in `findings.json`." if left > 1 else ""


def _reasons(result: CheckResult) -> tuple[str, ...]:
    """All of them when only one would be left out: saying so takes as much room."""
    most = MOST_REASONS if len(result.why) > MOST_REASONS + 1 else len(result.why)
    return tuple(ended(plain(step)) for step in result.why[:most])


def _ended_before_code(words: str, code: str) -> str:
    """A remedy may end in an object to apply, after an empty line; then a colon leads to it."""
    return f"{words.rstrip('.: ')}:" if code else ended(words)


def _seen(dossier: Dossier, item: Finding) -> str:
    life = item.life
    if life is None:
        return "not recorded before this scan"
    again = f", opened {number(life.times_opened)} times" if life.times_opened > 1 else ""
    if life.first_in == dossier.report.scan.number:
        return f"first seen in this scan{again}"
    return f"first seen {day(life.first_at)}, in {count(life.seen_in, 'scan')}{again}"


def _exhibit(entry: Evidence) -> Exhibit:
    return Exhibit(
        object=str(entry.ref),
        field=entry.field,
        digest=entry.digest,
        lines=excerpt_lines(entry.excerpt, entry.field) if entry.excerpt else (),
    )


def _others(chosen: Shown) -> Table:
    """A row for each other finding, worst first, and one for those of a test that are not printed."""
    left = {group[0].id: group for group in chosen.left}
    listed = sorted((*chosen.short, *(group[0] for group in chosen.left)), key=worst_first)
    missing = sum(len(group) for group in chosen.left)
    longest = max((len(number) for item in listed for number in item.controls), default=0)
    return Table(
        caption="More findings, in short",
        columns=(
            Column("Finding", 12, "code"),
            Column("What is wrong"),
            Column("Severity", 10),
            Column("Controls", 18 if longest > _SHORT_NUMBER else 14),
            Column("State", 18, "mark"),
        ),
        rows=tuple(_more_row(left[item.id]) if item.id in left else _short_row(item) for item in listed),
        note=f"{count(missing, 'finding')} {'is' if missing == 1 else 'are'} not printed; `findings.json` holds all."
        if missing
        else "",
        empty="",
    )


def _short_row(item: Finding) -> Row:
    cells = (
        item.id,
        claimed(item.result),
        SEVERITY_WORDS[item.result.severity],
        ", ".join(item.controls),
        item.mark,
    )
    return Row(cells, item.state.value, item.id)


def _more_row(group: tuple[Finding, ...]) -> Row:
    first = group[0]
    severities = sorted({item.result.severity for item in group}, key=lambda item: item.rank)
    cells = (
        "–",
        f"And {number(len(group))} more of `{first.result.check}`.",
        joined([SEVERITY_WORDS[item] for item in severities]),
        ", ".join(first.controls),
        first.mark,
    )
    return Row(cells, first.state.value)


def _undecided(dossier: Dossier) -> Table:
    """What could not be determined, by check and sentence; one row may stand for many subjects."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for evidence, run in dossier.mapped_runs:
        for result in dossier.of_boundary(run):
            if result.outcome in (Outcome.INSUFFICIENT, Outcome.ERROR):
                why = result.remedy.partition("\n\n")[0] or (result.why[-1] if result.why else result.says)
                groups.setdefault((evidence, run.meta.title, why), []).append(result.subject.id)
    rows = list(groups.items())
    shown = rows[: dossier.definition.rows]
    left = len(rows) - len(shown)
    return Table(
        caption="Could not be determined",
        columns=(
            Column("Evidence", 14, "code"),
            Column("Test", 28),
            Column("Subjects", 12, "number"),
            Column("What would be needed"),
        ),
        rows=tuple(
            Row(
                (dossier.evidence_link(key[0]), sentence(key[1])[:-1], number(len(names)), ended(key[2])),
                ControlState.INSUFFICIENT.value,
            )
            for key, names in shown
        ),
        note=f"{number(left)} more {'row' if left == 1 else plural('row')} in `populations.csv`."
        if left
        else "",
        empty="",
    )


SECTION = Section("findings", "Findings", build)
