"""References from one document into another: every id that is named must exist."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from app.assess.attestations_file import Records
from app.assess.framework_file import FrameworkFile
from app.assess.naming import Place, controls_of_records, controls_of_registers
from app.assess.others_file import OtherFramework
from app.assess.reading import Mistakes
from app.model.control import AcceptedException
from app.model.finding import CheckMeta
from app.model.registers import Registers


@dataclass(frozen=True, slots=True)
class Known:
    """What entries can name: checks, the frameworks that judge, and what is known of those that are switched off."""

    catalogue: Mapping[str, CheckMeta]
    frameworks: Sequence[FrameworkFile]
    others: Sequence[OtherFramework]

    @property
    def controls(self) -> frozenset[str]:
        """Ids of all controls, whatever framework has them."""
        return frozenset(
            (
                *(control.id for file in self.frameworks for control in file.controls),
                *(control for other in self.others for control in other.controls),
            )
        )

    @property
    def records(self) -> frozenset[str]:
        """Types of records that a control wants."""
        wanted = (control.manual_record for file in self.frameworks for control in file.controls)
        return frozenset(
            (
                *(record.type for record in wanted if record),
                *(record for other in self.others for record in other.records),
            )
        )


def check_references(
    known: Known,
    exceptions: Sequence[AcceptedException],
    records: Records,
    registers: Registers,
    mistakes: Mistakes,
) -> None:
    """Note every id that leads nowhere; where the other side was not given at all there is nothing to compare."""
    if known.catalogue:
        _checks_of_frameworks(known.frameworks, known.catalogue, mistakes)
        _checks_of_exceptions(exceptions, known.catalogue, mistakes)
        _checks_of_entity_controls(registers, known.catalogue, mistakes)
    if known.frameworks:
        _declarations(known, records, mistakes)
        _types(known.records, records, mistakes)
        _controls(
            known.controls, (*controls_of_records(records), *controls_of_registers(registers)), mistakes
        )


def _checks_of_frameworks(
    frameworks: Sequence[FrameworkFile], catalogue: Mapping[str, CheckMeta], mistakes: Mistakes
) -> None:
    for framework in frameworks:
        for index, control in enumerate(framework.controls):
            for check in (*control.checks.direct, *control.checks.supporting):
                if check not in catalogue:
                    mistakes.add(
                        f"frameworks/{framework.id}.yaml",
                        f"controls[{index}].checks",
                        f"{control.id} names the check {_unknown(check, catalogue)}",
                    )


def _checks_of_exceptions(
    exceptions: Sequence[AcceptedException], catalogue: Mapping[str, CheckMeta], mistakes: Mistakes
) -> None:
    for item in exceptions:
        if item.check not in catalogue:
            mistakes.add("exceptions.yaml", item.id, f"names the check {_unknown(item.check, catalogue)}")


def _checks_of_entity_controls(
    registers: Registers, catalogue: Mapping[str, CheckMeta], mistakes: Mistakes
) -> None:
    for item in registers.entity_controls or ():
        for check in item.checks:
            if check not in catalogue:
                says = f"names the check {_unknown(check, catalogue)}"
                mistakes.add("registers.yaml", f"entity_controls: {item.id}", says)


def _controls(known: Collection[str], places: Iterable[Place], mistakes: Mistakes) -> None:
    for file, place, controls in places:
        for control in controls:
            if control not in known:
                mistakes.add(file, place, f"names {_unknown(control, known)}")


def _types(known: Collection[str], records: Records, mistakes: Mistakes) -> None:
    for index, item in enumerate(records.attestations):
        if item.type not in known:
            says = f"is {_unknown(item.type, known)}"
            mistakes.add("attestations.yaml", f"attestations[{index}].type", says)


def _declarations(known: Known, records: Records, mistakes: Mistakes) -> None:
    """The ground for a declaration is asked of frameworks that judge; of the others nothing is reported."""
    grounds = {
        file.id: {control.id: bool(control.not_applicable_when) for control in file.controls}
        for file in known.frameworks
    }
    grounds |= {other.id: dict.fromkeys(other.controls, True) for other in known.others}
    for index, item in enumerate(records.declarations):
        path, controls = f"not_applicable[{index}]", grounds.get(item.framework)
        if controls is None:
            mistakes.add("attestations.yaml", f"{path}.framework", f"is {_unknown(item.framework, grounds)}")
        elif item.control not in controls:
            mistakes.add("attestations.yaml", f"{path}.control", f"is {_unknown(item.control, controls)}")
        elif not controls[item.control]:
            mistakes.add(
                "attestations.yaml",
                f"{path}.control",
                f"{item.control} of {item.framework} has no ground on which it may be declared not applicable",
            )


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"'{name}', which does not exist" + (f"; did you mean '{near[0]}'?" if near else "")
