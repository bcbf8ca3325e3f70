"""Policy hygiene: every policy with what is odd about it, and those about which there is nothing to say."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.model.hygiene import Flaw, Hygiene, PolicyRemarks
from app.render.content import Cell, Column, Entry, Row, SectionPage, Stack, Table, capped
from app.render.dossier import Dossier, Section
from app.render.evidence import POLICIES_FILE
from app.render.wording import count, ended, number, plural, said, sentence

_SHOWN = 4  # remarks of one policy that are printed
_NOT_LOOKED_AT = "Policies were not looked at for this report."


@dataclass(frozen=True)
class HygienePage(SectionPage):
    """`kinds` counts remarks, `policies` is the whole population; `notes` hold for all of it."""

    kinds: Table
    policies: Table
    clean: str
    notes: tuple[str, ...]


def build(dossier: Dossier) -> HygienePage:
    """Build the section."""
    found = dossier.report.advice.hygiene
    hygiene = found or Hygiene(())
    return HygienePage(
        id="hygiene",
        title="Policy hygiene",
        lede=_lede(hygiene) if found else (_NOT_LOOKED_AT,),
        entries=(Entry("Policies with remarks", "hygiene-policies", 2),)
        if any(not _nothing_to_say(item) for item in hygiene.policies)
        else (),
        kinds=_kinds(hygiene),
        policies=_policies(hygiene, dossier.definition.rows),
        clean=_clean(hygiene, dossier.definition.rows),
        notes=tuple(said(note) for note in hygiene.notes),
    )


def _lede(found: Hygiene) -> tuple[str, ...]:
    if not found.policies:
        return ("No policy was read.",)
    odd = sum(bool(item.remarks) for item in found.policies)
    return (
        (
            f"{count(len(found.policies), 'policy')} of every kind that was read: {number(odd)} with remarks, "
            f"{number(len(found.policies) - odd)} without."
        ),
        (
            "This is advice to whoever keeps the policies. No control depends on it, and a policy without a remark is not"
            " shown to be right. What is said holds for the pods, addresses and ports that there are."
        ),
    )


def _kinds(found: Hygiene) -> Table:
    rows = []
    for flaw in Flaw:
        here = [item for item in found.policies if any(remark.flaw is flaw for remark in item.remarks)]
        if here:
            rows.append(Row((flaw.heading, flaw.value, number(found.count(flaw)), number(len(here)))))
    return Table(
        "Remarks by kind, the graver ones first",
        (
            Column("What the policies do"),
            Column("Kind", 24, "code"),
            Column("Remarks", 12, "number"),
            Column("Policies", 12, "number"),
        ),
        tuple(rows),
        empty="There is nothing to remark on." if found.policies else "",
    )


def _policies(found: Hygiene, rows: int) -> Table:
    """Policies about which something is odd or cannot be told, the gravest first, then in order of identity."""
    told = [item for item in found.policies if not _nothing_to_say(item)]
    ordered = sorted(told, key=lambda item: (_gravest(item), item.ref, item.part))
    return Table(
        "Policies with remarks",
        (
            Column("Policy", 34, "code"),
            Column("Workloads", 12, "number"),
            Column("Rules", 8, "number"),
            Column("Remarks"),
        ),
        tuple(_row(item) for item in ordered[:rows]),
        note=capped(min(rows, len(ordered)), len(ordered), "policies with remarks", POLICIES_FILE),
        empty="",
    )


def _nothing_to_say(item: PolicyRemarks) -> bool:
    return not item.remarks and not item.unjudged


def _clean(found: Hygiene, rows: int) -> str:
    """The rest by name, as a row each would say nothing; the file has the workloads and rules of all."""
    rest = sorted(_name(item) for item in found.policies if _nothing_to_say(item))
    if not rest:
        return ""
    more = f" · and {number(len(rest) - rows)} more" if len(rest) > rows else ""
    return f"{' · '.join(rest[:rows])}{more}"


def _gravest(item: PolicyRemarks) -> int:
    return min((remark.flaw.rank for remark in item.remarks), default=len(Flaw))


def _row(item: PolicyRemarks) -> Row:
    return Row((_name(item), number(item.workloads), number(item.rules), _remarks(item)))


def _name(item: PolicyRemarks) -> str:
    return f"{item.ref} ({item.part})" if item.part else str(item.ref)


def _remarks(item: PolicyRemarks) -> Cell:
    lines = [_without_name(remark.says, item) for remark in item.remarks[:_SHOWN]]
    advice = dict.fromkeys(remark.advice for remark in item.remarks[:_SHOWN] if remark.advice)
    notes = [*advice, *_more(item), *(said(text) for text in item.unjudged)]
    return Stack(tuple(lines) or ("none",), tuple(notes))


def _more(item: PolicyRemarks) -> Sequence[str]:
    left = len(item.remarks) - _SHOWN
    return (
        (f"{number(left)} more {'remark' if left == 1 else plural('remark')} in {POLICIES_FILE}.",)
        if left > 0
        else ()
    )


def _without_name(says: str, item: PolicyRemarks) -> str:
    """A sentence whose subject stands in the row already."""
    name = str(item.ref)
    if says.startswith(f"{name} "):
        return sentence(says.removeprefix(f"{name} "))
    return ended(says.replace(f" of {name} ", " ", 1))


SECTION = Section("hygiene", "Policy hygiene", build)
