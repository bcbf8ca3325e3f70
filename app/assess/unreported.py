"""Entries that name a framework which is switched off: nothing is wrong with them, and no report shows them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.assess.configuration import Configuration
from app.assess.naming import controls_of_registers
from app.assess.others_file import OtherFramework
from app.assess.review import Concern, Remark

_ADVICE = (
    "Leave it as it is, or name the framework under `frameworks` in the settings file to have it judged."
)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What one entry names."""

    file: str
    place: str
    controls: Sequence[str] = ()
    record: str = ""
    framework: str = ""  # of a declaration: it holds for this one alone


def unreported(config: Configuration) -> tuple[Remark, ...]:
    """One remark for each entry that names a control or a record of a framework that is switched off."""
    judged = _Judged.of(config)
    return tuple(remark for item in _entries(config) for remark in _remark(item, judged, config.others))


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the frameworks that judge have."""

    frameworks: frozenset[str]
    controls: frozenset[str]
    records: frozenset[str]

    @classmethod
    def of(cls, config: Configuration) -> "_Judged":
        controls = [control for framework in config.frameworks for control in framework.controls]
        return cls(
            frozenset(item.id for item in config.frameworks),
            frozenset(item.id for item in controls),
            frozenset(item.manual_record.type for item in controls if item.manual_record),
        )

    def lacks(self, item: _Entry) -> tuple[str, ...]:
        """Names of an entry that no judging framework has."""
        if item.framework:
            return () if item.framework in self.frameworks else tuple(item.controls)
        records = (item.record,) if item.record and item.record not in self.records else ()
        return (*records, *(name for name in item.controls if name not in self.controls))


def _remark(item: _Entry, judged: _Judged, others: Sequence[OtherFramework]) -> Iterator[Remark]:
    names = judged.lacks(item)
    owners = [
        other.title
        for other in others
        if set(names) & {*other.controls, *other.records} and item.framework in ("", other.id)
    ]
    if owners:
        says = f"{', '.join(names)}: not reported, because {' and '.join(owners)} {'is' if len(owners) == 1 else 'are'} switched off."
        yield Remark(item.file, item.place, Concern.UNREPORTED, says, _ADVICE)


def _entries(config: Configuration) -> Iterator[_Entry]:
    file = "attestations.yaml"
    for record in config.attestations:
        yield _Entry(file, f"{record.type}, {record.performed_on}", record.controls, record.type)
    for told in config.declarations:
        yield _Entry(file, f"{told.framework} {told.control}", (told.control,), framework=told.framework)
    for change in config.changes:
        yield _Entry(file, f"significant change, {change.changed_on}", change.controls)
    for where, place, controls in controls_of_registers(config.registers):
        yield _Entry(where, place, controls)
