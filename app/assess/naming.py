"""What entries name of frameworks: controls and types of records by themselves, and controls together with their framework."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.assess.attestations_file import Records
from app.model.registers import Registers

Place = tuple[str, str, tuple[str, ...]]
"""File, place in it, and the controls that are named there."""


@dataclass(frozen=True, slots=True)
class Named:
    """Names that have to lead somewhere."""

    controls: frozenset[str]
    records: frozenset[str]
    declared: frozenset[tuple[str, str]]  # framework and control

    def __bool__(self) -> bool:
        """True where anything is named."""
        return bool(self.controls or self.records or self.declared)


def named(records: Records, registers: Registers) -> Named:
    """Every name of all entries."""
    places = (*controls_of_records(records), *controls_of_registers(registers))
    return Named(
        controls=frozenset(control for _, _, controls in places for control in controls),
        records=frozenset(item.type for item in records.attestations),
        declared=frozenset((item.framework, item.control) for item in records.declarations),
    )


def controls_of_registers(registers: Registers) -> Iterator[Place]:
    """Entries of registers name controls by their number alone, whatever framework has it."""
    for outside in registers.external_controls or ():
        yield "registers.yaml", f"external_controls: {outside.id}", outside.covers
    for own in registers.entity_controls or ():
        yield "registers.yaml", f"entity_controls: {own.id}", own.criteria
    for decision in registers.addressable_decisions or ():
        yield "registers.yaml", f"addressable_decisions: {decision.id}", (decision.control,)


def controls_of_records(records: Records) -> Iterator[Place]:
    """Records and significant changes that name controls, in the file's order."""
    for index, item in enumerate(records.attestations):
        yield "attestations.yaml", f"attestations[{index}].controls", item.controls
    for index, change in enumerate(records.changes):
        yield "attestations.yaml", f"significant_changes[{index}].controls", change.controls
