"""What a framework's mapping is worth: how strong each control's evidence is, what it leaves open, and who has to give the rest.

It follows from the framework's file and the catalogue of checks alone, so it is the same for every cluster.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.model.control import RECORD_CHECKS, Control, Framework, Role
from app.model.finding import CheckGroup, CheckMeta


class MappingStrength(StrEnum):
    """What a scan can bring to a control, strongest first."""

    DIRECT = "direct"  # a test of the cluster or of the scan store decides a part of it
    SUPPORTING = "supporting"  # tests are facts beside it, and never decide
    RECORD = "record"  # only the date of a record that people made is tested
    NONE = "none"  # nothing bears on it


MAPPING_WORDS: Mapping[MappingStrength, str] = {
    MappingStrength.DIRECT: "Decides a part",
    MappingStrength.SUPPORTING: "Supporting facts only",
    MappingStrength.RECORD: "Date of a record only",
    MappingStrength.NONE: "Nothing",
}

_LEFT_OPEN: Mapping[CheckGroup, str] = {
    CheckGroup.SEGMENTATION: "that a packet was in fact dropped, or what stands in front of the cluster",
    CheckGroup.REGISTER: "that an approval was sound, or that what is approved is needed",
    CheckGroup.ENCRYPTION: "bytes on the wire, or TLS that a program does by itself",
    CheckGroup.AUTHORISATION: "what an application allows, or who acts behind a workload",
    CheckGroup.EVIDENCE: "anything about clusters and times that were not scanned",
}
_RECORD_ONLY = "the requirement itself: only the date of a record is tested"
_NOTHING = "anything about it"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One control's mapping.

    Attributes:
        direct: tests that decide a part of it, of the cluster or the scan store.
        supporting: tests that never decide it.
        does_not_prove: what such tests leave open, each to be read after "does not prove".
        elsewhere: what an assessor has to get from people, in the framework's words.
        why_nothing: why no test reads the cluster, where none does.
    """

    control: Control
    strength: MappingStrength
    direct: tuple[str, ...]
    supporting: tuple[str, ...]
    does_not_prove: tuple[str, ...]
    elsewhere: tuple[str, ...]
    why_nothing: str


@dataclass(frozen=True, slots=True)
class MappingLedger:
    """Every control of a framework that counts, in its order, and its readiness items apart."""

    framework: Framework
    entries: tuple[LedgerEntry, ...]
    readiness: tuple[LedgerEntry, ...]

    def count(self, strength: MappingStrength) -> int:
        """Number of counted controls whose mapping is this strong."""
        return sum(item.strength is strength for item in self.entries)

    @property
    def sentence(self) -> str:
        """The coverage in one sentence: `20 of 49 requirements have automated evidence, …`."""
        total = len(self.entries)
        if not total:
            listed = len(self.readiness)
            if not listed:
                return "The framework's file holds no requirement."
            return f"No requirement counts: its {listed} items are listed for readiness and never counted."
        some, alone = self.count(MappingStrength.SUPPORTING), total - self._with_facts
        return (
            f"{self.count(MappingStrength.DIRECT)} of {total} requirements have automated evidence, {some} more {'has' if some == 1 else 'have'} supporting"
            f" facts only, and {alone} {'rests' if alone == 1 else 'rest'} on people and documents alone. None is decided by a scan alone."
        )

    @property
    def _with_facts(self) -> int:
        return self.count(MappingStrength.DIRECT) + self.count(MappingStrength.SUPPORTING)


def ledger(framework: Framework, checks: Mapping[str, CheckMeta]) -> MappingLedger:
    """Work out the mapping of each control.

    Args:
        framework: the framework.
        checks: the checks that this version performs, by id; one that is not among them brings nothing.
    """
    entries = [_entry(item, checks) for item in framework.controls]
    return MappingLedger(
        framework,
        tuple(item for item in entries if item.control.enabled),
        tuple(item for item in entries if not item.control.enabled),
    )


def _entry(control: Control, checks: Mapping[str, CheckMeta]) -> LedgerEntry:
    direct, supporting = (_reading(control, role, checks) for role in (Role.DIRECT, Role.SUPPORTING))
    strength = _strength(control, direct, supporting)
    return LedgerEntry(
        control=control,
        strength=strength,
        direct=tuple(item.id for item in direct),
        supporting=tuple(item.id for item in supporting),
        does_not_prove=_left_open(control, strength, (*direct, *supporting)),
        elsewhere=control.manual_parts,
        why_nothing=control.outside_tool,
    )


def _reading(control: Control, role: Role, checks: Mapping[str, CheckMeta]) -> tuple[CheckMeta, ...]:
    """Its checks of a role that read the cluster or the scan store."""
    wanted = (item.check for item in control.checks if item.role is role and item.check not in RECORD_CHECKS)
    return tuple(checks[check] for check in wanted if check in checks)


def _strength(
    control: Control, direct: tuple[CheckMeta, ...], supporting: tuple[CheckMeta, ...]
) -> MappingStrength:
    if direct:
        return MappingStrength.DIRECT
    if supporting:
        return MappingStrength.SUPPORTING
    record = any(item.check in RECORD_CHECKS for item in control.checks)
    return MappingStrength.RECORD if record else MappingStrength.NONE


def _left_open(control: Control, strength: MappingStrength, checks: tuple[CheckMeta, ...]) -> tuple[str, ...]:
    """What the control's own entry says, then what each kind of its checks always leaves open."""
    if not checks:
        return (*control.does_not_prove, _RECORD_ONLY if strength is MappingStrength.RECORD else _NOTHING)
    groups = {item.group for item in checks}
    return (*control.does_not_prove, *(text for group, text in _LEFT_OPEN.items() if group in groups))
