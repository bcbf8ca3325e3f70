"""Fixes: policies that close findings, tried on the snapshot before they are shown; advice, and no control depends on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.model.connections import Connections
from app.model.finding import CheckResult, Subject
from app.model.fix import NO_FLOWS, Remedies, Remedy, TriedPath
from app.render.claims import claimed
from app.render.content import Column, Entry, Link, Row, SectionPage, Stack, Table
from app.render.dossier import Dossier, Section
from app.render.evidence import FIXES_FILE
from app.render.wording import count, ended, joined, number, said, sentence

MOST_BLOCKS: Final = 12
"""Namespaces whose policies are printed; all of them are attached."""

_MOST_LINES: Final = 48  # of YAML in one block
_NEXT: Final = "\n---\n"  # between two policies of a manifest
_MOST_LINKS: Final = 12
_MOST_KEPT: Final = 4  # names of those that stay for one reason
_EVERY: Final = {
    "external:0.0.0.0-255.255.255.255": "any IPv4 address outside",
    "external:::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff": "any IPv6 address outside",
}
_BOTH: Final = "any address outside"
_NOT_TRIED: Final = "No fix was tried for this report."


@dataclass(frozen=True, slots=True)
class FixBlock:
    """One namespace: what is proposed, and what the trial showed."""

    id: str
    title: str
    summary: str
    closes: tuple[Link, ...]
    more: str
    paths: Table
    code: str
    note: str


@dataclass(frozen=True)
class FixesPage(SectionPage):
    """`proof` says what the trial of all proposals together showed; `kept` are findings that no new policy closes."""

    proof: tuple[str, ...]
    blocks: tuple[FixBlock, ...]
    kept: Table
    notes: tuple[str, ...]


def build(dossier: Dossier) -> FixesPage:
    """Build the section."""
    found = dossier.report.advice.remedies
    if found is None:
        return FixesPage("fixes", "Fixes that were tried", (), (), kept_table((), 0), (), lede=(_NOT_TRIED,))
    blocks = tuple(_block(dossier, item) for item in found.remedies[:MOST_BLOCKS])
    return FixesPage(
        id="fixes",
        title="Fixes that were tried",
        lede=_lede(found),
        entries=tuple(Entry(item.title, item.id, 2) for item in blocks),
        proof=_proof(found, dossier.report.scan.cluster),
        blocks=blocks,
        kept=kept_table(_staying(found), dossier.definition.rows),
        notes=_notes(found),
    )


def fix_link(dossier: Dossier, fingerprint: str) -> Link | None:
    """The tried policies that close a finding, leading to where they are printed; None where none do."""
    found = dossier.report.advice.remedies
    if found is None or "fixes" not in dossier.definition.sections:
        return None
    for at, item in enumerate(found.remedies):
        if fingerprint in item.closed:
            return Link(item.namespace, _anchor(item) if at < MOST_BLOCKS else "fixes")
    return None


def _anchor(item: Remedy) -> str:
    return f"fix-{item.namespace}"


def _lede(found: Remedies) -> tuple[str, ...]:
    if not found.plan.findings:
        return ("No finding that a NetworkPolicy could mend was open in what was read.",)
    return (
        (
            f"{count(len(found.plan.findings), 'finding')} of this scan, of whatever framework, "
            f"{'is' if len(found.plan.findings) == 1 else 'are'} about what policies let through. The policies below would close"
            f" {number(found.closed)}; {number(len(found.left))} stay."
        ),
        (
            "They were put over the snapshot, and the checks about policies were performed again. This is advice: nothing"
            " was changed in the cluster, and no control depends on it."
        ),
    )


def _proof(found: Remedies, cluster: str) -> tuple[str, ...]:
    if not found.remedies:
        return ()
    lines = [_opening(found), _flows(found)]
    if found.untried:
        lines.append(
            f"{count(found.untried, 'finding')} in further namespaces {'was' if found.untried == 1 else 'were'} not tried"
            f" here; `netattest fix --cluster {cluster} --namespace NAME` does."
        )
    return tuple(lines)


def _opening(found: Remedies) -> str:
    if not found.opens and not found.opened and not found.names:
        return "No path opens, and none of these checks finds anything new."
    if found.opens:
        return f"{count(len(found.opens), 'path')} would open: do not apply these policies as they are."
    named = ", ".join(dict.fromkeys(item.check for item in found.opened))
    new = f"{count(len(found.opened), 'finding')} would be new ({named})"
    opening = _names(found) or "No path opens."
    if not found.opened:
        return f"{opening} None of these checks finds anything new."
    return f"{opening} {sentence(new)[:-1]}: look at {'it' if len(found.opened) == 1 else 'them'} before you apply anything."


def _names(found: Remedies) -> str:
    if not found.names:
        return ""
    what = "path to the cluster resolver opens" if found.names == 1 else "paths to the cluster resolver open"
    return f"{number(found.names)} {what}, so that names are resolved; no other path does."


def _flows(found: Remedies) -> str:
    if not found.declared:
        return "No flow is declared, so nothing shows that what closes is not needed."
    if not found.losses:
        return f"{sentence(count(found.declared, 'declared flow'))[:-1]} checked: none loses anything."
    named = ", ".join(dict.fromkeys(item.flow for item in found.losses))
    return f"Declared flows would lose something ({named}): do not apply these policies as they are."


def _block(dossier: Dossier, item: Remedy) -> FixBlock:
    links = [dossier.findings_by_print[mark] for mark in item.closed if mark in dossier.findings_by_print]
    beyond = len(links) - _MOST_LINKS
    code, note = first_policies(item.manifest)
    return FixBlock(
        id=_anchor(item),
        title=item.namespace,
        summary=_summary(item),
        closes=tuple(dossier.finding_link(one) for one in links[:_MOST_LINKS]),
        more=f"{number(beyond)} more" if beyond > 0 else "",
        paths=_paths(item),
        code=code,
        note=note,
    )


def first_policies(manifest: str) -> tuple[str, str]:
    """Whole policies as far as there is room, the beginning of the first at least, and a note on what is left out."""
    first, *others = manifest.rstrip().split(_NEXT)
    lines = first.split("\n")
    shown, room = ["\n".join(lines[:_MOST_LINES])], _MOST_LINES - len(lines)
    for policy in others:
        room -= policy.count("\n") + 2
        if room < 0:
            break
        shown.append(policy)
    left = len(others) + 1 - len(shown)
    cut = len(lines) - _MOST_LINES
    parts = [
        *([count(cut, "more line")] if cut > 0 else []),
        *([count(left, "more policy")] if left else []),
    ]
    return _NEXT.join(shown), f"{joined(parts)} in `{FIXES_FILE}`." if parts else ""


def _summary(item: Remedy) -> str:
    which = "which closes" if len(item.objects) == 1 else "which close"
    stay = f"{number(item.staying)} {'stays' if item.staying == 1 else 'stay'}"
    return (
        f"{count(len(item.objects), 'policy')}, {which} {_findings(len(item.closed))}; "
        f"{count(item.closing, 'path')} {'closes' if item.closing == 1 else 'close'} and {stay}."
    )


def _findings(closed: int) -> str:
    return count(closed, "finding") if closed else "no finding"


def _paths(item: Remedy) -> Table:
    """The first paths that close and that stay; addresses outside stand first."""
    return Table(
        f"What becomes of paths of {item.namespace}",
        (Column("Change", 10), Column("From", 36, "code"), Column("To", 36, "code"), Column("Ports")),
        (*_rows("closes", item.closes, item.closing), *_rows("stays", item.stays, item.staying)),
        empty="",
    )


def _rows(word: str, paths: Sequence[TriedPath], whole: int) -> tuple[Row, ...]:
    rows = [Row((word, source, destination, str(ports))) for source, destination, ports in _joined(paths)]
    if whole > len(paths):
        rows.append(Row((word, f"and {number(whole - len(paths))} more", "", "")))
    return tuple(rows)


def _joined(paths: Sequence[TriedPath]) -> list[tuple[str, str, Connections]]:
    """Paths in words; any address of both families is one line."""
    told = {(_word(item.source), _word(item.destination), item.ports): None for item in paths}
    four, six = _EVERY.values()
    rows: list[tuple[str, str, Connections]] = []
    for source, destination, ports in told:
        twin = (source.replace(four, six), destination.replace(four, six), ports)
        first = (source.replace(six, four), destination.replace(six, four), ports)
        if twin == first or not (twin in told and first in told):
            rows.append((source, destination, ports))
        elif first == (source, destination, ports):
            rows.append((source.replace(four, _BOTH), destination.replace(four, _BOTH), ports))
    return rows


def _word(end: str) -> str:
    return _EVERY.get(end, end.removeprefix("external:"))


Kept = tuple[CheckResult, str, str]


def _staying(found: Remedies) -> tuple[Kept, ...]:
    """Findings that stay, each with why and what has to change instead."""
    stopped = {item.finding.fingerprint: item for item in found.plan.obstacles}
    return tuple(
        (item, stop.says, stop.change)
        if (stop := stopped.get(item.fingerprint))
        else (item, item.says, item.remedy)
        for item in found.left
    )


def kept_table(found: Sequence[Kept], rows: int) -> Table:
    """Findings that stay, by what has to change: those of the same checks for which it is the same share a row."""
    groups = list(_alike(found).items())
    left = sum(len(items) for _, items in groups[rows:])
    return Table(
        "What these policies do not close",
        (Column("Finding", 34), Column("Why"), Column("What has to change", 32)),
        tuple(_kept_row(checks, change, items) for (checks, change), items in groups[:rows]),
        note=f"{count(left, 'more finding')} not printed." if left > 0 else "",
        empty="",
    )


def _alike(found: Sequence[Kept]) -> dict[tuple[tuple[str, ...], str], list[Kept]]:
    """By checks and change; several checks may find one thing about one object, which then stands once."""
    once: dict[tuple[Subject, str, str], list[CheckResult]] = {}
    for item, says, change in found:
        once.setdefault((item.subject, says, change), []).append(item)
    groups: dict[tuple[tuple[str, ...], str], list[Kept]] = {}
    for (_, says, change), items in once.items():
        checks = tuple(dict.fromkeys(item.check for item in items))
        groups.setdefault((checks, change), []).append((items[0], says, change))
    return groups


def _kept_row(checks: Sequence[str], change: str, items: Sequence[Kept]) -> Row:
    names = [str(item.subject) for item, _, _ in items]
    more = [f"and {number(len(names) - _MOST_KEPT)} more"] if len(names) > _MOST_KEPT else []
    first, says, _ = items[0]
    reason = claimed(replace(first, says=says))
    differ = len({says for _, says, _ in items}) > 1
    return Row(
        (
            Stack(tuple(names[:_MOST_KEPT]), (*more, *checks)),
            Stack((reason,), ("The reason of the first, as an example.",)) if differ else reason,
            ended(change.partition("\n\n")[0]),
        )
    )


def _notes(found: Remedies) -> tuple[str, ...]:
    hidden = len(found.remedies) - MOST_BLOCKS
    more = (f"{count(hidden, 'more namespace')} in `{FIXES_FILE}`.",) if hidden > 0 else ()
    notes = [
        note for note in found.plan.notes if found.declared or note != NO_FLOWS
    ]  # the proof says that too
    return (*map(said, notes), *more)


SECTION = Section("fixes", "Fixes that were tried", build)
