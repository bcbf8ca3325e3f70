"""Policy hygiene: every policy with what is odd about it, and those about which there is nothing to say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from app.model.hygiene import Flaw, Hygiene, PolicyRemarks
from app.render.content import Cell, Column, Entry, Row, SectionPage, Stack, Table
from app.render.dossier import Dossier, Section
from app.render.evidence import POLICIES_FILE
from app.render.stems import Names, stemmed
from app.render.wording import count, ended, number, plural, said, sentence

_SHOWN = 4  # remarks of one policy that are printed
_ALL_PRINTED = 20
_OF_A_GROUP = 10
_NOT_LOOKED_AT = "Policies were not looked at for this report."


@dataclass(frozen=True)
class HygienePage(SectionPage):
    """`kinds` counts remarks, `policies` is the whole population; `notes` hold for all of it.

    Of policies without a remark `clean` has the names that are printed, and `left` says how many are not.
    """

    kinds: Table
    policies: Table
    clean: tuple[Names, ...]
    left: str
    notes: tuple[str, ...]


def build(dossier: Dossier) -> HygienePage:
    """Build the section."""
    found = dossier.report.advice.hygiene
    hygiene, rows = found or Hygiene(()), dossier.definition.rows
    rest = sorted((item for item in hygiene.policies if _nothing_to_say(item)), key=_name)
    return HygienePage(
        id="hygiene",
        title="Policy hygiene",
        lede=_lede(hygiene) if found else (_NOT_LOOKED_AT,),
        entries=(Entry("Policies with remarks", "hygiene-policies", 2),)
        if any(not _nothing_to_say(item) for item in hygiene.policies)
        else (),
        kinds=_kinds(hygiene),
        policies=_policies(hygiene, rows),
        clean=_clean(rest[:rows]),
        left=f"And {number(len(rest) - rows)} more" if len(rest) > rows else "",
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
    rows, common = [], _common(found)
    for flaw in Flaw:
        here = [item for item in found.policies if any(remark.flaw is flaw for remark in item.remarks)]
        if here:
            rows.append(
                Row((_heading(flaw, common), flaw.value, number(found.count(flaw)), number(len(here))))
            )
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


def _heading(flaw: Flaw, common: Mapping[Flaw, str]) -> Cell:
    return Stack((flaw.heading,), (common[flaw],)) if flaw in common else flaw.heading


def _policies(found: Hygiene, rows: int) -> Table:
    """Policies about which something is odd or cannot be told, the gravest first, then in order of identity.

    Of a long list the first of each group of kinds are printed: many policies of one make are odd in one way.
    """
    told = [item for item in found.policies if not _nothing_to_say(item)]
    ordered = sorted(told, key=lambda item: (_gravest(item), _kinds_of(item), item.ref, item.part))
    groups = [list(items) for _, items in groupby(ordered, _kinds_of)]
    most = len(ordered) if len(ordered) <= _ALL_PRINTED else _OF_A_GROUP
    shares = _shares([len(group) for group in groups], most, rows)
    left, common = len(ordered) - sum(shares), frozenset(_common(found).values())
    return Table(
        "Policies with remarks",
        (
            Column("Policy", 34, "code"),
            Column("Workloads", 12, "number"),
            Column("Rules", 8, "number"),
            Column("Remarks"),
        ),
        tuple(
            row for group, share in zip(groups, shares, strict=True) for row in _group(group, share, common)
        ),
        note=f"{count(left, 'policy')} with remarks {'is' if left == 1 else 'are'} not printed; `{POLICIES_FILE}` has all."
        if left
        else "",
        empty="",
    )


def _kinds_of(item: PolicyRemarks) -> tuple[int, ...]:
    return tuple(sorted({remark.flaw.rank for remark in item.remarks}))


def _shares(sizes: Sequence[int], most: int, rows: int) -> list[int]:
    """How many of each group are printed: `most` of one, `rows` of all."""
    shares: list[int] = []
    for size in sizes:
        shares.append(min(size, most, rows - sum(shares)))
    return shares


def _group(policies: Sequence[PolicyRemarks], share: int, common: frozenset[str]) -> Iterator[Row]:
    yield from (_row(item, common) for item in policies[:share])
    if share and (left := policies[share:]):
        headings = dict.fromkeys(remark.flaw.heading for remark in left[0].remarks)
        yield Row((f"and {number(len(left))} more", "", "", Stack(tuple(headings) or ("none",))))


def _common(found: Hygiene) -> dict[Flaw, str]:
    """Advice that is the same for all remarks of a kind, where there are several: said once, beside the kind."""
    advice: dict[Flaw, list[str]] = {}
    for _, remark in found.remarks():
        advice.setdefault(remark.flaw, []).append(remark.advice)
    return {
        flaw: texts[0] for flaw, texts in advice.items() if texts[0] and len(texts) > 1 and len({*texts}) == 1
    }


def _nothing_to_say(item: PolicyRemarks) -> bool:
    return not item.remarks and not item.unjudged


def _clean(rest: Sequence[PolicyRemarks]) -> tuple[Names, ...]:
    """The rest by kind, namespace and name, as a row each would say nothing; the file has the workloads and rules of all."""
    return stemmed((_name(item), item.ref.namespace) for item in rest)


def _gravest(item: PolicyRemarks) -> int:
    return min((remark.flaw.rank for remark in item.remarks), default=len(Flaw))


def _row(item: PolicyRemarks, common: frozenset[str]) -> Row:
    return Row((_name(item), number(item.workloads), number(item.rules), _remarks(item, common)))


def _name(item: PolicyRemarks) -> str:
    return f"{item.ref} ({item.part})" if item.part else str(item.ref)


def _remarks(item: PolicyRemarks, common: frozenset[str]) -> Cell:
    lines = [_without_name(remark.says, item) for remark in item.remarks[:_SHOWN]]
    advice = dict.fromkeys(remark.advice for remark in item.remarks[:_SHOWN])
    notes = [
        *(text for text in advice if text and text not in common),
        *_more(item),
        *(said(text) for text in item.unjudged),
    ]
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
