"""References from one document into another: every id that is named must exist."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from app.assess.attestations_file import Records
from app.assess.framework_file import FrameworkFile
from app.assess.reading import Mistakes
from app.model.control import AcceptedException
from app.model.finding import CheckMeta
from app.model.registers import Registers


def check_references(
    frameworks: Sequence[FrameworkFile],
    exceptions: Sequence[AcceptedException],
    records: Records,
    registers: Registers,
    catalogue: Mapping[str, CheckMeta],
    mistakes: Mistakes,
) -> None:
    """Note every id that leads nowhere; where the other side was not given at all there is nothing to compare."""
    if catalogue:
        _checks_of_frameworks(frameworks, catalogue, mistakes)
        _checks_of_exceptions(exceptions, catalogue, mistakes)
        _checks_of_entity_controls(registers, catalogue, mistakes)
    if frameworks:
        _declarations(frameworks, records, mistakes)
        _attestations(frameworks, records, mistakes)
        _controls_of_registers(frameworks, registers, mistakes)


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


def _controls_of_registers(
    frameworks: Sequence[FrameworkFile], registers: Registers, mistakes: Mistakes
) -> None:
    """Controls are named by their number alone, whatever framework has it."""
    ids = {control.id for file in frameworks for control in file.controls}
    named = [
        *(("external_controls", item.id, item.covers) for item in registers.external_controls or ()),
        *(("entity_controls", item.id, item.criteria) for item in registers.entity_controls or ()),
        *(
            ("addressable_decisions", item.id, (item.control,))
            for item in registers.addressable_decisions or ()
        ),
    ]
    for register, entry, controls in named:
        for control in controls:
            if control not in ids:
                mistakes.add("registers.yaml", f"{register}: {entry}", f"names {_unknown(control, ids)}")


def _declarations(frameworks: Sequence[FrameworkFile], records: Records, mistakes: Mistakes) -> None:
    controls = {file.id: {control.id: control for control in file.controls} for file in frameworks}
    for index, item in enumerate(records.declarations):
        path = f"not_applicable[{index}]"
        if item.framework not in controls:
            mistakes.add("attestations.yaml", f"{path}.framework", f"is {_unknown(item.framework, controls)}")
        elif item.control not in controls[item.framework]:
            known = controls[item.framework]
            mistakes.add("attestations.yaml", f"{path}.control", f"is {_unknown(item.control, known)}")
        elif not controls[item.framework][item.control].not_applicable_when:
            mistakes.add(
                "attestations.yaml",
                f"{path}.control",
                f"{item.control} of {item.framework} has no ground on which it may be declared not applicable",
            )


def _attestations(frameworks: Sequence[FrameworkFile], records: Records, mistakes: Mistakes) -> None:
    controls = [control for file in frameworks for control in file.controls]
    types = {control.manual_record.type for control in controls if control.manual_record}
    ids = {control.id for control in controls}
    for index, item in enumerate(records.attestations):
        path = f"attestations[{index}]"
        if item.type not in types:
            mistakes.add("attestations.yaml", f"{path}.type", f"is {_unknown(item.type, types)}")
        for control in item.controls:
            if control not in ids:
                mistakes.add("attestations.yaml", f"{path}.controls", f"names {_unknown(control, ids)}")
    for index, change in enumerate(records.changes):
        for control in change.controls:
            if control not in ids:
                mistakes.add(
                    "attestations.yaml",
                    f"significant_changes[{index}].controls",
                    f"names {_unknown(control, ids)}",
                )


def _unknown(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"'{name}', which does not exist" + (f"; did you mean '{near[0]}'?" if near else "")
