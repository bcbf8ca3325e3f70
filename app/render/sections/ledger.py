"""The mapping ledger: how strong the evidence for each control can be, what it leaves open, and who has to give the rest."""

from dataclasses import dataclass
from typing import Final

from app.model.ledger import MAPPING_WORDS, LedgerEntry, MappingLedger, MappingStrength
from app.render.content import Column, Row, SectionPage, Stack, Table
from app.render.dossier import Dossier, Section
from app.render.wording import SHORT_NUMBER, ended, number, sentence

_LEDE: Final = (
    "The state of a control elsewhere in this report says what was found. This ledger says what could be found at all: it follows from the"
    " framework's file alone and is the same for every cluster."
)
_MEANINGS: Final[dict[MappingStrength, str]] = {
    MappingStrength.DIRECT: "A test of the cluster or of the stored scans decides a part of it; the rest needs people.",
    MappingStrength.SUPPORTING: "Tests are facts for whoever judges it. They never decide and never lift its state.",
    MappingStrength.RECORD: "No test reads the cluster for it. Whether a record is on file and in time is all that is tested.",
    MappingStrength.NONE: "No test bears on it; it is listed so that nobody misses it.",
}


@dataclass(frozen=True)
class LedgerPage(SectionPage):
    """`strengths` counts requirements; `entries_table` has one row for each, `readiness` those of proposed rules."""

    strengths: Table
    requirements: Table
    readiness: Table | None


def build(dossier: Dossier) -> LedgerPage:
    """Build the section."""
    found = dossier.ledger
    return LedgerPage(
        id="ledger",
        title="What the mapping can show",
        lede=(found.sentence, _LEDE),
        strengths=_strengths(found),
        requirements=_table("Requirements with what a scan can bring to each", dossier, found.entries),
        readiness=_table("Readiness for proposed rules, not counted", dossier, found.readiness)
        if found.readiness
        else None,
    )


def _strengths(found: MappingLedger) -> Table:
    return Table(
        caption="Requirements by what a scan can bring to them",
        columns=(Column("What a scan brings", 28), Column("Requirements", 16, "number"), Column("Meaning")),
        rows=tuple(
            Row((MAPPING_WORDS[item], number(found.count(item)), _MEANINGS[item])) for item in MappingStrength
        ),
    )


def _table(caption: str, dossier: Dossier, entries: tuple[LedgerEntry, ...]) -> Table:
    short = all(len(item.control.id) <= SHORT_NUMBER for item in entries)
    return Table(
        caption=caption,
        columns=(
            Column("Number", 10 if short else 20, "code"),
            Column("What a scan brings", 22),
            Column("It does not prove", 38 if short else 32),
            Column("To get elsewhere"),
        ),
        rows=tuple(_row(dossier, item) for item in entries),
        empty="No requirement of this framework counts.",
    )


def _row(dossier: Dossier, item: LedgerEntry) -> Row:
    return Row(
        (
            dossier.control_link(item.control.id),
            Stack((MAPPING_WORDS[item.strength],), _brings(item)),
            ended(sentence("; ".join(item.does_not_prove))),
            ended(sentence("; ".join(item.elsewhere))) if item.elsewhere else "Nothing beside the tests.",
        )
    )


def _brings(item: LedgerEntry) -> tuple[str, ...]:
    """Tests by role, the testing procedures that they serve, or why there is none."""
    decide, support = len(item.direct), len(item.supporting)
    tests = [f"{number(decide)} to decide"] * bool(decide) + [f"{number(support)} to support"] * bool(support)
    said = [f"Tests: {', '.join(tests)}."] if tests else []
    if item.control.tool_supports:
        said.append(f"For {', '.join(item.control.tool_supports)}.")
    if item.why_nothing:
        said.append(ended(item.why_nothing))
    return tuple(said)


SECTION = Section("ledger", "What the mapping can show", build)
