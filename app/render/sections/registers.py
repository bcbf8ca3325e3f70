"""Registers of the entity: what it approved, decided, records and relies on, and what the scan saw of that."""

from dataclasses import dataclass

from app.render.approvals import approval_tables
from app.render.changed import changes_table
from app.render.content import Entry, Fact, SectionPage, Table
from app.render.dossier import Dossier, Section
from app.render.obligations import (
    absent_records,
    decisions_table,
    entity_controls_table,
    moves_table,
    records_table,
    tls_facts,
)

_LEDE = (
    "What people of the entity wrote down, word for word. The scan checks these entries and invents none. An entry counts when it"
    " has an owner, somebody else approved it and its review is not overdue; it never turns a failure into a pass."
)


@dataclass(frozen=True, slots=True)
class Group:
    """A heading with its table."""

    anchor: str
    table: Table


@dataclass(frozen=True)
class RegistersPage(SectionPage):
    """Registers with entries or rows in print order; `missing` says of the others which file to write; `tls` may be empty."""

    groups: tuple[Group, ...]
    tls: tuple[Fact, ...]
    missing: tuple[str, ...]


def build(dossier: Dossier) -> RegistersPage:
    """Build the section."""
    tables = [
        records_table(dossier),
        *((moved,) if (moved := moves_table(dossier)) else ()),
        changes_table(dossier),
        *approval_tables(dossier),
        *(table for table in (decisions_table(dossier), entity_controls_table(dossier)) if table),
    ]
    groups = tuple(Group(_anchor(table), table) for table in tables if table.rows)
    tls, missing = tls_facts(dossier), tuple(table.empty for table in tables if not table.rows)
    missing = (*missing, *absent_records(dossier))
    if not tls:
        says = "Rule for TLS: none supplied. Enter `tls_policy` in `registers.yaml`; `config/registers.example.yaml` shows how."
        missing = (*missing, says)
    return RegistersPage(
        id="registers",
        title="Registers of the entity",
        lede=(_LEDE,),
        entries=tuple(Entry(group.table.caption, group.anchor, 2) for group in groups),
        groups=groups,
        tls=tls,
        missing=missing,
    )


def _anchor(table: Table) -> str:
    return f"registers-{table.caption.casefold().replace(' ', '-').replace(chr(39), '')}"


SECTION = Section("registers", "Registers of the entity", build)
